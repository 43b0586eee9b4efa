"""Modules built after manual_seed(0): their initial state, output in training, gradients, buffers afterwards, and
output in eval mode; nn::init functions; and checksums of the weights of larger layers.

A row's `module` is the Python expression; the input is `pattern` of the sizes in `input` (see make_nn.py), float32,
or indices where that is null.
"""

import torch
from torch import nn

from golden import Golden, error_text, flatten, tensor_text, weights
from make_nn import pattern

MODULES = {  # module: sizes of its input
    "Linear(4, 3)": [2, 4], "Linear(4, 3, bias=False)": [2, 2, 4], "Identity()": [2, 2], "Flatten()": [2, 2, 3],
    "Flatten(0, 1)": [2, 2, 3],
    "Conv1d(2, 3, 3)": [2, 2, 6], "Conv1d(2, 4, 3, stride=2, padding=1, groups=2)": [2, 2, 6],
    "Conv2d(2, 3, 3)": [2, 2, 5, 4],
    "Conv2d(2, 4, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=2, bias=False)": [1, 2, 5, 4],
    "Conv2d(2, 2, 3, padding='same', padding_mode='reflect')": [1, 2, 4, 4],
    "Conv2d(2, 2, 3, padding=1, padding_mode='circular')": [1, 2, 4, 4],
    "ConvTranspose2d(2, 3, 2, stride=2)": [1, 2, 3, 2],
    "ConvTranspose2d(4, 2, 3, stride=2, padding=1, output_padding=1, groups=2, bias=False)": [1, 4, 2, 2],
    "MaxPool2d(2)": [1, 2, 4, 5], "MaxPool2d(3, stride=2, padding=1, ceil_mode=True)": [1, 1, 6, 5],
    "AvgPool2d(2)": [1, 2, 4, 4],
    "AvgPool2d(3, stride=2, padding=1, count_include_pad=False)": [1, 1, 5, 5],
    "AdaptiveAvgPool2d((1, 1))": [1, 2, 3, 4], "AdaptiveAvgPool2d((None, 2))": [1, 1, 3, 5],
    "BatchNorm1d(3)": [4, 3], "BatchNorm1d(3, affine=False)": [2, 3, 2], "BatchNorm2d(2)": [2, 2, 2, 3],
    "BatchNorm2d(2, momentum=None)": [2, 2, 2, 2],
    "BatchNorm2d(2, eps=0.01, momentum=0.3)": [2, 2, 2, 2], "BatchNorm2d(2, track_running_stats=False)": [2, 2, 2, 2],
    "LayerNorm(4)": [2, 4], "LayerNorm([2, 3], elementwise_affine=False)": [2, 2, 3],
    "LayerNorm(4, bias=False)": [2, 4], "Dropout(0.5)": [4, 4], "Dropout(0.3)": [3, 7], "Dropout2d(0.5)": [2, 3, 2, 2],
    "Dropout(0.0)": [2, 2], "Dropout(1.0)": [2, 2], "AlphaDropout(0.4)": [3, 3],
    "PReLU()": [2, 3], "PReLU(3, init=0.1)": [2, 3, 2], "RReLU()": [4, 4], "RReLU(0.1, 0.2)": [3, 3], "GLU(1)": [2, 4],
    "Softmax(1)": [2, 3], "LogSoftmax(1)": [2, 3], "Softmin(1)": [2, 3],
    "Softmax2d()": [1, 2, 2, 2], "Embedding(5, 3)": None, "Embedding(5, 3, padding_idx=2)": None,
    "Embedding(5, 3, max_norm=1.0)": None,
    "ReLU()": [2, 8], "ReLU6()": [2, 8], "LeakyReLU()": [2, 8], "LeakyReLU(0.2)": [2, 8], "ELU()": [2, 8],
    "ELU(0.5)": [2, 8], "SELU()": [2, 8], "CELU(0.5)": [2, 8], "GELU()": [2, 8], "GELU('tanh')": [2, 8],
    "SiLU()": [2, 8], "Mish()": [2, 8], "Sigmoid()": [2, 8], "LogSigmoid()": [2, 8], "Tanh()": [2, 8],
    "Softplus()": [2, 8], "Softplus(2.0, 1.0)": [2, 8], "Softsign()": [2, 8], "Tanhshrink()": [2, 8],
    "Hardtanh()": [2, 8], "Hardtanh(-0.5, 0.75)": [2, 8], "Hardswish()": [2, 8], "Hardsigmoid()": [2, 8],
    "Hardshrink()": [2, 8], "Softshrink(0.3)": [2, 8], "Threshold(0.1, 20.0)": [2, 8],
    "Sequential(Linear(4, 5), ReLU(), Linear(5, 2))": [3, 4],
    "Sequential(Conv2d(1, 2, 3, bias=False), BatchNorm2d(2), ReLU(), MaxPool2d(2), Flatten(), Linear(4, 3))": [2, 1, 6, 4],
    "MultiheadAttention(4, 2)": [3, 2, 4], "MultiheadAttention(4, 2, bias=False, batch_first=True)": [2, 3, 4],
}
LARGE = ["Linear(784, 512)", "Conv2d(32, 64, 3)", "ConvTranspose2d(16, 8, 4)", "Embedding(100, 33)",
         "MultiheadAttention(64, 4)", "Conv1d(7, 13, 5)", "Linear(3, 1)"]
