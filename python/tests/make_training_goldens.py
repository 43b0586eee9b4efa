"""Writes training_goldens.json: what PyTorch computes in training_cases.py and loader_cases.py. Run with a Python that has torch 2.13."""

import json
import pathlib

import torch
from loader_cases import loader_orders
from training_cases import OPTIMIZERS, optimizer_run, scheduler_makers, scheduler_run


def main():
    optimizers = {
        name: [[p.tolist() for p in optimizer_run(torch, name, options, torch.float64)[0]] for options in cases]
        for name, cases in OPTIMIZERS.items()
    }
    schedulers = {name: scheduler_run(torch, name)[0] for name in scheduler_makers(torch.optim.lr_scheduler)}
    path = pathlib.Path(__file__).with_name("training_goldens.json")
    goldens = {"optimizers": optimizers, "schedulers": schedulers, "loaders": loader_orders(torch)}
    path.write_text(json.dumps(goldens) + "\n")


if __name__ == "__main__":
    main()
