"""Transforms of vectors and matrices."""

import math

from .. import _C
from .._C import ops
from ..nn.functional import softplus
from . import constraints
from .transform import Transform, summed
from .utils import clipped_sigmoid, epsilon, tiny


def _check_dims(shape, count):
    if len(shape) < count:
        raise ValueError("Too few dimensions on input")


class ReshapeTransform(Transform):
    """ReshapeTransform(in_shape, out_shape): the same numbers in another shape."""

    bijective = True

    def __init__(self, in_shape, out_shape, cache_size=0):
        self.in_shape, self.out_shape = _C.Size(in_shape), _C.Size(out_shape)
        if self.in_shape.numel() != self.out_shape.numel():
            raise ValueError("in_shape, out_shape have different numbers of elements")
        super().__init__(cache_size)

    domain = property(lambda self: constraints.independent(constraints.real, len(self.in_shape)))
    codomain = property(lambda self: constraints.independent(constraints.real, len(self.out_shape)))

    def _call(self, x):
        return x.reshape(self.forward_shape(x.shape))

    def _inverse(self, y):
        return y.reshape(self.inverse_shape(y.shape))

    def log_abs_det_jacobian(self, x, y):
        return x.new_zeros(x.shape[: x.dim() - len(self.in_shape)])

    def forward_shape(self, shape):
        return _replaced_end(shape, self.in_shape, self.out_shape)

    def inverse_shape(self, shape):
        return _replaced_end(shape, self.out_shape, self.in_shape)


def _replaced_end(shape, end, new):
    _check_dims(shape, len(end))
    cut = len(shape) - len(end)
    if shape[cut:] != end:
        raise ValueError(f"Shape mismatch: expected {shape[cut:]} but got {end}")
    return shape[:cut] + new


