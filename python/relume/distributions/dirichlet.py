"""The Dirichlet distribution."""

from .. import _C
from .._C import ops
from . import constraints
from .distribution import Distribution
from .gamma import standard_gamma


class Dirichlet(Distribution):
    """Dirichlet(concentration): vectors of positive numbers whose sum is 1, with the density
    prod_i x_i^(c_i - 1) Gamma(sum_i c_i) / prod_i Gamma(c_i)."""

    arg_constraints = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex
    has_rsample = True
    batched = ("concentration",)

    def __init__(self, concentration, validate_args=None):
        if concentration.dim() < 1:
            raise ValueError("`concentration` parameter must be at least one-dimensional.")
        self.concentration = concentration
        super().__init__(concentration.shape[:-1], concentration.shape[-1:], validate_args=validate_args)

    @property
    def mean(self):
        return self.concentration / self.concentration.sum(-1, True)

    @property
    def mode(self):
        above = (self.concentration - 1).clamp(min=0.0)
        mode = above / above.sum(-1, True)
        flat = (self.concentration < 1).all(-1, True)
        return ops.where(flat, ops.one_hot(self.concentration.argmax(-1), above.shape[-1]).to(mode.dtype), mode)

    @property
    def variance(self):
        c, total = self.concentration, self.concentration.sum(-1, True)
        return c * (total - c) / (total.pow(2) * (total + 1))

    def rsample(self, sample_shape=_C.Size()):
        parts = standard_gamma(self.concentration.expand(self._extended_shape(sample_shape)))
        return parts / parts.sum(-1, True)

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        c = self.concentration
        return ops.xlogy(c - 1.0, value).sum(-1) + ops.lgamma(c.sum(-1)) - ops.lgamma(c).sum(-1)

    def entropy(self):
        c = self.concentration
        count, total = c.shape[-1], c.sum(-1)
        return (
            ops.lgamma(c).sum(-1) - ops.lgamma(total) - (count - total) * ops.digamma(total)
            - ((c - 1.0) * ops.digamma(c)).sum(-1)
        )  # fmt: skip
