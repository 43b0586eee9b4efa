"""Connectionist temporal classification: the loss of labels without their places in time."""

from ..._C import Tensor, int64, ops
from .reduction import number

__all__ = ["ctc_loss"]


def _lengths(values):
    return values if isinstance(values, Tensor) else ops.tensor(list(values), dtype=int64)


def ctc_loss(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):  # fmt: skip
    """-log of the probability of the targets in whatever alignment: log_probs [T, N, C] or [T, C], targets [N, S] or all in
    one row, lengths [N]. "mean" divides each loss by its target's length first.  Graves et al., 2006."""
    input_lengths, target_lengths = _lengths(input_lengths), _lengths(target_lengths)
    return ops.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, number(reduction), zero_infinity)
