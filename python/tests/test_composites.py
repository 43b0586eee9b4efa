"""Functions made of a few ops give what PyTorch gives, with gradients; composites.jsonl holds its answers."""

import json
import math
import pathlib

import composite_calls
import pytest
import relume as torch

GOLDENS = [json.loads(line) for line in pathlib.Path(__file__).with_name("composites.jsonl").read_text().splitlines()]
CALLS = list(composite_calls.calls(torch))


def assert_close(got, expected):
    assert got[:2] == expected[:2]
    for a, b in zip(got[2], expected[2]):
        if isinstance(b, str) or isinstance(a, str):
            assert a == b
        else:
            assert math.isclose(a, b, rel_tol=1e-6 if got[0] == "torch.float32" else 1e-9, abs_tol=1e-9)


@pytest.mark.parametrize("golden, call", list(zip(GOLDENS, CALLS)), ids=lambda item: item[0] if type(item) is tuple else "")
def test_gives_what_pytorch_gives(golden, call):
    got = composite_calls.outcome(torch, *call)
    assert got["name"] == golden["name"] and len(got["results"]) == len(golden["results"])
    for a, b in zip(got["results"] + got["grads"], golden["results"] + golden["grads"]):
        assert_close(a, b)
    assert len(got["grads"]) == len(golden["grads"])


def test_every_call_has_its_answer():
    assert [name for name, _, _ in CALLS] == [golden["name"] for golden in GOLDENS]


