"""testing.assert_close says what differs, as PyTorch does; settings are kept or refused."""

import numpy as np
import pytest
import relume as torch
from relume.testing import assert_close


def failure(*arguments, **keywords):
    with pytest.raises(AssertionError) as caught:
        assert_close(*arguments, **keywords)
    return str(caught.value)


def test_accepts_what_is_close():
    assert_close(torch.ones(2), torch.ones(2) + 1e-6)
    assert_close({"a": [torch.ones(1), 2.0]}, {"a": [torch.ones(1), 2.0 + 1e-9]})
    assert_close(torch.tensor([float("nan")]), torch.tensor([float("nan")]), equal_nan=True)
    assert_close(torch.zeros(0), torch.zeros(0))
    assert_close(np.ones(2), torch.ones(2, dtype=torch.float64))
    assert_close(torch.ones(2), torch.ones(2, dtype=torch.float64), check_dtype=False)


def test_says_how_far_tensors_are_apart():
    assert failure(torch.tensor([1.0, 2, 3]), torch.tensor([1.0, 2, 4])) == (
        "Tensor-likes are not close!\n\nMismatched elements: 1 / 3 (33.3%)\n"
        "Greatest absolute difference: 1.0 at index (2,) (up to 1e-05 allowed)\n"
        "Greatest relative difference: 0.25 at index (2,) (up to 1.3e-06 allowed)"
    )
    assert failure(torch.tensor([[1], [3]]), torch.tensor([[1], [4]])) == (
        "Tensor-likes are not equal!\n\nMismatched elements: 1 / 2 (50.0%)\n"
        "Greatest absolute difference: 1 at index (1, 0)\nGreatest relative difference: 0.25 at index (1, 0)"
    )
    assert "relative difference: 0.04761900380253792 at index (0,)" in failure(torch.tensor([2.0]), torch.tensor([2.1]))
    assert "difference: 0.333984375 at" in failure(*(torch.tensor([x], dtype=torch.bfloat16) for x in (2.0, 3.0)))
    assert "got 3.\nAbsolute difference: 2\nRelative difference: 0.4" in failure(3, 5)
    assert failure([1.0, 2.0], [1.0, 2.5]) == (
        "Scalars are not close!\n\nExpected 2.5 but got 2.0.\nAbsolute difference: 0.5 (up to 1e-07 allowed)\n"
        "Relative difference: 0.2 (up to 1e-07 allowed)\n\nThe failure occurred for item [1]"
    )


@pytest.mark.parametrize(
    "actual, expected, text",
    [
        (torch.ones(2), torch.ones(3), "attribute 'shape' do not match: torch.Size([2]) != torch.Size([3])."),
        (torch.ones(1), torch.ones(1).double(), "attribute 'dtype' do not match: torch.float32 != torch.float64."),
        ([1], [1, 2], "The length of the sequences mismatch: 1 != 2"),
        ({"a": 1}, {"b": 1}, "Missing keys in the actual mapping: ['b']\nAdditional keys in the actual mapping: ['a']"),
    ],
)
def test_says_what_else_differs(actual, expected, text):
    assert text in failure(actual, expected)


def test_takes_another_message():
    assert failure(1, 2, msg="mine") == "mine"
    assert failure(1, 2, msg=lambda text: "mine: " + text[:7]) == "mine: Scalars"


def test_refuses_half_a_tolerance_and_what_it_can_not_compare():
    with pytest.raises(ValueError, match="got no atol"):
        assert_close(1, 1, rtol=1)
    for other, kind in (("a", "str"), (1.0, "float"), ([1.0], "list")):
        with pytest.raises(TypeError, match=f"inputs of type <class '.*Tensor'> and <class '{kind}'>."):
            assert_close(torch.ones(1), other)
    with pytest.raises(AssertionError, match=r"None mismatch: tensor\(\[1.\]\) is not None"):
        assert_close(torch.ones(1), None)


def test_settings_are_kept_or_refused():
    torch.use_deterministic_algorithms(True)
    assert torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(False)
    torch.set_float32_matmul_precision("high")
    assert torch.get_float32_matmul_precision() == "high"
    torch.set_float32_matmul_precision("highest")
    torch.set_default_device("cpu")
    assert torch.get_default_device() == torch.device("cpu")
    with pytest.raises(AssertionError, match="CUDA"):
        torch.set_default_device("cuda")
    with pytest.raises(AssertionError, match="CUDA"):
        torch.cuda.current_device()
    assert torch.compile(len) is len and torch.compile(mode="default")(len) is len
    assert not torch.accelerator.is_available() and torch.cuda.memory_allocated() == 0


def test_older_functions():
    with pytest.warns(UserWarning, match="torch.range is deprecated"):
        assert torch.range(1, 2, 0.5).tolist() == [1, 1.5, 2] and torch.range(0, 3).dtype == torch.float32
    with pytest.raises(RuntimeError, match="inconsistent with step sign"):
        torch.range(3, 0)
    try:
        torch.set_default_tensor_type("torch.DoubleTensor")
        assert torch.ones(1).dtype == torch.float64
    finally:
        torch.set_default_tensor_type(torch.FloatTensor)
    assert torch.ones(1).dtype == torch.float32 and torch.nn.Linear(1, 1).compile() is None
    with pytest.raises(ValueError, match="invalid type: 'foo'"):
        torch.set_default_tensor_type("foo")
    with pytest.raises(TypeError, match="Torch not compiled with CUDA enabled"):
        torch.set_default_tensor_type("torch.cuda.FloatTensor")
