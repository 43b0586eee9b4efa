"""Tensors from Python: creation, operators, indexing, conversion, errors."""

import copy
import math
import operator
import pickle
import re
import subprocess
import sys

import numpy as np
import pytest
import relume as torch


def values(tensor):
    return tensor.tolist()


class TestCreation:
    def test_deduces_the_dtype_of_lists(self):
        assert torch.tensor([1, 2]).dtype is torch.int64
        assert torch.tensor([1, 2.0]).dtype is torch.float32
        assert torch.tensor([True]).dtype is torch.bool
        assert torch.tensor([]).dtype is torch.float32

    def test_takes_sizes_one_by_one_or_as_a_tuple(self):
        assert torch.zeros(2, 3).shape == torch.zeros((2, 3)).shape == torch.Size([2, 3])

    def test_keeps_the_dtype_of_arrays(self):
        assert torch.tensor(np.arange(3, dtype=np.int16)).dtype is torch.int16

    @pytest.mark.parametrize(
        "data, error, text",
        [
            ([[1, 2], [3]], ValueError, "expected sequence of length 2 at dim 1 (got 1)"),
            ("a", TypeError, "new(): invalid data type 'str'"),
            ([None], RuntimeError, "Could not infer dtype of NoneType"),
            ([2**70], ValueError, "Overflow when unpacking long long"),
        ],
    )
    def test_refuses_what_is_no_array_of_numbers(self, data, error, text):
        with pytest.raises(error) as caught:
            torch.tensor(data)
        assert text in str(caught.value)

    def test_refuses_numbers_that_do_not_fit_the_dtype(self):
        with pytest.raises(RuntimeError, match="without overflow"):
            torch.tensor([300], dtype=torch.uint8)
        for number in (float("nan"), float("inf"), 1e30):
            for dtype in (torch.int32, torch.int64):
                with pytest.raises(RuntimeError, match="without overflow"):
                    torch.tensor([number], dtype=dtype)
                with pytest.raises(RuntimeError, match="without overflow"):
                    torch.zeros(2, dtype=dtype)[0] = number

    def test_draws_the_numbers_of_the_seed(self):
        torch.manual_seed(0)
        assert repr(torch.randn(3)) == "tensor([ 1.5410, -0.2934, -2.1788])"


class TestOperators:
    def test_mix_tensors_and_numbers(self):
        x = torch.tensor([1.0, 2.0])
        assert values(2 - x) == [1, 0]
        assert values(x / 2) == [0.5, 1]
        assert values(2**x) == [2, 4]
        assert values(5 // x) == [5, 2]
        assert values(x > 1) == [False, True]

    def test_keep_integers_integers(self):
        assert (torch.tensor([1]) + 1).dtype is torch.int64
        assert (torch.tensor([1]) + 1.0).dtype is torch.float32

    def test_write_in_place(self):
        x = torch.ones(2)
        y = x
        y += 1
        y *= 3
        assert x is y and values(x) == [6, 6]

    def test_refuse_other_types(self):
        with pytest.raises(TypeError, match="unsupported operand type"):
            torch.ones(2) + "a"

    def test_compare_unequal_with_none(self):
        assert (torch.ones(1) == None) is False  # noqa: E711

    def test_bool_of_many_elements_is_refused(self):
        with pytest.raises(RuntimeError, match="ambiguous"):
            bool(torch.ones(2))


class TestIdentity:
    def test_in_place_functions_return_their_argument(self):
        x = torch.tensor([-1.0])
        assert torch.relu_(x) is x and x.add_(1) is x

    def test_grad_is_one_object(self):
        x = torch.ones(2, requires_grad=True)
        x.sum().backward()
        assert x.grad is x.grad

    def test_attributes_and_class_survive_while_only_the_graph_holds_the_tensor(self):
        class Named(torch.Tensor):
            pass

        x = torch.ones(2).as_subclass(Named)
        x.requires_grad_()
        x.label = "input"
        loss = (x * 2).sum()
        del x
        node = loss.grad_fn
        while node.next_functions:
            node = node.next_functions[0][0]
        leaf = node.variable
        assert type(leaf) is Named and leaf.label == "input"


class TestErrors:
    @pytest.mark.parametrize(
        "call, text",
        [
            (lambda: torch.relu(3), "relu(): argument 'input' (position 1) must be Tensor, not int"),
            (lambda: torch.relu(), 'relu() missing 1 required positional arguments: "input"'),
            (lambda: torch.relu(torch.ones(1), 2), "relu() takes 1 positional argument but 2 were given"),
            (lambda: torch.relu(torch.ones(1), foo=2), "relu() got an unexpected keyword argument 'foo'"),
            (lambda: torch.zeros("a"), "zeros(): argument 'size' (position 1) must be tuple of ints, not str"),
            (lambda: torch.cat([1, 2]), "expected Tensor as element 0 in argument 0, but got int"),
        ],
    )
    def test_wrong_arguments_are_type_errors(self, call, text):
        with pytest.raises(TypeError) as caught:
            call()
        assert str(caught.value) == text

    def test_wrong_indices_are_index_errors(self):
        with pytest.raises(IndexError, match="out of bounds"):
            torch.ones(2)[5]
        with pytest.raises(IndexError, match="Dimension out of range"):
            torch.ones(2).sum(3)


class TestConversion:
    def test_shares_memory_with_numpy(self):
        array = np.zeros((2, 2), dtype=np.float32)
        x = torch.from_numpy(array)
        x += 1
        assert array.sum() == 4
        x.numpy()[0, 0] = 7
        assert x[0, 0].item() == 7

    def test_refuses_negative_strides(self):
        with pytest.raises(ValueError, match="negative"):
            torch.from_numpy(np.arange(4)[::-1])

    def test_speaks_dlpack_both_ways(self):
        assert np.from_dlpack(torch.arange(3)).tolist() == [0, 1, 2]
        assert values(torch.from_dlpack(np.arange(3.0))) == [0, 1, 2]

    def test_a_dlpack_capsule_is_read_once(self):
        capsule = torch.ones(2).__dlpack__()
        torch.from_dlpack(capsule)
        with pytest.raises(RuntimeError, match="invalid capsule"):
            torch.from_dlpack(capsule)

    @pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int8, torch.bool])
    def test_pickles(self, dtype):
        x = torch.tensor([[0, 1], [1, 0]]).to(dtype)
        back = pickle.loads(pickle.dumps(x))
        assert back.dtype is dtype and values(back) == values(x)

    def test_deepcopy_copies_elements_and_attributes(self):
        x = torch.ones(2, requires_grad=True)
        x.tag = ["a"]
        y = copy.deepcopy(x)
        assert y.requires_grad and y.tag == ["a"] and y.tag is not x.tag

    def test_tensors_that_require_grad_give_no_array(self):
        with pytest.raises(RuntimeError, match="requires grad"):
            torch.ones(1, requires_grad=True).numpy()


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda: float(torch.ones(2)), ValueError, "only one element tensors can be converted to Python scalars"),
        (lambda: int(torch.ones(0)), ValueError, "only one element tensors can be converted to Python scalars"),
        (lambda: ~torch.ones(2), TypeError, "only implemented on integer and Boolean-type tensors"),
    ],
)
def test_conversions_refuse_what_does_not_fit(call, error, text):
    with pytest.raises(error, match=text):
        call()


