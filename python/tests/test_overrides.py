"""Subclasses of Tensor, and classes with a __torch_function__: what ops make of their objects."""

import pytest
import relume as torch
import relume.nn.functional as F
from relume import nn, overrides
from relume.overrides import handle_torch_function, has_torch_function, is_tensor_like


class Plain(torch.Tensor):
    pass


class Logged(torch.Tensor):
    calls = []

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        cls.calls.append(func.__name__)
        return super().__torch_function__(func, types, args, kwargs)


def plain(*values):
    return torch.tensor(values).as_subclass(Plain)


class TestSubclass:
    @pytest.mark.parametrize(
        "call",
        [
            lambda x: x + 1,
            lambda x: 1 - x,
            lambda x: torch.ones(2) * x,
            lambda x: -x,
            lambda x: x @ x,
            lambda x: x > 1,
            lambda x: x[0],
            lambda x: x.T,
            lambda x: x.data,
            lambda x: x.sum(),
            lambda x: torch.relu(x),
            lambda x: torch.cat([x, x]),
            lambda x: F.softmax(x, 0),
            lambda x: nn.Linear(2, 3)(x),
            lambda x: torch.max(x, 0).values,
            lambda x: x.unbind()[0],
            lambda x: torch.unique(x),
            lambda x: x.unique_consecutive(return_counts=True)[1],
            lambda x: F.unfold(x[None, None, None], 1),
            lambda x: F.fold(x[None, None], (1, 2), 1),
            lambda x: nn.LSTM(2, 3)(x[None])[1][1],
            lambda x: nn.LSTMCell(2, 3)(x)[0],
            lambda x: F.interpolate(x[None, None], 4, mode="nearest-exact"),
            lambda x: x.detach().clone().double(),
        ],
    )
    def test_ops_return_the_subclass(self, call):
        assert type(call(plain(1.0, 2.0))) is Plain

    def test_in_place_keeps_the_object(self):
        x = plain(1.0, 2.0)
        y = x
        y += 1
        y[0] = 5
        assert y is x and y.add_(1) is x and x.tolist() == [6, 4]

    def test_prints_its_name(self):
        assert repr(plain(1.0) + 1) == "Plain([2.])"

    def test_gradients_flow_through(self):
        x = torch.ones(2, requires_grad=True)
        (x.as_subclass(Plain) * 3).sum().backward()
        assert x.grad.tolist() == [3, 3] and type(x.grad) is torch.Tensor

    def test_numbers_and_none_stay_what_they_are(self):
        x = plain(1.0, 2.0)
        assert x.tolist() == [1, 2] and x.sum().item() == 3 and x.grad is None and type(x.shape) is torch.Size

    def test_the_derived_class_wins(self):
        class Further(Plain):
            pass

        x = plain(1.0)
        assert type(x + x.as_subclass(Further)) is Further and type(x.as_subclass(Further) + x) is Further

    def test_unrelated_classes_are_refused(self):
        class Other(torch.Tensor):
            pass

        with pytest.raises(TypeError, match="Multiple dispatch failed for 'add'"):
            plain(1.0) + torch.ones(1).as_subclass(Other)

    def test_parameters_make_tensors(self):
        class Weight(nn.Parameter):
            pass

        assert type(Weight(torch.ones(2)) + 1) is torch.Tensor


