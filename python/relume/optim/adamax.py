"""Adamax: Adam with the largest gradient in place of the second moment."""

from .._C import ops
from .optimizer import (
    Optimizer,
    check_betas,
    check_not_negative,
    effective_gradient,
    new_buffer,
    new_step,
    refuse_differentiable,
)


class Adamax(Optimizer):
    """m += (1 - beta1)(g - m); u = max(beta2 u, |g| + eps); p -= lr / (1 - beta1^t) m / u. Kingma and Ba, 2014."""

    def __init__(self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, foreach=None, *, maximize=False,
                 differentiable=False, capturable=False):  # fmt: skip
        check_not_negative({"learning rate": lr, "epsilon value": eps})
        check_betas(betas)
        check_not_negative({"weight_decay value": weight_decay})
        refuse_differentiable(differentiable)
        defaults = dict(
            lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, foreach=foreach, maximize=maximize,
            differentiable=differentiable, capturable=capturable,
        )  # fmt: skip
        super().__init__(params, defaults)

    def _update(self, param, grad, group):
        state = self.state[param]
        if not state:
            state.update(step=new_step(), exp_avg=new_buffer(param), exp_inf=new_buffer(param))
        beta1, beta2 = group["betas"]
        exp_avg, exp_inf = state["exp_avg"], state["exp_inf"]
        state["step"].add_(1)
        grad = effective_gradient(param, grad, group)
        exp_avg.lerp_(grad, 1 - beta1)
        exp_inf.copy_(ops.maximum(exp_inf.mul_(beta2), grad.abs().add_(group["eps"])))
        rate = float(group["lr"]) / (1 - beta1 ** state["step"].item())
        param.addcdiv_(exp_avg, exp_inf, value=-rate)
