"""Automatic differentiation from Python: backward, grad, modes, hooks, functions, collection of cycles."""

import copy
import gc
import os
import pickle
import warnings
import weakref

import pytest
import relume as torch
from relume.autograd import Function, gradcheck, gradgradcheck


class Scale(Function):
    @staticmethod
    def forward(ctx, x, factor):
        ctx.save_for_backward(x)
        ctx.factor = factor
        return x * factor

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        assert x.shape == grad.shape
        return grad * ctx.factor, None


def test_backward_accumulates():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    (x * x).sum().backward()
    assert x.grad.tolist() == [4, 8]


def test_grad_leaves_grad_alone():
    x = torch.tensor(3.0, requires_grad=True)
    (first,) = torch.autograd.grad(x**3, x, create_graph=True)
    (second,) = torch.autograd.grad(first, x)
    assert first.item() == 27 and second.item() == 18 and x.grad is None


def test_grad_of_an_unused_input():
    x, y = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
    with pytest.raises(RuntimeError, match="not have been used"):
        torch.autograd.grad(x.sum(), y)
    assert torch.autograd.grad(x.sum(), y, allow_unused=True) == (None,)
    assert torch.autograd.grad(x.sum(), y, materialize_grads=True)[0].item() == 0


def test_no_grad_guards_and_decorates():
    x = torch.ones(1, requires_grad=True)

    @torch.no_grad()
    def plain():
        return x * 2

    @torch.no_grad
    def bare():
        return x * 2

    with torch.no_grad():
        assert not (x * 2).requires_grad
        with torch.enable_grad():
            assert (x * 2).requires_grad
    assert not plain().requires_grad and not bare().requires_grad and (x * 2).requires_grad


def test_no_grad_ends_when_an_exception_passes():
    with pytest.raises(ValueError):
        with torch.no_grad():
            raise ValueError
    assert torch.is_grad_enabled()


def test_inference_mode():
    with torch.inference_mode():
        x = torch.ones(1)
    assert x.is_inference() and not torch.is_inference_mode_enabled()


def test_functions_have_their_name_and_gradient():
    x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    y = Scale.apply(x, 3.0)
    assert y.grad_fn.name() == "ScaleBackward" and "grad_fn=<ScaleBackward>" in repr(y)
    assert gradcheck(lambda a: Scale.apply(a, 3.0), x) and gradgradcheck(lambda a: Scale.apply(a, 3.0), x)


def test_functions_may_set_up_their_context_apart():
    class Square(Function):
        @staticmethod
        def forward(x):
            return x * x

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx, grad):
            return 2 * ctx.saved_tensors[0] * grad

    x = torch.tensor(3.0, requires_grad=True)
    Square.apply(x).backward()
    assert x.grad.item() == 6


def test_functions_may_return_what_is_no_tensor():
    class Split(Function):
        @staticmethod
        def forward(ctx, x):
            return 2 * x, 5, 3 * x, None

        @staticmethod
        def backward(ctx, first, number, second, nothing):
            assert number is None and nothing is None
            return 2 * first + 3 * second

    class Sum(Function):
        @staticmethod
        def forward(ctx, x):
            return x.sum().item()

    x = torch.ones(2, requires_grad=True)
    first, number, second, nothing = Split.apply(x)
    assert number == 5 and nothing is None
    (first + 10 * second).sum().backward()
    assert x.grad.tolist() == [32, 32]
    assert Sum.apply(x) == 2


