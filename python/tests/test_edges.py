"""What ops give at the edges: NaN among the elements, singular matrices, bounds and weights of other dtypes, masks."""

import math

import pytest
import relume as torch
import relume.nn.functional as F

INF, NAN = math.inf, math.nan


def listed(tensor):
    """The elements, with None for NaN, which equals nothing."""
    return [None if x != x else x for x in tensor.flatten().tolist()]


@pytest.mark.parametrize(
    "name, bound, expected",
    [
        ("int64", "float64", "float64"), ("int64", "float16", "float16"), ("float32", "float64", "float32"),
        ("uint8", "int32", "uint8"), ("bool", "int32", "int32"), ("float16", "int64", "float16"),
    ],
)  # fmt: skip
def test_a_bound_of_no_dimensions_takes_part_in_promotion_as_a_tensor(name, bound, expected):
    x, limit = torch.ones(2, dtype=getattr(torch, name)), torch.ones((), dtype=getattr(torch, bound))
    wanted = getattr(torch, expected)
    results = [torch.clamp(x, limit), torch.clamp(x, max=limit), torch.clamp(x, limit, limit)]
    assert [r.dtype for r in results + [torch.clamp_min(x, limit), torch.clamp_max(x, limit)]] == [wanted] * 5
    assert torch.clamp(x[0], limit).dtype == torch.promote_types(x.dtype, limit.dtype)


def test_a_bound_of_no_dimensions_can_have_a_gradient():
    bound = torch.tensor(0.5, requires_grad=True)
    torch.tensor([0.0, 1.0]).clamp(bound).sum().backward()
    assert bound.grad.item() == 1


def test_a_weight_of_no_dimensions_takes_part_in_promotion():
    x = torch.tensor([1.0, 2.0])
    assert torch.lerp(x, x + 1, torch.tensor(0.5, dtype=torch.float64)).dtype == torch.float32
    mixed = torch.lerp(torch.tensor([1, 2]), torch.tensor([3, 4]), torch.tensor(0.25))
    assert mixed.dtype == torch.float32 and mixed.tolist() == [1.5, 2.5]
    assert torch.lerp(x[0], x[1], torch.tensor(0.5, dtype=torch.float64)).dtype == torch.float64
    with pytest.raises(RuntimeError, match="expected dtype float for `weight` but got dtype double"):
        torch.lerp(x, x, torch.ones(1, dtype=torch.float64))
    with pytest.raises(RuntimeError, match="result type Float can't be cast to the desired output type Long"):
        torch.tensor([1, 2]).lerp_(torch.tensor([3, 4]), torch.tensor(0.25))
    with pytest.raises(NotImplementedError, match="\"lerp_kernel_tensor\" not implemented for 'Long'"):
        torch.lerp(torch.tensor([1]), torch.tensor([2]), torch.tensor(1))
    weight = torch.tensor(0.5, requires_grad=True)
    torch.lerp(x, x + 1, weight).sum().backward()
    assert weight.grad.item() == 2


@pytest.mark.parametrize(
    "p, pairs, others",
    [
        (0, [None] * 6, [None, None, 0, None]),
        (2, [None] * 6, [None, None, 0, None]),
        (INF, [None] * 6, [2, 2, 0, 5]),
    ],
)
def test_distances_of_rows_with_nan(p, pairs, others):
    rows = torch.tensor([[1, NAN, 2, NAN], [NAN, 2, NAN, 1], [0, 0, 0, 0], [NAN, 5, 1, 0]])
    assert listed(F.pdist(rows, p)) == pairs
    assert listed(torch.cdist(rows, torch.zeros(1, 4), p)) == others


def test_numbers_of_different_elements_have_gradients_of_zero():
    rows = torch.tensor([[1.0, 2], [1, 3], [0, 3]], requires_grad=True)
    for distances in (F.pdist(rows, 0), torch.cdist(rows, rows.detach(), 0)):
        (gradient,) = torch.autograd.grad(distances.sum(), rows)
        assert gradient.tolist() == [[0, 0]] * 3
    assert F.pdist(rows, 0).tolist() == [1, 2, 1]


