"""Optimizers and schedulers: PyTorch's numbers, states that come back, groups, hooks, warnings, refusals."""

import copy
import json
import pathlib
import pickle

import pytest
import relume as torch
from training_cases import OPTIMIZERS, optimizer_run, scheduler_makers, scheduler_run, two_groups

GOLDENS = json.loads(pathlib.Path(__file__).with_name("training_goldens.json").read_text())
CASES = [(name, i) for name, cases in OPTIMIZERS.items() for i in range(len(cases))]
SCHEDULERS = sorted(scheduler_makers(torch.optim.lr_scheduler))
# float32: a few roundings a step; half types are rounded once a step, to 11 or 8 bits.
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-5, torch.float16: 2e-2, torch.bfloat16: 1e-1}


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("name, case", CASES)
def test_steps_give_the_numbers_of_pytorch(name, case, dtype):
    params, _ = optimizer_run(torch, name, OPTIMIZERS[name][case], dtype)
    for param, expected in zip(params, GOLDENS["optimizers"][name][case]):
        expected = torch.tensor(expected, dtype=torch.float64)
        assert torch.allclose(param.detach().double(), expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_steps_of_half_types(name, dtype):
    params, _ = optimizer_run(torch, name, dict(lr=0.01, weight_decay=0.1), dtype)
    wide, _ = optimizer_run(torch, name, dict(lr=0.01, weight_decay=0.1), torch.float64)
    for param, expected in zip(params, wide):
        assert param.dtype == dtype
        assert torch.allclose(param.detach().double(), expected.detach(), atol=TOLERANCE[dtype])


def test_steps_of_parameters_of_any_strides_and_of_none():
    plain = torch.nn.Parameter(torch.arange(6.0).reshape(2, 3))
    turned = torch.nn.Parameter(torch.arange(6.0).reshape(2, 3).t().contiguous().t())
    empty = torch.nn.Parameter(torch.empty(0, 3))
    for param in (plain, turned, empty):
        optimizer = torch.optim.Adam([param], lr=0.1)
        for _ in range(3):
            param.grad = torch.ones_like(param)
            optimizer.step()
    assert torch.equal(plain, turned) and empty.shape == (0, 3)


@pytest.mark.parametrize("name, case", CASES)
def test_a_state_that_was_loaded_goes_on_as_the_first(name, case):
    params, optimizer = optimizer_run(torch, name, OPTIMIZERS[name][case], torch.float32)
    twins = [torch.nn.Parameter(param.detach().clone()) for param in params]
    other = type(optimizer)(twins, **OPTIMIZERS[name][case])
    other.load_state_dict(pickle.loads(pickle.dumps(optimizer.state_dict())))
    for param, twin in zip(params, twins):
        param.grad = twin.grad = torch.full_like(param, 0.3)
    optimizer.step()
    other.step()
    assert all(torch.equal(param, twin) for param, twin in zip(params, twins))
    assert repr(optimizer) == repr(other)


def test_state_dict_has_the_layout_of_pytorch():
    _, optimizer = optimizer_run(torch, "Adam", {}, torch.float32)
    state = optimizer.state_dict()
    assert list(state) == ["state", "param_groups"] and list(state["state"]) == [0, 2, 1]
    assert list(state["state"][0]) == ["step", "exp_avg", "exp_avg_sq"]
    assert state["state"][1]["step"].item() == 4 and state["state"][0]["step"].dtype == torch.float32
    assert state["param_groups"] == [{
        "lr": 0.001, "betas": (0.9, 0.999), "eps": 1e-08, "weight_decay": 0, "amsgrad": False, "maximize": False,
        "foreach": None, "capturable": False, "differentiable": False, "fused": None,
        "decoupled_weight_decay": False, "params": [0, 1, 2],
    }]  # fmt: skip


def test_prints_its_groups():
    assert repr(two_groups(torch)).startswith(
        "SGD (\nParameter Group 0\n    dampening: 0\n    differentiable: False\n    foreach: None\n    fused: None\n"
        "    lr: 0.5\n    maximize: False\n    momentum: 0.9\n    nesterov: False\n    weight_decay: 0\n\n"
        "Parameter Group 1\n"
    )


def test_lbfgs_finds_a_minimum():
    for search in (None, "strong_wolfe"):
        x = torch.nn.Parameter(torch.tensor([-1.0, 3.0], dtype=torch.float64))
        optimizer = torch.optim.LBFGS([x], lr=0.5, max_iter=50, line_search_fn=search)

        def closure():
            optimizer.zero_grad()
            loss = ((x - torch.tensor([1.0, 2.0])) ** 2 * torch.tensor([1.0, 10.0])).sum()
            loss.backward()
            return loss

        assert float(optimizer.step(closure).detach()) == 14.0
        assert torch.allclose(x.detach(), torch.tensor([1.0, 2.0], dtype=torch.float64), atol=1e-4)


def test_lbfgs_starts_with_a_step_length_of_float32():
    x = torch.tensor([-4.1], requires_grad=True)
    optimizer = torch.optim.LBFGS([x], lr=0.9, max_iter=3)

    def closure():
        optimizer.zero_grad()
        loss = (0.3 * x * x * x * x - x).sum()
        loss.backward()
        return loss

    assert [optimizer.step(closure).item() for _ in range(2)] == [88.87281799316406, 13.206308364868164]
    assert x.item() == -1.3969453573226929


@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.AdamW])
def test_coefficients_of_adam_are_of_one_type(kind):
    with pytest.raises(ValueError, match="betas must be either both floats or both Tensors"):
        kind([torch.ones(1, requires_grad=True)], betas=(0, 0.9))


