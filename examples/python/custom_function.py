"""An autograd.Function of one's own, checked by finite differences, and its second derivative."""

import torch
from torch.autograd import Function, gradcheck, gradgradcheck


class Cube(Function):
    @staticmethod
    def forward(ctx, x, scale):
        ctx.save_for_backward(x)
        ctx.scale = scale
        return scale * x**3

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        return grad_output * ctx.scale * 3 * x**2, None


x = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64, requires_grad=True)
y = Cube.apply(x, 2.0)
print(y)
print(y.grad_fn.name())
print(gradcheck(lambda t: Cube.apply(t, 2.0), x), gradgradcheck(lambda t: Cube.apply(t, 2.0), x))

(first,) = torch.autograd.grad(y.sum(), x, create_graph=True)
(second,) = torch.autograd.grad(first.sum(), x)
print(first)
print(second)
try:
    y.sum().backward()
    y.sum().backward()
except RuntimeError as error:
    print(str(error).split(" (")[0])
