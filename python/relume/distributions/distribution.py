"""The base of distributions: shapes, checks of parameters and values, printing."""

from .. import _C
from .._C import Tensor
from .._modes import no_grad
from . import constraints
from .utils import lazy_property, shape_of


class Distribution:
    """A distribution of values of shape event_shape, batch_shape of them at once. A class of one's own says its parameters
    in arg_constraints and its values in support, and defines log_prob and sample or rsample."""

    has_rsample = False
    has_enumerate_support = False
    _validate_args = __debug__
    batched = ()  # the names of parameters that expand() expands

    @staticmethod
    def set_default_validate_args(value):
        """Whether parameters and values are checked where nothing else is said."""
        if value not in (True, False):
            raise ValueError
        Distribution._validate_args = value

    def __init__(self, batch_shape=(), event_shape=(), validate_args=None):
        self._batch_shape, self._event_shape = shape_of(batch_shape), shape_of(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._check_parameters()

    def _check_parameters(self):
        for name, constraint in self.arg_constraints.items():
            computed = isinstance(getattr(type(self), name, None), lazy_property) and name not in self.__dict__
            if computed or constraints.is_dependent(constraint):
                continue
            value = getattr(self, name)
            if not bool(constraint.check(value).all()):
                raise ValueError(
                    f"Expected parameter {name} ({type(value).__name__} of shape {tuple(value.shape)}) of distribution "
                    f"{self!r} to satisfy the constraint {constraint!r}, but found invalid values:\n{value}"
                )

    def expand(self, batch_shape, _instance=None):
        """The same distribution with its parameters expanded to a batch shape."""
        new, batch_shape = object.__new__(type(self)), shape_of(batch_shape)
        new.__dict__.update(self.__dict__)
        for name in self.batched:
            if name in self.__dict__:
                value = getattr(self, name)
                own = value.shape[len(self._batch_shape) :]
                new.__dict__[name] = value.expand(tuple(batch_shape) + tuple(own))
        new._batch_shape = batch_shape
        return new

    @property
    def batch_shape(self):
        """The shape over which parameters are batched."""
        return self._batch_shape

    @property
    def event_shape(self):
        """The shape of one value."""
        return self._event_shape

    @property
    def arg_constraints(self):
        """What each parameter must be, by name."""
        raise NotImplementedError

    @property
    def support(self):
        """What values are."""
        raise NotImplementedError

    @property
    def mean(self):
        """The mean."""
        raise NotImplementedError

    @property
    def mode(self):
        """The most probable value."""
        raise NotImplementedError(f"{type(self)} does not implement mode")

    @property
    def variance(self):
        """The variance."""
        raise NotImplementedError

    @property
    def stddev(self):
        """The root of the variance."""
        return self.variance.sqrt()

    def sample(self, sample_shape=_C.Size()):
        """Values of shape sample_shape + batch_shape + event_shape, without gradient."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape=_C.Size()):
        """The same, differentiable with respect to the parameters."""
        raise NotImplementedError

    def sample_n(self, n):
        """n samples."""
        return self.sample((n,))

    def log_prob(self, value):
        """The logarithm of the density, or of the probability, at each value."""
        raise NotImplementedError

    def cdf(self, value):
        """The probability of values up to this one."""
        raise NotImplementedError

    def icdf(self, value):
        """The inverse of cdf."""
        raise NotImplementedError

    def enumerate_support(self, expand=True):
        """All values of a discrete distribution, along the first dimension."""
        raise NotImplementedError

    def entropy(self):
        """The mean of -log_prob."""
        raise NotImplementedError

    def perplexity(self):
        """exp(entropy())."""
        return self.entropy().exp()

    def _extended_shape(self, sample_shape=_C.Size()):
        return shape_of(sample_shape) + self._batch_shape + self._event_shape

    def _validate_sample(self, value):
        """Raises ValueError for what is no value of the distribution."""
        if not isinstance(value, Tensor):
            raise ValueError("The value argument to log_prob must be a Tensor")
        self._check_shape(value)
        support = self.support
        if not bool(support.check(value).all()):
            raise ValueError(
                f"Expected value argument ({type(value).__name__} of shape {tuple(value.shape)}) to be within the support "
                f"({support!r}) of the distribution {self!r}, but found invalid values:\n{value}"
            )

    def _check_shape(self, value):
        start = value.dim() - len(self._event_shape)
        if value.shape[start:] != self._event_shape:
            raise ValueError(
                f"The right-most size of value must match event_shape: {value.shape} vs {self._event_shape}."
            )
        expected = self._batch_shape + self._event_shape
        for have, want in zip(reversed(value.shape), reversed(expected)):
            if have != 1 and want != 1 and have != want:
                raise ValueError(f"Value is not broadcastable with batch_shape+event_shape: {value.shape} vs {expected}.")

    def __repr__(self):
        shown = []
        for name in self.arg_constraints:
            if name in self.__dict__:
                value = self.__dict__[name]
                shown.append(f"{name}: {value if value.numel() == 1 else value.size()}")
        return f"{type(self).__name__}({', '.join(shown)})"
