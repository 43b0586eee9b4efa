"""The distribution of Fisher and Snedecor."""

import math

from .. import _C
from .._C import ops
from . import constraints
from .distribution import Distribution
from .gamma import Gamma
from .utils import broadcast_all, tiny


class FisherSnedecor(Distribution):
    """FisherSnedecor(df1, df2): the ratio of a Chi2(df1) number per degree to a Chi2(df2) number per degree."""

    arg_constraints = {"df1": constraints.positive, "df2": constraints.positive}
    support = constraints.positive
    has_rsample = True
    batched = ("df1", "df2")

    def __init__(self, df1, df2, validate_args=None):
        self.df1, self.df2 = broadcast_all(df1, df2)
        super().__init__(self.df1.shape, validate_args=validate_args)

    @property
    def mean(self):
        df2 = ops.where(self.df2 <= 2, math.nan, self.df2)
        return df2 / (df2 - 2)

    @property
    def mode(self):
        mode = (self.df1 - 2) / self.df1 * self.df2 / (self.df2 + 2)
        return ops.where(self.df1 <= 2, math.nan, mode)

    @property
    def variance(self):
        df2 = ops.where(self.df2 <= 4, math.nan, self.df2)
        return 2 * df2.pow(2) * (self.df1 + df2 - 2) / (self.df1 * (df2 - 2).pow(2) * (df2 - 4))

    def rsample(self, sample_shape=_C.Size()):
        above, below = (Gamma(df * 0.5, df).rsample(sample_shape) for df in (self.df1, self.df2))
        smallest = tiny(below.dtype)
        return (above / below.clamp(min=smallest)).clamp(min=smallest)

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        half1, half2, ratio = self.df1 * 0.5, self.df2 * 0.5, self.df1 / self.df2
        constant = ops.lgamma(half1 + half2) - ops.lgamma(half1) - ops.lgamma(half2)
        return constant + half1 * ratio.log() + (half1 - 1) * value.log() - (half1 + half2) * ops.log1p(ratio * value)
