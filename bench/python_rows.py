#!/usr/bin/env python3
"""The rows of work from Python: the same program by the package relume and by torch.

Usage: python_rows.py [--threads N] --folder FOLDER NAME
FOLDER is where the package relume lies; `torch` stands for PyTorch.
"""

import importlib
import sys

import numpy as np

from harness import checksum, serve

PREFIX = "Python: "


def call_of_relu(torch):
    x = torch.linspace(-2, 2, 16)
    relu = torch.relu
    return lambda: relu(x), lambda: relu(x)


def relu_and_backward(torch):
    x = torch.linspace(-2, 2, 16).requires_grad_(True)

    def run():
        x.grad = None
        torch.relu(x).sum().backward()

    return run, lambda: x.grad


def sequential(torch):
    torch.manual_seed(0)
    layers = [layer for _ in range(5) for layer in (torch.nn.Linear(8, 8), torch.nn.ReLU())]
    model, x = torch.nn.Sequential(*layers), torch.ones(1, 8)
    return lambda: model(x), lambda: model(x)


def simple_cnn(torch):
    nn = torch.nn

    class SimpleCNN(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(3, 32, 3, padding=1)
            self.relu1 = nn.ReLU()
            self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
            self.relu2 = nn.ReLU()
            self.pool = nn.MaxPool2d(2, 2)

        def forward(self, x):
            x = self.pool(self.relu1(self.conv1(x)))
            return self.pool(self.relu2(self.conv2(x)))

    return SimpleCNN()


def deep_mlp(torch):
    nn = torch.nn
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))


def training(torch, make_model, sizes):
    """Steps of plain descent; the result is all parameters."""
    torch.manual_seed(0)
    model, x = make_model(torch), torch.randn(*sizes)
    optimizer = torch.optim.SGD(model.parameters(), 0.01)

    def step():
        optimizer.zero_grad()
        model(x).pow(2).mean().backward()
        optimizer.step()

    return step, lambda: torch.cat([p.detach().flatten() for p in model.parameters()])


ROWS = {
    "relu, 16 floats": call_of_relu,
    "relu, sum and backward, 16 floats": relu_and_backward,
    "Sequential of 10 small layers forward": sequential,
    "SimpleCNN training step, batch 1": lambda torch: training(torch, simple_cnn, (1, 3, 32, 32)),
    "SimpleCNN training step, batch 32": lambda torch: training(torch, simple_cnn, (32, 3, 32, 32)),
    "MLP 784-512-512-10 training step, batch 1": lambda torch: training(torch, deep_mlp, (1, 784)),
}


def prepare(name, threads, folder):
    if folder != "torch":
        sys.path.insert(0, folder)
    torch = importlib.import_module("torch" if folder == "torch" else "relume")
    torch.set_num_threads(threads)
    run, result = ROWS[name.removeprefix(PREFIX)](torch)
    for _ in range(3):
        run()
    return run, checksum(np.array(result().tolist())), ""


if __name__ == "__main__":
    serve(prepare)
