"""optim.swa_utils: averages, batch norm anew, and the learning rate."""

import pytest
import relume as torch
from relume.optim import swa_utils


def test_averages_of_models():
    model = torch.nn.Linear(1, 1, bias=False)
    ways = {
        "mean": swa_utils.AveragedModel(model),
        "mean by one": swa_utils.AveragedModel(model, avg_fn=swa_utils.get_swa_avg_fn()),
        "decay": swa_utils.AveragedModel(model, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.5)),
        "decay by one": swa_utils.AveragedModel(model, avg_fn=swa_utils.get_ema_avg_fn(0.5)),
    }
    for value in (1.0, 3.0, 5.0):
        with torch.no_grad():
            model.weight.fill_(value)
        for averaged in ways.values():
            averaged.update_parameters(model)
    got = {name: averaged.module.weight.item() for name, averaged in ways.items()}
    assert got == pytest.approx({"mean": 3, "mean by one": 3, "decay": 3.5, "decay by one": 3.5})
    assert ways["mean"].n_averaged.item() == 3 and ways["mean"](torch.ones(1, 1)).item() == pytest.approx(3)


def test_buffers_are_the_last_or_averages():
    model = torch.nn.BatchNorm1d(1)
    last, mean = swa_utils.AveragedModel(model), swa_utils.AveragedModel(model, use_buffers=True)
    for value in (2.0, 4.0):
        model.running_mean.fill_(value)
        last.update_parameters(model)
        mean.update_parameters(model)
    assert last.module.running_mean.item() == 4 and mean.module.running_mean.item() == 3


def test_batch_norm_anew():
    model = torch.nn.Sequential(torch.nn.BatchNorm1d(1, momentum=0.3)).eval()
    model[0].running_mean.fill_(9)
    swa_utils.update_bn([(torch.tensor([[1.0], [3.0]]), 0), (torch.tensor([[5.0], [7.0]]), 0)], model)
    assert model[0].running_mean.item() == 4 and model[0].momentum == 0.3 and not model.training


@pytest.mark.parametrize("strategy, expected", [
    ("cos", [0.8681980515339464, 0.55, 0.23180194846605365, 0.1, 0.1]), ("linear", [0.775, 0.55, 0.325, 0.1, 0.1]),
])  # fmt: skip
def test_learning_rate(strategy, expected):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0)
    scheduler = swa_utils.SWALR(optimizer, swa_lr=0.1, anneal_epochs=4, anneal_strategy=strategy)
    rates = []
    for _ in expected:
        optimizer.step()
        scheduler.step()
        rates.append(optimizer.param_groups[0]["lr"])
    assert rates == pytest.approx(expected)


def test_refuses():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0)
    with pytest.raises(ValueError, match="Invalid decay value 2 provided"):
        swa_utils.get_ema_avg_fn(2)
    with pytest.raises(ValueError, match="anneal_strategy must be one of 'cos' or 'linear'"):
        swa_utils.SWALR(optimizer, 0.1, anneal_strategy="up")
    with pytest.raises(AssertionError, match="Only one of avg_fn and multi_avg_fn"):
        swa_utils.AveragedModel(torch.nn.ReLU(), avg_fn=max, multi_avg_fn=max)
