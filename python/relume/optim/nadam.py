"""NAdam: Adam with Nesterov's momentum."""

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


class NAdam(Optimizer):
    """Adam's moments m and v; mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2), M_t the product of mu_1 to mu_t;
    p -= lr (mu_(t+1) m / (1 - M_(t+1)) + (1 - mu_t) g / (1 - M_t)) / (sqrt(v') + eps). Dozat, 2016."""

    def __init__(self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, momentum_decay=4e-3,
                 decoupled_weight_decay=False, *, foreach=None, maximize=False, capturable=False,
                 differentiable=False):  # fmt: skip
        check_not_negative({"learning rate": lr, "epsilon value": eps})
        check_betas(betas)
        check_not_negative({"weight_decay value": weight_decay, "momentum_decay value": momentum_decay})
        refuse_differentiable(differentiable)
        defaults = dict(
            lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, momentum_decay=momentum_decay,
            decoupled_weight_decay=decoupled_weight_decay, maximize=maximize, foreach=foreach, capturable=capturable,
            differentiable=differentiable,
        )  # fmt: skip
        super().__init__(params, defaults)

    def _update(self, param, grad, group):
        state = self.state[param]
        if not state:
            state.update(
                step=new_step(), mu_product=ops.ones_like(new_step()), exp_avg=new_buffer(param),
                exp_avg_sq=new_buffer(param),
            )  # fmt: skip
        beta1, beta2 = group["betas"]
        lr, decay = float(group["lr"]), group["momentum_decay"]
        exp_avg, exp_avg_sq, product = state["exp_avg"], state["exp_avg_sq"], state["mu_product"]
        state["step"].add_(1)
        step = state["step"].item()
        if group["decoupled_weight_decay"]:
            if group["weight_decay"] != 0:
                param.mul_(1 - lr * group["weight_decay"])
            grad = -grad if group["maximize"] else grad
        else:
            grad = effective_gradient(param, grad, group)

        mu, mu_next = (beta1 * (1.0 - 0.5 * 0.96 ** (t * decay)) for t in (step, step + 1))
        product.mul_(mu)
        exp_avg.lerp_(grad, 1 - beta1)
        exp_avg_sq.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        denominator = exp_avg_sq.div(1 - beta2**step).sqrt_().add_(group["eps"])
        done = product.item()
        param.addcdiv_(grad, denominator, value=-lr * (1.0 - mu) / (1.0 - done))
        param.addcdiv_(exp_avg, denominator, value=-lr * mu_next / (1.0 - done * mu_next))
