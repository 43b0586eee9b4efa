"""Losses as the top level has them: the reduction is a number, and none unless it is given."""

from ..._C import ops


def cosine_embedding_loss(input1, input2, target, margin=0.0, reduction=0):
    """nn.functional.cosine_embedding_loss with a reduction of 0 (none), 1 (mean) or 2 (sum)."""
    return ops.cosine_embedding_loss(input1, input2, target, margin, reduction)


def hinge_embedding_loss(input, target, margin=1.0, reduction=0):
    """nn.functional.hinge_embedding_loss with a reduction of 0 (none), 1 (mean) or 2 (sum)."""
    return ops.hinge_embedding_loss(input, target, margin, reduction)


def margin_ranking_loss(input1, input2, target, margin=0.0, reduction=0):
    """nn.functional.margin_ranking_loss with a reduction of 0 (none), 1 (mean) or 2 (sum)."""
    return ops.margin_ranking_loss(input1, input2, target, margin, reduction)


def triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction=0):
    """nn.functional.triplet_margin_loss with a reduction of 0 (none), 1 (mean) or 2 (sum)."""
    return ops.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction)


def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction=0, zero_infinity=False):
    """nn.functional.ctc_loss with a reduction of 0 (none), 1 (mean) or 2 (sum)."""
    return ops.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity)
