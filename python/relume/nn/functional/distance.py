"""Distances between rows."""

from ..._C import ops

__all__ = ["cosine_similarity", "normalize", "pairwise_distance", "pdist"]

cosine_similarity = ops.cosine_similarity


def pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """||x1 - x2 + eps||_p over the last dimension: [N, D] and [N, D] to [N]."""
    return ops.pairwise_distance(x1, x2, p, eps, keepdim)


def normalize(input, p=2.0, dim=1, eps=1e-12, out=None):
    """x / max(||x||_p, eps), the norm taken over dim."""
    divisor = input.norm(p, dim, keepdim=True).clamp_min(eps).expand_as(input)
    return ops.div(input, divisor, out=out) if out is not None else input / divisor


def pdist(input, p=2):
    """||x_i - x_j||_p for all i < j: [N, D] to [N (N - 1) / 2]."""
    if input.dim() != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.dim()}D")
    if not input.is_floating_point():
        raise RuntimeError("pdist only supports floating-point dtypes")
    if p < 0:
        raise RuntimeError("pdist only supports non-negative p values")
    count = input.shape[0]
    if count < 2:
        return input.new_zeros(0)
    first, second = ops.triu_indices(count, count, 1)
    return ops._named((input[first] - input[second]).norm(p, 1), "PdistBackward0")
