"""Images in other sizes, and images read at points between their pixels."""

import math
import warnings

from ..._C import ops
from . import pooling

__all__ = ["affine_grid", "grid_sample", "interpolate", "upsample", "upsample_bilinear", "upsample_nearest"]

_OPS = {
    ("nearest", 3): ops.upsample_nearest1d,
    ("nearest", 4): ops.upsample_nearest2d,
    ("nearest", 5): ops.upsample_nearest3d,
    ("nearest-exact", 3): ops._upsample_nearest_exact1d,
    ("nearest-exact", 4): ops._upsample_nearest_exact2d,
    ("nearest-exact", 5): ops._upsample_nearest_exact3d,
    ("area", 3): pooling.adaptive_avg_pool1d,
    ("area", 4): pooling.adaptive_avg_pool2d,
    ("area", 5): pooling.adaptive_avg_pool3d,
    ("linear", 3): ops.upsample_linear1d,
    ("bilinear", 4): ops.upsample_bilinear2d,
    ("trilinear", 5): ops.upsample_trilinear3d,
    ("bicubic", 4): ops.upsample_bicubic2d,
}
_SMOOTH_OPS = {
    "bilinear": ops._upsample_bilinear2d_aa,
    "bicubic": ops._upsample_bicubic2d_aa,
    "lanczos": ops._upsample_lanczos2d_aa,
}
_RANKS = {"linear": 3, "bilinear": 4, "bicubic": 4, "trilinear": 5, "lanczos": 4}


def _wanted_sizes(input, size, scale_factor, recompute_scale_factor):
    """The sizes of the output and the scale of each dimension, None where sizes alone count."""
    rank = input.dim() - 2
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is None and scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    if size is not None:
        sizes = list(size) if isinstance(size, (list, tuple)) else [size] * rank
        if len(sizes) != rank:
            raise ValueError(
                "Input and output must have the same number of spatial dimensions, but got input with spatial dimensions of "
                f"{list(input.shape[2:])} and output size of {size}. Please provide input tensor in (N, C, d1, d2, ...,dK) "
                "format and output size in (o1, o2, ...,oK) format."
            )
        if recompute_scale_factor:
            raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
        return sizes, [None] * rank
    scales = list(scale_factor) if isinstance(scale_factor, (list, tuple)) else [scale_factor] * rank
    if len(scales) != rank:
        raise ValueError(
            "Input and scale_factor must have the same number of spatial dimensions, but got input with spatial dimensions of "
            f"{list(input.shape[2:])} and scale_factor of shape {scale_factor}. Please provide input tensor in (N, C, d1, d2, "
            "...,dK) format and scale_factor in (s1, s2, ...,sK) format."
        )
    exact = [float(n) * s for n, s in zip(input.shape[2:], scales)]
    if not all(abs(size) < 2**63 for size in exact):
        raise RuntimeError("value cannot be converted to type int64_t without overflow")
    sizes = [math.floor(size) for size in exact]
    return sizes, [None] * rank if recompute_scale_factor else scales


def _check_mode(input, mode, align_corners, antialias):
    if mode not in _CORNERS:
        if align_corners is not None:
            raise ValueError(
                "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"
            )
    if antialias:
        if mode not in ("bilinear", "bicubic"):
            raise ValueError("Anti-alias option is restricted to bilinear and bicubic modes and requires a 4-D tensor as input")
        raise NotImplementedError("interpolate: antialias=True is not supported")
    if mode not in _MODES or input.dim() not in (3, 4, 5):
        raise NotImplementedError(
            "Input Error: Only 3D, 4D and 5D input Tensors supported (got "
            f"{input.dim()}D) for the modes: nearest | linear | bilinear | bicubic | trilinear | lanczos | area | "
            f"nearest-exact (got {mode})"
        )
    if input.dim() not in _MODES[mode]:
        raise NotImplementedError(f"Got {input.dim()}D input, but {mode} mode needs {_MODES[mode][0]}D input")


