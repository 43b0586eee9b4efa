#!/usr/bin/env python3
"""SimpleCNN by PyTorch at its best: channels-last data, torch.compile, and both, whichever is fastest.

Usage: torch_modes.py [--threads N] NAME, where NAME is a row "SimpleCNN forward, batch N" or "SimpleCNN training step, ...".
"""

import torch

from harness import checksum, fastest, serve
from python_rows import simple_cnn


def make(batch, training, channels_last, compiled):
    """(run, first result) of one mode; the result of training is all parameters after three steps."""
    torch.manual_seed(0)
    model, x = simple_cnn(torch), torch.randn(batch, 3, 32, 32)
    if channels_last:
        model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    call = torch.compile(model) if compiled else model

    def forward():
        with torch.no_grad():
            return call(x)

    def step():
        optimizer.zero_grad()
        call(x).pow(2).mean().backward()
        optimizer.step()

    if not training:
        return forward, checksum(forward().contiguous())
    for _ in range(3):
        step()
    return step, checksum(torch.cat([p.detach().contiguous().flatten() for p in model.parameters()]))


def prepare(name, threads, _):
    torch.set_num_threads(threads)
    batch, training = int(name.split()[-1]), "training" in name
    modes = {"channels_last": (True, False), "compiled": (False, True), "compiled, channels_last": (True, True)}
    ways, sums = {}, {}
    for mode, choices in modes.items():
        ways[mode], sums[mode] = make(batch, training, *choices)
    mode, run = fastest(ways)
    return run, sums[mode], mode


if __name__ == "__main__":
    serve(prepare)
