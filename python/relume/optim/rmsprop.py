"""RMSprop: steps scaled by a running mean of squared gradients."""

from . import recorded
from .._C import ops
from .optimizer import Optimizer, check_not_negative, new_buffer, new_step


class RMSprop(Optimizer):
    """s = alpha s + (1 - alpha) g^2; d = g / (sqrt(s) + eps), with centered sqrt(s - a^2) for a the running mean of g;
    p -= lr d, or with momentum b = momentum b + d, p -= lr b. Hinton, 2012; Graves, 2013."""

    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0, centered=False,
                 capturable=False, foreach=None, maximize=False, differentiable=False):  # fmt: skip
        check_not_negative({
            "learning rate": lr, "epsilon value": eps, "momentum value": momentum, "weight_decay value": weight_decay,
            "alpha value": alpha,
        })  # fmt: skip
        defaults = dict(
            lr=lr, momentum=momentum, alpha=alpha, eps=eps, centered=centered, weight_decay=weight_decay,
            capturable=capturable, foreach=foreach, maximize=maximize, differentiable=differentiable,
        )  # fmt: skip
        super().__init__(params, defaults)

    def _update(self, param, grad, group):
        state = self.state[param]
        if not state:
            state["step"] = new_step()
            state["square_avg"] = new_buffer(param)
            if group["momentum"] > 0:
                state["momentum_buffer"] = new_buffer(param)
            if group["centered"]:
                state["grad_avg"] = new_buffer(param)
        state["step"].add_(1)
        if group["differentiable"]:
            recorded.rmsprop(param, grad, state, group)
            return
        ops._rmsprop_step(param, grad, state["square_avg"], state.get("grad_avg"), state.get("momentum_buffer"),
                          group["lr"], group["weight_decay"], group["maximize"], group["alpha"], group["eps"],
                          group["momentum"])  # fmt: skip
