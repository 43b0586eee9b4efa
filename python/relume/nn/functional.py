"""The functions of layers: activations, linear maps, convolutions, pooling, normalisation, losses."""

from .. import _C
from .._C import ops

# Activations, with their inplace argument, come from the rows of the core.
globals().update({name: value for name, value in vars(_C.functional).items() if name[0] != "_"})

# Ops that have the same form here.
for _name in (
    "bilinear conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d cosine_similarity linear "
    "pairwise_distance prelu pixel_shuffle pixel_unshuffle adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d "
    "one_hot relu_ glu"
).split():
    if hasattr(ops, _name):
        globals()[_name] = getattr(ops, _name)
del _name


def softmax(input, dim=None, _stacklevel=3, dtype=None):
    """exp(x) / sum(exp(x)) over dim."""
    return ops.softmax(input, _softmax_dim(dim, input), dtype)


def log_softmax(input, dim=None, _stacklevel=3, dtype=None):
    """log(softmax(x)) over dim."""
    return ops.log_softmax(input, _softmax_dim(dim, input), dtype)


def softmin(input, dim=None, _stacklevel=3, dtype=None):
    """softmax(-x) over dim."""
    return ops.softmin(input, _softmax_dim(dim, input), dtype)


def _softmax_dim(dim, input):
    if dim is not None:
        return dim
    return 0 if input.dim() in (0, 1, 3) else 1


def dropout(input, p=0.5, training=True, inplace=False):
    """Zeroes each element with probability p and scales the others by 1 / (1 - p), in training."""
    _check_probability("dropout", p)
    return (ops.dropout_ if inplace else ops.dropout)(input, p, training)


def _check_probability(name, p):
    if p < 0.0 or p > 1.0:
        raise ValueError(f"{name} probability has to be between 0 and 1, but got {p}")


_REDUCTIONS = {"none": 0, "mean": 1, "sum": 2}


def _reduction(name):
    """The number by which ops call a reduction."""
    try:
        return _REDUCTIONS[name]
    except KeyError:
        raise ValueError(f"{name} is not a valid value for reduction") from None


def mse_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """(input - target)^2, averaged, summed or neither."""
    return ops.mse_loss(input, target, _reduction(reduction))


def cross_entropy(
    input,
    target,
    weight=None,
    size_average=None,
    ignore_index=-100,
    reduce=None,
    reduction="mean",
    label_smoothing=0.0,
):
    """-log(softmax(input)[target]): input [N, C, ...], target class indices [N, ...] or probabilities [N, C, ...]."""
    return ops.cross_entropy_loss(input, target, weight, _reduction(reduction), ignore_index, label_smoothing)


def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """Largest value of each window; with return_indices also its place."""
    pool = ops.max_pool2d_with_indices if return_indices else ops.max_pool2d
    return pool(input, kernel_size, () if stride is None else stride, padding, dilation, ceil_mode)
