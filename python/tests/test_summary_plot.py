"""summary() and plot: what they print and draw, and that they leave models as they were."""

import sys

import pytest
import relume as torch
from relume import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2))
        self.act = nn.ReLU()
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(8 * 8 * 8, 10), self.act)

    def forward(self, x):
        return self.head(self.act(self.features(x)))


def test_summary(capsys):
    model = Net()
    model.act.eval()
    model.head[1].bias.requires_grad_(False)
    state = torch.get_rng_state()
    torch.summary(model, (4, 3, 16, 16))
    assert capsys.readouterr().out == (
        "Layer                    Output shape    Parameters\n"
        "───────────────────────────────────────────────────\n"
        "Net                      [4, 10]              5,370\n"
        "├─ features: Sequential  [4, 8, 8, 8]           240\n"
        "│  ├─ 0: Conv2d          [4, 8, 16, 16]         224\n"
        "│  ├─ 1: BatchNorm2d     [4, 8, 16, 16]          16\n"
        "│  ├─ 2: ReLU            [4, 8, 16, 16]           -\n"
        "│  └─ 3: MaxPool2d       [4, 8, 8, 8]             -\n"
        "├─ act: ReLU             [4, 8, 8, 8]             -\n"
        "└─ head: Sequential      [4, 10]              5,130\n"
        "   ├─ 0: Flatten         [4, 512]                 -\n"
        "   ├─ 1: Linear          [4, 10]              5,130\n"
        "   └─ 2: ReLU            [4, 8, 8, 8]       (again)\n"
        "───────────────────────────────────────────────────\n"
        "Parameters: 5,370, of which 5,360 are trained\n"
        "Memory: input 12.00 KiB, parameters 20.98 KiB, buffers 72 B, results of layers 120.31 KiB\n"
    )
    assert model.training and not model.act.training and model.features[1].num_batches_tracked.item() == 0
    assert torch.equal(torch.get_rng_state(), state) and not model.__dict__.get("_hooks")


def test_summary_of_several_inputs(capsys):
    class Sum(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(5, 3)

        def forward(self, index, x):
            return self.embedding(index) + x

    torch.summary(Sum(), [(2,), (2, 3)], dtype=[torch.int64, torch.float32])
    assert "embedding: Embedding  [2, 3]" in capsys.readouterr().out
    with pytest.raises(ValueError, match="summary: 2 inputs, but 1 dtypes"):
        torch.summary(Sum(), [(2,), (2, 3)], dtype=[torch.int64])
    with pytest.raises(RuntimeError):
        torch.summary(Net(), (1, 4, 16, 16))


def test_plot_needs_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    for draw in (lambda: torch.plot.activation(nn.GELU()), lambda: torch.plot.history([1, 2])):
        with pytest.raises(ImportError, match="relume.plot needs matplotlib: pip install matplotlib"):
            draw()


def test_plots():
    pytest.importorskip("matplotlib").use("Agg")
    module = nn.PReLU()
    axes = torch.plot.activation(module, -2, 2, points=5)
    value, slope = axes.get_lines()[:2]
    assert list(value.get_xdata()) == [-2, -1, 0, 1, 2] and list(value.get_ydata()) == [-0.5, -0.25, 0, 1, 2]
    assert list(slope.get_ydata())[:2] == [0.25, 0.25] and module.weight.grad is None
    assert axes.get_title() == "PReLU(num_parameters=1)"
    axes = torch.plot.history({"train": [torch.tensor(2.0), 1.0], "test": [3.0, 2.0]}, log=True)
    assert [line.get_label() for line in axes.get_lines()] == ["train", "test"] and axes.get_yscale() == "log"
    with pytest.raises(ValueError, match="expected low < high"):
        torch.plot.activation(module, 1, 1)
