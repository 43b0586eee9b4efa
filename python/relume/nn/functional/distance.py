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
    return ops.pdist(input, p)