class CorrCholeskyTransform(Transform):
    """From vectors [D (D - 1) / 2] to the lower factors [D, D] of matrices of correlations, whose rows have the length 1, by
    way of partial correlations tanh(x) (Lewandowski, Kurowicka and Joe, 2009)."""

    domain = constraints.real_vector
    codomain = constraints.corr_cholesky
    bijective = True

    def _call(self, x):
        limit = 1 - epsilon(x.dtype)
        size = round((1 + math.sqrt(1 + 8 * x.shape[-1])) / 2)
        if size * (size - 1) // 2 != x.shape[-1]:
            raise ValueError(
                f"The size of last dimension is {x.shape[-1]} which cannot be expressed as the lower triangular part of a "
                "square D x D matrix."
            )
        below = _below(x.tanh().clamp(-limit, limit), size)
        rest = (1 - below**2).sqrt().cumprod(-1)
        return (below + ops.eye(size, dtype=x.dtype)) * ops.constant_pad_nd(rest[..., :-1], (1, 0), 1)

    def _inverse(self, y):
        rest = ops.constant_pad_nd((1 - (y * y).cumsum(-1))[..., :-1], (1, 0), 1)
        rows, columns = ops.tril_indices(y.shape[-1], y.shape[-1], -1)
        t = y[..., rows, columns] / rest[..., rows, columns].sqrt()
        return (t.log1p() - t.neg().log1p()) / 2

    def log_abs_det_jacobian(self, x, y):
        rows, columns = ops.tril_indices(y.shape[-1], y.shape[-1], -2)
        rest = (1 - (y * y).cumsum(-1))[..., rows, columns]
        return 0.5 * rest.log().sum(-1) - 2 * (x + softplus(-2 * x) - math.log(2.0)).sum(-1)

    def forward_shape(self, shape):
        _check_dims(shape, 1)
        size = round((0.25 + 2 * shape[-1]) ** 0.5 + 0.5)
        if size * (size - 1) // 2 != shape[-1]:
            raise ValueError("Input is not a flattened lower-diagonal number")
        return shape[:-1] + (size, size)

    def inverse_shape(self, shape):
        _check_dims(shape, 2)
        if shape[-2] != shape[-1]:
            raise ValueError("Input is not square")
        return shape[:-2] + (shape[-1] * (shape[-1] - 1) // 2,)


def _below(values, size):
    """Matrices with the values row by row below the diagonal, and zeros."""
    rows, columns = ops.tril_indices(size, size, -1)
    flat = values.new_zeros((*values.shape[:-1], size * size))
    places = (rows * size + columns).expand(values.shape)
    return flat.scatter(-1, places, values).reshape((*values.shape[:-1], size, size))


class SoftmaxTransform(Transform):
    """y = softmax(x); of the inverses, log(y)."""

    domain = constraints.real_vector
    codomain = constraints.simplex

    def _options(self):
        return ()

    def _call(self, x):
        shifted = (x - x.max(-1, True)[0]).exp()
        return shifted / shifted.sum(-1, True)

    def _inverse(self, y):
        return y.log()

    def forward_shape(self, shape):
        _check_dims(shape, 1)
        return shape

    inverse_shape = forward_shape


class StickBreakingTransform(Transform):
    """From vectors [K] to K + 1 positive numbers whose sum is 1: each breaks off a part of what the ones before left."""

    domain = constraints.real_vector
    codomain = constraints.simplex
    bijective = True

    def _options(self):
        return ()

    def _shifted(self, x):
        return x - (x.shape[-1] + 1 - x.new_ones(x.shape[-1]).cumsum(-1)).log()

    def _call(self, x):
        part = clipped_sigmoid(self._shifted(x))
        left = (1 - part).cumprod(-1)
        return ops.constant_pad_nd(part, (0, 1), 1) * ops.constant_pad_nd(left, (1, 0), 1)

    def _inverse(self, y):
        parts = y[..., :-1]
        left = (1 - parts.cumsum(-1)).clamp(min=tiny(y.dtype))
        return parts.log() - left.log() + (y.shape[-1] - y.new_ones(parts.shape[-1]).cumsum(-1)).log()

    def log_abs_det_jacobian(self, x, y):
        x = self._shifted(x)
        return (-x + _C.functional.logsigmoid(x) + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape):
        _check_dims(shape, 1)
        return shape[:-1] + (shape[-1] + 1,)

    def inverse_shape(self, shape):
        _check_dims(shape, 1)
        return shape[:-1] + (shape[-1] - 1,)


class LowerCholeskyTransform(Transform):
    """The lower half of a matrix, with exp of its diagonal."""

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.lower_cholesky

    def _options(self):
        return ()

    def _call(self, x):
        return x.tril(-1) + x.diagonal(dim1=-2, dim2=-1).exp().diag_embed()

    def _inverse(self, y):
        return y.tril(-1) + y.diagonal(dim1=-2, dim2=-1).log().diag_embed()


class PositiveDefiniteTransform(LowerCholeskyTransform):
    """L L^T for the L of LowerCholeskyTransform."""

    codomain = constraints.positive_definite

    def _call(self, x):
        factor = super()._call(x)
        return factor @ factor.mT

    def _inverse(self, y):
        return super()._inverse(ops.linalg_cholesky(y))


class _PartsTransform(Transform):
    """The base of transforms with one of their own for each part of a dimension."""

    def __init__(self, tseq, dim, cache_size):
        if not all(isinstance(each, Transform) for each in tseq):
            raise AssertionError("All elements of tseq must be Transform instances")
        super().__init__(cache_size)
        self.transforms = [each.with_cache(cache_size) for each in tseq] if cache_size else list(tseq)
        self.dim = dim

    bijective = property(lambda self: all(each.bijective for each in self.transforms))

    def _check_size(self, tensor, name, size, text):
        if not -tensor.dim() <= self.dim < tensor.dim():
            raise AssertionError(f"dim {self.dim} out of range for tensor with {tensor.dim()} dimensions")
        if tensor.size(self.dim) != size:
            raise AssertionError(f"{name}.size({self.dim}) = {tensor.size(self.dim)} must equal {text} {size}")


class CatTransform(_PartsTransform):
    """CatTransform(tseq, dim, lengths): each transform on its part of a dimension, of these lengths, 1 by default."""

    def __init__(self, tseq, dim=0, lengths=None, cache_size=0):
        super().__init__(tseq, dim, cache_size)
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.transforms):
            raise AssertionError(f"lengths ({len(self.lengths)}) must match transforms ({len(self.transforms)})")

    event_dim = property(lambda self: max(each.event_dim for each in self.transforms))
    length = property(lambda self: sum(self.lengths))
    domain = property(lambda self: constraints.cat([t.domain for t in self.transforms], self.dim, self.lengths))
    codomain = property(lambda self: constraints.cat([t.codomain for t in self.transforms], self.dim, self.lengths))

    def _parts(self, tensor, name):
        self._check_size(tensor, name, self.length, "length")
        return tensor.split(self.lengths, self.dim)

    def _call(self, x):
        return ops.cat([t(part) for t, part in zip(self.transforms, self._parts(x, "x"))], self.dim)

    def _inverse(self, y):
        return ops.cat([t.inv(part) for t, part in zip(self.transforms, self._parts(y, "y"))], self.dim)

    def log_abs_det_jacobian(self, x, y):
        parts = [
            summed(t.log_abs_det_jacobian(a, b), self.event_dim - t.event_dim)
            for t, a, b in zip(self.transforms, self._parts(x, "x"), self._parts(y, "y"))
        ]
        dim = (self.dim - x.dim() if self.dim >= 0 else self.dim) + self.event_dim
        return ops.cat(parts, dim) if dim < 0 else sum(parts)


class StackTransform(_PartsTransform):
    """StackTransform(tseq, dim): each transform on one index of a dimension."""

    def __init__(self, tseq, dim=0, cache_size=0):
        super().__init__(tseq, dim, cache_size)

    domain = property(lambda self: constraints.stack([t.domain for t in self.transforms], self.dim))
    codomain = property(lambda self: constraints.stack([t.codomain for t in self.transforms], self.dim))

    def _parts(self, tensor, name):
        self._check_size(tensor, name, len(self.transforms), "len(transforms)")
        return tensor.unbind(self.dim)

    def _call(self, x):
        return ops.stack([t(part) for t, part in zip(self.transforms, self._parts(x, "x"))], self.dim)

    def _inverse(self, y):
        return ops.stack([t.inv(part) for t, part in zip(self.transforms, self._parts(y, "y"))], self.dim)

    def log_abs_det_jacobian(self, x, y):
        pairs = zip(self.transforms, self._parts(x, "x"), self._parts(y, "y"))
        return ops.stack([t.log_abs_det_jacobian(a, b) for t, a, b in pairs], self.dim)
