"""Transforms from all numbers to those that fulfil a condition: biject_to, one to one, and transform_to."""

from . import constraints, transforms

__all__ = ["ConstraintRegistry", "biject_to", "transform_to"]


class ConstraintRegistry:
    """registry(constraint) is a transform to what fulfils it. register() adds a class of conditions."""

    def __init__(self):
        self._registry = {}

    def register(self, constraint, factory=None):
        """Has factory(constraint) make the transform for conditions of a class; without factory, a decorator."""
        if factory is None:
            return lambda factory: self.register(constraint, factory)
        kind = type(constraint) if isinstance(constraint, constraints.Constraint) else constraint
        if not (isinstance(kind, type) and issubclass(kind, constraints.Constraint)):
            raise TypeError(f"Expected constraint to be either a Constraint subclass or instance, but got {constraint}")
        self._registry[kind] = factory
        return factory

    def __call__(self, constraint):
        factory = self._registry.get(type(constraint))
        if factory is None:
            raise NotImplementedError(f"Cannot transform {type(constraint).__name__} constraints")
        return factory(constraint)


biject_to, transform_to = ConstraintRegistry(), ConstraintRegistry()


def _register_both(*kinds):
    """A decorator: factory(constraint, registry) for both registries."""

    def register(factory):
        for registry in (biject_to, transform_to):
            for kind in kinds:
                registry.register(kind, lambda constraint, registry=registry: factory(constraint, registry))

    return register


def _shifted(bound, scale):
    return transforms.ComposeTransform([transforms.ExpTransform(), transforms.AffineTransform(bound, scale)])


@_register_both(constraints.real)
def _real(constraint, registry):
    return transforms.identity_transform


@_register_both(constraints.independent)
def _independent(constraint, registry):
    base = registry(constraint.base_constraint)
    return transforms.IndependentTransform(base, constraint.reinterpreted_batch_ndims)


@_register_both(constraints.greater_than, constraints.greater_than_eq)
def _above(constraint, registry):
    return _shifted(constraint.lower_bound, 1)


@_register_both(constraints.less_than)
def _below(constraint, registry):
    return _shifted(constraint.upper_bound, -1)


@_register_both(constraints.interval, constraints.half_open_interval)
def _between(constraint, registry):
    low, high = constraint.lower_bound, constraint.upper_bound
    if isinstance(low, (int, float)) and isinstance(high, (int, float)) and (low, high) == (0, 1):
        return transforms.SigmoidTransform()
    return transforms.ComposeTransform([transforms.SigmoidTransform(), transforms.AffineTransform(low, high - low)])


@_register_both(constraints.corr_cholesky)
def _corr_cholesky(constraint, registry):
    return transforms.CorrCholeskyTransform()


@_register_both(constraints.cat)
def _cat(constraint, registry):
    return transforms.CatTransform([registry(each) for each in constraint.cseq], constraint.dim, constraint.lengths)


@_register_both(constraints.stack)
def _stack(constraint, registry):
    return transforms.StackTransform([registry(each) for each in constraint.cseq], constraint.dim)


@biject_to.register(constraints.simplex)
def _simplex_one_to_one(constraint):
    return transforms.StickBreakingTransform()


@transform_to.register(constraints.simplex)
def _simplex(constraint):
    return transforms.SoftmaxTransform()


@transform_to.register(constraints.lower_cholesky)
def _lower_cholesky(constraint):
    return transforms.LowerCholeskyTransform()


@transform_to.register(constraints.positive_definite)
@transform_to.register(constraints.positive_semidefinite)
def _positive_definite(constraint):
    return transforms.PositiveDefiniteTransform()
