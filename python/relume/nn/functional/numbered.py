"""Functions of losses and grids as the top level has them: what nn.functional names, they take as numbers."""

from .ctc import ctc_loss as _ctc_loss
from .loss import poisson_nll_loss as _poisson_nll_loss
from .margin_loss import (
    cosine_embedding_loss as _cosine_embedding_loss,
    hinge_embedding_loss as _hinge_embedding_loss,
    margin_ranking_loss as _margin_ranking_loss,
    triplet_margin_loss as _triplet_margin_loss,
)
from .sampling import affine_grid as _affine_grid, grid_sample as _grid_sample

_PADDINGS = ("zeros", "border", "reflection")
_MODES = ("bilinear", "nearest", "bicubic")


def _named(reduction):
    """The name of a reduction: 1 is "mean", 2 "sum", any other number "none"."""
    return {1: "mean", 2: "sum"}.get(reduction, "none")


def cosine_embedding_loss(input1, input2, target, margin=0.0, reduction=0):
    """nn.functional.cosine_embedding_loss with a reduction of 0 (none), 1 (mean) or 2 (sum)."""
    return _cosine_embedding_loss(input1, input2, target, margin, reduction=_named(reduction))


def hinge_embedding_loss(input, target, margin=1.0, reduction=0):
    """nn.functional.hinge_embedding_loss with a reduction of 0 (none), 1 (mean) or 2 (sum)."""
    return _hinge_embedding_loss(input, target, margin, reduction=_named(reduction))


def margin_ranking_loss(input1, input2, target, margin=0.0, reduction=0):
    """nn.functional.margin_ranking_loss with a reduction of 0 (none), 1 (mean) or 2 (sum)."""
    return _margin_ranking_loss(input1, input2, target, margin, reduction=_named(reduction))


def poisson_nll_loss(input, target, log_input, full, eps, reduction):
    """nn.functional.poisson_nll_loss with a reduction of 0 (none), 1 (mean) or 2 (sum)."""
    return _poisson_nll_loss(input, target, log_input, full, eps=eps, reduction=_named(reduction))


def triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction=0):
    """nn.functional.triplet_margin_loss with a reduction of 0 (none), 1 (mean) or 2 (sum)."""
    return _triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction=_named(reduction))


def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction=0, zero_infinity=False):
    """nn.functional.ctc_loss with a reduction of 0 (none), 1 (mean) or 2 (sum)."""
    return _ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, _named(reduction), zero_infinity)


def affine_grid_generator(theta, size, align_corners):
    """nn.functional.affine_grid."""
    return _affine_grid(theta, size, align_corners)


def grid_sampler(input, grid, interpolation_mode, padding_mode, align_corners):
    """nn.functional.grid_sample with the mode 0 (bilinear), 1 (nearest) or 2 (bicubic), and the padding mode 0 (zeros), 1
    (border) or 2 (reflection)."""
    return _grid_sample(input, grid, _MODES[interpolation_mode], _PADDINGS[padding_mode], align_corners)
