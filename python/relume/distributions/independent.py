"""Dimensions of a batch as dimensions of a value."""

from .. import _C
from . import constraints
from .distribution import Distribution


class Independent(Distribution):
    """Independent(base_distribution, reinterpreted_batch_ndims): the last dimensions of the base's batch are part of one
    value, whose log_prob is the sum over them."""

    arg_constraints = {}

    def __init__(self, base_distribution, reinterpreted_batch_ndims, validate_args=None):
        batch = base_distribution.batch_shape
        if reinterpreted_batch_ndims > len(batch):
            raise ValueError(
                "Expected reinterpreted_batch_ndims <= len(base_distribution.batch_shape), "
                f"actual {reinterpreted_batch_ndims} vs {len(batch)}"
            )
        self.base_dist, self.reinterpreted_batch_ndims = base_distribution, reinterpreted_batch_ndims
        kept = len(batch) - reinterpreted_batch_ndims
        super().__init__(batch[:kept], batch[kept:] + base_distribution.event_shape, validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        own = self.base_dist.batch_shape[len(self._batch_shape) :]
        base = self.base_dist.expand(_C.Size(batch_shape) + own)
        return Independent(base, self.reinterpreted_batch_ndims, validate_args=False)

    @property
    def has_rsample(self):
        """Whether the base has rsample."""
        return self.base_dist.has_rsample

    @property
    def has_enumerate_support(self):
        """Whether values can be listed: not where several are one."""
        return self.reinterpreted_batch_ndims == 0 and self.base_dist.has_enumerate_support

    @property
    def support(self):
        support = self.base_dist.support
        count = self.reinterpreted_batch_ndims
        return constraints.independent(support, count) if count else support

    @property
    def mean(self):
        return self.base_dist.mean

    @property
    def mode(self):
        return self.base_dist.mode

    @property
    def variance(self):
        return self.base_dist.variance

    def sample(self, sample_shape=_C.Size()):
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape=_C.Size()):
        return self.base_dist.rsample(sample_shape)

    def _summed(self, values):
        for _ in range(self.reinterpreted_batch_ndims):
            values = values.sum(-1)
        return values

    def log_prob(self, value):
        return self._summed(self.base_dist.log_prob(value))

    def entropy(self):
        return self._summed(self.base_dist.entropy())

    def enumerate_support(self, expand=True):
        if self.reinterpreted_batch_ndims > 0:
            raise NotImplementedError("Enumeration over cartesian product is not implemented")
        return self.base_dist.enumerate_support(expand)

    def __repr__(self):
        return f"Independent({self.base_dist!r}, {self.reinterpreted_batch_ndims})"
