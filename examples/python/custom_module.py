"""Modules of one's own: parameters, buffers, nesting, state dicts, conversion, and what their misuse says."""

from collections import OrderedDict

import torch
import torch.nn as nn
import torch.nn.functional as F


class RunningNorm(nn.Module):
    """Normalises by a running mean, which is a buffer, and scales by a parameter."""

    def __init__(self, features, momentum=0.1):
        super().__init__()
        self.momentum = momentum
        self.scale = nn.Parameter(torch.ones(features))
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("steps", torch.tensor(0), persistent=False)

    def forward(self, x):
        if self.training:
            self.mean.lerp_(x.detach().mean(0), self.momentum)
            self.steps += 1
        return (x - self.mean) * self.scale

    def extra_repr(self):
        return f"{self.scale.numel()}, momentum={self.momentum}"


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(OrderedDict(first=nn.Linear(3, 4), norm=RunningNorm(4), act=nn.LeakyReLU(0.2)))
        self.heads = nn.ModuleList(nn.Linear(4, n) for n in (2, 2, 5))
        self.extras = nn.ModuleDict({"gate": nn.Linear(4, 1), "drop": nn.Dropout(0.5)})
        self.weights = nn.ParameterList([nn.Parameter(torch.zeros(2)), nn.Parameter(torch.ones(3, 1))])

    def forward(self, x):
        x = self.body(x)
        x = self.extras["drop"](x) * torch.sigmoid(self.extras["gate"](x))
        return [head(x) for head in self.heads]


torch.manual_seed(0)
net = Net()
print(net)
print([tuple(out.shape) for out in net(torch.randn(6, 3))])
print(net.body.norm.mean)
print(net.body.norm.steps, net.training, net.eval().training)
for name, value in net.state_dict().items():
    print(name, tuple(value.shape), value.dtype)
print(sum(p.numel() for p in net.parameters() if p.requires_grad), "parameters")
print(*(name for name, _ in net.named_modules()), sep=" | ")
print(net.load_state_dict(Net().state_dict()))
print(net.double().body.first.weight.dtype, net.to(torch.float32).body.norm.mean.dtype)
net.apply(lambda module: print("saw", type(module).__name__) if isinstance(module, nn.Linear) else None)
for misuse in (
    lambda: net.load_state_dict({}),
    lambda: setattr(net.body.norm, "scale", torch.ones(4)),
    lambda: net.nothing,
    lambda: net(torch.ones(6, 4)),
    lambda: F.relu("text"),
):
    try:
        misuse()
    except (RuntimeError, TypeError, AttributeError) as error:
        print(type(error).__name__, str(error).splitlines()[0][:150])
