"""Steps that autograd records, for differentiable=True: the same as the fused ones, in ops, with new tensors as states."""

from .._C import Tensor, ops


def _descended(param, grad, group):
    """The gradient with what weight decay adds to it."""
    grad = -grad if group["maximize"] else grad
    return grad.add(param, alpha=group["weight_decay"]) if group["weight_decay"] != 0 else grad


def sgd(param, grad, state, group):
    """See SGD."""
    grad, momentum = _descended(param, grad, group), group["momentum"]
    if momentum != 0:
        buffer = state.get("momentum_buffer")
        buffer = grad.detach().clone() if buffer is None else buffer * momentum + grad * (1 - group["dampening"])
        state["momentum_buffer"] = buffer
        grad = grad.add(buffer, alpha=momentum) if group["nesterov"] else buffer
    if isinstance(group["lr"], Tensor):
        param.addcmul_(grad, group["lr"], value=-1)
    else:
        param.add_(grad, alpha=-group["lr"])


def adam(param, grad, state, group):
    """See Adam; state["step"] counts this step."""
    beta1, beta2 = group["betas"]
    lr, step = group["lr"], state["step"]
    if group["decoupled_weight_decay"]:
        param.mul_(1 - lr * group["weight_decay"])
        grad = -grad if group["maximize"] else grad
    else:
        grad = _descended(param, grad, group)
    state["exp_avg"] = state["exp_avg"].lerp(grad, 1 - beta1)
    squares = state["exp_avg_sq"] = state["exp_avg_sq"] * beta2 + grad * grad * (1 - beta2)
    if group["amsgrad"]:
        squares = state["max_exp_avg_sq"] = ops.maximum(state["max_exp_avg_sq"], squares)
    size = -lr / (1 - beta1**step)
    denominator = squares.sqrt() / ((1 - beta2**step).sqrt() * size) + group["eps"] / size
    param.addcdiv_(state["exp_avg"], denominator)


def adagrad(param, grad, state, group):
    """See Adagrad; state["step"] counts this step."""
    grad = _descended(param, grad, group)
    state["sum"] = state["sum"] + grad * grad
    rate = group["lr"] / (1 + (state["step"].item() - 1) * group["lr_decay"])
    param.sub_(grad / (state["sum"].sqrt() + group["eps"]) * rate)


def rmsprop(param, grad, state, group):
    """See RMSprop."""
    grad, alpha = _descended(param, grad, group), group["alpha"]
    squares = state["square_avg"] = state["square_avg"] * alpha + grad * grad * (1 - alpha)
    if group["centered"]:
        state["grad_avg"] = state["grad_avg"].lerp(grad, 1 - alpha)
        squares = squares - state["grad_avg"] * state["grad_avg"]
    change = grad / (squares.sqrt() + group["eps"])
    if group["momentum"] > 0:
        change = state["momentum_buffer"] = state["momentum_buffer"] * group["momentum"] + change
    param.sub_(change * group["lr"])
