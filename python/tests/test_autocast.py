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


@pytest.mark.parametrize(
    "call",
    [
        lambda F, a: F.cosine_embedding_loss(a, a, torch.ones(2)),
        lambda F, a: F.hinge_embedding_loss(a, a),
        lambda F, a: F.margin_ranking_loss(a, a, a),
        lambda F, a: F.multi_margin_loss(a, torch.tensor([0, 1])),
        lambda F, a: F.multilabel_margin_loss(a, torch.tensor([[0, -1], [1, 0]])),
        lambda F, a: F.poisson_nll_loss(input=a, target=a),
        lambda F, a: F.soft_margin_loss(a, a),
        lambda F, a: F.triplet_margin_loss(a, a, a),
        lambda F, a: F.grid_sample(a[None, None], torch.zeros(1, 2, 2, 2).bfloat16(), align_corners=False),
        lambda F, a: torch.cdist(a, a),
    ],
)
def test_losses_made_of_ops_compute_in_float32(call):
    a = torch.eye(2).bfloat16().requires_grad_()
    with torch.autocast("cpu"):
        result = call(torch.nn.functional, a)
        assert result.dtype is torch.float32 and torch.is_autocast_enabled("cpu")
    result.sum().backward()
    assert a.grad.dtype is torch.bfloat16


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


class TestGradScaler:
    def trained(self, **options):
        parameter = torch.nn.Parameter(torch.ones(2))
        return parameter, torch.optim.SGD([parameter], lr=1.0), torch.amp.GradScaler("cpu", **options)

    def test_scales_losses_and_unscales_gradients(self):
        parameter, optimizer, scaler = self.trained(init_scale=8.0)
        scaler.scale(parameter.sum()).backward()
        assert parameter.grad.tolist() == [8, 8]
        scaler.unscale_(optimizer)
        assert parameter.grad.tolist() == [1, 1]
        scaler.step(optimizer)
        scaler.update()
        assert parameter.tolist() == [0, 0] and scaler.get_scale() == 8
        assert [x.item() for x in scaler.scale([torch.ones(()), torch.ones(())])] == [8, 8]

    def test_skips_steps_with_infinite_gradients_and_shrinks(self):
        parameter, optimizer, scaler = self.trained(init_scale=8.0)
        scaler.scale(parameter.sum()).backward()
        parameter.grad[0] = float("inf")
        assert scaler.step(optimizer) is None
        scaler.update()
        assert parameter.tolist() == [1, 1] and scaler.get_scale() == 4

    def test_grows_after_an_interval(self):
        parameter, optimizer, scaler = self.trained(init_scale=8.0, growth_interval=2)
        for _ in range(2):
            optimizer.zero_grad()
            scaler.scale(parameter.sum()).backward()
            scaler.step(optimizer)
            scaler.update()
        assert scaler.get_scale() == 16
        other = torch.amp.GradScaler("cpu")
        other.load_state_dict(scaler.state_dict())
        assert other.get_scale() == 16 and other.get_growth_interval() == 2

    def test_knows_the_order_of_calls(self):
        parameter, optimizer, scaler = self.trained()
        with pytest.raises(AssertionError, match="Attempted unscale_ but _scale is None"):
            scaler.unscale_(optimizer)
        scaler.scale(parameter.sum())
        with pytest.raises(AssertionError, match="No inf checks were recorded for this optimizer"):
            scaler.step(optimizer)
        scaler.update(new_scale=2.0)
        scaler.scale(parameter.sum()).backward()
        scaler.unscale_(optimizer)
        with pytest.raises(RuntimeError, match="already been called on this optimizer"):
            scaler.unscale_(optimizer)
        scaler.step(optimizer)
        with pytest.raises(RuntimeError, match=r"step\(\) has already been called"):
            scaler.step(optimizer)
        with pytest.raises(RuntimeError, match=r"called after step\(\)"):
            scaler.unscale_(optimizer)
        with pytest.raises(ValueError, match="must be a Tensor or an iterable"):
            scaler.scale(3)

    def test_is_disabled_for_devices_that_there_are_not(self):
        parameter, optimizer, _ = self.trained()
        with pytest.warns(UserWarning, match="CUDA is not available.  Disabling"):
            scaler = torch.cuda.amp.GradScaler()
        assert not scaler.is_enabled() and scaler.get_scale() == 1 and scaler.state_dict() == {}
        scaler.scale(parameter.sum()).backward()
        scaler.step(optimizer)
        scaler.update()
        assert parameter.tolist() == [0, 0]
        with pytest.warns(UserWarning), torch.cuda.amp.autocast():
            assert product() is torch.float32
