"""The distribution of the absolute values of normal numbers."""

import math

from .. import _C
from .._C import ops
from . import constraints
from .distribution import Distribution
from .normal import Normal


class HalfNormal(Distribution):
    """HalfNormal(scale): |x| for x of Normal(0, scale)."""

    arg_constraints = {"scale": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, scale, validate_args=None):
        self._normal = Normal(0, scale, validate_args=False)
        super().__init__(self._normal.batch_shape, validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        new = super().expand(batch_shape)
        new._normal = self._normal.expand(batch_shape)
        return new

    @property
    def scale(self):
        """The deviation of the normal number."""
        return self._normal.scale

    @property
    def mean(self):
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def mode(self):
        return ops.zeros_like(self.scale)

    @property
    def variance(self):
        return self.scale.pow(2) * (1 - 2 / math.pi)

    def rsample(self, sample_shape=_C.Size()):
        return self._normal.rsample(sample_shape).abs()

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        return ops.where(value >= 0, self._normal.log_prob(value) + math.log(2), -math.inf)

    def cdf(self, value):
        if self._validate_args:
            self._validate_sample(value)
        return 2 * self._normal.cdf(value) - 1

    def icdf(self, value):
        return self._normal.icdf((value + 1) / 2)

    def entropy(self):
        return self._normal.entropy() - math.log(2)
