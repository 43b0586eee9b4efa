"""The continuous Bernoulli distribution."""

import math

from .. import _C
from .._C import ops
from .._modes import no_grad
from . import constraints
from .binary import Binary
from .exp_family import ExponentialFamily
from .utils import broadcast_all, clamp_probs, lazy_property, logits_to_probs


class ContinuousBernoulli(Binary, ExponentialFamily):
    """ContinuousBernoulli(probs) or (logits=...): the density C(p) p^x (1 - p)^(1 - x) between 0 and 1. For p within lims,
    around 1/2, a Taylor series takes the formulas' place.  Loaiza-Ganem and Cunningham, 2019."""

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(self, probs=None, logits=None, lims=(0.499, 0.501), validate_args=None):
        self._lims = lims
        if probs is not None:
            (probs,) = broadcast_all(probs)
            if validate_args is not None and not bool(self.arg_constraints["probs"].check(probs).all()):
                raise ValueError("The parameter probs has invalid values")
            probs = clamp_probs(probs)
        super().__init__(probs, logits, validate_args)

    @lazy_property
    def probs(self):
        """The parameter p."""
        return clamp_probs(logits_to_probs(self.logits, is_binary=True))

    def _stable(self):
        """Where p is not within lims."""
        return (self.probs <= self._lims[0]) | (self.probs > self._lims[1])

    def _chosen(self, formula, series):
        """formula(p) where p is stable, else series(p - 1/2)."""
        stable = self._stable()
        safe = ops.where(stable, self.probs, self._lims[0] * ops.ones_like(self.probs))
        return ops.where(stable, formula(safe), series(self.probs - 0.5))

    def _log_constant(self):
        """log C(p)."""

        def formula(p):
            below = ops.where(p <= 0.5, p, ops.zeros_like(p))
            above = ops.where(p >= 0.5, p, ops.ones_like(p))
            distance = ops.where(p <= 0.5, ops.log1p(-2.0 * below), ops.log(2.0 * above - 1.0))
            return ops.log((ops.log1p(-p) - p.log()).abs()) - distance

        return self._chosen(formula, lambda x: math.log(2.0) + (4.0 / 3.0 + 104.0 / 45.0 * x**2) * x**2)

    @property
    def mean(self):
        return self._chosen(
            lambda p: p / (2.0 * p - 1.0) + 1.0 / (ops.log1p(-p) - p.log()),
            lambda x: 0.5 + (1.0 / 3.0 + 16.0 / 45.0 * x**2) * x,
        )

    @property
    def variance(self):
        return self._chosen(
            lambda p: p * (p - 1.0) / (1.0 - 2.0 * p) ** 2 + 1.0 / (ops.log1p(-p) - p.log()) ** 2,
            lambda x: 1.0 / 12.0 - (1.0 / 15.0 - 128.0 / 945.0 * x**2) * x**2,
        )

    def sample(self, sample_shape=_C.Size()):
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape=_C.Size()):
        return self.icdf(ops.rand(self._extended_shape(sample_shape), dtype=self.probs.dtype))

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        return -ops.binary_cross_entropy_with_logits(logits, value, reduction=0) + self._log_constant()

    def cdf(self, value):
        if self._validate_args:
            self._validate_sample(value)
        inside = self._chosen(
            lambda p: (p**value * (1.0 - p) ** (1.0 - value) + p - 1.0) / (2.0 * p - 1.0), lambda _: value
        )
        return ops.where(value <= 0.0, 0.0, ops.where(value >= 1.0, 1.0, inside))

    def icdf(self, value):
        def formula(p):
            start = ops.log1p(-p)
            return (ops.log1p(-p + value * (2.0 * p - 1.0)) - start) / (p.log() - start)

        return self._chosen(formula, lambda _: value)

    def entropy(self):
        of_zero, of_one = ops.log1p(-self.probs), self.probs.log()
        return self.mean * (of_zero - of_one) - self._log_constant() - of_zero

    @property
    def _natural_params(self):
        return (self.logits,)

    def _log_normalizer(self, x):
        low, high = self._lims[0] - 0.5, self._lims[1] - 0.5
        stable = (x <= low) | (x > high)
        safe = ops.where(stable, x, low * ops.ones_like(x))
        series = 0.5 * x + x**2 / 24.0 - x**4 / 2880.0
        return ops.where(stable, ops.log(ops.expm1(safe).abs()) - ops.log(safe.abs()), series)
