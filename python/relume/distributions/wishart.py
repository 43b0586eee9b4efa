"""Wishart's distribution of matrices."""

import math
import warnings

from .. import _C
from .._C import Tensor, ops
from .._functions import broadcast_shapes
from . import constraints
from .chi2 import Chi2
from .exp_family import ExponentialFamily
from .utils import epsilon, lazy_property


class Wishart(ExponentialFamily):
    """Wishart(df, covariance_matrix), or with precision_matrix=, or with scale_tril=, the lower factor of the covariance: the
    sums of df products x x^T of normal vectors [D] with that covariance, for whole df; df is above D - 1."""

    support = constraints.positive_definite
    has_rsample = True
    batched = ("df", "covariance_matrix", "precision_matrix", "scale_tril", "_factor")
    _mean_carrier_measure = 0

    def __init__(self, df, covariance_matrix=None, precision_matrix=None, scale_tril=None, validate_args=None):
        given = {"covariance_matrix": covariance_matrix, "precision_matrix": precision_matrix, "scale_tril": scale_tril}
        given = {name: matrix for name, matrix in given.items() if matrix is not None}
        if len(given) != 1:
            raise AssertionError(
                "Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified."
            )
        ((name, matrix),) = given.items()
        if matrix.dim() < 2:
            raise ValueError("scale_tril must be at least two-dimensional, with optional leading batch dimensions")
        if isinstance(df, Tensor):
            batch = tuple(broadcast_shapes(matrix.shape[:-2], df.shape))
            self.df = df.expand(batch)
        else:
            batch = tuple(matrix.shape[:-2])
            self.df = ops.tensor(df, dtype=matrix.dtype)
        size = matrix.shape[-1]
        if (self.df <= size - 1).any():
            raise ValueError(f"Value of df={df} expected to be greater than ndim - 1 = {size - 1}.")
        if (self.df < size).any():
            warnings.warn(
                "Low df values detected. Singular samples are highly likely to occur for ndim - 1 < df < ndim.", stacklevel=2
            )
        self.__dict__[name] = matrix = matrix.expand(batch + (size, size))
        super().__init__(batch, (size, size), validate_args=validate_args)
        if name == "scale_tril":
            self._factor = matrix
        else:
            self._factor = ops.linalg_cholesky(matrix if name == "covariance_matrix" else ops.inverse(matrix))

    @property
    def arg_constraints(self):
        """What each parameter must be, by name."""
        return {
            "covariance_matrix": constraints.positive_definite,
            "precision_matrix": constraints.positive_definite,
            "scale_tril": constraints.lower_cholesky,
            "df": constraints.greater_than(self._event_shape[-1] - 1),
        }

    @lazy_property
    def scale_tril(self):
        """The lower triangular L with L L^T = covariance_matrix."""
        return self._factor

    @lazy_property
    def covariance_matrix(self):
        """The covariance of the normal vectors."""
        return self._factor @ self._factor.mT

    @lazy_property
    def precision_matrix(self):
        """The inverse of covariance_matrix."""
        return ops.cholesky_solve(ops.eye(self._event_shape[-1], dtype=self._factor.dtype), self._factor)

    def _scaled(self, factor):
        return factor.reshape(tuple(self._batch_shape) + (1, 1)) * self.covariance_matrix

    @property
    def mean(self):
        return self._scaled(self.df)

    @property
    def mode(self):
        factor = self.df - self._event_shape[-1] - 1
        return self._scaled(ops.where(factor <= 0, math.nan, factor))

    @property
    def variance(self):
        covariance = self.covariance_matrix
        diagonal = covariance.diagonal(dim1=-2, dim2=-1)
        products = diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2)
        return self.df.reshape(tuple(self._batch_shape) + (1, 1)) * (covariance.pow(2) + products)

    def _drawn(self, sample_shape):
        """Samples by the decomposition of Bartlett, 1933."""
        size, dtype = self._event_shape[-1], self._factor.dtype
        degrees = Chi2(self.df.unsqueeze(-1) - ops.arange(size, dtype=dtype).expand(tuple(self._batch_shape) + (-1,)))
        noise = ops.diag_embed(degrees.rsample(sample_shape).sqrt().clamp(min=epsilon(dtype)))
        rows, columns = ops.tril_indices(size, size, -1)
        below = ops.randn(tuple(sample_shape) + tuple(self._batch_shape) + (len(rows),), dtype=dtype)
        noise[..., rows, columns] = below
        factor = self._factor @ noise
        return factor @ factor.mT

    def rsample(self, sample_shape=_C.Size(), max_try_correction=10):
        sample = self._drawn(_C.Size(sample_shape))
        again = self._any_of_batch(self.support.check(sample))  # PyTorch draws the valid ones again
        if again.any():
            warnings.warn("Singular sample detected.", stacklevel=2)
        for _ in range(max_try_correction):
            if not again.any():
                break
            new = self._drawn(again[again].shape)
            sample[again] = new
            again[again.clone()] = self._any_of_batch(~self.support.check(new))
        return sample

    def _any_of_batch(self, which):
        """Of samples of the whole batch: whether one of it is such."""
        return which.flatten(which.dim() - len(self._batch_shape)).any(-1) if self._batch_shape else which

    def _half_log_determinant(self):
        return self._factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        df, size = self.df, self._event_shape[-1]
        trace = ops.cholesky_solve(value, self._factor).diagonal(dim1=-2, dim2=-1).sum(-1)
        return (
            -df * (size * math.log(2) / 2 + self._half_log_determinant()) - ops.mvlgamma(df / 2, size)
            + (df - size - 1) / 2 * ops.linalg_slogdet(value)[1] - trace / 2
        )  # fmt: skip

    def entropy(self):
        df, size = self.df, self._event_shape[-1]
        offsets = ops.arange(size, dtype=df.dtype) / 2
        slope = ops.digamma((df / 2).unsqueeze(-1) - offsets).sum(-1)
        return (
            (size + 1) * (size * math.log(2) / 2 + self._half_log_determinant()) + ops.mvlgamma(df / 2, size)
            - (df - size - 1) / 2 * slope + df * size / 2
        )  # fmt: skip

    @property
    def _natural_params(self):
        return -self.precision_matrix / 2, (self.df - self._event_shape[-1] - 1) / 2

    def _log_normalizer(self, x, y):
        size = self._event_shape[-1]
        half = y + (size + 1) / 2
        return half * (-ops.linalg_slogdet(-2 * x)[1] + math.log(2) * size) + ops.mvlgamma(half, size)
