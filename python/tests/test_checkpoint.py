"""utils.checkpoint: the gradients are those of the whole graph, and dropout draws the same numbers twice."""

import contextlib

import pytest
import relume as torch
from relume import nn
from relume.utils.checkpoint import CheckpointError, checkpoint, checkpoint_sequential, set_checkpoint_early_stop


def gradients(run, seed=0):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.5), nn.Tanh(), nn.Linear(8, 2))
    x = torch.ones(4, 3, requires_grad=True)
    y = run(model, x)
    (y * y).sum().backward()
    return [y, x.grad, *(parameter.grad for parameter in model.parameters()), torch.rand(2)]


@pytest.mark.parametrize("reentrant", [True, False])
def test_gradients_are_the_same(reentrant):
    expected = gradients(lambda model, x: model(x))
    for run in (
        lambda model, x: checkpoint(model, x, use_reentrant=reentrant),
        lambda model, x: checkpoint_sequential(model, 2, x, use_reentrant=reentrant),
    ):
        for one, other in zip(gradients(run), expected):
            assert torch.equal(one, other)


def test_parameters_alone_are_enough_without_reentrance():
    layer, x = nn.Linear(2, 1), torch.ones(3, 2)
    checkpoint(layer, input=x, use_reentrant=False).sum().backward()
    assert layer.weight.grad.tolist() == [[3, 3]]
    with pytest.warns(UserWarning, match="None of the inputs have requires_grad=True. Gradients will be None"):
        assert not checkpoint(layer, x, use_reentrant=True).requires_grad
    with torch.no_grad():
        assert not checkpoint(layer, x, use_reentrant=False).requires_grad


def test_several_results_and_plain_arguments():
    def both(x, factor, y):
        return x * factor, y + x

    x, y = torch.ones(2, requires_grad=True), torch.ones(2)
    a, b = checkpoint(both, x, 3, y, use_reentrant=False)
    (a + 2 * b).sum().backward()
    assert x.grad.tolist() == [5, 5] and y.grad is None


def test_says_what_is_not_chosen():
    with pytest.warns(UserWarning, match="the use_reentrant parameter should be passed explicitly"):
        checkpoint(torch.relu, torch.ones(1, requires_grad=True))
    with pytest.raises(ValueError, match="Unexpected keyword arguments: input"):
        checkpoint(torch.relu, input=torch.ones(1), use_reentrant=True)


def f(x):
    return (x.sin().exp() * x).cos()


def both_orders(run, x):
    (first,) = torch.autograd.grad(run(x).sum(), x, create_graph=True)
    return first, torch.autograd.grad(first.sum(), x)[0]


def test_grad_of_both_orders_and_nested():
    x = torch.randn(3, dtype=torch.float64, requires_grad=True)

    def inner(x):
        return checkpoint(f, x, use_reentrant=False)

    def nested(x):
        return checkpoint(lambda x: inner(inner(x) * 2), x, use_reentrant=False)

    for run, plain in ((inner, f), (nested, lambda x: f(f(x) * 2))):
        for one, other in zip(both_orders(run, x), both_orders(plain, x)):
            torch.testing.assert_close(one, other)
    y = inner(x)
    for _ in range(2):
        y.sum().backward(retain_graph=True)
    torch.testing.assert_close(x.grad, 2 * torch.autograd.grad(f(x).sum(), x)[0])
    y = checkpoint(f, x, use_reentrant=True)
    with pytest.raises(RuntimeError, match=r"incompatible with .grad\(\)"):
        torch.autograd.grad(y.sum(), x)


def test_stops_early_unless_told_otherwise():
    reached = []

    def run(x):
        y = x.sin()
        reached.append(1)
        return y + 1

    x = torch.ones(2, requires_grad=True)
    checkpoint(run, x, use_reentrant=False).sum().backward()
    assert len(reached) == 1
    checkpoint(run, x, use_reentrant=False, early_stop=False).sum().backward()
    assert len(reached) == 3
    with set_checkpoint_early_stop(False):
        checkpoint(run, x, use_reentrant=False).sum().backward()
    assert len(reached) == 5


def test_contexts_surround_each_run():
    log = []

    @contextlib.contextmanager
    def noted(name):
        log.append(name)
        try:
            yield
        finally:
            log.append(name)

    x = torch.ones(2, requires_grad=True)
    checkpoint(f, x, use_reentrant=False, context_fn=lambda: (noted("first"), noted("again"))).sum().backward()
    assert log == ["first"] * 2 + ["again"] * 2
    with pytest.raises(ValueError, match="only supported when use_reentrant=False"):
        checkpoint(f, x, use_reentrant=True, context_fn=lambda: (noted("first"), noted("again")))


@pytest.mark.parametrize(
    "again, early_stop, message",
    [
        (lambda x: x.sin(), True, "saved during forward: 2\nNumber of tensors saved during recomputation: 1."),
        (lambda x: x.sin().exp().sin(), False, "trying to save more tensors during recomputation"),
        (lambda x: x.sin().double().exp(), True, "different metadata.*\ntensor at position 1:\nsaved.*\nrecomputed.*float64"),
    ],
)
def test_notices_another_computation(again, early_stop, message):
    functions = iter([lambda x: x.sin().exp(), again])
    y = checkpoint(lambda x: next(functions)(x), torch.ones(2, requires_grad=True), use_reentrant=False, early_stop=early_stop)
    with pytest.raises(CheckpointError, match=message):
        y.sum().backward()
