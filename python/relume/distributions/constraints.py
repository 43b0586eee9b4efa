"""What parameters and samples of distributions must be: check(value) says for each element whether it is."""

from .._C import bool as bool_dtype, ops
from .utils import epsilon

__all__ = [
    "Constraint", "boolean", "cat", "corr_cholesky", "dependent", "dependent_property", "greater_than", "greater_than_eq",
    "half_open_interval", "independent", "integer_interval", "interval", "is_dependent", "less_than", "lower_cholesky",
    "lower_triangular", "multinomial", "nonnegative", "nonnegative_integer", "one_hot", "positive", "positive_definite",
    "positive_integer", "positive_semidefinite", "real", "real_vector", "simplex", "square", "stack", "symmetric",
    "unit_interval",
]  # fmt: skip


class Constraint:
    """A condition on values; the last event_dim dimensions are one value."""

    is_discrete = False
    event_dim = 0

    def check(self, value):
        """Whether each value fulfils the condition, a bool tensor."""
        raise NotImplementedError

    def __repr__(self):
        return type(self).__name__.lstrip("_") + "()"


class _Dependent(Constraint):
    """Stands where the condition depends on other parameters."""

    def __init__(self, *, is_discrete=False, event_dim=0):
        self.is_discrete, self.event_dim = is_discrete, event_dim

    def __call__(self, *, is_discrete=False, event_dim=0):
        return _Dependent(is_discrete=is_discrete, event_dim=event_dim)

    def check(self, value):
        raise ValueError("Cannot determine validity of dependent constraint")


class _DependentProperty(property, _Dependent):
    """A decorator of properties of distributions that give a condition."""

    def __init__(self, fn=None, *, is_discrete=False, event_dim=0):
        property.__init__(self, fn)
        _Dependent.__init__(self, is_discrete=is_discrete, event_dim=event_dim)

    def __call__(self, fn):
        return _DependentProperty(fn, is_discrete=self.is_discrete, event_dim=self.event_dim)


class _Boolean(Constraint):
    is_discrete = True

    def check(self, value):
        return (value == 0) | (value == 1)


class _OneHot(Constraint):
    is_discrete = True
    event_dim = 1

    def check(self, value):
        return ((value == 0) | (value == 1)).all(-1) & (value.sum(-1) == 1)


class _Bounded(Constraint):
    """A condition with bounds, which its text names."""

    names = ()

    def __init__(self, *bounds):
        self.__dict__.update(zip(self.names, bounds))

    def __repr__(self):
        inside = ", ".join(f"{name}={getattr(self, name)}" for name in self.names)
        return f"{type(self).__name__.lstrip('_')}({inside})"


class _IntegerInterval(_Bounded):
    """Whole numbers from lower_bound to upper_bound."""

    is_discrete = True
    names = ("lower_bound", "upper_bound")

    def check(self, value):
        return (value % 1 == 0) & (self.lower_bound <= value) & (value <= self.upper_bound)


class _IntegerGreaterThan(_Bounded):
    is_discrete = True
    names = ("lower_bound",)

    def check(self, value):
        return (value % 1 == 0) & (value >= self.lower_bound)


class _GreaterThan(_Bounded):
    """Numbers above lower_bound."""

    names = ("lower_bound",)

    def check(self, value):
        return value > self.lower_bound


class _GreaterThanEq(_GreaterThan):
    """Numbers from lower_bound on."""

    def check(self, value):
        return value >= self.lower_bound


class _LessThan(_Bounded):
    """Numbers below upper_bound."""

    names = ("upper_bound",)

    def check(self, value):
        return value < self.upper_bound


class _Interval(_Bounded):
    """Numbers from lower_bound to upper_bound."""

    names = ("lower_bound", "upper_bound")

    def check(self, value):
        return (value >= self.lower_bound) & (value <= self.upper_bound)


class _HalfOpenInterval(_Interval):
    """Numbers from lower_bound on, below upper_bound."""

    def check(self, value):
        return (value >= self.lower_bound) & (value < self.upper_bound)


class _Real(Constraint):
    def check(self, value):
        return value == value  # not NaN


class _Simplex(Constraint):
    event_dim = 1

    def check(self, value):
        return (value >= 0).all(-1) & ((value.sum(-1) - 1).abs() < 1e-6)


class _Multinomial(_Bounded):
    """Vectors of counts whose sum is at most upper_bound."""

    is_discrete = True
    event_dim = 1
    names = ("upper_bound",)

    def check(self, value):
        return (value >= 0).all(-1) & (value.sum(-1) <= self.upper_bound)

    def __repr__(self):
        return "Multinomial()"


class _MixtureSameFamilyConstraint(Constraint):
    """The condition on the components' values, for values of the mixture."""

    def __init__(self, base_constraint):
        self.base_constraint = base_constraint
        self.is_discrete, self.event_dim = base_constraint.is_discrete, base_constraint.event_dim

    def check(self, value):
        place = -1 - self.event_dim
        fulfilled = self.base_constraint.check(value.unsqueeze(place))
        return fulfilled.all(-1)

    def __repr__(self):
        return f"MixtureSameFamilyConstraint({self.base_constraint!r})"