def test_a_closure_runs_with_grad_mode_and_its_loss_is_returned():
    x = torch.nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([x], lr=0.5)

    def closure():
        loss = (x * x).sum()
        loss.backward()
        return loss

    with torch.no_grad():
        loss = optimizer.step(closure)
    assert loss.item() == 1.0 and x.item() == 0.0 and torch.is_grad_enabled()


def test_zero_grad_forgets_or_fills():
    x = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([x], lr=0.1)
    x.sum().backward()
    grad = x.grad
    optimizer.zero_grad(set_to_none=False)
    assert x.grad is grad and x.grad.tolist() == [0, 0]
    optimizer.zero_grad()
    assert x.grad is None


def test_hooks_of_steps_and_states():
    x = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([x], lr=0.1)
    calls = []
    handles = [
        optimizer.register_step_pre_hook(lambda o, args, kwargs: calls.append("pre") or (args, kwargs)),
        optimizer.register_step_post_hook(lambda o, args, kwargs: calls.append("post")),
        optimizer.register_state_dict_pre_hook(lambda o: calls.append("state")),
        optimizer.register_load_state_dict_post_hook(lambda o: calls.append("loaded")),
    ]
    optimizer.register_state_dict_post_hook(lambda o, state: {**state, "extra": 1})
    given = optimizer.register_step_post_hook(lambda o, args, kwargs: calls.append((args == (o,), kwargs)))
    optimizer.step()
    assert calls.pop() == (True, {})
    given.remove()
    optimizer.load_state_dict(optimizer.state_dict())
    assert calls == ["pre", "post", "state", "loaded"] and optimizer.state_dict()["extra"] == 1
    for handle in handles:
        handle.remove()
    optimizer.step()
    assert len(calls) == 5  # of state_dict() two lines up