@pytest.mark.parametrize("p", [0, 1, 2, 3, INF])
def test_rows_without_columns_have_no_distance(p):
    rows = torch.ones(3, 0, requires_grad=True)
    assert F.pdist(rows, p).tolist() == [0, 0, 0] and torch.cdist(rows, torch.ones(2, 0), p).tolist() == [[0, 0]] * 3
    assert torch.autograd.grad(torch.cdist(rows, torch.ones(2, 0), p).sum(), rows)[0].shape == (3, 0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_the_last_nan_of_a_window_is_the_maximum(dtype):
    volume = torch.arange(16.0).to(dtype)
    volume[[3, 6, 8]] = NAN
    volume = volume.reshape(1, 1, 2, 2, 4)
    for size, places in ((1, [8]), ((2, 1, 1), [6, 8]), ((1, 2, 1), [8, 6]), ((1, 1, 2), [8, 6])):
        values, indices = F.adaptive_max_pool3d(volume, size, return_indices=True)
        assert listed(values) == [None] * len(places) and indices.flatten().tolist() == places


def gradient(function, matrix):
    x = torch.tensor(matrix, dtype=torch.float64, requires_grad=True)
    result = function(x)
    return torch.autograd.grad(result if isinstance(result, torch.Tensor) else result[1], x)[0]


@pytest.mark.parametrize("matrix", [[[0.0, 0], [0, 0]], [[1.0, 2], [2, 4]], [[1.0, 2, 3], [2, 4, 6], [1, 0, 1]]])
def test_a_singular_determinant_has_a_gradient_of_zero(matrix):
    assert torch.equal(gradient(torch.det, matrix), torch.zeros(len(matrix), len(matrix), dtype=torch.float64))
    for function in (torch.slogdet, torch.logdet):
        assert not torch.isfinite(gradient(function, matrix)).all()


def test_determinants_of_a_batch_of_which_one_is_singular():
    x = torch.tensor([[[1.0, 2], [2, 4]], [[2, 1], [1, 3]]], requires_grad=True)
    torch.det(x).sum().backward()
    torch.testing.assert_close(x.grad, torch.tensor([[[0.0, 0], [0, 0]], [[3, -1], [-1, 2]]]))


@pytest.mark.parametrize("scale", [INF, NAN, 1e30])
def test_a_size_without_end_is_refused(scale):
    with pytest.raises(RuntimeError, match="value cannot be converted to type int64_t without overflow"):
        F.interpolate(torch.ones(1, 1, 2, 2), scale_factor=scale)


@pytest.mark.parametrize("loss", [F.mse_loss, F.smooth_l1_loss])
def test_losses_of_a_mask_and_numbers(loss):
    mask, numbers = torch.tensor([True, False]), torch.tensor([1.0, 0.0])
    assert loss(mask, numbers).item() == loss(numbers, mask).item() == 0 and loss(mask, numbers).dtype == torch.float32


def test_hubers_loss_is_of_the_dtype_of_its_input():
    mask, numbers = torch.tensor([True, False]), torch.tensor([1.0, 0.0])
    assert F.huber_loss(numbers, mask).item() == 0
    assert F.huber_loss(numbers, numbers.double()).dtype == torch.float32
    with pytest.raises(RuntimeError, match="result type Float can't be cast to the desired output type Bool"):
        F.huber_loss(mask, numbers)


def test_areas_below_masks_are_refused():
    mask, x = torch.tensor([True, False]), torch.ones(2)
    for name in ("trapezoid", "cumulative_trapezoid"):
        area = getattr(torch, name)
        with pytest.raises(RuntimeError, match=f"^{name}: received a bool input for `x` or `y`, but bool is not supported"):
            area(x, mask)
        with pytest.raises(RuntimeError, match=f"^{name}: received a bool input for `y`, but bool is not supported"):
            area(mask)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_convolutions_take_the_name_of_a_padding(rank):
    convolve = getattr(torch, f"conv{rank}d")
    assert convolve is getattr(F, f"conv{rank}d")
    x, weight = torch.arange(4.0**rank).view(1, 1, *[4] * rank), torch.ones(1, 1, *[2] * rank)
    assert torch.equal(convolve(x, weight, stride=[2] * rank, padding="valid"), convolve(x, weight, None, 2, 0))
    same = convolve(x, weight, None, 1, "same")
    assert same.shape == x.shape
    assert torch.equal(same, convolve(F.pad(x, [0, 1] * rank), weight))
    assert torch.equal(convolve(x, weight, padding="same", dilation=2), convolve(x, weight, padding=1, dilation=2))
    with pytest.raises(RuntimeError, match="padding='same' is not supported for strided convolutions"):
        convolve(x, weight, None, 2, "same")
    with pytest.raises(RuntimeError, match="Invalid padding string: 'full'"):
        convolve(x, weight, padding="full")


def test_the_larger_of_a_tensor_and_a_tensor_of_one_integer():
    x, one = torch.tensor([1, 5]), torch.tensor(3)
    assert torch.max(x, one).tolist() == [3, 5] and x.min(one).tolist() == [1, 3]
    assert torch.max(x, torch.tensor(0), True).values.tolist() == [5]


@pytest.mark.parametrize("beta, alpha, expected", [(0.6, 1, 2), (1, 0.2, 3), (1.7, 2.9, 7)])
def test_sums_of_integer_products_take_the_whole_part_of_their_factors(beta, alpha, expected):
    x, v = torch.ones(2, 2, dtype=torch.int64), torch.ones(2, dtype=torch.int64)
    sums = [
        torch.addmm(x * 3, x, x, beta=beta, alpha=alpha), torch.addmm(v * 3, x, x, beta=beta, alpha=alpha),
        torch.addmv(v * 3, x, v, beta=beta, alpha=alpha), torch.addbmm(x * 3, x[None], x[None], beta=beta, alpha=alpha),
        torch.baddbmm(x[None] * 3, x[None], x[None], beta=beta, alpha=alpha), (x * 3).addmm_(x, x, beta=beta, alpha=alpha),
    ]  # fmt: skip
    for result in sums:
        assert result.dtype == torch.int64 and result.flatten()[0].item() == expected
    with pytest.raises(RuntimeError, match="For integral input tensors, argument (beta|alpha) must not be a floating"):
        torch.addr(x, v, v, beta=beta, alpha=alpha)


def test_addr_promotes():
    v = torch.tensor([1, 2])
    assert torch.addr(torch.ones(2, 2), v, v.double()).dtype == torch.float64
    assert torch.addr(torch.zeros(2, 2).bool(), v > 1, v > 0, beta=3, alpha=2).tolist() == [[False, False], [True, True]]
    with pytest.raises(RuntimeError, match="result type Float can't be cast to the desired output type Long"):
        torch.zeros(2, 2, dtype=torch.int64).addr_(v.float(), v)


def test_sums_over_dimensions_of_one_element():
    one, x = torch.ones(1, 1, 1), torch.arange(4.0).view(2, 1, 2)
    assert torch.tensordot(one, x, dims=([0, 1], [2, 0])).tolist() == [[6.0]]
    assert torch.tensordot(torch.ones(2, 3), torch.ones(1, 4), dims=([0], [0])).tolist() == [[2.0] * 4] * 3
    with pytest.raises(RuntimeError, match="dim 0 appears multiple times in the list of dims"):
        torch.tensordot(x, x, dims=([0, 0], [0, 0]))
    with pytest.raises(RuntimeError, match="both inputs should have same dtype"):
        torch.tensordot(x, x.double(), dims=1)
    small = torch.tensor([[100, 100, 100]], dtype=torch.uint8)
    products = torch.einsum("ijk,ik->j", small[None], small)
    assert products.dtype == torch.uint8 and products.tolist() == [48]
    assert torch.einsum("ij,k->ik", small, small[0]).tolist() == [[30000] * 3]


def test_indices_into_nothing_may_have_any_dtype():
    x, none = torch.arange(5.0), torch.empty(0, dtype=torch.uint8)
    assert x.gather(0, none).shape == (0,)
    assert torch.equal(x.scatter(0, none, 1.0), x) and torch.equal(x.scatter_add(0, none, torch.empty(0)), x)


def test_unravel_index_gives_int64_and_wraps():
    rows, columns = torch.unravel_index(torch.tensor([1, -3], dtype=torch.int8), (4, 1073741824))
    assert rows.dtype == torch.int64 and rows.tolist() == [0, 3] and columns.tolist() == [1, 1073741821]
    assert [c.item() for c in torch.unravel_index(torch.tensor(9), (2, 2))] == [0, 1]


def test_squeezes_several_dimensions_in_place():
    assert torch.ones(1, 2, 1).squeeze_((0, 2)).shape == (2,)
    assert torch.ones(1, 2, 1).squeeze_([]).shape == (1, 2, 1)
    with pytest.raises(RuntimeError, match="dim 0 appears multiple times in the list of dims"):
        torch.ones(1, 2).squeeze((0, 0))


def test_ranges_take_tensors():
    end = torch.tensor(4.0, requires_grad=True)
    assert torch.linspace(1, end, 4).tolist() == [1, 2, 3, 4]
    assert torch.logspace(torch.tensor(0), torch.tensor(2), 3, base=2).tolist() == [1, 2, 4]
    with pytest.raises(RuntimeError, match="only supports 0-dimensional start and end tensors, but got start with 1"):
        torch.linspace(torch.ones(1), 2, 3)


def test_attention_in_half_types_is_rounded_once():
    torch.manual_seed(0)
    query, key, value = (torch.randn(2, n, 8).bfloat16() * 4 for n in (3, 6, 6))
    for mask in (None, torch.randn(3, 6).bfloat16(), torch.ones(3, 6, dtype=torch.bool).tril(2)):
        wide = mask.double() if mask is not None and mask.is_floating_point() else mask
        exact = F.scaled_dot_product_attention(query.double(), key.double(), value.double(), wide)
        result = F.scaled_dot_product_attention(query, key, value, mask)
        assert result.dtype == torch.bfloat16
        assert ((result.double() - exact).abs() <= exact.abs() / 256 + 1e-5).all()


def test_gradients_of_samples_keep_their_digits_far_from_the_origin():
    x = torch.arange(2000.0) * 0.25
    (slope,) = torch.gradient(x, spacing=0.1)
    assert (slope - 2.5).abs().max().item() < 1e-6
    assert all(part.is_contiguous() for part in torch.gradient(x.view(40, 50), spacing=2.0))


def test_normalises_integers_among_channels():
    x = torch.arange(1, 7).view(1, 6, 1)
    assert F.local_response_norm(x, 3).flatten().tolist() == pytest.approx(
        [0.999925, 1.999400, 2.997977, 3.995207, 4.990645, 5.991015], abs=2e-6
    )


def test_pooling_and_normalisation_of_nothing():
    assert F.fractional_max_pool2d(torch.zeros(0, 1, 4, 5), 2, output_size=2).shape == (0, 1, 2, 2)
    values, indices = F.fractional_max_pool3d(torch.zeros(0, 4, 5, 4), [2, 2, 1], output_size=2, return_indices=True)
    assert values.shape == indices.shape == (0, 2, 2, 2)
    assert F.batch_norm(torch.zeros(0), torch.zeros(0), torch.ones(0)).shape == (0,)


def test_covariances_take_the_dtype_of_their_weights():
    x, weights = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float16), torch.tensor([0.1, 0.2, 0.7])
    assert torch.cov(x, aweights=weights).dtype == torch.float32
    with pytest.raises(RuntimeError, match="weights sum to zero, can't be normalized"):
        torch.cov(x, fweights=torch.zeros(3, dtype=torch.int64))
    with pytest.warns(UserWarning, match="degrees of freedom is <= 0"):
        torch.cov(x, correction=3)


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda: F.adaptive_avg_pool2d(torch.ones(2, 2), (1, 1)), ValueError, "Input dimension should be at least 3"),
        (lambda: F.adaptive_max_pool3d(torch.ones(2, 2), (1, 1, 1)), ValueError, "Input dimension should be at least 4"),
        (lambda: F.batch_norm(torch.zeros(3), None, None, training=True), IndexError, "at least 2 dimensions"),
        (lambda: F.multi_margin_loss(torch.zeros(5, 0), torch.zeros(5).long()), RuntimeError, "Expected non-empty vector"),
        (lambda: F.multi_margin_loss(torch.zeros(5, 4), torch.zeros(5, 4).long()), RuntimeError, "should be 1-D with size"),
        (lambda: F.multi_margin_loss(torch.zeros(5, 4), torch.zeros(5)), RuntimeError, "expected scalar type Long but found"),
        (
            lambda: F.multi_margin_loss(torch.zeros(5, 4), torch.zeros(5).long(), weight=torch.ones(5)),
            RuntimeError, "inconsistent weight size, expected 4 but got",
        ),
        (lambda: F.multilabel_margin_loss(torch.zeros(0), torch.zeros(0).long()), RuntimeError, "Expected non-empty vector"),
        (lambda: F.multilabel_margin_loss(torch.zeros(4), torch.full((4,), 7)), RuntimeError, "'target' is out of range"),
        (lambda: torch.linalg.cross(torch.ones(4, 3), torch.ones(4, 1)), RuntimeError, "must have length 3. Got 3 and 1"),
        (lambda: torch.linalg.vander(torch.tensor([True])), RuntimeError, "but got Bool"),
        (
            lambda: torch.ones(3, 2).index_add(0, torch.tensor([0, 1]), torch.ones(2)),
            RuntimeError, "source tensor shape must match self tensor shape, excluding the specified dimension",
        ),
        (lambda: torch.dstack([]), RuntimeError, "dstack expects a non-empty TensorList"),
        (lambda: torch.column_stack([]), RuntimeError, "column_stack expects a non-empty TensorList"),
        (lambda: torch.ones(2, 3).movedim((0, -2), (0, 1)), RuntimeError, "repeated dim in `source` "),
        (lambda: torch.ones(2, 3).movedim((0, 1), (0, -2)), RuntimeError, "repeated dim in `destination` "),
    ],
)  # fmt: skip
def test_refuses_what_does_not_fit(call, error, text):
    with pytest.raises(error, match=text):
        call()


