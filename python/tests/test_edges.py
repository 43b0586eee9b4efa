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