class TestClasses:
    def test_of_the_older_names_have_tensors_of_their_dtype_as_instances(self):
        x = torch.FloatTensor([1, 2])
        assert isinstance(x, torch.FloatTensor) and not isinstance(x, torch.LongTensor)
        assert x.type(torch.LongTensor).dtype is torch.int64 and torch.ByteTensor(2, 3).shape == (2, 3)

    def test_of_ones_own_print_their_name(self):
        class Named(torch.Tensor):
            pass

        assert repr(torch.eye(2).as_subclass(Named)) == "Named([[1., 0.],\n       [0., 1.]])"

    def test_of_results_print_their_parts(self):
        assert repr(torch.mode(torch.tensor([2, 1, 2]))) == "torch.return_types.mode(\nvalues=tensor(2),\nindices=tensor(2))"
        assert repr(torch.linalg.slogdet(torch.eye(2))).startswith("torch.return_types.linalg_slogdet(\nsign=tensor(1.),")
        assert torch.qr(torch.eye(2)).R.tolist() == torch.linalg.qr(torch.eye(2)).R.tolist()


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda: torch.frexp(torch.tensor([1])), RuntimeError, "only supports floating-point dtypes"),
        (lambda: torch.nextafter(torch.tensor([1]), torch.tensor([2])), NotImplementedError, "nextafter_cpu"),
        (lambda: torch.mode(torch.ones(2, 0)), IndexError, "non-zero size"),
        (lambda: torch.nanquantile(torch.ones(2), 2.0), RuntimeError, "in the range"),
        (lambda: torch.histogram(torch.ones(2), 0), RuntimeError, "bins must be > 0"),
        (lambda: torch.histogram(torch.ones(2), 3, range=(2.0, 1.0)), RuntimeError, "min should not exceed max"),
        (lambda: torch.poisson(torch.tensor([-1.0])), RuntimeError, "invalid Poisson rate"),
        (
            lambda: torch.ones(2).scatter_reduce(0, torch.tensor([0]), torch.ones(1), "max"),
            RuntimeError,
            "must be either sum, prod, mean, amax or amin, got max",
        ),
        (
            lambda: torch.ones(2).scatter_reduce(0, torch.tensor([0]), torch.ones(1).long(), "sum"),
            RuntimeError,
            "Expected self.dtype to be equal to src.dtype",
        ),
    ],
)
def test_statistics_refuse_what_does_not_fit(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_a_gpu_is_refused_as_pytorch_without_cuda_refuses_it():
    x = torch.ones(2)
    calls = [
        lambda: x.cuda(),
        lambda: x.to("cuda"),
        lambda: x.to(torch.device("cuda", 0)),
        lambda: torch.zeros(2, device="cuda"),
        lambda: torch.tensor([1], device="cuda"),
        lambda: torch.as_tensor([1], device="cuda"),
        lambda: torch.nn.Linear(2, 2).cuda(),
        lambda: torch.nn.Linear(2, 2).to("cuda"),
        lambda: torch.cuda.synchronize(),
    ]
    for call in calls:
        with pytest.raises(AssertionError, match="^Torch not compiled with CUDA enabled$"):
            call()
    for call in (lambda: x.to(1), lambda: torch.ones(2, device=0), lambda: torch.device(0), lambda: torch.nn.ReLU().to(0)):
        with pytest.raises(RuntimeError, match="^Cannot access accelerator device when none is available.$"):
            call()


def test_functions_of_numpy_give_tensors():
    np = pytest.importorskip("numpy")
    x = torch.tensor([[0.0, 1.0, 2.0]])
    assert isinstance(np.sqrt(x), torch.Tensor) and torch.equal(np.transpose(x, (1, 0)), x.T)


def test_functions_of_complex_numbers_take_real_ones():
    x = torch.tensor([-1.0, 0.0, 2.0, float("nan")])
    assert torch.angle(x)[:3].tolist() == [torch.tensor(torch.pi).item(), 0, 0] and torch.isnan(torch.angle(x)[3])
    assert torch.conj(x) is x and x.resolve_conj() is x and not x.is_conj() and torch.isreal(x).all()
    with pytest.raises(RuntimeError, match="imag is not implemented for tensors with non-complex dtypes"):
        x.imag


class TestStorage:
    def test_views_share_it(self):
        x = torch.arange(6.0).view(2, 3)
        row = x[1]
        assert row.untyped_storage().data_ptr() == x.untyped_storage().data_ptr() == x.storage().data_ptr()
        assert x.untyped_storage().nbytes() == 24 and len(row.storage()) == 6 and row.storage().tolist() == [0, 1, 2, 3, 4, 5]
        assert torch.is_storage(x.storage()) and torch.is_storage(x.untyped_storage()) and not torch.is_storage(x)

    def test_writes_show_in_the_tensor(self):
        x = torch.zeros(3)
        x.storage()[1] = 5
        assert x.tolist() == [0, 5, 0]
        x.untyped_storage().fill_(0)
        assert x.tolist() == [0, 0, 0]

    def test_set_(self):
        x = torch.arange(6.0).view(2, 3)
        y = torch.empty(0)
        assert y.set_(x) is y and y.data_ptr() == x.data_ptr() and y.shape == (2, 3)
        assert y.set_(x.untyped_storage(), 1, (2, 2), (1, 2)).tolist() == [[1, 3], [2, 4]]
        assert y.set_(x.storage(), 2, (3,)).tolist() == [2, 3, 4] and y.set_().numel() == 0
        with pytest.raises(RuntimeError, match="Could not set tensor of type"):
            torch.empty(0, dtype=torch.int).set_(x)


def test_numbers_as_small_integers():
    assert torch.tensor([-1, 0.0], dtype=torch.uint8).tolist() == [255, 0]
    for bad in ([-1.0], [300], [300, 1.0], [float("nan")]):
        with pytest.raises(RuntimeError, match="cannot be converted to type uint8 without overflow"):
            torch.tensor(bad, dtype=torch.uint8)
    with pytest.raises(ValueError, match="too many dimensions 'str'"):
        torch.tensor(["a"])


def test_losses_and_the_dtype_of_their_target():
    F, x = torch.nn.functional, torch.tensor([0.5])
    for loss in (F.mse_loss, F.smooth_l1_loss, F.huber_loss):
        assert loss(x, torch.tensor([True])).item() == loss(x, torch.tensor([1.0])).item()
    with pytest.raises(RuntimeError, match="Found dtype Long but expected Float"):
        F.binary_cross_entropy(x, torch.tensor([1]))
    with pytest.raises(RuntimeError, match="result type Float can't be cast to the desired output type Long"):
        F.binary_cross_entropy_with_logits(x, torch.tensor([1]))
    assert F.binary_cross_entropy_with_logits(x, torch.ones(1, dtype=torch.float64)).dtype == torch.float64


def test_unique_slices():
    x = torch.tensor([[1, 0, 1, 1], [2, 0, 2, 1]])
    values, inverse, counts = torch.unique(x, return_inverse=True, return_counts=True, dim=1)
    assert values.tolist() == [[0, 1, 1], [0, 1, 2]] and inverse.tolist() == [2, 0, 2, 1] and counts.tolist() == [1, 1, 2]
    assert torch.unique(x.T, dim=0).tolist() == [[0, 0], [1, 1], [1, 2]] and x.unique(dim=-1).shape == (2, 3)
    assert torch.unique(torch.ones(0, 3), dim=0).shape == (0, 3)


def test_errors_list_keywords_alone_as_pytorch_does():
    with pytest.raises(TypeError, match=r"mean\(\) received an invalid combination .* got \(foo=int, \), but expected"):
        torch.ones(2).mean(foo=1)
    with pytest.raises(TypeError, match=r"view\(\) received an invalid combination of arguments - got \(\), but"):
        torch.ones(2).view()


def error_of(call):
    with pytest.raises(TypeError) as caught:
        call()
    return str(caught.value)


def test_errors_say_why_a_line_does_not_match():
    x = torch.ones(2)
    assert error_of(lambda: x.eq("a")) == (
        "eq() received an invalid combination of arguments - got (str), but expected one of:\n"
        " * (Tensor other)\n      didn't match because some of the arguments have invalid types: (!str!)\n"
        " * (Number other)\n      didn't match because some of the arguments have invalid types: (!str!)\n"
    )
    assert "didn't match because some of the keywords were incorrect: foo\n" in error_of(lambda: x.eq(foo=1))
    assert error_of(lambda: x.mul("a")) == "mul(): argument 'other' (position 1) must be Tensor, not str"
    assert error_of(lambda: torch.relu()) == 'relu() missing 1 required positional arguments: "input"'
    assert error_of(lambda: torch.allclose()) == 'allclose() missing 2 required positional argument: "input", "other"'
    assert error_of(lambda: x.sqrt(1)) == "TensorBase.sqrt() takes no arguments (1 given)"
    assert error_of(lambda: x.unbind(1, 2)) == "unbind() takes from 0 to 1 positional arguments but 2 were given"


def test_variances_by_correction_and_by_bias():
    x = torch.arange(12.0).view(3, 4)
    assert torch.allclose(torch.var(x, correction=0), x.var(unbiased=False))
    assert torch.allclose(torch.std(x, dim=1, correction=2), x.std(1) * math.sqrt(3 / 2))
    assert torch.allclose(torch.std_mean(x, False)[0], x.std(correction=0))
    for got in (torch.var_mean(x, dim=1, unbiased=False), torch.var_mean(x, correction=0, dim=1)):
        assert torch.allclose(got[0], x.var(1, False)) and torch.equal(got[1], x.mean(1))
    assert torch.var_mean(x, (0, 1), True, True)[0].shape == (1, 1)


def test_numbers_where_tensors_are_copied_or_imitated():
    x = torch.zeros(2, dtype=torch.uint8)
    assert x.copy_(7) is x and x.tolist() == [7, 7]
    assert [x.to(value).dtype for value in (3.5, True)] == [torch.float64, torch.bool]  # an int is a device


def test_devices_are_blocks():
    with torch.device("cpu") as device:
        assert torch.ones(1).device == device
    with pytest.raises(AssertionError, match="not compiled with CUDA"), torch.device("cuda"):
        pass


def test_sizes_join_with_tuples_on_both_sides():
    size = torch.Size([2, 3])
    for joined in ((1,) + size, size + (1,), size + size, torch.Size([]) + size):
        assert type(joined) is torch.Size
    assert (1,) + size == (1, 2, 3) and repr((1,) + size) == "torch.Size([1, 2, 3])"
    with pytest.raises(TypeError):
        size + [1]


def test_einsum_with_lists_of_dimensions():
    a, b = torch.randn(2, 3), torch.randn(3, 4)
    assert torch.equal(torch.einsum(a, [0, 1], b, [1, 2], [2, 0]), torch.einsum("ij,jk->ki", a, b))
    assert torch.equal(torch.einsum(a, [0, 1], b, [1, 2]), a @ b)
    assert torch.equal(torch.einsum(a, [..., 7], [7, ...]), a.T)
    with pytest.raises(ValueError, match="at least one operand"):
        torch.einsum("ij")


def test_versions_compare_by_their_numbers():
    from relume.torch_version import TorchVersion

    version = TorchVersion("2.13.0+relume0.1.0")
    assert version >= "2.2" and version > (1, 8) and not version < "2.9.1" and version <= "2.14" and version != "2.12"
    assert isinstance(version, str) and version.startswith("2.13") and hash(version) == hash(str(version))
    assert TorchVersion("2.13") == "2.13.0" and TorchVersion("2.13.0") == (2, 13)


def test_losses_of_the_top_level_are_not_reduced_by_default():
    a, b = torch.rand(3), torch.rand(3)
    for function, reduced in (
        (torch.kl_div, torch.nn.functional.kl_div),
        (torch.binary_cross_entropy_with_logits, torch.nn.functional.binary_cross_entropy_with_logits),
    ):
        assert torch.equal(function(a, b), reduced(a, b, reduction="none")) and function(a, b, reduction=1).dim() == 0


@pytest.mark.parametrize("number", [2.5, True, None])
def test_the_class_takes_sizes_or_values_but_no_number_alone(number):
    with pytest.raises(TypeError, match="data must be a sequence"):
        torch.Tensor(number)
    assert torch.Tensor(2, 3).shape == (2, 3) and torch.Tensor([2.5]).item() == 2.5


def test_two_numbers_make_a_tensor():
    assert torch.add(1, 2, alpha=3).item() == 7 and torch.mul(2, 2.5).dtype is torch.float32
    assert torch.sub(1, 2).dtype is torch.int64 and torch.div(1, 2).item() == 0.5
    assert torch.div(-7, 2, rounding_mode="floor").item() == torch.floor_divide(-7, 2).item() == -4
    assert torch.add(True, True).dtype is torch.bool


def test_numbers_may_stand_before_tensors():
    x = torch.tensor([3, 4], dtype=torch.int32)
    assert torch.add(2, x).tolist() == [5, 6] and torch.add(2, x).dtype is torch.int32
    assert torch.sub(2.5, x, alpha=2).tolist() == [-3.5, -5.5] and torch.mul(2, x).tolist() == [6, 8]
    assert torch.div(7, x, rounding_mode="floor").tolist() == [2, 1] and torch.div(7, x, rounding_mode="floor").dtype is x.dtype
    assert torch.div(6.0, x).tolist() == [2, 1.5] and torch.floor_divide(7, x).tolist() == [2, 1]
    assert torch.subtract(2, torch.tensor(1.0, dtype=torch.float64)).dtype is torch.float64
    w = torch.ones(2, requires_grad=True)
    torch.mul(3, w).sum().backward()
    assert w.grad.tolist() == [3, 3]


@pytest.mark.parametrize("clamp", [torch.clamp, torch.clip, torch.Tensor.clamp])
def test_clamps_to_an_upper_tensor_alone(clamp):
    assert clamp(torch.tensor([1.0, 5.0]), max=torch.tensor([2.0, 3.0])).tolist() == [1, 3]


def test_arrays_are_operands_of_numpy():
    t, array = torch.tensor([1.0, 2.0]), np.array([2.0, 4.0])
    for result in (t * array, t + array, array / t, t // array, t @ array):
        assert isinstance(result, torch.Tensor) and result.dtype is torch.float64
    assert (array / t).tolist() == [2, 2] and (t - array).tolist() == [-1, -2] and (t == array).tolist() == [False, False]
    assert (torch.tensor([1, 2]) * np.float32([2, 2])).dtype is torch.float64  # as NumPy promotes
    kept = t
    t += array
    assert kept.tolist() == [1, 2] and t.tolist() == [3, 6]
    with pytest.raises(RuntimeError, match=r"Can't call numpy\(\) on Tensor that requires grad."):
        torch.ones(2, requires_grad=True) * array
    with pytest.raises(TypeError, match="Concatenation operation is not implemented for NumPy arrays"):
        array += t
    for refused, sign in ((operator.mul, "*"), (operator.sub, "-"), (operator.pow, "**")):
        with pytest.raises(TypeError, match=re.escape(f"unsupported operand type(s) for {sign}")):
            refused(array, t)
    for pair in ((t, array), (array, t)):
        with pytest.raises(TypeError, match="'<' not supported between instances of"):
            operator.lt(*pair)
    with pytest.raises(TypeError):
        t * b"ab"


def test_what_functions_of_numpy_make_of_tensors():
    x = torch.tensor([0.0, 1.0])
    assert np.add(x, 1).dtype is torch.float32 and np.less(x, 1).dtype is torch.uint8
    assert type(np.sin(x.as_subclass(type("Own", (torch.Tensor,), {})))).__name__ == "Own"
    with pytest.raises(TypeError, match="expected np.ndarray"):
        torch.from_numpy(np.float64(1))


@pytest.mark.parametrize("value", [[1.0, 2.0], np.ones(2), np.float32(1), np.bool_(True), "a", None])
def test_what_is_no_number_is_not_assigned(value):
    with pytest.raises(TypeError, match="can't assign a .* to a torch.FloatTensor"):
        torch.zeros(2)[:] = value


def test_numbers_are_shifted_by_booleans_as_integers():
    assert (2 << torch.tensor([True, False])).tolist() == [4, 2] and (2 >> torch.tensor([True])).dtype is torch.int64


def test_lists_may_hold_tensors_of_one_element():
    assert torch.tensor([torch.ones(1), torch.ones(1, 1)]).tolist() == [1, 1]
    assert torch.tensor([[torch.tensor(1)], [2]]).shape == (2, 1)
    with pytest.raises(ValueError, match="only one element tensors can be converted to Python scalars"):
        torch.tensor([torch.ones(2), torch.ones(2)])


@pytest.mark.parametrize("value", [np.datetime64("2020"), [np.datetime64("2020")], np.timedelta64(1), np.zeros(2, "M8[s]")])
def test_dates_are_no_numbers(value):
    with pytest.raises(TypeError, match="can't convert np.ndarray of type numpy.(datetime|timedelta)64"):
        torch.tensor(value)


def test_new_makes_tensors_of_the_same_dtype():
    x = torch.zeros(1, dtype=torch.float64)
    assert x.new(2, 3).shape == (2, 3) and x.new([1, 2]).tolist() == [1, 2] and x.new([1]).dtype is torch.float64
    assert x.new(x.shape).shape == (1,) and x.new().shape == (0,)


def test_gradients_keep_the_digits_of_float64():
    x = torch.tensor([1.5], dtype=torch.float64, requires_grad=True)
    (3**x).sum().backward()
    assert x.grad.item() == pytest.approx(3**1.5 * math.log(3), rel=1e-15)
    (grad,) = torch.autograd.grad(torch.xlogy(x, 2).sum(), x)
    assert grad.item() == math.log(2)


def test_losses_keep_half_types():
    a, b = torch.tensor(2.0), torch.tensor(3.0)
    assert torch.nn.functional.smooth_l1_loss(a.half(), b.half()).dtype is torch.float16
    assert torch.nn.functional.huber_loss(a.bfloat16(), b.bfloat16()).dtype is torch.bfloat16
    assert torch.nn.functional.soft_margin_loss(a, torch.tensor(1, dtype=torch.uint8)).item() == pytest.approx(0.126928)


def test_histc_puts_edges_where_pytorch_does():
    assert torch.histc(torch.arange(20) / 7, 7, 0, 3).tolist() == [3, 3, 3, 3, 3, 3, 2]


def test_addbmm_keeps_integers():
    x = torch.ones(3, 2, 2, dtype=torch.int32)
    assert torch.addbmm(x[0], x, x).dtype is torch.int32


def test_take_along_dim_counts_from_the_end():
    assert torch.take_along_dim(torch.tensor([[1, 2, 3]]), torch.tensor([[-1, -2, 0]]), 1).tolist() == [[3, 2, 1]]


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
def test_grids_may_have_places_that_are_not_finite(mode):
    image = torch.arange(4.0).reshape(1, 1, 2, 2) + 1
    grid = torch.tensor([[[[math.nan, 0.0], [1e30, 0.0], [math.inf, 0.0], [-0.5, -0.5]]]])
    sampled = torch.nn.functional.grid_sample(image, grid, mode=mode, align_corners=False)
    assert sampled.flatten().tolist() == [0, 0, 0, 1]


_BAD_ITEM = "failed to unpack the object at pos 2 with error \"type must be tuple of ints,but got "


@pytest.mark.parametrize("call, text", [
    (lambda: torch.nn.Linear(4 / 2, 3), "empty(): argument 'size' " + _BAD_ITEM + 'float"'),
    (lambda: torch.nn.Linear(3, 4 / 2),
     "empty(): argument 'size' (position 1) must be tuple of ints, but found element of type float at pos 0"),
    (lambda: torch.zeros(2, "a"), "zeros(): argument 'size' " + _BAD_ITEM + 'str"'),
    (lambda: torch.zeros(size=(2, None)), "zeros(): argument 'size' " + _BAD_ITEM + 'NoneType"'),
    (lambda: torch.ones(2).view(1, "a"), "view(): argument 'size' " + _BAD_ITEM + 'str"'),
    (lambda: torch.ones(2).sum((0, "a")), "sum(): argument 'dim' " + _BAD_ITEM + 'str"'),
    (lambda: torch.ones(2).__setitem__(0, "a"), "can't assign a str to a torch.FloatTensor"),
    (lambda: torch.ones(2).__setitem__(0, None), "can't assign a NoneType to a torch.FloatTensor"),
    (lambda: torch.Tensor([1], dtype=torch.int32), "unexpected keyword argument 'dtype'"),
])  # fmt: skip
def test_type_errors_name_the_element(call, text):
    with pytest.raises(TypeError, match=re.escape(text)):
        call()


def test_the_older_classes_convert_tensors(recwarn):
    assert torch.LongTensor(torch.tensor([1.5, 2.0])).tolist() == [1, 2]
    assert torch.FloatTensor([1, 2], device="cpu").tolist() == [1, 2]
    assert not recwarn.list


def test_trapezoids_are_halved_after_their_sum():
    torch.manual_seed(0)
    for _ in range(20):
        y, x = torch.randn(7), torch.rand(7).cumsum(0)
        doubled = (y[1:] + y[:-1]) * x.diff()
        assert torch.trapezoid(y, x) == doubled.sum() / 2
        assert torch.equal(torch.cumulative_trapezoid(y, x), doubled.cumsum(0) / 2)
        assert torch.trapezoid(y, dx=0.3) == (y.sum() - (y[0] + y[-1]) * 0.5) * 0.3
    with pytest.raises(RuntimeError, match="trapezoid: received a bool input for `y`, but bool is not supported"):
        torch.trapezoid(torch.tensor([True, False]))


@pytest.mark.parametrize("call, name", [
    (lambda x: torch.kron(x, x), "UnsafeViewBackward0"),
    (lambda x: torch.block_diag(x, x), "BlockDiagBackward0"),
    (lambda x: torch.nn.functional.pairwise_distance(x, x + 1), "NormBackward1"),
    (lambda x: torch.nn.functional.unfold(x[None, None], 2), "Im2ColBackward0"),
    (lambda x: torch.nn.functional.fold(x.reshape(1, 4, 4)[..., :1], (2, 2), 2), "Col2ImBackward0"),
])  # fmt: skip
def test_nodes_have_the_names_of_pytorchs_ops(call, name):
    assert call(torch.randn(4, 4, requires_grad=True)).grad_fn.name() == name


class TestOlderForms:
    """The numbers that ops take by keyword, given among the tensors."""

    @pytest.mark.parametrize(
        "call, expected",
        [
            (lambda x, y: x.add_(2, y), [3, 5]),
            (lambda x, y: x.add(2, y), [3, 5]),
            (lambda x, y: torch.sub(x, 2, y), [-1, -3]),
            (lambda x, y: x.addcmul_(2, y, y), [3, 9]),
            (lambda x, y: torch.addcdiv(x, 2, y, y), [3, 3]),
            (lambda x, y: torch.addmv(2, x, 3, torch.eye(2), y), [5, 8]),
            (lambda x, y: x.addmv(2, torch.eye(2), y), [3, 4]),
        ],
    )
    def test_are_understood(self, call, expected):
        assert call(torch.ones(2), torch.tensor([1.0, 2.0])).tolist() == expected

    def test_warn(self):
        code = "import relume as torch; torch.ones(1).add_(2, torch.ones(1)); torch.ones(1).addcmul_(2, torch.ones(1), torch.ones(1))"
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert run.stderr.count("deprecated") == 1
        assert "This overload of add_ is deprecated:\n\tadd_(Number alpha, Tensor other)\n" in run.stderr
        assert "signatures instead:\n\tadd_(Tensor other, *, Number alpha = 1)" in run.stderr

    def test_others_are_refused(self):
        with pytest.raises(TypeError):
            torch.ones(1).add_(2, torch.ones(1), 3)
        with pytest.raises(TypeError):
            torch.ones(1).mul(2, torch.ones(1))


class TestExpanded:
    @pytest.mark.parametrize(
        "write, name",
        [
            (lambda x: x.masked_fill_(torch.tensor([True, False, False]), 1), "masked_fill_"),
            (lambda x: x.index_fill_(0, torch.tensor([2]), 1), "index_fill_"),
            (lambda x: x.index_put_((torch.tensor([0]),), torch.ones(1)), "index_put_"),
            (lambda x: x.__setitem__(torch.tensor([1]), 1.0), "index_put_"),
            (lambda x: x.__setitem__(torch.tensor([False, True, False]), 1.0), "_fill_|index_put_"),
        ],
    )
    def test_writes_by_index_warn(self, write, name):
        x = torch.zeros(1).expand(3)
        with pytest.warns(UserWarning, match=f"Use of .*({name}).* on expanded tensors is deprecated"):
            write(x)
        assert x.tolist() == [1, 1, 1]

    def test_a_mask_of_one_dimension(self):
        x = torch.zeros(2, 1).expand(2, 3)
        with pytest.warns(UserWarning):
            x.masked_fill_(torch.tensor([[True], [False]]), 1)
        assert x.tolist() == [[1, 1, 1], [0, 0, 0]]


def test_index_add_of_integers_truncates_alpha():
    added = torch.tensor([1, 2]).index_add(0, torch.tensor([0]), torch.tensor([1]), alpha=1.5)
    assert added.tolist() == [2, 2] and added.dtype == torch.int64
    with pytest.raises(RuntimeError, match=r"Got self.shape = \[\] source.shape = \[2\]"):
        torch.tensor(1.0).index_add(0, torch.tensor([0, 0]), torch.ones(2))


def test_quotient_of_a_number_beyond_the_dtype():
    assert torch.div(-3, torch.tensor([1, 2], dtype=torch.uint8)).tolist() == [-3, -1.5]
    assert torch.div(-3, torch.tensor([1, 2]), rounding_mode="floor").tolist() == [-3, -2]


def test_one_element_of_a_half_type_overflows():
    x = torch.zeros(2).half()
    x[0] = 1e5
    assert x.tolist() == [math.inf, 0] and torch.zeros(1).half().fill_(-1e9).item() == -math.inf
    with pytest.raises(RuntimeError, match="without overflow"):
        x.fill_(1e5)


def test_copies_keep_attributes():
    x = torch.ones(1)
    x.label = "a"
    assert copy.copy(x).label == "a"


@pytest.mark.parametrize(
    "sorter, message",
    [
        (torch.tensor([1, 2]), r"boundary tensor \[3\]and got sorter tensor \[2\]"),
        (torch.tensor([1, 2, 9]), "sorter index out of range"),
        (torch.tensor([1.0, 2, 0]), "sorter must be a tensor of long dtype but got dtype Float"),
    ],
)
def test_sorters_that_do_not_fit(sorter, message):
    with pytest.raises(RuntimeError, match=message):
        torch.searchsorted(torch.tensor([1, 3, 5]), 3, sorter=sorter)


def test_repeat_interleave_checks_the_size_that_is_said():
    assert torch.arange(2).repeat_interleave(torch.tensor([1, 2]), output_size=3).tolist() == [0, 1, 1]
    with pytest.raises(RuntimeError, match="allocated size does not match required size"):
        torch.arange(2).repeat_interleave(torch.tensor([1, 2]), output_size=4)


def test_unique_slices_that_are_none():
    with pytest.raises(IndexError, match="Dimension specified as 0 but tensor has no dimensions"):
        torch.unique(torch.tensor(1), dim=0)
    with pytest.raises(RuntimeError, match="There are 0 sized dimensions"):
        torch.unique(torch.zeros(3, 0), dim=0)


def test_dlpack_copies():
    x = torch.arange(3)
    copied = torch.from_dlpack(x, copy=True)
    assert copied.tolist() == [0, 1, 2] and copied.data_ptr() != x.data_ptr() == torch.from_dlpack(x).data_ptr()
    assert x.__dlpack_device__() == (torch.utils.dlpack.DLDeviceType.kDLCPU, 0)


def test_limits_compare_by_dtype():
    assert torch.finfo(torch.float32) == torch.finfo(torch.float) != torch.finfo(torch.half)
    assert torch.iinfo(torch.int8) == torch.iinfo(torch.int8) != torch.iinfo(torch.int16)
    with pytest.raises(TypeError, match="torch.bool is not supported by torch.iinfo"):
        torch.iinfo(torch.bool)
    with pytest.raises(TypeError, match="argument 'type' .* must be torch.dtype, not str"):
        torch.finfo("a")


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"offset": 4}, r"offset \(4 bytes\) must be non-negative"),
        ({"count": 0}, r"both buffer length \(4\) and count \(0\) must not be 0"),
        ({"count": 9}, r"requested buffer length \(9 \* 1 bytes\) after offset \(0 bytes\)"),
    ],
)
def test_buffers_that_do_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        torch.frombuffer(bytearray(4), dtype=torch.uint8, **arguments)