INIT = [("uniform_", -2.0, 3.0), ("normal_", 1.0, 2.0), ("trunc_normal_", 0.0, 1.0, -0.5, 1.0), ("constant_", 2.5),
        ("ones_",), ("zeros_",), ("eye_",), ("xavier_uniform_",), ("xavier_uniform_", 2.0), ("xavier_normal_",),
        ("kaiming_uniform_",), ("kaiming_uniform_", 0.2, "fan_out", "leaky_relu"), ("kaiming_normal_",),
        ("kaiming_normal_", 0.0, "fan_out", "relu"), ("orthogonal_",), ("orthogonal_", 2.0), ("sparse_", 0.5),
        ("dirac_",)]
SIZES = [[4, 3], [3, 5], [6, 4, 3], [2], [5, 2, 2, 2]]
BAD_INIT = [("xavier_uniform_", [3]), ("eye_", [2, 2, 2]), ("dirac_", [2, 2]), ("orthogonal_", [3]),
            ("sparse_", [2, 2, 2], 0.1), ("kaiming_uniform_", [3])]


def build(text):
    torch.manual_seed(0)
    return eval(text, vars(nn) | {"nn": nn})


def checksum(tensor):
    """Sum of the bit patterns modulo 2^32: equal only where every number is."""
    return int(tensor.detach().contiguous().view(torch.int32).to(torch.int64).sum() & 0xFFFFFFFF)


def module_row(text, sizes):
    module = build(text)
    row = {"module": text, "input": sizes}
    row["state"] = {name: tensor_text(t) for name, t in module.state_dict().items()}
    x = torch.tensor([[4, 0, 2], [2, 1, 1]]) if sizes is None else pattern(*sizes).float().requires_grad_()
    arguments = [x, x, x] if text.startswith("Multihead") else [x]
    torch.manual_seed(1)
    out = module(*arguments)
    row["train"] = [tensor_text(t.contiguous()) for t in flatten(out)]
    first = flatten(out)[0]
    first.backward(weights(first))
    row["grads"] = {name: tensor_text(p.grad) for name, p in module.named_parameters()}
    if sizes is not None:
        row["grads"]["input"] = tensor_text(x.grad)
    row["buffers"] = {name: tensor_text(b) for name, b in module.named_buffers()}
    module.eval()
    row["eval"] = [tensor_text(t.contiguous()) for t in flatten(module(*arguments))]
    return row


def make_modules():
    golden = Golden("module", __file__)
    for text, sizes in MODULES.items():
        golden.add(module_row(text, sizes))
    for text in LARGE:
        module = build(text)
        golden.add({"module": text, "checksums": {name: checksum(p) for name, p in module.named_parameters()},
                    "first": {name: tensor_text(p.flatten()[:4]) for name, p in module.named_parameters()}})
    golden.write()


def make_init():
    golden = Golden("init", __file__)
    for name, *arguments in INIT:
        for sizes in SIZES:
            if name in ("xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_",
                        "orthogonal_") and len(sizes) < 2:
                continue
            if name in ("eye_", "sparse_") and len(sizes) != 2 or name == "dirac_" and len(sizes) < 3:
                continue
            torch.manual_seed(3)
            t = getattr(nn.init, name)(torch.full(sizes, 7.0), *arguments)
            golden.add({"init": name, "args": arguments, "sizes": sizes, "out": tensor_text(t)})
    for name, sizes, *arguments in BAD_INIT:
        try:
            getattr(nn.init, name)(torch.ones(sizes), *arguments)
        except Exception as error:
            golden.add({"init": name, "args": arguments, "sizes": sizes, "error": error_text(error)})
    for nonlinearity, *param in [("linear",), ("conv2d",), ("sigmoid",), ("tanh",), ("relu",), ("leaky_relu",),
                                 ("leaky_relu", 0.2), ("selu",)]:
        golden.add({"gain": nonlinearity, "args": param, "out": nn.init.calculate_gain(nonlinearity, *param)})
    golden.write()


if __name__ == "__main__":
    make_modules()
    make_init()
