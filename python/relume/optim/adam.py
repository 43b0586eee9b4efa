"""Adam: steps scaled by running moments of the gradient."""

from . import recorded
from .._C import Tensor, ops
from .optimizer import (
    Optimizer,
    check_betas,
    check_fused,
    check_not_negative,
    new_buffer,
    new_step,
)


class Adam(Optimizer):
    """m += (1 - beta1)(g - m); v = beta2 v + (1 - beta2) g^2; p -= lr m' / (sqrt(v') + eps) with m' = m / (1 - beta1^t)
    and v' = v / (1 - beta2^t), the largest v so far with amsgrad. weight_decay is added to g, or shrinks p before the
    step with decoupled_weight_decay. Kingma and Ba, 2014; Reddi et al., 2018."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, amsgrad=False, *, foreach=None,
                 maximize=False, capturable=False, differentiable=False, fused=None,
                 decoupled_weight_decay=False):  # fmt: skip
        check_not_negative({"learning rate": lr, "epsilon value": eps})
        check_betas(betas)
        check_not_negative({"weight_decay value": weight_decay})
        if {isinstance(beta, float) for beta in betas} != {True} and not all(isinstance(beta, Tensor) for beta in betas):
            raise ValueError("betas must be either both floats or both Tensors")
        check_fused(foreach, fused, differentiable)
        defaults = dict(
            lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad, maximize=maximize, foreach=foreach,
            capturable=capturable, differentiable=differentiable, fused=fused,
            decoupled_weight_decay=decoupled_weight_decay,
        )  # fmt: skip
        super().__init__(params, defaults)

    def __setstate__(self, state):
        super().__setstate__(state)
        for group in self.param_groups:
            for name in ("amsgrad", "maximize", "capturable", "differentiable", "decoupled_weight_decay"):
                group.setdefault(name, False)
            group.setdefault("foreach", None)
            group.setdefault("fused", None)

    def _update(self, param, grad, group):
        state = self.state[param]
        if not state:
            state["step"] = new_step()
            state["exp_avg"] = new_buffer(param)
            state["exp_avg_sq"] = new_buffer(param)
            if group["amsgrad"]:
                state["max_exp_avg_sq"] = new_buffer(param)
        step = state["step"]
        step.add_(1)
        if group["differentiable"]:
            recorded.adam(param, grad, state, group)
            return
        count = step.item()
        beta1, beta2 = map(float, group["betas"])
        lr, weight_decay = float(group["lr"]), group["weight_decay"]
        keep = 1
        if group["decoupled_weight_decay"]:
            keep, weight_decay = 1 - lr * weight_decay, 0
        ops._adam_step(param, grad, state["exp_avg"], state["exp_avg_sq"], state.get("max_exp_avg_sq"),
                       lr / (1 - beta1**count), weight_decay, group["maximize"], beta1, beta2, group["eps"],
                       (1 - beta2**count) ** 0.5, keep)  # fmt: skip
