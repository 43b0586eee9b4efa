"""Losses of regression and classification."""

import math
import warnings

from ..._C import Tensor, ops
from .reduction import chosen, number, reduced

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "gaussian_nll_loss", "huber_loss",
    "kl_div", "l1_loss", "linear_cross_entropy", "mse_loss", "nll_loss", "poisson_nll_loss", "smooth_l1_loss",
]  # fmt: skip


def _alike(input, target):
    """Both in the shape to which they broadcast; warns where that differs from their own."""
    if target.shape != input.shape:
        warnings.warn(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}). This will likely "
            "lead to incorrect results due to broadcasting. Please ensure they have the same size.",
            stacklevel=3,
        )
    return ops.broadcast_tensors((input, target))


def _weighted(errors, input, weight, reduction, total):
    """Errors times weights; their mean is the sum over `total`."""
    if weight.shape != input.shape:
        raise ValueError("Weights and input must have the same size.")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"Invalid reduction mode: {reduction}. Expected one of 'none', 'mean', 'sum'.")
    weighted = errors * weight
    if reduction == "mean":
        return weighted.sum() / total(weight) if total else weighted.mean()
    return weighted if reduction == "none" else weighted.sum()


def mse_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """(input - target)^2."""
    reduction = chosen(reduction, size_average, reduce)
    input, target = _alike(input, target)
    if weight is not None:
        return _weighted((input - target) ** 2, input, weight, reduction, Tensor.sum)
    return ops.mse_loss(input, target, number(reduction))


def l1_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """|input - target|."""
    reduction = chosen(reduction, size_average, reduce)
    input, target = _alike(input, target)
    if weight is not None:
        return _weighted((input - target).abs(), input, weight, reduction, Tensor.sum)
    return ops.l1_loss(input, target, number(reduction))


def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta=1.0):
    """d^2 / (2 beta) where d = |input - target| < beta, else d - beta / 2.  Girshick, 2015."""
    reduction = chosen(reduction, size_average, reduce)
    input, target = _alike(input, target)
    if beta == 0.0:
        return ops.l1_loss(input, target, number(reduction))
    return ops.smooth_l1_loss(input, target, number(reduction), beta)


def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    """d^2 / 2 where d = |input - target| <= delta, else delta (d - delta / 2).  Huber, 1964."""
    input, target = _alike(input, target)
    if weight is not None:
        return _weighted(ops.huber_loss(input, target, 0, delta), input, weight, reduction, None)
    return ops.huber_loss(input, target, number(reduction), delta)


def cross_entropy(
    input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean", label_smoothing=0.0
):
    """-log(softmax(input)[target]): input [N, C, ...] or [C], target class indices [N, ...] or probabilities [N, C, ...]."""
    reduction = chosen(reduction, size_average, reduce)
    return ops.cross_entropy_loss(input, target, weight, number(reduction), ignore_index, label_smoothing)


def linear_cross_entropy(
    input, linear_weight, target, *, linear_bias=None, weight=None, reduction="mean", ignore_index=None,
    label_smoothing=0.0, options=None,
):  # fmt: skip
    """cross_entropy of a linear map: input [N, in] or [in], linear_weight [C, ..., in], linear_bias [C, ...], target class
    indices [N, ...] or probabilities [N, C, ...]. options change nothing: see LinearCrossEntropyOptions."""
    if input.dim() not in (1, 2):
        raise RuntimeError(f"expected input with dimensionality 1 or 2, got {input.dim()}")
    if linear_weight.dim() < 2:
        raise RuntimeError(f"expected linear_weight with dimensionality at least 2, got {linear_weight.dim()}")
    classes, *inner, features = linear_weight.shape
    if input.shape[-1] != features:
        raise RuntimeError(
            "expected equal input and linear_weight last dimensions (in_features), got "
            f"{input.shape[-1]} and {features}, respectively"
        )
    if linear_bias is not None and tuple(linear_bias.shape) != (classes, *inner):
        raise RuntimeError(f"expected linear_bias shape {(classes, *inner)}, got {tuple(linear_bias.shape)}")
    if inner and input.dim() == 1:
        raise RuntimeError(
            f"K-dimensional loss defined by linear_weight shape {tuple(linear_weight.shape)} requires batched input, "
            f"(N, {features}), got unbatched input with shape {tuple(input.shape)}"
        )
    shape = (*input.shape[:-1], classes, *inner)
    if tuple(target.shape) == shape and ignore_index is not None:
        raise RuntimeError("ignore_index cannot be specified when target contains probabilities")
    bias = None if linear_bias is None else linear_bias.reshape(-1)
    logits = ops.linear(input, linear_weight.reshape(-1, features), bias).reshape(shape)
    ignored = -100 if ignore_index is None else ignore_index
    return cross_entropy(logits, target, weight, None, ignored, None, reduction, label_smoothing)


