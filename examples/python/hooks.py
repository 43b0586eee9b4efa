"""Hooks on tensors and modules: what flows through a network, forwards and backwards."""

import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1))


def shapes(module, args, output):
    print(f"{module.__class__.__name__:8} {tuple(args[0].shape)} -> {tuple(output.shape)}")


def gradients(module, grad_input, grad_output):
    print("backward", module, [None if g is None else tuple(g.shape) for g in grad_input + grad_output])


handles = [layer.register_forward_hook(shapes) for layer in model]
handles += [layer.register_full_backward_hook(gradients) for layer in model]
handles.append(model.register_forward_pre_hook(lambda module, args: (args[0] * 2,)))

x = torch.ones(2, 4, requires_grad=True)
x.register_hook(lambda grad: print("gradient of x", grad.shape))
model(x).sum().backward()
for handle in handles:
    handle.remove()

first = model[0].weight
first.register_hook(lambda grad: grad * 0)
model.zero_grad()
model(x).sum().backward()
print(first.grad)
print(model[2].bias.grad)
