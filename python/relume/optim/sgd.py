"""SGD: stochastic gradient descent, with momentum."""

from . import recorded
from .._C import ops
from .optimizer import Optimizer, check_fused, check_not_negative


class SGD(Optimizer):
    """d = grad + weight_decay p; with momentum: b = momentum b + (1 - dampening) d (b = d at first), d = b, or
    d + momentum b with nesterov; p -= lr d. Sutskever et al., 2013."""

    def __init__(self, params, lr=1e-3, momentum=0, dampening=0, weight_decay=0, nesterov=False, *,
                 maximize=False, foreach=None, differentiable=False, fused=None):  # fmt: skip
        check_not_negative({"learning rate": lr, "momentum value": momentum, "weight_decay value": weight_decay})
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        check_fused(foreach, fused, differentiable)
        defaults = dict(
            lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov,
            maximize=maximize, foreach=foreach, differentiable=differentiable, fused=fused,
        )  # fmt: skip
        super().__init__(params, defaults)

    def __setstate__(self, state):
        super().__setstate__(state)
        for group in self.param_groups:
            for name in ("nesterov", "maximize", "differentiable"):
                group.setdefault(name, False)
            group.setdefault("foreach", None)
            group.setdefault("fused", False)

    def _update(self, param, grad, group):
        if group["differentiable"]:
            recorded.sgd(param, grad, self.state[param], group)
            return
        momentum = group["momentum"]
        buffer, first = None, False
        if momentum != 0:
            state = self.state[param]
            buffer = state.get("momentum_buffer")
            first = buffer is None
            if first:
                buffer = state["momentum_buffer"] = ops.empty_like(param).detach()
        ops._sgd_step(param, grad, buffer, group["lr"], group["weight_decay"], group["maximize"], momentum,
                      group["dampening"], group["nesterov"], first)  # fmt: skip
