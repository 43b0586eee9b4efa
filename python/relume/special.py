"""Special functions under the names of torch.special."""

from ._missing import attribute_finder
import math

from . import _C
from ._C import ops

digamma, erf, erfc, erfinv, exp2, expm1, log1p, logsumexp = (
    ops.digamma, ops.erf, ops.erfc, ops.erfinv, ops.exp2, ops.expm1, ops.log1p, ops.logsumexp,
)  # fmt: skip
expit, gammaln, logit, psi, round, xlogy = ops.sigmoid, ops.lgamma, ops.logit, ops.digamma, ops.round, ops.xlogy
from ._composites import sinc  # noqa: E402: beside its like


def softmax(input, dim, *, dtype=None):
    """exp(x) / sum(exp(x)) over dim."""
    return ops.softmax(input, dim, dtype)


def log_softmax(input, dim, *, dtype=None):
    """log(softmax(x)) over dim."""
    return ops.log_softmax(input, dim, dtype)


def entr(input):
    """-x log(x) for x > 0, 0 at 0, and minus infinity below."""
    return ops.where(input < 0, -math.inf, -ops.xlogy(input, input))


def ndtr(input):
    """The distribution function of the standard normal distribution."""
    return 0.5 * ops.erfc(-input * math.sqrt(0.5))


def ndtri(input):
    """The inverse of ndtr, between 0 and 1."""
    return math.sqrt(2) * ops.erfinv(2 * input - 1)


def xlog1py(input, other):
    """input log(1 + other), and 0 where input is 0 and other is no NaN."""
    other = other if isinstance(other, _C.Tensor) else ops.tensor(other)
    other = other.to(ops.result_type(input, other))
    return ops.where((input == 0) & ~ops.isnan(other), 0.0, input * ops.log1p(other))

__getattr__ = attribute_finder("torch.special")