class _LowerTriangular(Constraint):
    event_dim = 2

    def check(self, value):
        return (value.tril() == value).all(-1).all(-1)


class _LowerCholesky(Constraint):
    event_dim = 2

    def check(self, value):
        return (value.tril() == value).all(-1).all(-1) & (value.diagonal(dim1=-2, dim2=-1) > 0).all(-1)


class _CorrCholesky(_LowerCholesky):
    """Lower factors whose rows have the length 1."""

    def check(self, value):
        tolerance = epsilon(value.dtype) * value.size(-1) * 10
        lengths = ops.linalg_vector_norm(value.detach(), dim=-1)
        return super().check(value) & ((lengths - 1.0).abs() <= tolerance).all(-1)


class _Square(Constraint):
    event_dim = 2

    def check(self, value):
        return ops.full(value.shape[:-2], value.shape[-2] == value.shape[-1], dtype=bool_dtype)


class _Symmetric(_Square):
    def check(self, value):
        square = super().check(value)
        if not bool(square.all()):
            return square
        return ops.isclose(value, value.mT, atol=1e-6).all(-1).all(-1)


class _PositiveDefinite(_Symmetric):
    def check(self, value):
        symmetric = super().check(value)
        if not bool(symmetric.all()):
            return symmetric
        return ops.linalg_cholesky_ex(value)[1] == 0


class _PositiveSemidefinite(_Symmetric):
    def check(self, value):
        symmetric = super().check(value)
        return (ops.linalg_eigvalsh(value) >= 0).all(-1) if bool(symmetric.all()) else symmetric


class _Parts(Constraint):
    """The base of conditions with one of their own for each part of a dimension."""

    def __init__(self, cseq, dim=0):
        if not all(isinstance(each, Constraint) for each in cseq):
            raise AssertionError("All elements of cseq must be Constraint instances")
        self.cseq, self.dim = list(cseq), dim

    is_discrete = property(lambda self: any(each.is_discrete for each in self.cseq))
    event_dim = property(lambda self: max(each.event_dim for each in self.cseq))


class _Cat(_Parts):
    """A condition for each part of a dimension, of these lengths."""

    def __init__(self, cseq, dim=0, lengths=None):
        super().__init__(cseq, dim)
        self.lengths = [1] * len(self.cseq) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.cseq):
            raise AssertionError(f"lengths ({len(self.lengths)}) must match cseq ({len(self.cseq)})")

    def check(self, value):
        parts = value.split(self.lengths, self.dim)
        return ops.cat([each.check(part) for each, part in zip(self.cseq, parts)], self.dim)


class _Stack(_Parts):
    """A condition for each index of a dimension."""

    @property
    def event_dim(self):
        """How many dimensions one value has."""
        count = max(each.event_dim for each in self.cseq)
        return count + 1 if self.dim + count < 0 else count

    def check(self, value):
        return ops.stack([each.check(part) for each, part in zip(self.cseq, value.unbind(self.dim))], self.dim)


class _IndependentConstraint(Constraint):
    """A condition on each element of a value that has more dimensions."""

    def __init__(self, base_constraint, reinterpreted_batch_ndims):
        self.base_constraint, self.reinterpreted_batch_ndims = base_constraint, reinterpreted_batch_ndims
        self.is_discrete = base_constraint.is_discrete
        self.event_dim = base_constraint.event_dim + reinterpreted_batch_ndims

    def check(self, value):
        fulfilled = self.base_constraint.check(value)
        if fulfilled.dim() < self.reinterpreted_batch_ndims:
            raise ValueError(
                f"Expected value.dim() >= {self.event_dim} but got {value.dim()}"
            )
        return fulfilled.reshape(tuple(fulfilled.shape[: fulfilled.dim() - self.reinterpreted_batch_ndims]) + (-1,)).all(-1)

    def __repr__(self):
        return f"IndependentConstraint({self.base_constraint!r}, {self.reinterpreted_batch_ndims})"


def is_dependent(constraint):
    """Whether a condition is known only with the other parameters."""
    return isinstance(constraint, _Dependent)


dependent, boolean, one_hot = _Dependent(), _Boolean(), _OneHot()
nonnegative_integer, positive_integer = _IntegerGreaterThan(0), _IntegerGreaterThan(1)
integer_interval, greater_than, greater_than_eq, less_than = _IntegerInterval, _GreaterThan, _GreaterThanEq, _LessThan
interval, half_open_interval, independent = _Interval, _HalfOpenInterval, _IndependentConstraint
dependent_property, cat, stack = _DependentProperty, _Cat, _Stack
corr_cholesky, square, positive_semidefinite = _CorrCholesky(), _Square(), _PositiveSemidefinite()
multinomial, MixtureSameFamilyConstraint = _Multinomial, _MixtureSameFamilyConstraint
real, positive, nonnegative, unit_interval = _Real(), _GreaterThan(0.0), _GreaterThanEq(0.0), _Interval(0.0, 1.0)
real_vector, simplex = _IndependentConstraint(real, 1), _Simplex()
lower_triangular, lower_cholesky = _LowerTriangular(), _LowerCholesky()
symmetric, positive_definite = _Symmetric(), _PositiveDefinite()
