"""Connectionist temporal classification: the loss of labels without their places in time."""

from ..._C import Tensor, int64, ops
from ..._modes import in_float32
from .reduction import number

__all__ = ["ctc_loss"]

_NEVER = -1e30  # the logarithm of no probability; finite, so that gradients are


def _lengths(values):
    return values.long() if isinstance(values, Tensor) else ops.tensor(list(values), dtype=int64)


def _extended(targets, lengths, blank):
    """The labels of each sequence with blanks before, between and after them: [N, 2 S + 1]."""
    longest = int(lengths.max().item()) if lengths.numel() else 0
    extended = ops.full((lengths.size(0), 2 * longest + 1), blank, dtype=int64)
    start = 0
    for i, length in enumerate(lengths.tolist()):
        labels = targets[start : start + length] if targets.dim() == 1 else targets[i, :length]
        start += length
        if length:
            extended[i, 1 : 2 * length : 2] = labels.long()
    return extended


def _shifted(alpha, by):
    """The states `by` labels before."""
    return ops.constant_pad_nd(alpha, (by, 0), _NEVER)[:, : alpha.size(1)]


def _negative_log_likelihood(log_probs, extended, input_lengths, target_lengths, blank):
    """The loss of each sequence, by the forward recursion over time."""
    steps = log_probs.gather(2, extended.unsqueeze(0).expand(log_probs.size(0), -1, -1))
    never = ops.full_like(steps[0], _NEVER)
    skips = (extended != blank) & (extended != ops.constant_pad_nd(extended, (2, 0), blank)[:, : extended.size(1)])
    place = ops.arange(extended.size(1))
    alpha = ops.where((place < 2).expand_as(never), steps[0], never)
    for time in range(1, log_probs.size(0)):
        ways = ops.stack((alpha, _shifted(alpha, 1), ops.where(skips, _shifted(alpha, 2), never)))
        after = ways.logsumexp(0) + steps[time]
        alpha = ops.where((time < input_lengths).unsqueeze(1), after, alpha)
    last = (2 * target_lengths).unsqueeze(1)
    ends = alpha.gather(1, ops.cat((last, (last - 1).clamp_min(0)), 1))
    second = ops.where(target_lengths > 0, ends[:, 1], never[:, 0])
    return -ops.stack((ends[:, 0], second)).logsumexp(0)


def _check(log_probs, targets, input_lengths, target_lengths, blank):
    where = "(while checking arguments for ctc_loss_allocate_outputs)"
    steps, batch, classes = log_probs.shape
    if not 0 <= blank < classes:
        raise RuntimeError("blank must be in label range")
    if input_lengths.size(0) != batch:
        raise RuntimeError("input_lengths must be of size batch_size")
    if target_lengths.size(0) != batch:
        raise RuntimeError("target_lengths must be of size batch_size")
    longest = max(target_lengths.tolist(), default=0)
    if targets.dim() == 1 and targets.size(0) != sum(target_lengths.tolist()):
        raise RuntimeError(
            f"Expected tensor to have size {sum(target_lengths.tolist())} at dimension 0, but got size {targets.size(0)} for "
            f"argument #2 'targets' {where}"
        )
    if targets.dim() == 2 and targets.size(1) < longest:
        raise RuntimeError(
            f"Expected tensor to have size at least {longest} at dimension 1, but got size {targets.size(1)} for argument "
            f"#2 'targets' {where}"
        )
    for length in input_lengths.tolist():
        if not 0 <= length <= steps:
            raise RuntimeError(f"Expected input_lengths to have value at most {steps}, but got value {length} {where}")


@in_float32
def ctc_loss(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):  # fmt: skip
    """-log of the probability of the targets in whatever alignment: log_probs [T, N, C] or [T, C], targets [N, S] or all in
    one row, lengths [N]. "mean" divides each loss by its target's length first.  Graves et al., 2006."""
    reduced = number(reduction)
    batched = log_probs.dim() == 3
    input_lengths, target_lengths = _lengths(input_lengths), _lengths(target_lengths)
    if not batched:
        log_probs = log_probs.unsqueeze(1)
        input_lengths, target_lengths = input_lengths.reshape(1), target_lengths.reshape(1)
    _check(log_probs, targets, input_lengths, target_lengths, blank)
    extended = _extended(targets, target_lengths, blank)
    losses = _negative_log_likelihood(log_probs, extended, input_lengths, target_lengths, blank)
    impossible = losses > -_NEVER / 2
    losses = losses.masked_fill(impossible, 0.0 if zero_infinity else float("inf"))
    if reduced == 1:
        return (losses / target_lengths.clamp_min(1).to(losses.dtype)).mean()
    if reduced == 2:
        return losses.sum()
    return losses if batched else losses.squeeze(0)