def test_generators_are_copied_and_pickled_where_they_are():
    generator = torch.Generator().manual_seed(5)
    torch.rand(3, generator=generator)
    others = [copy.deepcopy(generator), copy.copy(generator), pickle.loads(pickle.dumps(generator))]
    expected = torch.rand(2, generator=generator).tolist()
    assert all(torch.rand(2, generator=other).tolist() == expected for other in others)
    assert others[0].initial_seed() == 5
    with pytest.raises(RuntimeError, match="at start of device string: foo"):
        torch.Generator("foo")


def test_sizes_are_integers():
    assert repr(torch.Size([torch.tensor(1), 2])) == "torch.Size([1, 2])"
    with pytest.raises(TypeError, match="item 0 is 'Tensor'"):
        torch.Size(torch.ones(3))


def test_methods_that_copy():
    x = torch.arange(4.0)
    parts = [x.narrow_copy(0, 1, 2), *x.unsafe_chunk(2), *x.unsafe_split(3)]
    assert values(parts[0]) == [1, 2] and [values(part) for part in parts[3:]] == [[0, 1, 2], [3]]
    for part in parts:
        part.zero_()
    assert values(x) == [0, 1, 2, 3] and x.to_dense() is x and not x.is_sparse_csr


def test_expanded_tensors_take_other_shapes_in_place():
    x = torch.zeros(1).expand(2, 3)
    assert x.t_().shape == (3, 2) and x.unsqueeze_(0).shape == (1, 3, 2)


def test_masked_fill_with_an_element_of_the_tensor():
    x = torch.tensor([3.0, 1, 2])
    assert values(x.masked_fill_(x < 3, x[0])) == [3, 3, 3]


def test_asserting_as_a_function():
    torch._assert(True, "fine")
    with pytest.raises(AssertionError, match="not fine"):
        torch._assert(False, "not fine")
