"""Optimizers for five steps, learning-rate schedules, gradient clipping.

Two parameters, p = [1, -2, 0.5, 3] (2 x 2) and q = [0.25] (float32), follow the gradient weights(p) * (p - 0.5),
weights as in golden.py; the third step skips q (its gradient is not defined there).
"""

import torch
from torch.optim import lr_scheduler

from golden import Golden, error_text, tensor_text, weights

OPTIMIZERS = [
    ("SGD", {"lr": 0.1}), ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}), ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.01}), ("SGD",
                                                 {"lr": 0.1, "momentum": 0.5, "weight_decay": 0.1, "nesterov": True}),
    ("SGD", {"lr": 0.1, "maximize": True}),
    ("Adam", {}), ("Adam", {"lr": 0.1}), ("Adam", {"lr": 0.1, "betas": [0.5, 0.9], "eps": 0.001}),
    ("Adam", {"lr": 0.1, "weight_decay": 0.1}), ("Adam", {"lr": 0.1, "amsgrad": True, "betas": [0.5, 0.6]}),
    ("Adam", {"lr": 0.1, "maximize": True}),
    ("AdamW", {}), ("AdamW", {"lr": 0.1}), ("AdamW", {"lr": 0.1, "weight_decay": 0.5}),
    ("AdamW", {"lr": 0.1, "amsgrad": True, "betas": [0.5, 0.6]}),
    ("RMSprop", {"lr": 0.1}), ("RMSprop", {"lr": 0.1, "momentum": 0.9, "centered": True, "weight_decay": 0.1}),
    ("Adagrad", {"lr": 0.1}), ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1,
                                           "initial_accumulator_value": 0.5}),
]
BAD = [("SGD", {"lr": -0.1}), ("SGD", {"lr": 0.1, "momentum": -1.0}), ("SGD", {"lr": 0.1, "weight_decay": -1.0}),
       ("SGD", {"lr": 0.1, "nesterov": True}), ("Adam", {"lr": -1.0}), ("Adam", {"betas": [1.0, 0.9]}),
       ("Adam", {"betas": [0.9, 1.0]}), ("Adam", {"eps": -1.0}), ("Adam", {"weight_decay": -1.0}),
       ("AdamW", {"lr": -1.0})]
SCHEDULES = [
    ("StepLR", [2, 0.5]), ("StepLR", [3]), ("MultiStepLR", [[2, 4, 4, 7], 0.1]), ("ExponentialLR", [0.9]),
    ("CosineAnnealingLR", [5]), ("CosineAnnealingLR", [4, 0.01]), ("LinearLR", [0.25, 1.0, 4]),
    ("ConstantLR", [0.5, 3]),
    ("CosineAnnealingWarmRestarts", [3, 2]), ("PolynomialLR", [5, 2.0]),
]


def parameters():
    return torch.tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True), torch.tensor([0.25], requires_grad=True)


def set_gradients(p, q, skip_q=False):
    for t in (p, q):
        t.grad = weights(t) * (t.detach() - 0.5)
    if skip_q:
        q.grad = None


def make(golden):
    for name, options in OPTIMIZERS:
        p, q = parameters()
        optimizer = getattr(torch.optim, name)([p, q], **options)
        steps = []
        for step in range(5):
            set_gradients(p, q, step == 2)
            optimizer.step()
            steps.append([tensor_text(p), tensor_text(q)])
        golden.add({"optimizer": name, "options": options, "steps": steps})
    for name, options in BAD:
        try:
            getattr(torch.optim, name)(parameters(), **options)
        except Exception as error:
            golden.add({"optimizer": name, "options": options, "error": error_text(error)})
    for name, arguments in SCHEDULES:
        p, q = parameters()
        optimizer = torch.optim.SGD([p, q], lr=0.1)
        scheduler = getattr(lr_scheduler, name)(optimizer, *arguments)
        rates = [optimizer.param_groups[0]["lr"]]
        for _ in range(12):
            optimizer.step()
            scheduler.step()
            rates.append(optimizer.param_groups[0]["lr"])
        if name == "StepLR":  # libtorch's, which C++ follows, is one step later
            rates = rates[:1] + rates[:-1]
        golden.add({"schedule": name, "args": arguments, "lr": rates})
    for max_norm, norm_type in [(1.0, 2.0), (100.0, 2.0), (1.0, 1.0), (0.5, float("inf")), (2.0, 3.0), (0.0, 2.0)]:
        p, q = parameters()
        set_gradients(p, q)
        total = torch.nn.utils.clip_grad_norm_([p, q], max_norm, norm_type)
        golden.add({"clip": "norm", "args": golden.encode([max_norm, norm_type]), "total": tensor_text(total),
                    "grads": [tensor_text(p.grad), tensor_text(q.grad)]})
    p, q = parameters()
    set_gradients(p, q)
    torch.nn.utils.clip_grad_value_([p, q], 0.75)
    golden.add({"clip": "value", "args": [0.75], "grads": [tensor_text(p.grad), tensor_text(q.grad)]})
    p, q = parameters()
    p.grad = torch.full_like(p, float("nan"))
    try:
        torch.nn.utils.clip_grad_norm_([p, q], 1.0, error_if_nonfinite=True)
    except RuntimeError as error:
        golden.add({"clip": "nonfinite", "args": [1.0], "error": error_text(error)})


if __name__ == "__main__":
    golden = Golden("optim", __file__)
    make(golden)
    golden.write()
