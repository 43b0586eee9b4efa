"""Student's distribution."""

import math

from .. import _C
from .._C import ops
from . import constraints
from .distribution import Distribution
from .gamma import standard_gamma
from .utils import broadcast_all, standard_normal


class StudentT(Distribution):
    """StudentT(df, loc=0, scale=1): loc + scale times a normal number over the root of a Chi2(df) number per degree."""

    arg_constraints = {"df": constraints.positive, "loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True
    batched = ("df", "loc", "scale")

    def __init__(self, df, loc=0.0, scale=1.0, validate_args=None):
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        super().__init__(self.df.shape, validate_args=validate_args)

    @property
    def mean(self):
        return ops.where(self.df > 1, self.loc, float("nan"))

    @property
    def mode(self):
        return self.loc

    @property
    def variance(self):
        finite = self.scale.pow(2) * self.df / (self.df - 2)
        return ops.where(self.df > 2, finite, ops.where(self.df > 1, float("inf"), ops.full_like(self.df, float("nan"))))

    def rsample(self, sample_shape=_C.Size()):
        shape = self._extended_shape(sample_shape)
        normal = standard_normal(shape, self.df.dtype)
        chi2 = standard_gamma((0.5 * self.df).expand(shape)) / 0.5
        return self.loc + self.scale * (normal * ops.rsqrt(chi2 / self.df))

    def entropy(self):
        beta = ops.lgamma(0.5 * self.df) + math.lgamma(0.5) - ops.lgamma(0.5 * (self.df + 1))
        spread = ops.digamma(0.5 * (self.df + 1)) - ops.digamma(0.5 * self.df)
        return self.scale.log() + 0.5 * (self.df + 1) * spread + 0.5 * self.df.log() + beta

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        y = (value - self.loc) / self.scale
        normalizer = (
            self.scale.log() + 0.5 * self.df.log() + 0.5 * math.log(math.pi)
            + ops.lgamma(0.5 * self.df) - ops.lgamma(0.5 * (self.df + 1.0))
        )  # fmt: skip
        return -0.5 * (self.df + 1.0) * ops.log1p(y**2.0 / self.df) - normalizer
