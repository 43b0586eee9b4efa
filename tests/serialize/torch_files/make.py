"""What torch.save writes: a checkpoint with values of every kind, and files that are refused; and a scripted module."""

import torch


class Scale(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.full((2,), 0.5))

    def forward(self, x):
        return x * self.weight


model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
with torch.no_grad():
    for first, parameter in enumerate(model.parameters()):
        parameter.copy_(torch.arange(parameter.numel()).view_as(parameter) * 0.125 + first)
sgd = torch.optim.SGD(model.parameters(), 0.5, momentum=0.75)
for parameter in model.parameters():
    parameter.grad = torch.ones_like(parameter)
sgd.step()
rows = torch.arange(6.0).view(2, 3)
checkpoint = {
    "model": model.state_dict(),
    "optimizer": sgd.state_dict(),
    "epoch": 3,
    "loss": 0.25,
    "name": "net\u00e9",
    "sizes": [1, 2],
    "betas": (0.5, 0.75),
    "turned": rows.t(),
    "row": rows[1],
    "none": None,
    "done": True,
    5: torch.ones(1, dtype=torch.bfloat16),
    "large": 2**40,
    "negative": -5,
    "tied": [model[0].weight, model[0].weight],
    "empty": torch.zeros(0, 3),
    "mask": torch.tensor([True, False]),
    "nothing": {},
}
torch.save(checkpoint, "checkpoint.pt")
torch.save(rows[:, 1:], "tensor.pt", pickle_protocol=5)
torch.save(model, "whole_module.pt")
torch.save(rows, "old.pt", _use_new_zipfile_serialization=False)
torch.jit.script(Scale()).save("scripted.pt")
