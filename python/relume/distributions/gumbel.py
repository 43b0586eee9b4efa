"""The Gumbel distribution."""

import math

from .. import _C
from .._C import ops
from .location_scale import LocationScale
from .utils import epsilon, euler_constant, tiny


class Gumbel(LocationScale):
    """Gumbel(loc, scale): loc - scale log(-log(u)) for a uniform u."""

    @property
    def mean(self):
        return self.loc + self.scale * euler_constant

    @property
    def stddev(self):
        return (math.pi / math.sqrt(6)) * self.scale

    @property
    def variance(self):
        return self.stddev.pow(2)

    def rsample(self, sample_shape=_C.Size()):
        dtype = self.loc.dtype
        low, high = tiny(dtype), 1 - epsilon(dtype)
        u = low + ops.rand(self._extended_shape(sample_shape), dtype=dtype) * (high - low)
        return self.loc - self.scale * (-u.log()).log()

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        y = (self.loc - value) / self.scale
        return (y - y.exp()) - self.scale.log()

    def cdf(self, value):
        return (-(-(value - self.loc) / self.scale).exp()).exp()

    def icdf(self, value):
        return self.loc - self.scale * (-value.log()).log()

    def entropy(self):
        return self.scale.log() + (1 + euler_constant)