def test_errors_in_backward_and_hooks_surface():
    class Failing(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, grad):
            raise KeyError("in backward")

    x = torch.ones(1, requires_grad=True)
    with pytest.raises(KeyError, match="in backward"):
        Failing.apply(x).backward()
    y = x * 2
    y.register_hook(lambda grad: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        y.backward()
    y = x * 2
    y.register_hook(lambda grad: "no tensor")
    with pytest.raises(TypeError):
        y.backward()


def test_a_wrong_number_of_gradients_is_an_error():
    class TooFew(Function):
        @staticmethod
        def forward(ctx, x, y):
            return x + y

        @staticmethod
        def backward(ctx, grad):
            return grad

    x = torch.ones(1, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"function TooFewBackward returned an incorrect number of gradients"):
        TooFew.apply(x, x).backward()


def test_hooks_replace_gradients_until_removed():
    x = torch.ones(1, requires_grad=True)
    handle = x.register_hook(lambda grad: grad * 10)
    (x * 1).backward()
    handle.remove()
    handle.remove()
    (x * 1).backward()
    assert x.grad.item() == 11


def dies(make):
    """Whether what make() returns is collected together with all that it refers to."""
    reference = weakref.ref(make())
    gc.collect()
    return reference() is None


def test_cycles_are_collected():
    def through_attribute():
        x = torch.ones(1)
        x.me = x
        return x

    def through_hook():
        x = torch.ones(1, requires_grad=True)
        x.register_hook(lambda grad, x=x: None)
        return x

    def through_grad():
        x = torch.ones(1, requires_grad=True)
        x.sum().backward()
        x.grad.of = x
        return x

    def through_context():
        class Keeps(Function):
            @staticmethod
            def forward(ctx, x):
                Keeps.ctx = ctx
                return x * 1

            @staticmethod
            def backward(ctx, grad):
                return grad

        y = Keeps.apply(torch.ones(1, requires_grad=True))
        Keeps.ctx.output = y
        del Keeps.ctx
        return y

    assert dies(through_attribute) and dies(through_hook) and dies(through_grad) and dies(through_context)


@pytest.mark.skipif("asan" in os.environ.get("LD_PRELOAD", ""), reason="the sanitizer keeps what is freed")
def test_a_hundred_thousand_steps_leak_nothing():
    import resource

    def steps(count):
        for _ in range(count):
            x = torch.ones(4, requires_grad=True)
            x.tag = 1
            x.register_hook(lambda grad: None)
            Scale.apply(x, 2.0).sum().backward()

    steps(20_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    steps(100_000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2000  # KiB


def test_gradcheck_finds_a_wrong_gradient():
    class Wrong(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad * 3

    x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    with pytest.raises(torch.autograd.GradcheckError):
        gradcheck(Wrong.apply, x)
    assert not gradcheck(Wrong.apply, x, raise_exception=False)


class TestSavedTensorsHooks:
    def test_keep_what_ops_save(self):
        calls = []
        a = torch.tensor([1.0, 2.0], requires_grad=True)

        def pack(tensor):
            calls.append(("pack", tensor.tolist(), tensor.requires_grad))
            return tensor.tolist()

        def unpack(packed):
            calls.append(("unpack", packed))
            return torch.tensor(packed)

        with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
            b = (a * a.exp()).sum()
        e = a.exp().tolist()
        assert [call[0] for call in calls] == ["pack"] * 3 and ("pack", [1, 2], True) in calls
        (a * 2).sum()
        assert len(calls) == 3
        b.backward()
        assert len(calls) == 6
        assert torch.allclose(a.grad, torch.tensor([2 * e[0], 3 * e[1]]))

    def test_can_be_differentiated_twice(self):
        a = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)

        def cube(x):
            with torch.autograd.graph.saved_tensors_hooks(lambda t: t.clone(), lambda t: t):
                return x * x.sigmoid() * (x + 0).exp().relu()

        assert torch.autograd.gradcheck(cube, a) and torch.autograd.gradgradcheck(cube, a)

    def test_let_go_of_what_they_packed(self):
        import weakref

        class Packed(list):
            pass

        kept = []

        def pack(tensor):
            packed = Packed([tensor])
            kept.append(weakref.ref(packed))
            return packed

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda packed: packed[0]):
            b = torch.ones(2, requires_grad=True).exp()
        assert kept[0]() is not None
        b.sum().backward()
        assert kept[0]() is None

    def test_see_what_functions_save(self):
        class Square(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x * x

            @staticmethod
            def backward(ctx, grad):
                return 2 * ctx.saved_tensors[0] * grad

        x = torch.tensor([3.0], requires_grad=True)
        seen = []
        with torch.autograd.graph.saved_tensors_hooks(lambda t: seen.append(t.item()) or t, lambda t: t + 1):
            y = Square.apply(x)
        y.backward()
        assert seen == [3] and x.grad.tolist() == [8]

    def test_see_the_result_of_a_large_relu(self):
        x = torch.linspace(-1, 1, 20000, requires_grad=True)
        seen = []
        with torch.autograd.graph.saved_tensors_hooks(lambda t: seen.append(t.shape) or t, lambda t: t):
            torch.nn.Sequential(torch.nn.ReLU())(x * 1).relu_().sum().backward()
        assert torch.Size([20000]) in seen and x.grad.sum() == 10000

    def test_see_where_an_input_comes_from(self):
        x = torch.tensor([3.0], requires_grad=True)
        made, seen = x * 2, []
        with torch.autograd.graph.saved_tensors_hooks(lambda t: seen.append(t) or t, lambda t: t):
            y = x * made
        assert any(t is x for t in seen) and any(t is made for t in seen)
        (gradient,) = torch.autograd.grad(y, x, create_graph=True)
        assert gradient.tolist() == [12] and torch.autograd.grad(gradient, x)[0].tolist() == [4]

    def test_nest_and_may_be_forbidden(self):
        seen = []
        x = torch.ones(1, requires_grad=True)
        with torch.autograd.graph.saved_tensors_hooks(lambda t: seen.append("outer") or t, lambda t: t):
            with torch.autograd.graph.save_on_cpu():
                y = x * x
            z = x * x
        assert seen == ["outer", "outer"]
        (y + z).backward()
        assert x.grad.tolist() == [4]
        with torch.autograd.graph.disable_saved_tensors_hooks("not here"):
            with pytest.raises(RuntimeError, match="not here"):
                with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t):
                    pass

    def test_errors_surface(self):
        x = torch.ones(1, requires_grad=True)
        with pytest.raises(ZeroDivisionError):
            with torch.autograd.graph.saved_tensors_hooks(lambda t: 1 // 0, lambda t: t):
                x.exp()
        with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: 3):
            y = x.exp()
        with pytest.raises(TypeError, match="expected to be a Tensor but got result of type int"):
            y.backward()
        with pytest.raises(RuntimeError, match="modifying its input in place"):
            with torch.autograd.graph.saved_tensors_hooks(lambda t: t.zero_(), lambda t: t):
                x.exp()


class TestPostAccumulateGradHooks:
    def test_run_once_grad_has_changed(self):
        p = torch.nn.Parameter(torch.ones(2))
        seen = []
        handle = p.register_post_accumulate_grad_hook(lambda tensor: seen.append((tensor is p, tensor.grad.tolist())))
        (p * 2 + p).sum().backward()
        p.sum().backward()
        assert seen == [(True, [3, 3]), (True, [4, 4])]
        handle.remove()
        p.sum().backward()
        assert len(seen) == 2

    def test_may_step_and_free_the_gradient(self):
        p = torch.nn.Parameter(torch.ones(2))
        optimizer = torch.optim.SGD([p], lr=1.0)

        def step(tensor):
            optimizer.step()
            optimizer.zero_grad()

        p.register_post_accumulate_grad_hook(step)
        p.sum().backward()
        assert p.tolist() == [0, 0] and p.grad is None

    def test_are_for_leaves(self):
        x = torch.ones(1, requires_grad=True)
        with pytest.raises(RuntimeError, match="cannot be registered on non-leaf tensors"):
            (x * 2).register_post_accumulate_grad_hook(print)
        with pytest.raises(RuntimeError, match="doesn't require gradient"):
            torch.ones(1).register_post_accumulate_grad_hook(print)


@pytest.mark.parametrize("name", "tanh sigmoid silu gelu softplus mish elu logsigmoid".split())
def test_a_residual_of_second_derivatives_can_be_trained(name):
    torch.manual_seed(0)
    activation = getattr(torch.nn.functional, name, None) or getattr(torch, name)
    first, second = torch.nn.Linear(1, 8).double(), torch.nn.Linear(8, 1).double()
    x = torch.linspace(0, 1, 6, dtype=torch.float64).view(-1, 1)

    def residual(weight):
        points = x.clone().requires_grad_()
        y = second(activation(torch.nn.functional.linear(points, weight, first.bias)))
        slope = torch.autograd.grad(y.sum(), points, create_graph=True)[0]
        return torch.autograd.grad(slope.sum(), points, create_graph=True)[0].pow(2).mean()

    assert torch.autograd.gradcheck(residual, first.weight.detach().clone().requires_grad_())


def test_grad_takes_what_can_be_iterated():
    layer = torch.nn.Linear(2, 1)
    x = torch.ones(1, 2)
    for inputs in (layer.parameters(), dict(layer.named_parameters()).values(), tuple(layer.parameters())):
        weight, bias = torch.autograd.grad(layer(x).sum(), inputs)
        assert weight.tolist() == [[1, 1]] and bias.tolist() == [1]
    layer(x).sum().backward(inputs=layer.weight)
    assert layer.weight.grad.tolist() == [[1, 1]] and layer.bias.grad is None
    torch.autograd.backward([layer(x).sum()], inputs=layer.parameters())
    assert layer.bias.grad.tolist() == [1]


def product():
    x, factor = torch.tensor([1.0, 2.0], requires_grad=True), torch.ones(2, requires_grad=True)
    return x, factor, x * factor


def test_hooks_of_nodes_see_and_replace_gradients():
    x, factor, y = product()
    node, seen = y.grad_fn, []
    node.register_hook(lambda inputs, outputs: seen.append(("after", inputs[0].tolist(), outputs[0].tolist())))
    tenfold = node.register_hook(lambda inputs, outputs: (inputs[0] * 10, inputs[1]))
    node.register_hook(lambda inputs, outputs: seen.append(("last", inputs[0].tolist(), outputs[0].tolist())))
    node.register_prehook(lambda outputs: seen.append(("before", outputs[0].tolist())))
    doubled = node.register_prehook(lambda outputs: (outputs[0] * 2,))
    y.register_hook(lambda grad: seen.append(("tensor", grad.tolist())))
    y.sum().backward(retain_graph=True)
    assert seen == [("tensor", [1, 1]), ("before", [1, 1]), ("after", [2, 2], [2, 2]), ("last", [20, 20], [2, 2])]
    assert x.grad.tolist() == [20, 20] and factor.grad.tolist() == [2, 4]
    tenfold.remove(), doubled.remove()
    y.sum().backward()
    assert x.grad.tolist() == [21, 21]


def test_hooks_of_nodes_where_gradients_are_missing():
    x, factor, y = product()
    seen = []
    y.grad_fn.register_hook(lambda inputs, outputs: seen.append([grad is None for grad in inputs]))
    torch.autograd.grad(y.sum(), x)
    assert seen == [[False, True]]
    y = x * factor
    y.grad_fn.register_prehook(lambda outputs: seen.append(outputs))
    torch.autograd.grad(y.sum(), y)  # ends before the node
    assert len(seen) == 1
    y = x * factor
    y.grad_fn.register_prehook(lambda outputs: (None,))
    y.sum().backward()
    assert x.grad is None


def test_hooks_of_leaves_nodes_and_functions():
    x, factor, y = product()
    node, seen = y.grad_fn.next_functions[0][0], []
    node.register_hook(lambda inputs, outputs: seen.append((inputs, outputs[0].tolist())))
    node.register_prehook(lambda outputs: (outputs[0] * 3,))
    y.sum().backward()
    assert seen == [((), [3, 3])] and x.grad.tolist() == [3, 3]
    y = Scale.apply(x, 4.0)
    y.grad_fn.register_hook(lambda inputs, outputs: seen.append(inputs[0].tolist()))
    y.sum().backward()
    assert [4, 4] in seen


def test_nodes_keep_metadata_and_their_hooks_die_with_them():
    x, factor, y = product()
    y.grad_fn.metadata["place"] = 3
    assert y.grad_fn.metadata == {"place": 3} and y.grad_fn.requires_grad
    held = torch.nn.Linear(1, 1)
    y.grad_fn.register_hook(lambda inputs, outputs: held)
    alive = weakref.ref(held)
    del held, y
    gc.collect()
    assert alive() is None


@pytest.mark.parametrize(
    "hook, error, text",
    [
        (lambda inputs, outputs: inputs[:1], RuntimeError, "an incorrect number of values .got 1, but expected 2"),
        (lambda inputs, outputs: inputs[0], TypeError, "expected tuple, but hook returned 'Tensor'"),
        (lambda inputs, outputs: (inputs[0], 3), TypeError, "expected Variable, but hook returned 'int'"),
        (lambda inputs, outputs: (inputs[0], torch.ones(3)), RuntimeError, "has changed the size of value"),
    ],
)
def test_hooks_of_nodes_return_gradients(hook, error, text):
    x, factor, y = product()
    y.grad_fn.register_hook(hook)
    with pytest.raises(error, match=text):
        y.sum().backward()


def test_grad_of_what_is_no_leaf_warns():
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    with pytest.warns(UserWarning, match="a Tensor that is not a leaf Tensor is being accessed"):
        assert y.grad is None
    y.retain_grad()
    y.sum().backward()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert y.grad.tolist() == [1, 1] and x.grad.tolist() == [2, 2] and x.detach().grad is None


def test_a_leaf_that_is_a_view_is_not_written_to():
    x = torch.arange(6.0).reshape(2, 3).requires_grad_()
    for write in (lambda: x[0].mul_(2), lambda: x.add_(1), lambda: x.__setitem__(0, 5)):
        with pytest.raises(RuntimeError, match="a view of a leaf Variable that requires grad is being used in an in-place"):
            write()
    assert x.is_leaf
    with torch.no_grad():
        x[0] = 5
    w = torch.ones(3, requires_grad=True)
    y = torch.zeros(6).view(2, 3)
    y[0] = w  # whose base is no leaf from now on
    y.mul_(2)
    y.sum().backward()
    assert w.grad.tolist() == [2, 2, 2]


def _half(grad):
    return grad[:1]


@pytest.mark.parametrize("hook, error, text", [
    (_half, RuntimeError, "hook '_half' has changed the size of value"),
    (lambda grad: grad.double(), RuntimeError,
     r"hook '<lambda>' has changed the type of value \(was torch.FloatTensor got torch.DoubleTensor\)"),
    (lambda grad: 5, TypeError, "expected Variable, but hook returned 'int'"),
])  # fmt: skip
def test_hooks_of_tensors_replace_gradients_by_their_like(hook, error, text):
    x = torch.ones(2, requires_grad=True)
    x.register_hook(hook)
    with pytest.raises(error, match=text):
        x.sum().backward()


def test_a_weight_that_was_written_to_is_named_as_linear_saves_it():
    weight = torch.ones(4, 3, requires_grad=True)
    y = torch.nn.functional.linear(torch.ones(2, 3, requires_grad=True), weight)
    with torch.no_grad():
        weight.mul_(2)
    with pytest.raises(RuntimeError, match=r"\[torch.FloatTensor \[3, 4\]\], which is output 0 of AsStrided, is at version 1"):
        y.sum().backward()


def test_copies_of_results_are_leaves():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    for copied in (copy.copy(y), pickle.loads(pickle.dumps(y))):
        assert copied.is_leaf and copied.requires_grad and copied.tolist() == [2, 4]
    assert copy.copy(y).data_ptr() == y.data_ptr()


def test_integers_do_not_require_grad():
    text = "Tensors of floating point and complex dtype can require gradients"
    with pytest.raises(RuntimeError, match="^Only " + text):
        torch.tensor([1, 2], requires_grad=True)
    with pytest.raises(RuntimeError, match="^Only " + text):
        torch.ones(2).new_tensor([1], dtype=torch.int32, requires_grad=True)
    whole = torch.ones(2, dtype=torch.int64)
    with pytest.raises(RuntimeError, match="^only " + text):
        whole.requires_grad = True
    assert not whole.requires_grad


def test_numbers_are_tensors_in_the_names_of_nodes():
    x = torch.ones(2, requires_grad=True)
    names = [y.grad_fn.name() for y in (x + 2, x - 2, x * 2, x / 2, 2 - x, 2 / x, torch.div(x, 2, rounding_mode="trunc"))]
    assert names == [
        "AddBackward0",
        "SubBackward0",
        "MulBackward0",
        "DivBackward0",
        "RsubBackward1",
        "MulBackward0",
        "DivBackward2",
    ]
    assert repr(x * 2) == "tensor([2., 2.], grad_fn=<MulBackward0>)"


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: torch.nn.functional.max_pool2d(x, 2), "MaxPool2DWithIndicesBackwardBackward0"),
        (lambda x: torch.nn.functional.avg_pool2d(x, 2), "AvgPool2DBackwardBackward0"),
        (lambda x: torch.nn.functional.adaptive_avg_pool2d(x, 2), "AdaptiveAvgPool2DBackwardBackward0"),
        (lambda x: torch.nn.functional.pad(x, (1, 1, 1, 1), "reflect"), "ReflectionPad2DBackwardBackward0"),
        (lambda x: torch.nn.functional.pad(x, (1, 1, 1, 1), "replicate"), "ReplicationPad2DBackwardBackward0"),
        (lambda x: torch.nn.functional.prelu(x, torch.tensor(0.2)), "PreluKernelBackwardBackward0"),
        (lambda x: torch.nn.functional.rrelu(x, training=True), "RreluWithNoiseBackwardBackward0"),
        (lambda x: torch.nn.functional.nll_loss(x[0, 0], torch.tensor([0, 1, 2, 3])), None),
    ],
)
def test_gradients_that_are_constant_depend_on_the_input(function, name):
    x = torch.arange(16.0).reshape(1, 1, 4, 4).requires_grad_()
    (grad,) = torch.autograd.grad(function(x).square().sum() if name is None else function(x).sum(), x, create_graph=True)
    assert grad.requires_grad and (name is None or grad.grad_fn.name() == name)
    factor = torch.tensor(3.0, requires_grad=True)
    (grad,) = torch.autograd.grad(function(x).sum() * factor, x, create_graph=True)
    by_input, by_factor = torch.autograd.grad(grad.sum(), [x, factor])
    assert torch.equal(by_input, torch.zeros_like(x))
    torch.testing.assert_close(by_factor * 3, grad.sum())


