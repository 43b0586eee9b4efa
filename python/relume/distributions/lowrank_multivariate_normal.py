"""The normal distribution of vectors whose covariance is of low rank, beside its diagonal."""

import math

from .. import _C
from .._C import ops
from . import constraints
from .distribution import Distribution
from .multivariate_normal import _squared_distance
from .utils import lazy_property, standard_normal


class LowRankMultivariateNormal(Distribution):
    """LowRankMultivariateNormal(loc, cov_factor, cov_diag): vectors [D] with mean loc and the covariance W W^T + diag(d), W
    [D, rank] and d [D], by way of matrices [rank, rank] (Woodbury)."""

    arg_constraints = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True
    batched = ("loc", "cov_factor", "cov_diag")

    def __init__(self, loc, cov_factor, cov_diag, validate_args=None):
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        event_shape = loc.shape[-1:]
        if cov_factor.dim() < 2:
            raise ValueError("cov_factor must be at least two-dimensional, with optional leading batch dimensions")
        if cov_factor.shape[-2:-1] != event_shape:
            raise ValueError(f"cov_factor must be a batch of matrices with shape {event_shape[0]} x m")
        if cov_diag.shape[-1:] != event_shape:
            raise ValueError(f"cov_diag must be a batch of vectors with shape {event_shape}")
        try:
            columns = ops.broadcast_tensors([loc.unsqueeze(-1), cov_factor, cov_diag.unsqueeze(-1)])
        except RuntimeError as error:
            raise ValueError(
                f"Incompatible batch shapes: loc {loc.shape}, cov_factor {cov_factor.shape}, cov_diag {cov_diag.shape}"
            ) from error
        self.loc, self.cov_factor, self.cov_diag = columns[0][..., 0], columns[1], columns[2][..., 0]
        super().__init__(self.loc.shape[:-1], event_shape, validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        new = super().expand(batch_shape)
        for name in ("variance", "scale_tril", "covariance_matrix", "precision_matrix"):
            new.__dict__.pop(name, None)
        return new

    def _weighted(self):
        """W^T D^-1."""
        return self.cov_factor.mT / self.cov_diag.unsqueeze(-2)

    def _capacitance(self):
        """The lower factor of 1 + W^T D^-1 W."""
        inner = ops.matmul(self._weighted(), self.cov_factor)
        return ops.linalg_cholesky(inner + ops.eye(inner.shape[-1], dtype=inner.dtype))

    @property
    def mean(self):
        return self.loc

    @property
    def mode(self):
        return self.loc

    @lazy_property
    def variance(self):
        """The diagonal of covariance_matrix."""
        return self.cov_factor.pow(2).sum(-1) + self.cov_diag

    @lazy_property
    def scale_tril(self):
        """The lower triangular L with L L^T = covariance_matrix."""
        root = self.cov_diag.sqrt().unsqueeze(-1)
        scaled = self.cov_factor / root
        inner = ops.matmul(scaled, scaled.mT)
        return root * ops.linalg_cholesky(inner + ops.eye(inner.shape[-1], dtype=inner.dtype))

    @lazy_property
    def covariance_matrix(self):
        """W W^T + diag(d)."""
        return ops.matmul(self.cov_factor, self.cov_factor.mT) + ops.diag_embed(self.cov_diag)

    @lazy_property
    def precision_matrix(self):
        """The inverse of covariance_matrix."""
        solved = ops.linalg_solve_triangular(self._capacitance(), self._weighted(), upper=False)
        return ops.diag_embed(self.cov_diag.reciprocal()) - solved.mT @ solved

    def rsample(self, sample_shape=_C.Size()):
        shape = self._extended_shape(sample_shape)
        inner = standard_normal((*shape[:-1], self.cov_factor.shape[-1]), self.loc.dtype)
        outer = standard_normal(shape, self.loc.dtype)
        return self.loc + ops.matmul(self.cov_factor, inner.unsqueeze(-1)).squeeze(-1) + self.cov_diag.sqrt() * outer

    def _log_determinant(self):
        return 2 * self._capacitance().diagonal(dim1=-2, dim2=-1).log().sum(-1) + self.cov_diag.log().sum(-1)

    def _squared_distance(self, difference):
        inner = ops.matmul(self._weighted(), difference.unsqueeze(-1)).squeeze(-1)
        return (difference.pow(2) / self.cov_diag).sum(-1) - _squared_distance(self._capacitance(), inner)

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        distance = self._squared_distance(value - self.loc)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + self._log_determinant() + distance)

    def entropy(self):
        return 0.5 * (self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + self._log_determinant())