def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
    """-input[target]: log-probabilities [N, C, ...] or [C], target class indices [N, ...]."""
    return ops.nll_loss(input, target, weight, number(chosen(reduction, size_average, reduce)), ignore_index)


def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    """-(target log(input) + (1 - target) log(1 - input)), the logarithms at least -100; input and target in [0, 1]."""
    reduction = number(chosen(reduction, size_average, reduce))
    if target.shape != input.shape:
        raise ValueError(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}) is deprecated. "
            "Please ensure they have the same size."
        )
    if weight is not None:
        weight = weight.expand(ops.broadcast_tensors((target, weight))[0].shape)
    return ops.binary_cross_entropy(input, target, weight, reduction)


def binary_cross_entropy_with_logits(
    input, target, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None
):
    """binary_cross_entropy(sigmoid(input), target), without overflow; pos_weight multiplies the positive part."""
    reduction = number(chosen(reduction, size_average, reduce))
    if target.shape != input.shape:
        raise ValueError(f"Target size ({target.shape}) must be the same as input size ({input.shape})")
    return ops.binary_cross_entropy_with_logits(input, target, weight, pos_weight, reduction)


def kl_div(input, target, size_average=None, reduce=None, reduction="mean", log_target=False):
    """target (log(target) - input), input in logarithms, target too with log_target; "batchmean" divides the sum by the
    first size."""
    reduction = chosen(reduction, size_average, reduce)
    if reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size."
            "'batchmean' divides only by the batch size, and aligns with the KL div math definition."
            "'mean' will be changed to behave the same as 'batchmean' in the next major release.",
            stacklevel=2,
        )
    batchmean = reduction == "batchmean"
    result = ops.kl_div(input, target, 2 if batchmean else number(reduction), log_target=log_target)
    return result / input.size(0) if batchmean and input.dim() != 0 else result


def poisson_nll_loss(
    input, target, log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, reduction="mean"
):
    """exp(input) - target * input, or input - target log(input + eps) without log_input; full adds Stirling's term."""
    reduction = number(chosen(reduction, size_average, reduce))
    return ops.poisson_nll_loss(input, target, log_input, full, eps, reduction)


def gaussian_nll_loss(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """(log(var) + (input - target)^2 / var) / 2 with var at least eps; var is a number or [..., 1] or like the input.
    Nix and Weigend, 1994."""
    if not isinstance(var, Tensor):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        var = var * ops.ones_like(input)
    elif (var < 0).any():
        raise ValueError("var has negative entry/entries")
    if var.shape != input.shape:
        if input.shape[:-1] == var.shape:
            var = var.unsqueeze(-1)
        elif not (input.shape[:-1] == var.shape[:-1] and var.dim() and var.size(-1) == 1) and not (
            input.dim() == var.dim() and all(v in (1, n) for v, n in zip(var.shape, input.shape))
        ):
            raise ValueError("var is of incorrect size")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction + " is not valid")
    floor = (eps - var.detach()).clamp(min=0)  # the gradient flows as if var had not been clamped
    var = var + floor
    loss = 0.5 * (var.log() + (input - target) ** 2 / var)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return reduced(loss, reduction)
