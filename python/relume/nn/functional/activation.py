"""Activations that are not rows of the core: softmax and its kin, gated and random ones, and forms that write in place."""

import warnings

from ..._C import functional as rows, ops

__all__ = [
    "celu_", "elu_", "gelu", "glu", "gumbel_softmax", "hardtanh_", "leaky_relu_", "log_softmax", "prelu", "relu_", "rrelu",
    "rrelu_", "selu_", "sigmoid", "softmax", "softmin", "tanh", "threshold_",
]  # fmt: skip

gelu, sigmoid, tanh = rows.gelu, ops.sigmoid, ops.tanh
prelu, relu_ = ops.prelu, ops.relu_


def glu(input, dim=-1):
    """a * sigmoid(b), where a and b are the halves of input along dim.  Dauphin et al., 2017."""
    if input.dim() == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    return ops.glu(input, dim)


def softmax(input, dim=None, _stacklevel=3, dtype=None):
    """exp(x) / sum(exp(x)) over dim."""
    return ops.softmax(input, _softmax_dim("softmax", dim, input, _stacklevel), dtype)


def log_softmax(input, dim=None, _stacklevel=3, dtype=None):
    """log(softmax(x)) over dim."""
    return ops.log_softmax(input, _softmax_dim("log_softmax", dim, input, _stacklevel), dtype)


def softmin(input, dim=None, _stacklevel=3, dtype=None):
    """softmax(-x) over dim."""
    return ops.softmin(input, _softmax_dim("softmin", dim, input, _stacklevel), dtype)


def _softmax_dim(name, dim, input, stacklevel):
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if input.dim() in (0, 1, 3) else 1


def gumbel_softmax(logits, tau=1, hard=False, eps=1e-10, dim=-1):
    """softmax((logits + g) / tau) with g from the Gumbel distribution; with hard, one-hot forward and soft backward.
    Jang et al., 2017; Maddison et al., 2017."""
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    noise = -ops.empty(logits.shape, dtype=logits.dtype).exponential_().log()
    soft = ((logits + noise) / tau).softmax(dim)
    if not hard:
        return soft
    chosen = ops.zeros_like(logits).scatter_(dim, soft.max(dim, keepdim=True)[1], 1.0)
    return chosen - soft.detach() + soft


def rrelu(input, lower=1.0 / 8, upper=1.0 / 3, training=False, inplace=False):
    """x if x >= 0, else a * x; a is drawn from [lower, upper] in training and its mean otherwise.  Xu et al., 2015."""
    return (ops.rrelu_ if inplace else ops.rrelu)(input, lower, upper, training)


def rrelu_(input, lower=1.0 / 8, upper=1.0 / 3, training=False):
    """rrelu in place."""
    return ops.rrelu_(input, lower, upper, training)


def celu_(input, alpha=1.0):
    """celu in place."""
    return rows.celu(input, alpha, True)


def elu_(input, alpha=1.0):
    """elu in place."""
    return rows.elu(input, alpha, True)


def hardtanh_(input, min_val=-1.0, max_val=1.0):
    """hardtanh in place."""
    return rows.hardtanh(input, min_val, max_val, True)


def leaky_relu_(input, negative_slope=0.01):
    """leaky_relu in place."""
    return rows.leaky_relu(input, negative_slope, True)


def selu_(input):
    """selu in place."""
    return rows.selu(input, True)


def threshold_(input, threshold, value):
    """threshold in place."""
    return rows.threshold(input, threshold, value, True)
