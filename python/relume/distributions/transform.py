"""What transforms share, and those made of others: in a row, inverted, of several dimensions at once."""

import math

from .. import _C
from .._C import ops
from . import constraints


def summed(values, count):
    """The sum over the last dimensions."""
    for _ in range(count):
        values = values.sum(-1)
    return values


class Transform:
    """A function of samples: t(x), t.inv(y), and t.log_abs_det_jacobian(x, y), log |dy / dx|. One of one's own says its domain
    and codomain, and defines _call, _inverse and log_abs_det_jacobian. With cache_size=1 the inverse of the last result is
    the last argument."""

    bijective = False
    domain = codomain = constraints.real

    def __init__(self, cache_size=0):
        if cache_size not in (0, 1):
            raise ValueError("cache_size must be 0 or 1")
        self._cache_size = cache_size
        self._last = None, None

    @property
    def event_dim(self):
        """How many dimensions one value has."""
        if self.domain.event_dim == self.codomain.event_dim:
            return self.domain.event_dim
        raise ValueError("Please use either .domain.event_dim or .codomain.event_dim")

    def with_cache(self, cache_size=1):
        """The transform, or one like it with a cache of that size."""
        if self._cache_size == cache_size:
            return self
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__, _cache_size=cache_size, _last=(None, None))
        return made

    def __call__(self, x):
        """y = t(x)."""
        if self._cache_size and x is self._last[0]:
            return self._last[1]
        y = self._call(x)
        if self._cache_size:
            self._last = x, y
        return y

    def _undo(self, y):
        if self._cache_size and y is self._last[1]:
            return self._last[0]
        x = self._inverse(y)
        if self._cache_size:
            self._last = x, y
        return x

    def _call(self, x):
        raise NotImplementedError

    def _inverse(self, y):
        raise NotImplementedError

    @property
    def inv(self):
        """The inverse function, a transform itself."""
        return _InverseTransform(self)

    @property
    def sign(self):
        """1 for a function that increases, -1 for one that decreases."""
        raise NotImplementedError

    def log_abs_det_jacobian(self, x, y):
        """log |dy / dx| at x, where y is t(x)."""
        raise NotImplementedError

    def forward_shape(self, shape):
        """The shape of t(x) for x of a shape."""
        return shape

    def inverse_shape(self, shape):
        """The shape of x for t(x) of a shape."""
        return shape

    def _options(self):
        """What two transforms of one class must share to be equal; None where each is equal to itself alone."""
        return None

    def __eq__(self, other):
        if self is other:
            return True
        if type(self) is not type(other) or self._options() is None:
            return False
        pairs = zip(self._options(), other._options())
        return all(bool((a == b).all()) if isinstance(a == b, _C.Tensor) else a == b for a, b in pairs)

    __hash__ = object.__hash__

    def __repr__(self):
        return type(self).__name__ + "()"


class ScalarTransform(Transform):
    """The base of invertible functions of one number that increase and have no options."""

    bijective = True
    sign = 1

    def _options(self):
        return ()


class _InverseTransform(Transform):
    def __init__(self, transform):
        super().__init__()
        self._transform = transform

    domain = property(lambda self: self._transform.codomain)
    codomain = property(lambda self: self._transform.domain)
    bijective = property(lambda self: self._transform.bijective)
    sign = property(lambda self: self._transform.sign)
    inv = property(lambda self: self._transform)

    def _options(self):
        return (self._transform,)

    def with_cache(self, cache_size=1):
        return self._transform.with_cache(cache_size).inv

    def __call__(self, x):
        return self._transform._undo(x)

    def _undo(self, y):
        return self._transform(y)

    def log_abs_det_jacobian(self, x, y):
        return -self._transform.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape):
        return self._transform.inverse_shape(shape)

    def inverse_shape(self, shape):
        return self._transform.forward_shape(shape)

    def __repr__(self):
        return f"_InverseTransform({self._transform!r})"


def _of_dims(constraint, count):
    """A condition on values of so many dimensions."""
    extra = count - constraint.event_dim
    return constraints.independent(constraint, extra) if extra > 0 else constraint


