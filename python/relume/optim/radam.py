"""RAdam: Adam that waits until the second moment can be trusted."""

from .optimizer import (
    Optimizer,
    check_betas,
    check_not_negative,
    effective_gradient,
    new_buffer,
    new_step,
    refuse_differentiable,
)


class RAdam(Optimizer):
    """With rho = 2 / (1 - beta2) - 1 and rho_t = rho - 2 t beta2^t / (1 - beta2^t): Adam's step times
    sqrt((rho_t - 4)(rho_t - 2) rho / ((rho - 4)(rho - 2) rho_t)) where rho_t > 5, else p -= lr m'. Liu et al., 2019."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, decoupled_weight_decay=False, *,
                 foreach=None, maximize=False, capturable=False, differentiable=False):  # fmt: skip
        check_not_negative({"learning rate": lr, "epsilon value": eps})
        check_betas(betas)
        check_not_negative({"weight_decay value": weight_decay})
        refuse_differentiable(differentiable)
        defaults = dict(
            lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, maximize=maximize, foreach=foreach,
            capturable=capturable, decoupled_weight_decay=decoupled_weight_decay, differentiable=differentiable,
        )  # fmt: skip
        super().__init__(params, defaults)

    def _update(self, param, grad, group):
        state = self.state[param]
        if not state:
            state.update(step=new_step(), exp_avg=new_buffer(param), exp_avg_sq=new_buffer(param))
        beta1, beta2 = group["betas"]
        lr, exp_avg, exp_avg_sq = float(group["lr"]), state["exp_avg"], state["exp_avg_sq"]
        state["step"].add_(1)
        step = state["step"].item()
        if group["decoupled_weight_decay"]:
            if group["weight_decay"] != 0:
                param.mul_(1 - lr * group["weight_decay"])
            grad = -grad if group["maximize"] else grad
        else:
            grad = effective_gradient(param, grad, group)

        exp_avg.lerp_(grad, 1 - beta1)
        exp_avg_sq.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        correction = 1 - beta2**step
        rho = 2 / (1 - beta2) - 1
        rho_t = rho - 2 * step * beta2**step / correction
        update = (exp_avg / (1 - beta1**step)).mul_(lr)
        if rho_t > 5.0:
            rectified = ((rho_t - 4) * (rho_t - 2) * rho / ((rho - 4) * (rho - 2) * rho_t)) ** 0.5
            update.mul_(correction**0.5 / exp_avg_sq.sqrt().add_(group["eps"])).mul_(rectified)
        param.add_(update, alpha=-1.0)
