"""Writes torch_zip.pt and torch_legacy.pt: the same objects in both formats. Run with a Python that has torch 2.13."""

import collections
import pathlib

import torch

DTYPES = "float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 bool uint16".split()


def objects():
    base = torch.arange(6.0).reshape(2, 3)
    linear = torch.nn.Linear(2, 1)
    with torch.no_grad():
        linear.weight.fill_(0.5)
        linear.bias.fill_(0.25)
    optimizer = torch.optim.SGD(linear.parameters(), lr=0.1, momentum=0.9)
    linear(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    return {
        "base": base,
        "row": base[1],
        "turned": base.t(),
        "dtypes": [torch.tensor([1, 0, 2]).to(getattr(torch, name)) for name in DTYPES],
        "parameter": torch.nn.Parameter(torch.ones(2), requires_grad=False),
        "requires_grad": torch.ones(2, requires_grad=True),
        "empty": torch.empty(0, 3),
        "values": (1, 2**80, 1.5, None, True, "tëxt", b"bytes", [1], {2: {3}}, torch.float16, torch.Size([1])),
        "ordered": collections.OrderedDict(a=1),
        "state": linear.state_dict(),
        "optimizer": optimizer.state_dict(),
    }


def main():
    folder = pathlib.Path(__file__).parent
    torch.save(objects(), folder / "torch_zip.pt")
    torch.save(objects(), folder / "torch_legacy.pt", _use_new_zipfile_serialization=False)


if __name__ == "__main__":
    main()
