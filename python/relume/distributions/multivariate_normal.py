"""The normal distribution of vectors."""

import math

from .. import _C
from .._C import ops
from . import constraints
from .distribution import Distribution
from .utils import lazy_property, standard_normal


def _squared_distance(factor, difference):
    """difference^T (L L^T)^-1 difference of vectors, L lower triangular."""
    shape = ops.broadcast_tensors([difference.unsqueeze(-1), factor[..., :1]])[0].shape
    solved = ops.linalg_solve_triangular(factor.expand(tuple(shape[:-1]) + (shape[-2],)), difference.unsqueeze(-1).expand(shape), upper=False)
    return solved.squeeze(-1).pow(2).sum(-1)


class MultivariateNormal(Distribution):
    """MultivariateNormal(loc, covariance_matrix), or with precision_matrix=, or with scale_tril=, the lower factor L of the
    covariance L L^T: vectors [D] with mean loc."""

    arg_constraints = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True
    batched = ("loc", "covariance_matrix", "precision_matrix", "scale_tril", "_factor")

    def __init__(self, loc, covariance_matrix=None, precision_matrix=None, scale_tril=None, validate_args=None):
        given = {"covariance_matrix": covariance_matrix, "precision_matrix": precision_matrix, "scale_tril": scale_tril}
        given = {name: matrix for name, matrix in given.items() if matrix is not None}
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        if len(given) != 1:
            raise ValueError("Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified.")
        ((name, matrix),) = given.items()
        if matrix.dim() < 2:
            raise ValueError(f"{name} must be at least two-dimensional, with optional leading batch dimensions")
        size = loc.shape[-1]
        batch = tuple(ops.broadcast_tensors([loc[..., 0], matrix[..., 0, 0]])[0].shape)
        self.loc = loc.expand(batch + (size,))
        self.__dict__[name] = matrix.expand(batch + (size, size))
        super().__init__(batch, (size,), validate_args=validate_args)
        if name == "scale_tril":
            self._factor = self.scale_tril
        else:
            self._factor = ops.linalg_cholesky(self.covariance_matrix if name == "covariance_matrix" else ops.inverse(self.precision_matrix))

    @lazy_property
    def scale_tril(self):
        """The lower triangular L with L L^T = covariance_matrix."""
        return self._factor

    @lazy_property
    def covariance_matrix(self):
        """The covariance of each pair of elements."""
        if "precision_matrix" in self.__dict__:
            return ops.inverse(self.precision_matrix)
        return self._factor @ self._factor.mT

    @lazy_property
    def precision_matrix(self):
        """The inverse of covariance_matrix."""
        return ops.inverse(self.covariance_matrix)

    @property
    def mean(self):
        return self.loc

    @property
    def mode(self):
        return self.loc

    @property
    def variance(self):
        return self._factor.pow(2).sum(-1).expand(tuple(self._batch_shape) + tuple(self._event_shape))

    def rsample(self, sample_shape=_C.Size()):
        noise = standard_normal(self._extended_shape(sample_shape), self.loc.dtype)
        return self.loc + ops.matmul(self._factor, noise.unsqueeze(-1)).squeeze(-1)

    def _half_log_determinant(self):
        return self._factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        distance = _squared_distance(self._factor, value - self.loc)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + distance) - self._half_log_determinant()

    def entropy(self):
        entropy = 0.5 * self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + self._half_log_determinant()
        return entropy.expand(self._batch_shape)
