"""Runs of optimizers and schedulers, the same by Relume (the tests) and by PyTorch (make_training_goldens.py)."""

import math

OPTIMIZERS = {
    "SGD": [{}, dict(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01), dict(lr=0.1, momentum=0.9, dampening=0.3, maximize=True)],
    "Adam": [{}, dict(lr=0.01, amsgrad=True), dict(lr=0.01, weight_decay=0.1, maximize=True)],
    "AdamW": [{}, dict(lr=0.01, weight_decay=0.1, amsgrad=True)],
    "RMSprop": [{}, dict(momentum=0.9), dict(centered=True, momentum=0.5, weight_decay=0.1)],
    "Adagrad": [{}, dict(lr_decay=0.1, initial_accumulator_value=0.5, weight_decay=0.1)],
    "Adadelta": [{}, dict(weight_decay=0.1, maximize=True, rho=0.5)],
    "Adamax": [{}, dict(weight_decay=0.1, maximize=True)],
    "NAdam": [{}, dict(weight_decay=0.1, decoupled_weight_decay=True)],
    "RAdam": [{}, dict(weight_decay=0.1, decoupled_weight_decay=True, betas=(0.9, 0.5))],
    "Rprop": [{}, dict(maximize=True, etas=(0.3, 1.5), step_sizes=(1e-3, 0.5))],
    "ASGD": [{}, dict(lambd=0.1, t0=2, weight_decay=0.1)],
    "Adafactor": [{}, dict(weight_decay=0.1, maximize=True)],
    "Muon": [{}, dict(lr=0.1, nesterov=False, weight_decay=0), dict(adjust_lr_fn="match_rms_adamw", momentum=0.5, ns_steps=3)],
}  # fmt: skip


def numbers(torch, shape, start):
    """Values between -1 and 1 that both libraries compute alike."""
    count = math.prod(shape)
    return torch.tensor([math.sin(1.7 * i + start) for i in range(count)], dtype=torch.float64).reshape(shape)


def optimizer_run(torch, name, options, dtype, steps=6):
    """Parameters after a few steps, of which the second has no gradient now and then; and the optimizer."""
    shapes = [(4, 3), (3, 7), (1, 5)] if name == "Muon" else [(4, 3), (7,), ()]
    params = [torch.nn.Parameter(numbers(torch, shape, i).to(dtype)) for i, shape in enumerate(shapes)]
    optimizer = getattr(torch.optim, name)(params, **options)
    for step in range(steps):
        for i, (shape, param) in enumerate(zip(shapes, params)):
            param.grad = None if i == 1 and step % 3 == 0 else numbers(torch, shape, 10.0 * step + i).to(dtype)
        optimizer.step()
    return params, optimizer


def scheduler_makers(schedulers):
    """{name: function that makes a scheduler of an optimizer}."""
    s = schedulers
    return {
        "StepLR": lambda o: s.StepLR(o, 3, 0.5),
        "MultiStepLR": lambda o: s.MultiStepLR(o, [2, 2, 5], 0.3),
        "ConstantLR": lambda o: s.ConstantLR(o),
        "LinearLR": lambda o: s.LinearLR(o, 0.2, 0.9, 7),
        "ExponentialLR": lambda o: s.ExponentialLR(o, 0.9),
        "CosineAnnealingLR": lambda o: s.CosineAnnealingLR(o, 4, 0.01),
        "CosineAnnealingWarmRestarts": lambda o: s.CosineAnnealingWarmRestarts(o, 3, 2, 0.01),
        "PolynomialLR": lambda o: s.PolynomialLR(o, 7, 2.0),
        "LambdaLR": lambda o: s.LambdaLR(o, [lambda e: 0.9**e, lambda e: 1 / (1 + e)]),
        "MultiplicativeLR": lambda o: s.MultiplicativeLR(o, lambda e: 0.8),
        "SequentialLR": lambda o: s.SequentialLR(o, [s.LinearLR(o, 0.1, total_iters=3), s.ExponentialLR(o, 0.9)], [3]),
        "ChainedScheduler": lambda o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 2), s.ExponentialLR(o, 0.9)]),
        "CyclicLR": lambda o: s.CyclicLR(o, 0.01, [0.1, 0.2], 3, 4, mode="exp_range", gamma=0.9),
        "OneCycleLR": lambda o: s.OneCycleLR(o, [0.5, 0.3], total_steps=20),
        "OneCycleLR in three": lambda o: s.OneCycleLR(o, 0.5, total_steps=20, three_phase=True, anneal_strategy="linear"),
        "ReduceLROnPlateau": lambda o: s.ReduceLROnPlateau(o, patience=1, cooldown=1, min_lr=[0.01, 0.02]),
    }


def two_groups(torch):
    """An optimizer with a group that has a learning rate of its own."""
    groups = [dict(params=[torch.nn.Parameter(torch.ones(2))], lr=0.5), dict(params=[torch.nn.Parameter(torch.ones(3))])]
    return torch.optim.SGD(groups, lr=0.1, momentum=0.9)


def scheduler_run(torch, name, steps=12):
    """What the groups have after each step: [[learning rates, momenta], ...]; and the scheduler."""
    optimizer = two_groups(torch)
    scheduler = scheduler_makers(torch.optim.lr_scheduler)[name](optimizer)
    history = []
    for i in range(steps):
        optimizer.step()
        scheduler.step(*([abs(5.0 - i)] if name == "ReduceLROnPlateau" else []))
        history.append([scheduler.get_last_lr(), [group["momentum"] for group in optimizer.param_groups]])
    return history, scheduler