class TestTorchFunction:
    def test_is_asked_in_place_of_ops(self):
        x = torch.arange(3.0).as_subclass(Logged)
        Logged.calls.clear()
        assert type(2 * x) is type(torch.sin(x)) is type(x[1:]) is type(x.sum(0)) is Logged
        x[0] = 1
        assert Logged.calls == ["mul", "sin", "__getitem__", "sum", "__setitem__"]

    def test_gets_function_types_and_arguments(self):
        seen = []

        class Seen(torch.Tensor):
            @classmethod
            def __torch_function__(cls, func, types, args=(), kwargs=None):
                seen.append((func, types, len(args), kwargs))
                return "own"

        x = torch.ones(2).as_subclass(Seen)
        assert torch.sum(x, dim=0) == "own" and torch.stack([torch.ones(2), x]) == "own" and x.add(x) == "own"
        assert seen == [
            (torch.sum, (Seen,), 1, {"dim": 0}),
            (torch.stack, (Seen,), 1, {}),
            (torch.Tensor.add, (Seen,), 2, {}),
        ]

    def test_of_an_object_that_is_no_tensor(self):
        class Diagonal:
            def __init__(self, size, value):
                self.size, self.value = size, value

            @classmethod
            def __torch_function__(cls, func, types, args=(), kwargs=None):
                if func is not torch.mean:
                    return NotImplemented
                return args[0].value / args[0].size

        assert torch.mean(Diagonal(4, 2.0)) == 0.5
        with pytest.raises(TypeError, match="Multiple dispatch failed for 'sum'"):
            torch.sum(Diagonal(4, 2.0))
        assert is_tensor_like(Diagonal(1, 1)) and not is_tensor_like([1])

    def test_errors_surface(self):
        class Broken(torch.Tensor):
            @classmethod
            def __torch_function__(cls, func, types, args=(), kwargs=None):
                raise KeyError("broken")

        with pytest.raises(KeyError, match="broken"):
            torch.ones(2).as_subclass(Broken) + 1

    def test_functions_of_a_program_can_ask(self):
        class Scaled:
            @classmethod
            def __torch_function__(cls, func, types, args=(), kwargs=None):
                return func.__name__, types

        def double(x):
            if has_torch_function((x,)):
                return handle_torch_function(double, (x,), x)
            return x * 2

        assert double(Scaled()) == ("double", (Scaled,)) and double(torch.ones(1)).item() == 2
        with pytest.raises(TypeError, match="no implementation found for"):
            handle_torch_function(double, (torch.ones(1),), torch.ones(1))


@pytest.mark.parametrize("cls, text", [(3, r"cls must be a type \(got int\)"), (int, "does not inherit from Tensor")])
def test_classes_that_are_no_subclasses_are_refused(cls, text):
    with pytest.raises(TypeError, match=text):
        torch.ones(1).as_subclass(cls)
    with pytest.raises(TypeError, match=text):
        torch.Tensor._make_subclass(cls, torch.ones(1))


class TestFunctionsMadeOfOthers:
    @pytest.mark.parametrize(
        "call, expected",
        [
            (lambda x: F.mse_loss(x, x), 0.0),
            (lambda x: F.pad(x, (1, 0)), [[0, 1, 1], [0, 1, 1]]),
            (lambda x: F.interpolate(x[None], scale_factor=2), [[[1] * 4] * 2]),
            (lambda x: torch.meshgrid(x[0], x[0], indexing="xy")[0], [[1, 1], [1, 1]]),
            (lambda x: torch.tensordot(x, x, 2), 4.0),
            (lambda x: torch.block_diag(x[:1]), [[1, 1]]),
            (lambda x: F.cross_entropy(x, torch.tensor([0, 1])).round(), 1.0),
        ],
    )
    def test_ask_and_compute(self, call, expected):
        result = call(torch.ones(2, 2).as_subclass(Logged))
        assert type(result) is Logged and result.tolist() == expected


class TestObjectsAsOperands:
    class Named:
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return NotImplemented if func is torch.Tensor.__xor__ else (func.__name__, len(args))

    def test_are_asked(self):
        x, named = torch.ones(1), self.Named()
        assert x + named == named + x == ("add", 2) and x @ named == ("matmul", 2) and (x < named) == ("lt", 2)
        assert x - named == ("sub", 2) and named - x == ("__rsub__", 2)
        x += named
        assert x == ("add_", 2)

    def test_are_asked_in_lists(self):
        assert torch.stack([torch.ones(1), self.Named()]) == ("stack", 1)
        assert torch.cat((self.Named(),), dim=0) == ("cat", 1)
        with pytest.raises(TypeError, match="expected Tensor as element 0"):
            torch.stack([object()])

    def test_others_are_left_to_python(self):
        class Reflected:
            def __radd__(self, other):
                return "radd"

        assert torch.ones(1) + Reflected() == "radd"
        with pytest.raises(TypeError, match="unsupported operand"):
            torch.ones(1) - Reflected()


def test_functions_are_wrapped_and_named():
    @overrides.wrap_torch_function(lambda x: (x,))
    def plain(x):
        return x

    assert plain(3) == 3 and plain(TestObjectsAsOperands.Named()) == ("plain", 1)
    assert overrides.has_torch_function_unary(TestObjectsAsOperands.Named())
    assert not overrides.has_torch_function_variadic(1, torch.ones(1))
    names = [overrides.resolve_name(f) for f in (torch.add, torch.Tensor.add, F.relu, len)]
    assert names == ["torch.add", "torch.Tensor.add", "torch.nn.functional.relu", None]
    assert overrides.is_tensor_method_or_property(torch.Tensor.add)
    assert not overrides.is_tensor_method_or_property(torch.add)