class ComposeTransform(Transform):
    """ComposeTransform(parts): one transform after the other."""

    def __init__(self, parts, cache_size=0):
        super().__init__(cache_size)
        self.parts = [part.with_cache(cache_size) for part in parts] if cache_size else list(parts)

    bijective = property(lambda self: all(part.bijective for part in self.parts))
    sign = property(lambda self: math.prod(part.sign for part in self.parts))

    @property
    def domain(self):
        """What the first takes, of as many dimensions as all need."""
        if not self.parts:
            return constraints.real
        count = self.parts[-1].codomain.event_dim
        for part in reversed(self.parts):
            count = max(count + part.domain.event_dim - part.codomain.event_dim, part.domain.event_dim)
        return _of_dims(self.parts[0].domain, count)

    @property
    def codomain(self):
        """What the last gives, of as many dimensions as all make."""
        if not self.parts:
            return constraints.real
        count = self.parts[0].domain.event_dim
        for part in self.parts:
            count = max(count + part.codomain.event_dim - part.domain.event_dim, part.codomain.event_dim)
        return _of_dims(self.parts[-1].codomain, count)

    @property
    def inv(self):
        """The inverses, from the last."""
        made = self.__dict__.get("_inv")
        if made is None:
            self._inv = made = ComposeTransform([part.inv for part in reversed(self.parts)])
            made._inv = self
        return made

    def with_cache(self, cache_size=1):
        return self if self._cache_size == cache_size else ComposeTransform(self.parts, cache_size)

    def _options(self):
        return (self.parts,)

    def __call__(self, x):
        for part in self.parts:
            x = part(x)
        return x

    def _undo(self, y):
        for part in reversed(self.parts):
            y = part._undo(y)
        return y

    def log_abs_det_jacobian(self, x, y):
        if not self.parts:
            return ops.zeros_like(x)
        total, count = 0, self.domain.event_dim
        for i, part in enumerate(self.parts):
            after = y if i + 1 == len(self.parts) else part(x)
            total = total + summed(part.log_abs_det_jacobian(x, after), count - part.domain.event_dim)
            count += part.codomain.event_dim - part.domain.event_dim
            x = after
        return total

    def forward_shape(self, shape):
        for part in self.parts:
            shape = part.forward_shape(shape)
        return shape

    def inverse_shape(self, shape):
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return shape

    def __repr__(self):
        return "ComposeTransform(\n    " + ",\n    ".join(repr(part) for part in self.parts) + "\n)"


identity_transform = ComposeTransform([])


class IndependentTransform(Transform):
    """IndependentTransform(base_transform, reinterpreted_batch_ndims): the last dimensions of a batch are part of one value."""

    def __init__(self, base_transform, reinterpreted_batch_ndims, cache_size=0):
        super().__init__(cache_size)
        self.base_transform = base_transform.with_cache(cache_size)
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims

    bijective = property(lambda self: self.base_transform.bijective)
    sign = property(lambda self: self.base_transform.sign)
    domain = property(lambda self: constraints.independent(self.base_transform.domain, self.reinterpreted_batch_ndims))
    codomain = property(
        lambda self: constraints.independent(self.base_transform.codomain, self.reinterpreted_batch_ndims)
    )

    def _call(self, x):
        if x.dim() < self.domain.event_dim:
            raise ValueError("Too few dimensions on input")
        return self.base_transform(x)

    def _inverse(self, y):
        if y.dim() < self.codomain.event_dim:
            raise ValueError("Too few dimensions on input")
        return self.base_transform._undo(y)

    def log_abs_det_jacobian(self, x, y):
        return summed(self.base_transform.log_abs_det_jacobian(x, y), self.reinterpreted_batch_ndims)

    def forward_shape(self, shape):
        return self.base_transform.forward_shape(shape)

    def inverse_shape(self, shape):
        return self.base_transform.inverse_shape(shape)

    def __repr__(self):
        return f"IndependentTransform({self.base_transform!r}, {self.reinterpreted_batch_ndims})"
