"""Ops as src/ops/table.txt declares them: every argument positional, losses with a number for the reduction. What
is not here is torch.<op>, Tensor.<op> or torch.nn.functional.<op>. Also evaluates calls written as text, `index_add
x 0 rows y`."""

import json

import torch
import torch.nn.functional as F

REDUCTIONS = ["none", "mean", "sum"]


def keywords(function, positional, *names):
    """Takes the arguments after the first `positional` by keyword."""
    return lambda *a: function(*a[:positional], **dict(zip(names, a[positional:])))


def typed(function):
    """Takes a dtype in last place by keyword."""
    return lambda *a: function(*a[:-1], dtype=a[-1]) if isinstance(a[-1], torch.dtype) else function(*a)


def spread(function):
    """var, std: (x, unbiased), (x, dim, unbiased, keepdim) or (x, dim, correction, keepdim)."""

    def call(x, *a):
        if len(a) > 1 and not isinstance(a[1], bool):
            return function(x, a[0], correction=a[1], keepdim=a[2] if len(a) > 2 else False)
        return function(x, *a)

    return call


def sort(x, *a):
    if a and isinstance(a[0], bool):
        return torch.sort(x, stable=a[0], **dict(zip(("dim", "descending"), a[1:])))
    return torch.sort(x, *a)


def batch_norm(x, weight, bias, mean, var, training, momentum, eps):
    copies = [None if t is None else t.detach().clone() for t in (mean, var)]
    return torch.batch_norm(x, weight, bias, *copies, training, momentum, eps, False)


