"""Special functions under the names of torch.special."""

from ._missing import attribute_finder
import math

from . import _C
from ._C import ops
from .autograd.function import Function

digamma, erf, erfc, erfinv, exp2, expm1, log1p, logsumexp = (
    ops.digamma, ops.erf, ops.erfc, ops.erfinv, ops.exp2, ops.expm1, ops.log1p, ops.logsumexp,
)  # fmt: skip
expit, gammaln, logit, psi, round = ops.sigmoid, ops.lgamma, ops.logit, ops.digamma, ops.round
sinc, xlogy = ops.sinc, ops.xlogy
gammainc, gammaincc, i0, polygamma = ops.igamma, ops.igammac, ops.i0, ops.polygamma
bessel_j0, bessel_j1, bessel_y0, bessel_y1, erfcx, i0e, i1, i1e, log_ndtr, ndtri, zeta = (
    ops.special_bessel_j0, ops.special_bessel_j1, ops.special_bessel_y0, ops.special_bessel_y1, ops.special_erfcx,
    ops.special_i0e, ops.special_i1, ops.special_i1e, ops.special_log_ndtr, ops.special_ndtri, ops.special_zeta,
)  # fmt: skip
from ._composites import mvlgamma as multigammaln  # noqa: E402: beside their like


def softmax(input, dim, *, dtype=None):
    """exp(x) / sum(exp(x)) over dim."""
    return ops.softmax(input, dim, dtype)


def log_softmax(input, dim, *, dtype=None):
    """log(softmax(x)) over dim."""
    return ops.log_softmax(input, dim, dtype)


class _Entropy(Function):
    """entr, whose slope is infinite at 0."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return ops.where(x == 0, 0.0, ops.where(x < 0, -math.inf, -ops.xlogy(x, x)))

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * (-x.log() - 1)


def entr(input):
    """-x log(x) for x > 0, 0 at 0, and minus infinity below."""
    return ops._named(_Entropy.apply(input), "SpecialEntrBackward0")


def ndtr(input):
    """The distribution function of the standard normal distribution."""
    return 0.5 * ops.erfc(input * -math.sqrt(0.5))


def xlog1py(input, other):
    """input log(1 + other), and 0 where input is 0 and other is no NaN."""
    other = other if isinstance(other, _C.Tensor) else ops.tensor(other)
    other = other.to(ops.result_type(input, other))
    zero = (input == 0) & ~ops.isnan(other)
    return ops._named(ops.where(zero, 0.0, input * ops.log1p(other)), "SpecialXlog1PyBackward0")

__getattr__ = attribute_finder("torch.special")
