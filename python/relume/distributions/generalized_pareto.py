"""The generalized Pareto distribution."""

import math

from .. import _C
from .._C import ops
from . import constraints
from .distribution import Distribution
from .utils import broadcast_all


class GeneralizedPareto(Distribution):
    """GeneralizedPareto(loc, scale, concentration): what exceeds a threshold loc, with the probability
    (1 + c z)^(-1 / c) of more than z = (x - loc) / scale, exp(-z) where c is 0."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive, "concentration": constraints.real}
    has_rsample = True
    batched = ("loc", "scale", "concentration")

    def __init__(self, loc, scale, concentration, validate_args=None):
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def support(self):
        upper = ops.where(self.concentration < 0, self.loc - self.scale / self.concentration, math.inf)
        return constraints.interval(self.loc, upper)

    def _cases(self, zero, other):
        """zero where the concentration is 0, other(concentration) elsewhere."""
        is_zero = ops.isclose(self.concentration, ops.zeros_like(self.concentration))
        return ops.where(is_zero, zero, other(ops.where(is_zero, 1.0, self.concentration)))

    def _scaled(self, value):
        if self._validate_args:
            self._validate_sample(value)
        return (value - self.loc) / self.scale

    @property
    def mean(self):
        valid = self.concentration < 1
        result = self.loc + self.scale / (1 - ops.where(valid, self.concentration, 0.5))
        return ops.where(valid, result, math.nan)

    @property
    def mode(self):
        return self.loc

    @property
    def variance(self):
        valid = self.concentration < 0.5
        c = ops.where(valid, self.concentration, 0.25)
        return ops.where(valid, self.scale**2 / ((1 - c) ** 2 * (1 - 2 * c)), math.nan)

    def rsample(self, sample_shape=_C.Size()):
        return self.icdf(ops.rand(self._extended_shape(sample_shape), dtype=self.loc.dtype))

    def log_prob(self, value):
        z = self._scaled(value)

        def other(c):
            power = 1 / c + ops.ones_like(z)
            return ops.where(power == 0, power, power * ops.log1p(c * z))

        return -self.scale.log() - self._cases(z, other)

    def log_survival_function(self, value):
        """The logarithm of the probability of values above this one."""
        z = self._scaled(value)
        return self._cases(-z, lambda c: -ops.log1p(c * z) / c)

    def log_cdf(self, value):
        """The logarithm of cdf."""
        return ops.log1p(-self.log_survival_function(value).exp())

    def cdf(self, value):
        return self.log_cdf(value).exp()

    def icdf(self, value):
        left = ops.log1p(-value)
        return self._cases(
            self.loc - self.scale * left, lambda c: self.loc + self.scale / c * ops.expm1(-c * left)
        )

    def entropy(self):
        return (self.scale.log() + self.concentration + 1).expand(self._batch_shape)
