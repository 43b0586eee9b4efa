"""ReLU beside its relatives: values, gradients, and where a unit of ReLU dies."""

import torch
import torch.nn as nn

x = torch.linspace(-2, 2, 5)
for activation in (nn.ReLU(), nn.LeakyReLU(), nn.GELU(), nn.Sigmoid(), nn.Tanh(), nn.ELU(), nn.SiLU(), nn.Softplus()):
    point = x.clone().requires_grad_()
    value = activation(point)
    value.sum().backward()
    print(activation)
    print("  f(x) ", value)
    print("  f'(x)", point.grad)
print(nn.Softmax(dim=0)(x))
