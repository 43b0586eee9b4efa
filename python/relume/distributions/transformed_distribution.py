"""A distribution of functions of samples of another."""

from .. import _C
from .._modes import no_grad
from . import constraints
from .distribution import Distribution
from .independent import Independent
from .transform import ComposeTransform, Transform, summed


class TransformedDistribution(Distribution):
    """TransformedDistribution(base_distribution, transforms): x of the base, and each transform after the other; the density
    is that of x over the slopes."""

    arg_constraints = {}

    def __init__(self, base_distribution, transforms, validate_args=None):
        if not isinstance(transforms, (Transform, list)):
            raise ValueError(f"transforms must be a Transform or list, but was {transforms}")
        self.transforms = [transforms] if isinstance(transforms, Transform) else transforms
        if not all(isinstance(transform, Transform) for transform in self.transforms):
            raise ValueError("transforms must be a Transform or a list of Transforms")
        shape = base_distribution.batch_shape + base_distribution.event_shape
        whole, own = ComposeTransform(self.transforms), len(base_distribution.event_shape)
        if len(shape) < whole.domain.event_dim:
            raise ValueError(
                f"base_distribution needs to have shape with size at least {whole.domain.event_dim}, but got {shape}."
            )
        forward = _C.Size(whole.forward_shape(shape))
        expanded = whole.inverse_shape(forward)
        if shape != expanded:
            base_distribution = base_distribution.expand(expanded[: len(expanded) - own])
        extra = whole.domain.event_dim - own
        self.base_dist = Independent(base_distribution, extra) if extra > 0 else base_distribution
        event_dim = max(whole.codomain.event_dim, own + whole.codomain.event_dim - whole.domain.event_dim)
        cut = len(forward) - event_dim
        super().__init__(forward[:cut], forward[cut:], validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        new = super().expand(batch_shape)
        shape = _C.Size(batch_shape) + self._event_shape
        for transform in reversed(self.transforms):
            shape = transform.inverse_shape(shape)
        new.base_dist = self.base_dist.expand(shape[: len(shape) - len(self.base_dist.event_shape)])
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
        result, y, count = 0.0, value, len(self._event_shape)
        for transform in reversed(self.transforms):
            x = transform.inv(y)
            count += transform.domain.event_dim - transform.codomain.event_dim
            result = result - summed(transform.log_abs_det_jacobian(x, y), count - transform.domain.event_dim)
            y = x
        return result + summed(self.base_dist.log_prob(y), count - len(self.base_dist.event_shape))

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
