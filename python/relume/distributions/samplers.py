"""Samples that are drawn one after the other, by rejection."""

import math

from .._C import float64, ops
from .._modes import no_grad

# log k! minus Stirling's approximation, for k from 0 on.
_TAILS = (
    0.0810614667953272, 0.0413406959554092, 0.0276779256849983, 0.02079067210376509, 0.0166446911898211,
    0.0138761288230707, 0.0118967099458917, 0.0104112652619720, 0.00925546218271273, 0.00833056343336287,
)  # fmt: skip


def _tail(k):
    if k < len(_TAILS):
        return _TAILS[int(k)]
    square = (k + 1) ** 2
    return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1)


def _by_waiting(count, log_failure, uniform):
    """How many successes fit into count trials, from the trials that each takes (Devroye, 1986)."""
    trials = successes = 0
    while True:
        trials += math.ceil(math.log(uniform()) / log_failure)
        if trials > count:
            return successes
        successes += 1


def _by_rejection(count, p, product, deviation, odds, uniform):
    """A sample for count p of 10 and more (BTRS, Hormann, 1993)."""
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    c = product + 0.5
    inside = 0.92 - 4.2 / b
    alpha = (2.83 + 5.1 / b) * deviation
    mode = math.floor((count + 1) * p)
    while True:
        u, v = uniform() - 0.5, uniform()
        edge = 0.5 - abs(u)
        k = math.floor((2 * a / edge + b) * u + c) if edge else -1
        if not 0 <= k <= count:
            continue
        if edge >= 0.07 and v <= inside:
            return k
        bound = (
            (mode + 0.5) * math.log((mode + 1) / (odds * (count - mode + 1)))
            + (count + 1) * math.log((count - mode + 1) / (count - k + 1))
            + (k + 0.5) * math.log(odds * (count - k + 1) / (k + 1))
            + _tail(mode) + _tail(count - mode) - _tail(k) - _tail(count - k)
        )  # fmt: skip
        if math.log(v * alpha / (a / (edge * edge) + b)) <= bound:
            return k


def binomial(count, prob, generator=None):
    """How many of count trials, each with the probability prob, succeed: a sample for each element of the tensors, which
    broadcast, in their dtype. The numbers are PyTorch's for the same seed. Raises ValueError for dtypes of whole numbers."""
    for name, tensor in (("count", count), ("prob", prob)):
        if not tensor.is_floating_point():
            kind = tensor.type().split(".")[1][: -len("Tensor")]
            raise ValueError(f"binomial only supports floating-point dtypes for {name}, got: {kind}")
    if count.dtype != prob.dtype:
        kinds = [tensor.type().split(".")[1][: -len("Tensor")] for tensor in (prob, count)]
        raise RuntimeError("Found dtype {} but expected {}".format(*kinds))

    def uniform():
        return ops.rand((), dtype=float64, generator=generator).item()

    with no_grad():
        count, prob = ops.broadcast_tensors((count, prob))
        p = ops.where(prob > 0.5, 1 - prob, prob)
        product = count * p
        facts = (count, prob, p, product, (product * (1 - p)).sqrt(), p / (1 - p), ops.log1p(-p))
        values = [
            _one(*each, uniform) for each in zip(*(fact.reshape(-1).tolist() for fact in facts))
        ]
        return ops.tensor(values, dtype=count.dtype).reshape(count.shape)


def _one(count, prob, p, product, deviation, odds, log_failure, uniform):
    if count <= 0 or prob <= 0:
        return 0.0
    if prob >= 1:
        return count
    if math.isnan(prob):
        return math.nan
    if product >= 10:
        successes = _by_rejection(count, p, product, deviation, odds, uniform)
    else:
        successes = _by_waiting(count, log_failure, uniform)
    return float(count - successes if prob > 0.5 else successes)