def _op(mode, rank, align_corners, antialias):
    if antialias and (mode not in _SMOOTH_OPS or rank != 4):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as input"
        )
    if mode == "lanczos" and align_corners:
        raise ValueError("Lanczos mode does not support align_corners=True")
    if antialias:
        return _SMOOTH_OPS[mode]
    if mode == "lanczos":
        raise ValueError("Lanczos mode requires antialias=True")
    if (mode, rank) in _OPS:
        return _OPS[mode, rank]
    if mode in _RANKS and rank in (3, 4, 5):
        raise NotImplementedError(f"Got {rank}D input, but {mode} mode needs {_RANKS[mode]}D input")
    raise NotImplementedError(
        f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {rank}D) for the modes: nearest | linear | bilinear | "
        f"bicubic | trilinear | lanczos | area | nearest-exact (got {mode})"
    )


def interpolate(
    input, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None, antialias=False
):
    """[N, C, ...] with the last dimensions in another size, or scaled. mode is "nearest", "nearest-exact", "area" (means),
    "linear" (3-D input), "bilinear", "bicubic", "lanczos" (4-D) or "trilinear" (5-D); with align_corners the corner pixels'
    centres meet, with antialias the filter grows where the result is smaller."""
    if mode not in _RANKS and align_corners is not None:
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"
        )
    sizes, scales = _wanted_sizes(input, size, scale_factor, recompute_scale_factor)
    op = _op(mode, input.dim(), align_corners, antialias)
    if mode == "area":
        return op(input, tuple(sizes))
    corners = (bool(align_corners),) if mode in _RANKS else ()
    return op(input, sizes, *corners, *scales)


def upsample(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    """The older name of interpolate."""
    warnings.warn("`nn.functional.upsample` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2)
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input, size=None, scale_factor=None):
    """interpolate with mode="nearest"."""
    warnings.warn("`nn.functional.upsample_nearest` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2)
    return interpolate(input, size, scale_factor)


def upsample_bilinear(input, size=None, scale_factor=None):
    """interpolate with mode="bilinear" and align_corners."""
    warnings.warn("`nn.functional.upsample_bilinear` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2)
    return interpolate(input, size, scale_factor, "bilinear", True)


def _warn_of_corners():
    warnings.warn(
        "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify "
        "align_corners=True if the old behavior is desired. See the documentation of grid_sample for details.",
        stacklevel=3,
    )


def affine_grid(theta, size, align_corners=None):
    """Where grid_sample is to read for affine maps: theta [N, 2, 3] and size (N, C, H, W) to [N, H, W, 2], or [N, 3, 4] and
    (N, C, D, H, W) to [N, D, H, W, 3].  Jaderberg et al., 2015."""
    if align_corners is None:
        _warn_of_corners()
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    rank = len(size) - 2
    if rank not in (2, 3):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size "
            f"{tuple(size)}."
        )
    if theta.dim() != 3 or tuple(theta.shape[1:]) != (rank, rank + 1):
        raise ValueError(
            f"Expected a batch of {rank}D affine matrices of shape Nx{rank}x{rank + 1} for size {tuple(size)}. Got "
            f"{theta.shape}."
        )
    if min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {tuple(size)}")
    if align_corners and min(size[2:]) == 1:
        warnings.warn(
            "Since version 1.3.0, affine_grid behavior has changed for unit-size grids when align_corners=True. This is not "
            "an intended use case of affine_grid. See the documentation of affine_grid for details.",
            stacklevel=2,
        )
    return ops.affine_grid_generator(theta, size, bool(align_corners))


_POINT_MODES = ("bilinear", "nearest", "bicubic")
_BEYOND = ("zeros", "border", "reflection")


def grid_sample(input, grid, mode="bilinear", padding_mode="zeros", align_corners=None):
    """The input [N, C, H, W] read at the points of grid [N, H', W', 2], (x, y) in [-1, 1], or [N, C, D, H, W] at [N, D', H',
    W', 3]. mode is "bilinear", "nearest" or "bicubic"; padding_mode "zeros", "border" or "reflection".  Jaderberg et al.,
    2015."""
    if mode not in _POINT_MODES:
        raise ValueError(
            f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding_mode not in _BEYOND:
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: "
            f"'{padding_mode}'"
        )
    if align_corners is None:
        _warn_of_corners()
    return ops.grid_sampler(
        input, grid, _POINT_MODES.index(mode), _BEYOND.index(padding_mode), bool(align_corners)
    )