def test_a_subclass_defines_its_own_step():
    class Sign(torch.optim.Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        @torch.no_grad()
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    self.state[p]["count"] = self.state[p].get("count", 0) + 1
                    p.add_(p.grad.sign(), alpha=-group["lr"])

    x = torch.nn.Parameter(torch.ones(2))
    optimizer = Sign([x], 0.25)
    x.grad = torch.tensor([3.0, -2.0])
    optimizer.step()
    assert x.tolist() == [0.75, 1.25] and optimizer.state_dict()["state"] == {0: {"count": 1}}


def test_copies_and_pickles():
    params, optimizer = optimizer_run(torch, "SGD", dict(lr=0.1, momentum=0.9), torch.float32)
    for other in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        assert repr(other) == repr(optimizer)
        buffers = [state["momentum_buffer"] for state in other.state.values()]
        assert all(torch.equal(a, optimizer.state[p]["momentum_buffer"]) for a, p in zip(buffers, optimizer.state))


@pytest.mark.parametrize("make, kind, text", [
    (lambda x: torch.optim.SGD(x, lr=0.1), TypeError, "an iterable of Tensors or dicts, but got torch.FloatTensor"),
    (lambda x: torch.optim.SGD([], lr=0.1), ValueError, "optimizer got an empty parameter list"),
    (lambda x: torch.optim.SGD([x * 2], lr=0.1), ValueError, "can't optimize a non-leaf Tensor"),
    (lambda x: torch.optim.SGD([1], lr=0.1), TypeError, "optimizer can only optimize Tensors, but one of the params is"),
    (lambda x: torch.optim.SGD([{"params": {x}}], lr=0.1), TypeError, "organized in ordered collections"),
    (lambda x: torch.optim.SGD([{"params": x}, {"params": x}]), ValueError, "appear in more than one parameter group"),
    (lambda x: torch.optim.SGD([x], lr=-1), ValueError, "Invalid learning rate: -1"),
    (lambda x: torch.optim.SGD([x], nesterov=True), ValueError, "Nesterov momentum requires a momentum and zero"),
    (lambda x: torch.optim.Adafactor([x], lr=-1.0), ValueError, "Learning rate should be >= 0 but is: -1.0"),
    (lambda x: torch.optim.Adam([x], betas=(0.9, 1.0)), ValueError, "Invalid beta parameter at index 1: 1.0"),
    (lambda x: torch.optim.Adam([x], eps=-1), ValueError, "Invalid epsilon value: -1"),
    (lambda x: torch.optim.Adam([x], fused=True, foreach=True), RuntimeError, "`fused` and `foreach` cannot be `True`"),
    (lambda x: torch.optim.NAdam([x], differentiable=True), NotImplementedError, "differentiable=True"),
    (lambda x: torch.optim.Adadelta([x], rho=2), ValueError, "Invalid rho value: 2"),
    (lambda x: torch.optim.Rprop([x], etas=(2, 3)), ValueError, "Invalid eta values: 2, 3"),
    (lambda x: torch.optim.LBFGS([{"params": [x]}, {"params": [torch.ones(1)]}]), ValueError, "per-parameter options"),
])  # fmt: skip
def test_refuses(make, kind, text):
    with pytest.raises(kind) as error:
        make(torch.nn.Parameter(torch.ones(2)))
    assert text in str(error.value)


def test_refuses_a_state_of_other_groups():
    x, y = torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(2))
    one, two = torch.optim.SGD([x]), torch.optim.SGD([x, y])
    with pytest.raises(ValueError, match="doesn't match the size of optimizer's group"):
        one.load_state_dict(two.state_dict())
    with pytest.raises(ValueError, match="different number of parameter groups"):
        one.load_state_dict(two_groups(torch).state_dict())


@pytest.mark.parametrize("name", SCHEDULERS)
def test_schedules_are_those_of_pytorch(name):
    history, _ = scheduler_run(torch, name)
    for now, expected in zip(history, GOLDENS["schedulers"][name]):
        assert now[0] == pytest.approx(expected[0], rel=1e-12) and now[1] == pytest.approx(expected[1], rel=1e-12)


@pytest.mark.parametrize("name", [name for name in SCHEDULERS if name != "ReduceLROnPlateau"])
def test_a_schedule_that_was_loaded_goes_on_as_the_first(name):
    _, scheduler = scheduler_run(torch, name)
    optimizer = two_groups(torch)
    other = scheduler_makers(torch.optim.lr_scheduler)[name](optimizer)
    optimizer.load_state_dict(scheduler.optimizer.state_dict())
    other.load_state_dict(scheduler.state_dict())
    for one in (scheduler, other):
        one.optimizer.step()
        one.step()
    assert other.get_last_lr() == scheduler.get_last_lr()


def test_warns_of_a_scheduler_that_steps_first():
    scheduler = torch.optim.lr_scheduler.StepLR(two_groups(torch), 1)
    with pytest.warns(UserWarning, match="Detected call of `lr_scheduler.step\\(\\)` before `optimizer.step\\(\\)`"):
        scheduler.step()
    with pytest.warns(UserWarning, match="please use `get_last_lr\\(\\)`"):
        scheduler.get_lr()
    with pytest.warns(UserWarning, match="The epoch parameter in `scheduler.step\\(\\)` was not necessary"):
        scheduler.step(3)
    assert scheduler.get_last_lr() == pytest.approx([5e-4, 1e-4])


