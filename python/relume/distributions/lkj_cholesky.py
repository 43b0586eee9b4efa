"""The distribution of the factors of random matrices of correlations."""

import math

from .. import _C
from .._C import ops
from . import constraints
from .beta import Beta
from .distribution import Distribution
from .utils import broadcast_all, tiny


class LKJCholesky(Distribution):
    """LKJCholesky(dim, concentration): lower factors L [dim, dim] of matrices of correlations, whose density is proportional to
    det(L L^T)^(concentration - 1).  Lewandowski, Kurowicka and Joe, 2009; samples by their onion method."""

    arg_constraints = {"concentration": constraints.positive}
    support = constraints.corr_cholesky
    batched = ("concentration",)

    def __init__(self, dim, concentration=1.0, validate_args=None):
        if dim < 2:
            raise ValueError(f"Expected dim to be an integer greater than or equal to 2. Found dim={dim}.")
        self.dim = dim
        (self.concentration,) = broadcast_all(concentration)
        super().__init__(self.concentration.shape, (dim, dim), validate_args)

    def _squared_lengths(self):
        """The distribution of how much of each row lies before the diagonal."""
        offset = ops.arange(self.dim - 1, dtype=self.concentration.dtype)
        offset = ops.cat([offset.new_zeros((1,)), offset])
        marginal = (self.concentration + 0.5 * (self.dim - 2)).unsqueeze(-1)
        return Beta(offset + 0.5, marginal - 0.5 * offset)

    def sample(self, sample_shape=_C.Size()):
        y = self._squared_lengths().sample(sample_shape).unsqueeze(-1)
        directions = ops.randn(self._extended_shape(sample_shape), dtype=y.dtype).tril(-1)
        directions = directions / ops.linalg_vector_norm(directions, dim=-1, keepdim=True)
        directions[..., 0, :] = 0.0
        rows = y.sqrt() * directions
        diagonal = (1 - (rows**2).sum(-1)).clamp(min=tiny(rows.dtype)).sqrt()
        return rows + ops.diag_embed(diagonal)

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        diagonal = value.diagonal(dim1=-1, dim2=-2)[..., 1:]
        order = 2 * (self.concentration - 1).unsqueeze(-1) + self.dim - ops.arange(2, self.dim + 1)
        below = self.dim - 1
        alpha = self.concentration + 0.5 * below
        normalizer = 0.5 * below * math.log(math.pi) + ops.mvlgamma(alpha - 0.5, below) - ops.lgamma(alpha) * below
        return (order * diagonal.log()).sum(-1) - normalizer