def reduced(index, source, reduce="prod"):
    return torch.index_reduce(torch.ones(2, 3), 0, index, source, reduce)


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda: torch.cross(torch.ones(2), torch.ones(2)), RuntimeError, "no dimension of size 3"),
        (lambda: torch.cdist(torch.ones(2, 3), torch.ones(2, 4)), RuntimeError, "must have the same number of columns"),
        (lambda: torch.inner(torch.ones(3), torch.ones(4)), RuntimeError, "the last dimension must match"),
        (lambda: torch.hsplit(torch.ones(2, 5), 2), RuntimeError, "is not divisible by the split_size 2"),
        (lambda: torch.matrix_exp(torch.ones(2, 3)), RuntimeError, "batches of square matrices"),
        (lambda: torch.inverse(torch.ones(2, 2)), RuntimeError, "the input matrix is singular"),
        (lambda: torch.det(torch.ones(2, 3)), RuntimeError, "must be batches of square matrices, but they are 2 by 3"),
        (lambda: torch.linalg.cholesky(-torch.eye(2)), RuntimeError, "leading minor of order 1 is not positive-definite"),
        (lambda: torch.linalg.solve(torch.eye(2), torch.ones(3, 1)), RuntimeError, "Incompatible shapes of A and B"),
        (lambda: torch.select_scatter(torch.ones(2, 3), torch.ones(3), 1, 0), RuntimeError, "size equal to the slice"),
        (lambda: torch.ones(2, 3).sum_to_size(2, 2), RuntimeError, "is not expandable to size"),
        (lambda: torch.gradient(torch.ones(2, 3), edge_order=2), RuntimeError, "at least edge_order\\+1"),
        (lambda: torch.gradient(torch.ones(3), edge_order=3), RuntimeError, "only supports edge_order=1 and edge_order=2"),
        (lambda: torch.gradient(torch.ones(3, 3), spacing=[1.0]), RuntimeError, "got a list of length 1"),
        (lambda: torch.gradient(torch.ones(3, 3), dim=(0, -2)), RuntimeError, "dim -2 appears multiple times"),
        (lambda: torch.gradient(torch.ones(3), spacing=(torch.ones(2),)), RuntimeError, "3 coordinates along dim 0"),
        (lambda: reduced(torch.tensor([5]), torch.ones(1, 3)), IndexError, "index out of range in self"),
        (lambda: reduced(torch.tensor([0]), torch.ones(2, 3)), RuntimeError, "should be equal to source.size"),
        (lambda: reduced(torch.tensor([0]), torch.ones(1, 2)), RuntimeError, "source tensor shape must match"),
        (lambda: reduced(torch.tensor([0.0]), torch.ones(1, 3)), RuntimeError, "Expected dtype int32/int64 for index"),
        (lambda: reduced(torch.tensor([0]), torch.ones(1, 3), "sum"), RuntimeError, "amax or amin but got sum"),
        (lambda: torch.nonzero_static(torch.ones(2), size=-1), RuntimeError, "must be an non-negative integer"),
        (lambda: torch.empty_permuted((2, 3), (0, 0)), RuntimeError, "Duplicate dim not allowed"),
        (lambda: torch.empty_permuted((2, 3), (0,)), RuntimeError, "not equal to len\\(physical_layout\\) = 1"),
        (lambda: torch.norm(torch.ones(2, 2), "foo"), RuntimeError, "Order foo not supported"),
        (lambda: torch.norm(torch.ones(2), "nuc"), RuntimeError, "dim must be a 2-tuple"),
        (lambda: torch.unravel_index(torch.tensor([1.0]), (2, 2)), TypeError, "expected 'indices' to be integer dtype"),
        (lambda: torch.unravel_index(torch.tensor([1]), (2, 2.0)), TypeError, "to only contain ints, but got <class 'float'>"),
        (lambda: torch.unravel_index(torch.tensor([1]), (2, -2)), ValueError, "cannot have negative values, but got"),
        (lambda: torch.searchsorted(torch.ones(2, 3), torch.ones(3, 3)), RuntimeError, "should be 1 dimension or"),
    ],
)
def test_refuses_what_does_not_fit(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_decompositions_can_be_differentiated_twice():
    x = torch.tensor([[3.0, 1.0], [0.5, 2.0]], dtype=torch.float64, requires_grad=True)
    for function in (torch.inverse, torch.det, torch.logdet, lambda m: torch.linalg.solve(m, m[0])):
        assert torch.autograd.gradcheck(function, x) and torch.autograd.gradgradcheck(function, x)


def test_methods_and_forms_in_place_are_there():
    x = torch.tensor([180.0, 90.0])
    assert x.deg2rad_() is x and math.isclose(x[0].item(), math.pi, rel_tol=1e-6)
    assert torch.ones(3).kron(torch.ones(2)).shape == (6,)
    assert torch.tensor([12, 18]).gcd_(torch.tensor([8, 27])).tolist() == [4, 9]


@pytest.mark.parametrize(
    "indices, offsets, keywords, text",
    [
        ([0, 1], [1], {}, r"offsets\[0\] has to be 0"),
        ([0, 1], [0, 3], {}, r"offsets\[-1\] can not be greater than input's length 2 but got offsets\[-1\] of 3"),
        ([0, 1, 2], [0, 2, 1], {}, "expected offsets that do not decrease"),
        ([0, 5], [0], {}, r"Index 1 of input takes value 5 which is not in the valid range \[0, 5\)"),
        ([0, -1], [0], {}, "Index 1 of input takes value -1"),
        ([0.0], [0], {}, "argument #1 'indices' to have one of the following scalar types: Long, Int"),
        ([0], [0], {"padding_idx": 5}, "padding_idx must be within the number of embeddings, -5 through 4, but got 5"),
        ([0], [0], {"mode": 3}, "`mode` must be sum, mean, or max."),
    ],
)
def test_bags_refuse_what_does_not_fit(indices, offsets, keywords, text):
    with pytest.raises(RuntimeError, match=text):
        torch.embedding_bag(torch.ones(5, 2), torch.tensor(indices), torch.tensor(offsets), **keywords)


def test_bags_can_be_differentiated_twice():
    weight = torch.arange(15.0, dtype=torch.float64).reshape(5, 3).sin().requires_grad_()
    scale = torch.linspace(0.5, 2, 5, dtype=torch.float64).requires_grad_()
    indices, offsets = torch.tensor([0, 3, 1, 3, 2]), torch.tensor([0, 2, 2])

    def bags(weight, scale):
        summed = torch.embedding_bag(weight, indices, offsets, per_sample_weights=scale, padding_idx=2)[0]
        return summed.sin() + torch.embedding_bag(weight, indices, offsets, mode=2)[0] ** 2

    assert torch.autograd.gradcheck(bags, (weight, scale))
    assert torch.autograd.gradgradcheck(bags, (weight, scale))


def test_polynomials_of_orders_that_are_no_numbers():
    orders = torch.tensor([float("nan"), float("inf"), -float("inf"), -0.5, -1.0, 2.9])
    for name in "chebyshev_polynomial_t hermite_polynomial_h laguerre_polynomial_l legendre_polynomial_p".split():
        values = getattr(torch.special, name)(0.0, orders)
        assert values[:2].isnan().all() and values[2:5].tolist() == [0, 1, 0]
        assert values[5] == getattr(torch.special, name)(0.0, torch.tensor(2))


@pytest.mark.parametrize("name", "i0 i0e i1 i1e erfcx log_ndtr digamma".split())
def test_special_functions_can_be_differentiated_twice(name):
    x = torch.tensor([0.3, 1.5, 4.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(getattr(torch.special, name), (x,))


@pytest.mark.parametrize(
    "name, call",
    [
        ("CdistBackward0", lambda x: torch.cdist(x, x + 1)),
        ("PdistBackward0", torch.nn.functional.pdist),
        ("DistBackward0", lambda x: torch.dist(x, 2 * x)),
        ("LinalgDetBackward0", torch.det),
        ("LinalgInvExBackward0", torch.inverse),
        ("LinalgSvdBackward0", lambda x: torch.linalg.svdvals(x)),
        ("LogaddexpBackward0", lambda x: torch.logaddexp(x, x)),
        ("SincBackward0", torch.sinc),
        ("SpecialEntrBackward0", torch.special.entr),
        ("SoftMarginLossBackward0", lambda x: torch.nn.functional.soft_margin_loss(x, torch.ones_like(x))),
        ("MultiMarginLossBackward0", lambda x: torch.nn.functional.multi_margin_loss(x, torch.tensor([0, 1, 2]))),
        ("EmbeddingBagBackward0", lambda x: torch.embedding_bag(x, torch.tensor([0, 1]), torch.tensor([0]))[0]),
    ],
)
def test_nodes_have_the_names_of_pytorch(name, call):
    x = torch.tensor([[0.5, 1.5, 2.5], [1.0, 3.0, 2.0], [0.25, 4.0, 1.0]], requires_grad=True)
    result = call(x)
    assert result.grad_fn.name() == name and f"grad_fn=<{name}>" in repr(result)
    result.sum().backward()
    assert x.grad.shape == x.shape
    assert call(x.detach()).grad_fn is None


def test_what_is_written_in_place_and_laid_out():
    x = torch.ones(2, 2)
    assert x.index_reduce_(0, torch.tensor([1]), torch.full((1, 2), 3.0), "prod") is x and x.tolist() == [[1, 1], [3, 3]]
    assert torch.empty_permuted((2, 3, 4), (0, 2, 1), dtype=torch.int8).stride() == (12, 1, 3)
