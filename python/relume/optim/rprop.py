"""Rprop: steps by the signs of gradients alone."""

from .._C import ops
from .optimizer import Optimizer, check_not_negative, new_buffer, new_step, refuse_differentiable


class Rprop(Optimizer):
    """Each element has a step size, which grows by etas[1] while its gradient keeps its sign, and shrinks by etas[0]
    where the sign changes; the element then stays where it is once. p -= size sign(g). Riedmiller and Braun, 1993."""

    def __init__(self, params, lr=1e-2, etas=(0.5, 1.2), step_sizes=(1e-6, 50), *, capturable=False, foreach=None,
                 maximize=False, differentiable=False):  # fmt: skip
        check_not_negative({"learning rate": lr})
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        refuse_differentiable(differentiable)
        defaults = dict(
            lr=lr, etas=etas, step_sizes=step_sizes, foreach=foreach, maximize=maximize, differentiable=differentiable,
            capturable=capturable,
        )  # fmt: skip
        super().__init__(params, defaults)

    def _update(self, param, grad, group):
        state = self.state[param]
        if not state:
            size = ops.full_like(param, float(group["lr"])).detach()
            state.update(step=new_step(), prev=new_buffer(param), step_size=size)
        smaller, larger = group["etas"]
        state["step"].add_(1)
        grad = -grad if group["maximize"] else grad
        agreement = grad.mul(state["prev"])
        turned = agreement.lt(0)
        factor = ops.ones_like(param).masked_fill_(turned, smaller).masked_fill_(agreement.gt(0), larger)
        state["step_size"].mul_(factor).clamp_(*group["step_sizes"])
        grad = grad.masked_fill(turned, 0)
        param.addcmul_(grad.sign(), state["step_size"], value=-1)
        state["prev"].copy_(grad)