def test_circular_padding_and_upsampling_are_linear():
    x = torch.ones(1, 1, 2, 2, requires_grad=True)
    for y in (torch.nn.functional.pad(x[0], (1, 1), "circular"), torch.nn.functional.interpolate(x, scale_factor=2)):
        assert not torch.autograd.grad(y.sum(), x, create_graph=True)[0].requires_grad


def test_gradients_of_the_shares_of_quantiles():
    x, q = torch.tensor([3.0, 1.0, 4.0, 1.5, 9.0]), torch.tensor([0.1, 0.6], requires_grad=True)
    for function in (torch.quantile, torch.nanquantile):
        assert torch.autograd.grad(function(x, q).sum(), q)[0].tolist() == [2, 4]
        assert not function(x, q, interpolation="lower").requires_grad


def test_index_fill_with_a_tensor():
    x, value = torch.zeros(3, 2, requires_grad=True), torch.tensor(2.0, requires_grad=True)
    y = x.index_fill(0, torch.tensor([2, 0, 2]), value)
    assert y.tolist() == [[2, 2], [0, 0], [2, 2]] and y.grad_fn.name() == "IndexFillBackward1"
    by_x, by_value = torch.autograd.grad(y.sum(), [x, value])
    assert by_x.tolist() == [[0, 0], [1, 1], [0, 0]] and by_value.item() == 4
    assert torch.zeros(3, dtype=torch.int64).index_fill_(0, torch.tensor([1]), torch.tensor(2.7)).tolist() == [0, 2, 0]
    with pytest.raises(RuntimeError, match=r"0-dimensional value tensor, but got tensor with 1 dimension\(s\)."):
        x.index_fill(0, torch.tensor([1]), torch.ones(1))


def test_nextafter_moves_with_its_first_argument():
    a, b = torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([2.0, 2.0], requires_grad=True)
    product = a * b
    with torch.no_grad():
        assert product.nextafter_(b).grad_fn.name() == "MulBackward0"
    grads = torch.autograd.grad(torch.nextafter(a, b).sum(), [a, b])
    assert [grad.tolist() for grad in grads] == [[1, 0], [0, 0]]


def test_gradients_of_a_group_norm_of_no_images():
    x, weight, bias = (torch.ones(s, requires_grad=True) for s in ((0, 4, 2), (4,), (4,)))
    grads = torch.autograd.grad(torch.nn.functional.group_norm(x, 2, weight, bias).sum(), [x, weight, bias])
    assert [grad.tolist() for grad in grads] == [[], [0] * 4, [0] * 4]
