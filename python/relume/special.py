"""Special functions under the names of torch.special."""

from ._C import ops as _ops
from ._missing import attribute_finder

digamma, erf, erfc, erfinv, exp2, expm1, log1p, logsumexp = (
    _ops.digamma, _ops.erf, _ops.erfc, _ops.erfinv, _ops.exp2, _ops.expm1, _ops.log1p, _ops.logsumexp,
)  # fmt: skip
expit, gammaln, logit, psi, round = _ops.sigmoid, _ops.lgamma, _ops.logit, _ops.digamma, _ops.round
gammainc, gammaincc, i0, multigammaln, polygamma, sinc, xlogy = (
    _ops.igamma, _ops.igammac, _ops.i0, _ops.mvlgamma, _ops.polygamma, _ops.sinc, _ops.xlogy,
)  # fmt: skip
globals().update((name.removeprefix("special_"), getattr(_ops, name)) for name in dir(_ops) if name.startswith("special_"))


def softmax(input, dim, *, dtype=None):
    """exp(x) / sum(exp(x)) over dim."""
    return _ops.softmax(input, dim, dtype)


def log_softmax(input, dim, *, dtype=None):
    """log(softmax(x)) over dim."""
    return _ops.log_softmax(input, dim, dtype)


__getattr__ = attribute_finder("torch.special")