@pytest.mark.parametrize(
    "a, expected",
    [
        (1e3, [0.15861399679200, 0.50420524418022, 0.84138418842872]),
        (1e5, [0.15865484973790, 0.50042052211037, 0.84134514844833]),
        (1e12, [0.15865525390878, 0.50000013298076, 0.84134474605250]),
    ],
)
def test_incomplete_gamma_functions_of_large_numbers(a, expected):
    order = torch.full((3,), a, dtype=torch.float64)
    x = order + torch.tensor([-1.0, 0.0, 1.0], dtype=torch.float64) * math.sqrt(a)
    assert torch.igamma(order, x).tolist() == pytest.approx(expected, abs=1e-10)
    assert torch.igammac(order, x).tolist() == pytest.approx([1 - p for p in expected], abs=1e-10)


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda: torch.use_deterministic_algorithms("x"), TypeError, r"argument 'mode' \(position 1\) must be bool, not str"),
        (lambda: torch.set_float32_matmul_precision(1), RuntimeError, "set_float32_matmul_precision expects a str, but got int"),
        (lambda: torch.multiprocessing.set_sharing_strategy("x"), AssertionError, "invalid sharing strategy 'x', expected"),
        (lambda: torch.manual_seed(2**65), ValueError, "Overflow when unpacking long long"),
        (lambda: torch.set_rng_state(torch.ones(3)), TypeError, "RNG state must be a torch.ByteTensor"),
        (lambda: torch.Generator().set_state(3), TypeError, "expected a torch.ByteTensor, but got int"),
    ],
)
def test_settings_refuse_what_they_do_not_know(call, error, text):
    with pytest.raises(error, match=text):
        call()
