"""ASGD: gradient descent that also keeps the average of where it has been."""

from .._C import ops
from .optimizer import (
    Optimizer,
    check_not_negative,
    effective_gradient,
    new_buffer,
    new_step,
    refuse_differentiable,
)


class ASGD(Optimizer):
    """p = (1 - lambd eta) p - eta g with eta = lr / (1 + lambd lr t)^alpha; the state's ax is the average of p from
    step t0 on. Polyak and Juditsky, 1992."""

    def __init__(self, params, lr=1e-2, lambd=1e-4, alpha=0.75, t0=1e6, weight_decay=0, foreach=None, maximize=False,
                 differentiable=False, capturable=False):  # fmt: skip
        check_not_negative({"learning rate": lr, "weight_decay value": weight_decay})
        refuse_differentiable(differentiable)
        defaults = dict(
            lr=lr, lambd=lambd, alpha=alpha, t0=t0, weight_decay=weight_decay, foreach=foreach, maximize=maximize,
            differentiable=differentiable, capturable=capturable,
        )  # fmt: skip
        super().__init__(params, defaults)

    def _update(self, param, grad, group):
        state = self.state[param]
        lr, lambd = float(group["lr"]), group["lambd"]
        if not state:
            one = ops.ones_like(new_step())
            state.update(step=new_step(), eta=one * lr, mu=one, ax=new_buffer(param))
        eta, mu, average = state["eta"].item(), state["mu"].item(), state["ax"]
        state["step"].add_(1)
        step = state["step"].item()
        grad = effective_gradient(param, grad, group)
        param.mul_(1 - lambd * eta)
        param.add_(grad, alpha=-eta)
        if mu == 1:
            average.copy_(param)
        else:
            average.add_(param.sub(average).mul_(mu))
        state["eta"].fill_(lr / (1 + lambd * lr * step) ** group["alpha"])
        state["mu"].fill_(1 / max(1, step - group["t0"]))
