"""Autocasting in Python: the context manager, the decorator, gradients, and torch's functions."""

import pytest
import relume as torch


def product():
    return (torch.ones(2, 3) @ torch.ones(3, 2)).dtype


def test_products_compute_in_bfloat16_inside_and_in_float32_after():
    with torch.autocast("cpu", dtype=torch.bfloat16) as scope:
        assert product() is torch.bfloat16
        assert torch.is_autocast_enabled("cpu")
        assert scope.fast_dtype is torch.bfloat16
    assert product() is torch.float32
    assert not torch.is_autocast_enabled()


def test_scopes_nest_and_can_be_switched_off():
    with torch.amp.autocast("cpu"):
        with torch.amp.autocast("cpu", enabled=False):
            assert product() is torch.float32
        with torch.autocast("cpu", dtype=torch.float16):
            assert product() is torch.float16
            assert torch.get_autocast_dtype("cpu") is torch.float16
        assert product() is torch.bfloat16


def test_a_scope_ends_with_an_error():
    with pytest.raises(ZeroDivisionError):
        with torch.autocast("cpu"):
            raise ZeroDivisionError
    assert product() is torch.float32


def test_it_decorates_functions():
    @torch.autocast("cpu")
    def decorated():
        return product()

    assert decorated() is torch.bfloat16
    assert decorated.__name__ == "decorated"


def test_parameters_get_float32_gradients():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(64, 5))
    x, y = torch.randn(2, 3, 6, 6), torch.tensor([1, 4])
    with torch.autocast("cpu"):
        logits = model(x)
        loss = torch.nn.functional.cross_entropy(logits, y)
    assert logits.dtype is torch.bfloat16 and loss.dtype is torch.float32
    loss.backward()
    for parameter in model.parameters():
        assert parameter.dtype is torch.float32 and parameter.grad.dtype is torch.float32
        assert parameter.grad.abs().sum() > 0


def test_modules_in_bfloat16_train():
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.BatchNorm2d(8), torch.nn.ReLU())
    model.to(torch.bfloat16)
    model(torch.randn(2, 3, 8, 8).to(torch.bfloat16)).sum().backward()
    assert all(parameter.grad.dtype is torch.bfloat16 for parameter in model.parameters())


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("cpu", torch.float64), "In CPU autocast, but the target dtype is not supported. Disabling autocast."),
        (("cuda",), "CUDA is not available"),
    ],
)
def test_what_there_is_not_warns_and_does_nothing(arguments, message):
    with pytest.warns(UserWarning, match=message):
        scope = torch.autocast(*arguments)
    with scope:
        assert product() is torch.float32


def test_wrong_arguments():
    with pytest.raises(ValueError, match="Expected `device_type` of type `str`"):
        torch.autocast(3)
    with pytest.raises(RuntimeError, match="Expected one of cpu"):
        torch.autocast("gpu")
    with pytest.raises(ValueError, match="expected the dtype bfloat16 or float16, got"):
        torch.set_autocast_dtype("cpu", torch.int64)
    assert torch.autocast_increment_nesting() == 1
    assert torch.autocast_decrement_nesting() == 0
