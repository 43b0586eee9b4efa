"""Losses that ask for a margin between right and wrong, or between near and far."""

from ..._C import functional as activations, ops
from ..._modes import in_float32
from .distance import pairwise_distance
from .reduction import chosen, number, reduced

__all__ = [
    "cosine_embedding_loss", "hinge_embedding_loss", "margin_ranking_loss", "multi_margin_loss", "multilabel_margin_loss",
    "multilabel_soft_margin_loss", "soft_margin_loss", "triplet_margin_loss", "triplet_margin_with_distance_loss",
]  # fmt: skip


def _checked(reduction, size_average, reduce):
    """The chosen reduction, known to exist."""
    reduction = chosen(reduction, size_average, reduce)
    number(reduction)
    return reduction


@in_float32
def hinge_embedding_loss(input, target, margin=1.0, size_average=None, reduce=None, reduction="mean"):
    """input where target is 1, max(0, margin - input) where it is -1."""
    reduction = _checked(reduction, size_average, reduce)
    zeros = ops.zeros_like(input)
    far = ops.where(target != 1, (margin - input).clamp_min(0), zeros)
    return reduced(far + ops.where(target != -1, input, zeros), reduction)


@in_float32
def margin_ranking_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    """max(0, -target (input1 - input2) + margin); target 1 asks for a larger input1, -1 for a larger input2."""
    reduction = _checked(reduction, size_average, reduce)
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.size()}, input2: {input2.size()}, target: {target.size()} "
        )
    return reduced((-target * (input1 - input2) + margin).clamp_min(0), reduction)


@in_float32
def soft_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """log(1 + exp(-target * input)), target 1 or -1."""
    reduction = _checked(reduction, size_average, reduce)
    return ops._named(reduced((-target.to(input.dtype) * input).exp().log1p(), reduction), "SoftMarginLossBackward0")


_SIZES = "{}D target tensor expects {}D input tensors, but found inputs with sizes {} and {}."


@in_float32
def cosine_embedding_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    """1 - cos where target is 1, max(0, cos - margin) where it is -1: [N, D] or [D] twice, and [N] or []."""
    reduction = _checked(reduction, size_average, reduce)
    if target.dim() not in (0, 1):
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if target.dim() == 1 and not input1.dim() == input2.dim() == 2:
        raise RuntimeError(_SIZES.format(1, 2, list(input1.shape), list(input2.shape)))
    if target.dim() == 0 and not input1.dim() == input2.dim() == 1:
        raise RuntimeError(_SIZES.format(0, 1, list(input1.shape), list(input2.shape)))
    tiny, dim = 1e-12, target.dim()
    products = (input1 * input2).sum(dim)
    squares = ((input1 * input1).sum(dim) + tiny) * ((input2 * input2).sum(dim) + tiny)
    cosine = products / squares.sqrt()
    zeros = ops.zeros_like(cosine)
    near = ops.where(target == 1, 1 - cosine, zeros)
    far = ops.where(target == -1, (cosine - margin).clamp_min(0), zeros)
    return reduced(near + far, reduction)


@in_float32
def triplet_margin_loss(
    anchor, positive, negative, margin=1.0, p=2, eps=1e-6, swap=False, size_average=None, reduce=None, reduction="mean"
):
    """max(0, ||anchor - positive||_p - ||anchor - negative||_p + margin); swap takes the negative's distance from the
    nearer of anchor and positive.  Balntas et al., 2016."""

    def distance(a, b):
        return pairwise_distance(a, b, p, eps)

    return _triplet(anchor, positive, negative, distance, margin, swap, _checked(reduction, size_average, reduce))


def triplet_margin_with_distance_loss(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    """triplet_margin_loss with a distance of one's own."""
    distance = distance_function or pairwise_distance
    return _triplet(anchor, positive, negative, distance, margin, swap, _checked(reduction, None, None))


def _triplet(anchor, positive, negative, distance, margin, swap, reduction):
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.dim() == positive.dim() == negative.dim():
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {anchor.dim()}D, positive {positive.dim()}D, and negative {negative.dim()}D inputs"
        )
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = ops.minimum(far, distance(positive, negative))
    return reduced((margin + near - far).clamp_min(0), reduction)


@in_float32
def multi_margin_loss(
    input, target, p=1, margin=1.0, weight=None, size_average=None, reduce=None, reduction="mean"
):
    """Sum over the wrong classes of max(0, margin - input[target] + input[j])^p, over the number of classes; p is 1 or 2:
    [N, C] and [N], or [C] and []."""
    reduction = _checked(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.dim() != 1:
        raise ValueError("weight must be one-dimensional")
    rows = input.reshape(1, -1) if input.dim() < 2 else input
    index = target.reshape(-1, 1)
    if input.dim() > 2 or index.size(0) != rows.size(0):
        raise RuntimeError(f"inconsistent target size, expected [{rows.size(0)}] but got {list(target.shape)}")
    if index.numel() and not (0 <= index.min().item() and index.max().item() < rows.size(1)):
        raise RuntimeError("target out of range")
    shortfall = (margin - rows.gather(1, index) + rows).clamp_min(0) ** p
    if weight is not None:
        shortfall = shortfall * weight[index]
    wrong = ops.ones_like(rows).scatter(1, index, 0)
    losses = (shortfall * wrong).sum(1) / rows.size(1)
    return ops._named(reduced(losses if target.dim() else losses.squeeze(0), reduction), "MultiMarginLossBackward0")


@in_float32
def multilabel_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """Sum over right classes i and wrong classes j of max(0, 1 - input[i] + input[j]), over the number of classes. target
    lists the right classes, up to the first -1: [N, C] twice, or [C] twice."""
    reduction = _checked(reduction, size_average, reduce)
    if input.shape != target.shape:
        raise RuntimeError(f"inconsistent target size: {list(target.shape)} for input of size: {list(input.shape)}")
    rows, labels = (t.reshape(1, -1) if t.dim() < 2 else t for t in (input, target))
    listed = ((labels < 0).cumsum(1) == 0).to(rows.dtype)
    index = labels.clamp_min(0)
    right = ops.zeros_like(rows).scatter_add(1, index, listed).clamp(max=1).detach()
    shortfall = (1 - rows.gather(1, index).unsqueeze(2) + rows.unsqueeze(1)).clamp_min(0)
    losses = (shortfall * listed.unsqueeze(2) * (1 - right).unsqueeze(1)).sum((1, 2)) / rows.size(1)
    losses = losses if target.dim() > 1 else losses.squeeze(0)
    return ops._named(reduced(losses, reduction), "MultilabelMarginLossBackward0")


def multilabel_soft_margin_loss(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    """The mean over classes of -(target log(sigmoid(input)) + (1 - target) log(sigmoid(-input)))."""
    reduction = chosen(reduction, size_average, reduce)
    logsigmoid = activations.logsigmoid
    loss = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        loss = loss * weight
    loss = loss.sum(-1) / input.size(-1)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction + " is not valid")
    return reduced(loss, reduction)