OPS = {
    "add": keywords(torch.add, 2, "alpha"),
    "sub": keywords(torch.sub, 2, "alpha"),
    "div": keywords(torch.div, 2, "rounding_mode"),
    "div_": keywords(torch.Tensor.div_, 2, "rounding_mode"),
    "round": keywords(torch.round, 1, "decimals"),
    "addcmul": keywords(torch.addcmul, 3, "value"),
    "addcdiv": keywords(torch.addcdiv, 3, "value"),
    "addcmul_": keywords(torch.Tensor.addcmul_, 3, "value"),
    "addcdiv_": keywords(torch.Tensor.addcdiv_, 3, "value"),
    "nan_to_num": torch.nan_to_num,
    **{name: keywords(getattr(torch, name), 3, "beta", "alpha") for name in ["addmm", "addmv", "addr", "baddbmm"]},
    **{name + "_": keywords(getattr(torch.Tensor, name + "_"), 3, "beta", "alpha")
       for name in ["addmm", "addmv", "addr", "baddbmm"]},
    **{name: typed(getattr(torch, name)) for name in
       "sum mean prod nansum cumsum cumprod softmax log_softmax arange linspace zeros ones full".split()},
    "softmin": lambda x, dim: F.softmin(x, dim),
    "var": spread(torch.var),
    "std": spread(torch.std),
    "var_mean": keywords(torch.var_mean, 2, "correction", "keepdim"),
    "std_mean": keywords(torch.std_mean, 2, "correction", "keepdim"),
    "sort": sort,
    "aminmax": keywords(torch.aminmax, 1, "dim", "keepdim"),
    "unique": torch._unique2,
    "tensordot": lambda a, b, left, right: torch.tensordot(a, b, (left, right)),
    "broadcast_tensors": lambda tensors: torch.broadcast_tensors(*tensors),
    "meshgrid": lambda tensors, indexing="ij": torch.meshgrid(tensors, indexing=indexing),
    "slice": torch.ops.aten.slice,
    "unfold": torch.Tensor.unfold,
    "mT": lambda x: x.mT,
    "view": torch.Tensor.view,
    "data": lambda x: x.data,
    "contiguous": lambda x: x.contiguous(),
    "to_channels_last": lambda x: x.contiguous(memory_format=torch.channels_last),
    "to": torch.Tensor.to,
    "embedding": torch.embedding,
    "one_hot": F.one_hot,
    # x[...] and x[...] = v, out of place.
    "index": lambda x, index: x[brackets(index)],
    "setitem": lambda x, index, value: index_put(x, index, value),
    # Activations whose options torch takes by keyword only, or whose in-place form is an argument.
    "logsigmoid": F.logsigmoid,
    "gelu": lambda x, approximate="none": F.gelu(x, approximate=approximate),
    "leaky_relu_": F.leaky_relu_,
    **{name + "_": getattr(F, name + "_") for name in "elu selu celu hardtanh rrelu threshold".split()},
    **{name + "_": (lambda f: lambda x: f(x, inplace=True))(getattr(F, name))
       for name in "hardswish hardsigmoid silu mish relu6".split()},
    # Losses.
    "cross_entropy_loss": lambda x, y, weight=None, reduction=1, ignore_index=-100, smoothing=0: F.cross_entropy(
        x, y, weight, ignore_index=ignore_index, reduction=REDUCTIONS[reduction], label_smoothing=smoothing),
    "nll_loss": lambda x, y, weight=None, reduction=1, ignore_index=-100: F.nll_loss(
        x, y, weight, ignore_index=ignore_index, reduction=REDUCTIONS[reduction]),
    "mse_loss": lambda x, y, reduction=1: F.mse_loss(x, y, reduction=REDUCTIONS[reduction]),
    "l1_loss": lambda x, y, reduction=1: F.l1_loss(x, y, reduction=REDUCTIONS[reduction]),
    "smooth_l1_loss": lambda x, y, reduction=1, beta=1.0: F.smooth_l1_loss(
        x, y, reduction=REDUCTIONS[reduction], beta=beta),
    "huber_loss": lambda x, y, reduction=1, delta=1.0: F.huber_loss(x, y, reduction=REDUCTIONS[reduction], delta=delta),
    "binary_cross_entropy": lambda x, y, weight=None, reduction=1: F.binary_cross_entropy(
        x, y, weight, reduction=REDUCTIONS[reduction]),
    "binary_cross_entropy_with_logits": lambda x, y, weight=None, pos=None, reduction=1: (
        F.binary_cross_entropy_with_logits(x, y, weight, pos_weight=pos, reduction=REDUCTIONS[reduction])),
    "kl_div": lambda x, y, reduction=1, log_target=False: F.kl_div(
        x, y, reduction=REDUCTIONS[reduction], log_target=log_target),
    # Layers.
    "batch_norm": batch_norm,
    **{name: (lambda f: lambda x, size: f(x, size, return_indices=True))(getattr(F, name))
       for name in ["adaptive_max_pool1d", "adaptive_max_pool2d"]},
    **{name + "_with_indices": (lambda f: lambda *a: f(*a, return_indices=True))(getattr(F, name))
       for name in ["max_pool1d", "max_pool2d", "max_pool3d"]},
    "instance_norm": lambda *a: torch.instance_norm(*a, False),
}


def brackets(index):
    return index[0] if len(index) == 1 else tuple(index)


def index_put(x, index, value):
    x = x.clone()
    x[brackets(index)] = value
    return x


def resolve(op):
    """The callable behind the name of an op."""
    for name in [op, op.removesuffix("_")] if op.endswith("_") and not hasattr(torch.Tensor, op) else [op]:
        if name in OPS:
            return OPS[name]
    for space in [torch, torch.Tensor, F]:
        if hasattr(space, op):
            return getattr(space, op)
    raise KeyError(op)


def argument(text, names):
    """A word of a call: a variable, a list of variables, a dtype or a JSON value."""
    if text in names:
        return names[text]
    if text.startswith("[") and text[1:2].isalpha():
        return [argument(word, names) for word in text[1:-1].split(",")]
    if isinstance(getattr(torch, text, None), torch.dtype):
        return getattr(torch, text)
    return json.loads(text)


def call(text, names, more=None):
    """Evaluates `op argument argument ...`; `more` holds ops of the caller's own."""
    op, *words = text.split()
    function = more[op] if more and op in more else resolve(op)
    return function(*[argument(word, names) for word in words])
