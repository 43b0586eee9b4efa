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
        (lambda: torch.unravel_index(torch.tensor([9]), (2, 2)), ValueError, "cannot be larger"),
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
