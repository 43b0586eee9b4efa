"""A distribution of functions of samples of another."""

from .. import _C
from .._modes import no_grad
from . import constraints
from .distribution import Distribution
from .independent import Independent
from .transforms import Transform


def _summed(values, count):
    for _ in range(count):
        values = values.sum(-1)
    return values


class TransformedDistribution(Distribution):
    """TransformedDistribution(base_distribution, transforms): x of the base, and each transform after the other; the density
    is that of x over the slopes."""

    arg_constraints = {}

    def __init__(self, base_distribution, transforms, validate_args=None):
        self.transforms = [transforms] if isinstance(transforms, Transform) else list(transforms)
        if not all(isinstance(transform, Transform) for transform in self.transforms):
            raise ValueError(f"transforms must be a Transform or a list of Transforms, but was {transforms}")
        event_dim = max([len(base_distribution.event_shape)] + [transform.event_dim for transform in self.transforms])
        shape = base_distribution.batch_shape + base_distribution.event_shape
        extra = event_dim - len(base_distribution.event_shape)
        self.base_dist = Independent(base_distribution, extra) if extra else base_distribution
        cut = len(shape) - event_dim
        super().__init__(shape[:cut], shape[cut:], validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        new = super().expand(batch_shape)
        new.base_dist = self.base_dist.expand(batch_shape)
        return new

    @property
    def has_rsample(self):
        """Whether the base has rsample."""
        return self.base_dist.has_rsample

    @property
    def support(self):
        codomain = self.transforms[-1].codomain if self.transforms else self.base_dist.support
        extra = len(self._event_shape) - codomain.event_dim
        return constraints.independent(codomain, extra) if extra > 0 else codomain

    def _transformed(self, x):
        for transform in self.transforms:
            x = transform(x)
        return x

    def sample(self, sample_shape=_C.Size()):
        with no_grad():
            return self._transformed(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape=_C.Size()):
        return self._transformed(self.base_dist.rsample(sample_shape))

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        result, y = 0.0, value
        for transform in reversed(self.transforms):
            x = transform.inv(y)
            result = result - _summed(transform.log_abs_det_jacobian(x, y), len(self._event_shape) - transform.event_dim)
            y = x
        base = _summed(self.base_dist.log_prob(y), len(self._event_shape) - len(self.base_dist.event_shape))
        return result + base

    def _sign(self):
        sign = 1
        for transform in self.transforms:
            sign = sign * transform.sign
        return sign

    def cdf(self, value):
        for transform in reversed(self.transforms):
            value = transform.inv(value)
        sign = self._sign()
        return sign * (self.base_dist.cdf(value) - 0.5) + 0.5

    def icdf(self, value):
        return self._transformed(self.base_dist.icdf(self._sign() * (value - 0.5) + 0.5))