def test_a_scheduler_of_the_users():
    class Halving(torch.optim.lr_scheduler.LRScheduler):
        def get_lr(self):
            return [base / 2**self.last_epoch for base in self.base_lrs]

    optimizer = two_groups(torch)
    scheduler = Halving(optimizer)
    optimizer.step()
    scheduler.step()
    assert [group["lr"] for group in optimizer.param_groups] == [0.25, 0.05]


@pytest.mark.parametrize("make, kind, text", [
    (lambda s, o: s.StepLR(3, 1), TypeError, "int is not an Optimizer"),
    (lambda s, o: s.LinearLR(o, 0), ValueError, "Starting multiplicative factor expected to be greater than 0"),
    (lambda s, o: s.LambdaLR(o, [abs]), ValueError, "Expected 2 lr_lambdas, but got 1"),
    (lambda s, o: s.StepLR(o, 1, last_epoch=3), KeyError, "param 'initial_lr' is not specified in param_groups[0]"),
    (lambda s, o: s.OneCycleLR(o, 1.0), ValueError, "You must define either total_steps OR"),
    (lambda s, o: s.CyclicLR(o, 0.1, 1.0, mode="up"), ValueError, "mode is invalid and scale_fn is None"),
    (lambda s, o: s.SequentialLR(o, [s.StepLR(o, 1)], [1, 2]), ValueError, "to be one more than the number of milestone"),
    (lambda s, o: s.ReduceLROnPlateau(o, mode="best"), ValueError, "mode best is unknown!"),
])  # fmt: skip
def test_schedulers_refuse(make, kind, text):
    with pytest.raises(kind) as error:
        make(torch.optim.lr_scheduler, two_groups(torch))
    assert text in str(error.value)


# After three steps with the gradients i p^2, what PyTorch has for the parameter and the gradient of its squares.
_RECORDED = [
    ("SGD", {}, [0.4, -0.4], [-0.16, 1.12]),
    ("SGD", {"momentum": 0.9}, [0.0489999, -1.804], [-0.0352799, 6.20576]),
    ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}, [-0.517557, -3.912014], [1.506808, 30.17028]),
    ("Adam", {}, [0.707684, 1.707684], [1.415367, 3.415367]),
    ("AdamW", {}, [0.704983, 1.701986], [1.405740, 3.393771]),
    ("Adagrad", {}, [0.730379, 1.730379], [1.460758, 3.460758]),
]


@pytest.mark.parametrize("name, options, values, gradients", _RECORDED)
def test_steps_may_be_recorded(name, options, values, gradients):
    start = torch.tensor([1.0, 2.0], requires_grad=True)
    param = start.clone()
    optimizer = getattr(torch.optim, name)([param], lr=0.1, differentiable=True, **options)
    for i in range(3):
        param.grad = start * start * (i + 1)
        optimizer.step()
    (param**2).sum().backward()
    assert param.tolist() == pytest.approx(values, rel=1e-4) and start.grad.tolist() == pytest.approx(gradients, rel=1e-4)


@pytest.mark.parametrize("name, expected", [("SGD", -3.0), ("Adam", -2.0)])
def test_learning_rates_have_gradients(name, expected):
    rate, start = torch.tensor(0.1, requires_grad=True), torch.ones(2, requires_grad=True)
    param = start.clone()
    optimizer = getattr(torch.optim, name)([param], lr=rate, differentiable=True)
    param.grad = torch.tensor([1.0, 2.0])
    optimizer.step()
    param.sum().backward()
    assert rate.grad.item() == pytest.approx(expected, rel=1e-5) and start.grad.tolist() == [1, 1]


def test_a_recorded_step_does_not_write_to_leaves():
    leaf = torch.ones(2, requires_grad=True)
    leaf.grad = torch.ones(2)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used in an in-place operation."):
        torch.optim.RMSprop([leaf], centered=True, momentum=0.5, differentiable=True).step()
