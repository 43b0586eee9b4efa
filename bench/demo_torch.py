#!/usr/bin/env python3
"""What `relume train` does, by PyTorch: the same network, recipe, images and order of images.

Usage: demo_torch.py [--data FOLDER] [--epochs N] [--threads N] [--train-images N] [--report FILE]
Writes accuracy and training seconds to the report, as `relume train --report` does.
"""

import argparse
import gzip
import math
import pathlib
import time

import numpy as np
import torch
from torch import nn

MEAN, STD = 0.2860, 0.3530  # of Fashion-MNIST
BATCH, LEARNING_RATE, SEED = 64, 1.5e-3, 0


def read_idx(path):
    data = gzip.open(f"{path}.gz").read() if pathlib.Path(f"{path}.gz").exists() else path.read_bytes()
    rank = data[3]
    sizes = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(rank)]
    return torch.from_numpy(np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(sizes).copy())


def load(folder, part):
    folder = pathlib.Path(folder)
    return read_idx(folder / f"{part}-images-idx3-ubyte"), read_idx(folder / f"{part}-labels-idx1-ubyte").long()


def normalized(pixels):
    return ((pixels.float() / 255 - MEAN) / STD).unsqueeze(1)


def make_network():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * 7 * 7, 128), nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip


def train(model, images, labels, epochs):
    """Adam, whose learning rate falls to zero along a cosine; returns the seconds."""
    optimizer = torch.optim.Adam(model.parameters(), LEARNING_RATE)
    steps = epochs * math.ceil(len(images) / BATCH)
    start, step = time.perf_counter(), 0
    for epoch in range(epochs):
        order = torch.randperm(len(images), generator=torch.Generator().manual_seed(SEED + epoch))
        for index in order.split(BATCH):
            for group in optimizer.param_groups:
                group["lr"] = LEARNING_RATE * 0.5 * (1 + math.cos(math.pi * step / steps))
            loss = nn.functional.cross_entropy(model(normalized(images[index])), labels[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss.item()
            step += 1
    return time.perf_counter() - start


def accuracy(model, images, labels):
    with torch.no_grad():
        answers = torch.cat([model(normalized(batch)).argmax(1) for batch in images.split(500)])
    return (answers == labels).double().mean().item()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--train-images", type=int, default=0)
    parser.add_argument("--report", required=True)
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    torch.manual_seed(SEED)
    model = make_network()
    images, labels = load(arguments.data, "train")
    if arguments.train_images:
        images, labels = images[: arguments.train_images], labels[: arguments.train_images]
    seconds = train(model, images, labels, arguments.epochs)
    pathlib.Path(arguments.report).write_text(f"{accuracy(model, *load(arguments.data, 't10k'))} {seconds}\n")


if __name__ == "__main__":
    main()
