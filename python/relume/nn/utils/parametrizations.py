"""Ready parametrizations: weight_norm, spectral_norm and orthogonal."""

from ..._C import ops
from ..._modes import no_grad
from ..functional import normalize
from ..modules.module import Module
from .parametrize import register_parametrization
from .spectral_norm import as_matrix, default_dim, drawn
from .weight_norm import norm_except_dim, normed


class _WeightNorm(Module):
    def __init__(self, dim=0):
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g, weight_v):
        return normed(weight_v, weight_g, self.dim)

    def right_inverse(self, weight):
        return norm_except_dim(weight, self.dim), weight


def weight_norm(module, name="weight", dim=0):
    """Makes the parameter `name` its length along dim (original0) times its direction (original1).  Salimans and Kingma,
    2016."""
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def from_older_form(state_dict, prefix, *_):
        """Takes what nn.utils.weight_norm saved."""
        older, newer = f"{prefix}{name}", f"{prefix}parametrizations.{name}.original"
        if f"{older}_g" in state_dict and f"{older}_v" in state_dict:
            state_dict[f"{newer}0"] = state_dict.pop(f"{older}_g")
            state_dict[f"{newer}1"] = state_dict.pop(f"{older}_v")

    module._register_load_state_dict_pre_hook(from_older_form)
    return module


class _SpectralNorm(Module):
    def __init__(self, weight, n_power_iterations=1, dim=0, eps=1e-12):
        super().__init__()
        if not -weight.dim() <= dim < weight.dim():
            raise IndexError(
                f"Dimension out of range (expected to be in range of [-{weight.dim()}, {weight.dim() - 1}] but got {dim})"
            )
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.dim = dim if dim >= 0 else dim + weight.dim()
        self.eps = eps
        if weight.dim() > 1:
            self.n_power_iterations = n_power_iterations
            matrix = as_matrix(weight.detach(), self.dim)
            for name, size in zip(("_u", "_v"), matrix.shape):
                self.register_buffer(name, drawn(matrix, size, eps))
            self._power_method(matrix, 15)

    @no_grad()
    def _power_method(self, matrix, steps):
        for _ in range(steps):
            self._u.copy_(normalize(matrix.mv(self._v), dim=0, eps=self.eps))
            self._v.copy_(normalize(matrix.t().mv(self._u), dim=0, eps=self.eps))

    def forward(self, weight):
        if weight.dim() == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._power_method(matrix, self.n_power_iterations)
        return weight / self._u.clone().dot(matrix.mv(self._v.clone()))

    def right_inverse(self, value):
        return value


def spectral_norm(module, name="weight", n_power_iterations=1, eps=1e-12, dim=None):
    """Divides the parameter `name` by its largest singular value, which the power method follows in training.  Miyato et
    al., 2018."""
    weight = getattr(module, name, None)
    if weight is None:
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    dim = default_dim(module) if dim is None else dim
    register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps))
    return module


def _orthonormal_part(matrix):
    """Q of the decomposition whose R has a positive diagonal."""
    q, r = ops.linalg_qr(matrix)
    return q * r.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)


def _reflected(X):
    """The first columns of a product of reflections, whose vectors are below the diagonal of X; the diagonal has signs."""
    vectors = X.tril(-1)
    Q = ops.linalg_householder_product(vectors, 2 / (1 + vectors.square().sum(-2)))
    return Q * X.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)


def _reflections(Q):
    """What _reflected makes Q of: the elimination of QR."""
    X = Q.clone()
    for j in range(X.shape[-1]):
        first, rest = X[..., j, j], X[..., j + 1 :, j]
        flat = (rest == 0).all(-1)  # nothing to eliminate
        turned = ops.where(flat, first, -X[..., j:, j].norm(dim=-1).copysign(first))
        scale = ops.where(flat, 1, first - turned).unsqueeze(-1)
        vector = ops.cat([ops.ones_like(scale), rest / scale], -1).unsqueeze(-1)
        tau = ops.where(flat, 0, 1 - first / turned)[..., None, None]
        X[..., j:, j + 1 :] -= tau * vector @ (vector.mT @ X[..., j:, j + 1 :])
        X[..., j + 1 :, j] = vector[..., 1:, 0]
        X[..., j, j] = ops.where(flat, -turned, turned).sign()
    return X


class _Orthogonal(Module):
    def __init__(self, weight, orthogonal_map, use_trivialization):
        super().__init__()
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X):
        transposed = X.shape[-2] < X.shape[-1]
        X = X.mT if transposed else X
        Q = _reflected(X) if self.orthogonal_map == "householder" else self._turned(X)
        base = getattr(self, "base", None)
        Q = Q if base is None else base @ Q
        return Q.mT if transposed else Q

    def _turned(self, X):
        """The first columns of the rotation of a skew-symmetric matrix, of which X is the lower half."""
        n, k = X.shape[-2:]
        lower = X.tril()
        if n != k:
            lower = ops.cat([lower, X.new_zeros(tuple(X.shape[:-2]) + (n, n - k))], -1)
        skew = lower - lower.mT
        if self.orthogonal_map == "matrix_exp":
            Q = ops.matrix_exp(skew)
        else:  # Cayley's transform
            identity = ops.eye(n, dtype=skew.dtype).expand(skew.shape)
            Q = ops.linalg_solve(identity - 0.5 * skew, identity + 0.5 * skew)
        return Q[..., :k]

    @no_grad()
    def right_inverse(self, Q):
        wide = Q.shape[-2] < Q.shape[-1]
        tall = Q.mT if wide else Q
        if not hasattr(self, "base"):
            if self.orthogonal_map == "householder":
                X = _reflections(tall)
                return X.mT if wide else X
            raise NotImplementedError(
                "It is not possible to assign to the matrix exponential or the Cayley parametrizations when "
                "use_trivialization=False."
            )
        n, k = tall.shape[-2:]
        if n == k:
            self.base = _orthonormal_part(tall)
        else:  # of a square matrix that begins with the weight
            rest = ops.randn(tuple(tall.shape[:-2]) + (n, n - k), dtype=tall.dtype)
            self.base = _orthonormal_part(ops.cat([tall, rest], -1))
        start = ops.zeros_like(Q)
        start.diagonal(dim1=-2, dim2=-1).fill_(-1)  # no map but that of reflections looks at the diagonal
        return start


def orthogonal(module, name="weight", orthogonal_map=None, *, use_trivialization=True):
    """Keeps the columns (of a wide matrix the rows) of the parameter `name` orthonormal, as base times the exponential of
    the skew-symmetric matrix of the parameter ("matrix_exp", the default of square matrices), its Cayley transform
    ("cayley"), or a product of reflections ("householder", the default of others). With use_trivialization the base is the
    orthonormal part of what the weight was, and assignment changes it.  Lezcano-Casado, 2019."""
    weight = getattr(module, name, None)
    if weight is None:
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    if weight.dim() < 2:
        raise ValueError(f"Expected a matrix or batch of matrices. Got a tensor of {weight.dim()} dimensions.")
    default = "matrix_exp" if weight.shape[-2] == weight.shape[-1] else "householder"
    chosen = default if orthogonal_map is None else orthogonal_map
    if chosen not in ("matrix_exp", "cayley", "householder"):
        raise ValueError(
            f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {orthogonal_map}'
        )
    register_parametrization(module, name, _Orthogonal(weight, chosen, use_trivialization), unsafe=True)
    return module
