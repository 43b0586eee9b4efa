"""Adagrad: steps scaled by the sum of squared gradients."""

from . import recorded
from .._C import ops
from .optimizer import Optimizer, check_fused, check_not_negative, new_step


class Adagrad(Optimizer):
    """s += g^2; p -= lr / (1 + t lr_decay) g / (sqrt(s) + eps), t = 0, 1, ... Duchi et al., 2011."""

    def __init__(self, params, lr=1e-2, lr_decay=0, weight_decay=0, initial_accumulator_value=0, eps=1e-10,
                 foreach=None, *, maximize=False, differentiable=False, fused=None):  # fmt: skip
        check_not_negative({
            "learning rate": lr, "lr_decay value": lr_decay, "weight_decay value": weight_decay,
            "initial_accumulator_value value": initial_accumulator_value, "epsilon value": eps,
        })  # fmt: skip
        check_fused(foreach, fused, differentiable)
        defaults = dict(
            lr=lr, lr_decay=lr_decay, eps=eps, weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value, foreach=foreach, maximize=maximize,
            differentiable=differentiable, fused=fused,
        )  # fmt: skip
        super().__init__(params, defaults)
        for group in self.param_groups:
            for param in group["params"]:
                total = ops.full_like(param, group["initial_accumulator_value"]).detach()
                self.state[param] = {"step": new_step(), "sum": total}

    def share_memory(self):
        """Nothing to do: forked processes see the state as it is."""

    def _update(self, param, grad, group):
        state = self.state[param]
        if not state:
            total = ops.full_like(param, group["initial_accumulator_value"]).detach()
            state.update(step=new_step(), sum=total)
        step = state["step"]
        step.add_(1)
        if group["differentiable"]:
            recorded.adagrad(param, grad, state, group)
            return
        rate = float(group["lr"]) / (1 + (step.item() - 1) * group["lr_decay"])
        ops._adagrad_step(param, grad, state["sum"], rate, group["weight_decay"], group["maximize"],
                          group["eps"])  # fmt: skip
