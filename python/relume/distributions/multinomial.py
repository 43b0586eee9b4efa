"""The multinomial distribution."""

import math

from .. import _C
from .._C import ops
from . import constraints
from .over_categorical import OverCategorical
from .utils import broadcast_all, shape_of


class Multinomial(OverCategorical):
    """Multinomial(total_count, probs) or (total_count, logits=...): how often each of the categories comes among
    total_count draws."""

    def __init__(self, total_count=1, probs=None, logits=None, validate_args=None):
        if not isinstance(total_count, int):
            raise NotImplementedError("inhomogeneous total_count is not supported")
        self.total_count = total_count
        super().__init__(probs, logits, validate_args)

    @property
    def support(self):
        return constraints.multinomial(self.total_count)

    @property
    def mean(self):
        return self._categorical.probs * self.total_count

    @property
    def variance(self):
        return self.total_count * self._categorical.probs * (1 - self._categorical.probs)

    def sample(self, sample_shape=_C.Size()):
        drawn = self._categorical.sample((self.total_count,) + tuple(shape_of(sample_shape)))
        drawn = drawn.permute(tuple(range(1, drawn.dim())) + (0,))
        counts = drawn.new_zeros(self._extended_shape(sample_shape))
        return counts.scatter_add_(-1, drawn, ops.ones_like(drawn)).type_as(self._categorical.probs)

    def entropy(self):
        n, logits = self.total_count, self._categorical.logits
        counts = ops.arange(1, n + 1, dtype=logits.dtype).reshape((n,) + (1,) * logits.dim())
        ways = math.lgamma(n + 1) - ops.lgamma(counts + 1) - ops.lgamma(n - counts + 1)
        binomial = ops.exp(ways + counts * logits + (n - counts) * ops.log1p(-self._categorical.probs))
        return n * self._categorical.entropy() - math.lgamma(n + 1) + (binomial * ops.lgamma(counts + 1)).sum((0, -1))

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self._categorical.logits, value)
        ways = ops.lgamma(value.sum(-1) + 1) - ops.lgamma(value + 1).sum(-1)
        terms = ops.where((value == 0) & (logits == -float("inf")), 0.0, logits * value)
        return ways + terms.sum(-1)
