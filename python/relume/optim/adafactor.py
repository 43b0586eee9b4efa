"""Adafactor: second moments of matrices kept as their row and column means."""

from .._C import ops
from .._functions import finfo
from .optimizer import Optimizer, new_step, one_number


class Adafactor(Optimizer):
    """g's second moment, decayed by 1 - t^beta2_decay, is for matrices the product of its row means and column means
    over its mean; u = g / sqrt(it), clipped to root mean square d; p -= max(eps[1], rms(p)) min(lr, 1 / sqrt(t)) u,
    after p *= 1 - lr weight_decay. Shazeer and Stern, 2018."""

    def __init__(self, params, lr=1e-2, beta2_decay=-0.8, eps=(None, 1e-3), d=1.0, weight_decay=0.0, *, foreach=None,
                 maximize=False):  # fmt: skip
        if not one_number(lr) >= 0.0:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if beta2_decay > 0.0:
            raise ValueError(f"beta2_decay should be <= 0 but is: {beta2_decay}")
        if eps[0] is not None and eps[0] < 0.0:
            raise ValueError(f"epsilon1 should be >= 0 but is: {eps[0]}")
        if eps[1] < 0.0:
            raise ValueError(f"epsilon2 should be >= 0 but is: {eps[1]}")
        if d < 1.0:
            raise ValueError(f"Clipping threshold d should be >= 1 but is: {d}")
        if weight_decay < 0.0:
            raise ValueError(f"weight_decay should be >= 0 but is: {weight_decay}")
        defaults = dict(
            lr=lr, beta2_decay=beta2_decay, eps=eps, d=d, weight_decay=weight_decay, foreach=foreach, maximize=maximize
        )
        super().__init__(params, defaults)

    def _update(self, param, grad, group):
        state = self.state[param]
        matrix = grad.dim() > 1
        if not state:
            state["step"] = new_step()
            if matrix:
                state["row_var"] = ops.zeros((*grad.shape[:-1], 1), dtype=grad.dtype)
                state["col_var"] = ops.zeros((*grad.shape[:-2], 1, grad.shape[-1]), dtype=grad.dtype)
            else:
                state["variance"] = ops.zeros_like(grad).detach()
        state["step"].add_(1)
        step, lr = state["step"].item(), float(group["lr"])
        eps = finfo(param.dtype).eps if group["eps"][0] is None else group["eps"][0]
        grad = -grad if group["maximize"] else grad
        new = step ** group["beta2_decay"]
        rate = max(group["eps"][1], ops.norm(param, 2).item() / param.numel() ** 0.5) * min(lr, 1 / step**0.5)
        if group["weight_decay"] != 0:
            param.mul_(1 - lr * group["weight_decay"])
        if matrix:
            row, column = state["row_var"], state["col_var"]
            row.lerp_(ops.norm(grad, 2, (-1,), True).square_().div_(grad.size(-1)), new)
            column.lerp_(ops.norm(grad, 2, (-2,), True).square_().div_(grad.size(-2)), new)
            estimate = (row @ column).div_(row.mean(dim=-2, keepdim=True).clamp_(min=eps))
        else:
            state["variance"].lerp_(grad.square(), new)
            estimate = state["variance"].clone()
        update = estimate.clamp_(min=eps * eps).rsqrt_().mul_(grad)
        limit = max(1.0, ops.norm(update, 2).item() / (update.numel() ** 0.5 * group["d"]))
        param.add_(update, alpha=-rate / limit)
