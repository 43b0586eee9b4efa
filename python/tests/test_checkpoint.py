"""utils.checkpoint: the gradients are those of the whole graph, and dropout draws the same numbers twice."""

import pytest
import relume as torch
from relume import nn
from relume.utils.checkpoint import checkpoint, checkpoint_sequential


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
