"""Images in other sizes, and images read at points between their pixels."""

import functools
import math
import warnings

from ..._C import bool as bool_dtype, float32, float64, ops, uint8
from ..._modes import in_float32, inference_mode
from . import pooling
from .antialias import resized as antialiased

__all__ = ["affine_grid", "grid_sample", "interpolate", "upsample", "upsample_bilinear", "upsample_nearest"]

_MODES = {"nearest": (3, 4, 5), "nearest-exact": (3, 4, 5), "area": (3, 4, 5), "linear": (3,), "bilinear": (4,),
          "bicubic": (4,), "trilinear": (5,)}  # fmt: skip
_CORNERS = ("linear", "bilinear", "bicubic", "trilinear")


def _precision(input):
    """The dtype in which places are computed."""
    return float64 if input.dtype is float64 else float32


def _steps(size, out, scale, align_corners):
    """How many pixels of the input one of the output is."""
    if align_corners:
        return (size - 1) / (out - 1) if out > 1 else 0.0
    return 1.0 / scale if scale is not None and scale > 0 else size / out


def _kept(function):
    """Keeps what a function of numbers returns: programs scale between the same sizes again and again. The tensors can be
    saved for backward, whatever mode they are first asked for in."""

    @functools.lru_cache(maxsize=64)
    def made(*arguments):
        with inference_mode(False):
            return function(*arguments)

    return made


@_kept
def _nearest_index(size, out, scale, exact):
    step = ops.tensor(_steps(size, out, scale, False), dtype=float32)
    places = (ops.arange(out, dtype=float32) + (0.5 if exact else 0.0)) * step
    return places.floor().long().clamp_max(size - 1)


def _nearest(input, dim, out, scale, exact):
    size = input.size(dim)
    if out == size and not exact:
        return input
    return input.index_select(dim, _nearest_index(size, out, scale, exact))


def _places(size, out, scale, align_corners, dtype):
    """Where in the input the output's pixels lie."""
    step = ops.tensor(_steps(size, out, scale, align_corners), dtype=dtype)
    place = ops.arange(out, dtype=dtype)
    return place * step if align_corners else (place + 0.5) * step - 0.5


def _along(input, dim, taps):
    """The sum of pixels times weights, for (indices, weights) along a dimension."""
    result = None
    shape = [1] * input.dim()
    shape[dim] = -1
    for index, weight in taps:
        part = input.index_select(dim, index) * weight.view(shape)
        result = part if result is None else result + part
    return result


@_kept
def _linear_taps(size, out, scale, align_corners, dtype):
    place = _places(size, out, scale, align_corners, dtype).clamp_min(0)
    low = place.floor().long().clamp_max(size - 1)
    weight = (place - low).clamp(0, 1)
    return [(low, 1 - weight), ((low + 1).clamp_max(size - 1), weight)]


def cubic_weights(t):
    """The weights of four neighbours at the distance t after the second, with a = -0.75.  Keys, 1981."""
    a = -0.75

    def near(x):
        return ((a + 2) * x - (a + 3)) * x * x + 1

    def far(x):
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a

    return [far(t + 1), near(t), near(1 - t), far(2 - t)]


@_kept
def _cubic_taps(size, out, scale, align_corners, dtype):
    place = _places(size, out, scale, align_corners, dtype)
    low = place.floor()
    first = low.long() - 1
    return [((first + i).clamp(0, size - 1), weight) for i, weight in enumerate(cubic_weights(place - low))]


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
    sizes = [math.floor(float(n) * s) for n, s in zip(input.shape[2:], scales)]
    return sizes, [None] * rank if recompute_scale_factor else scales


def _check_mode(input, mode, align_corners, antialias):
    if mode not in _CORNERS:
        if align_corners is not None:
            raise ValueError(
                "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"
            )
    if antialias and not (mode in ("bilinear", "bicubic") and input.dim() == 4):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as input"
        )
    if mode not in _MODES or input.dim() not in (3, 4, 5):
        raise NotImplementedError(
            "Input Error: Only 3D, 4D and 5D input Tensors supported (got "
            f"{input.dim()}D) for the modes: nearest | linear | bilinear | bicubic | trilinear | lanczos | area | "
            f"nearest-exact (got {mode})"
        )
    if input.dim() not in _MODES[mode]:
        raise NotImplementedError(f"Got {input.dim()}D input, but {mode} mode needs {_MODES[mode][0]}D input")


def interpolate(
    input, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None, antialias=False
):
    """[N, C, ...] with the last dimensions in another size, or scaled. mode is "nearest", "nearest-exact", "area" (means),
    "linear" (3-D input), "bilinear", "bicubic" (4-D) or "trilinear" (5-D); with align_corners the corner pixels' centres
    meet. With antialias "bilinear" and "bicubic" smooth what they make smaller."""
    _check_mode(input, mode, align_corners, antialias)
    sizes, scales = _wanted_sizes(input, size, scale_factor, recompute_scale_factor)
    if min(sizes) <= 0 or min(input.shape[2:]) <= 0:
        raise RuntimeError(
            f"Input and output sizes should be greater than 0, but got input ({', '.join(map(str, input.shape[2:]))}) output "
            f"({', '.join(map(str, sizes))})"
        )
    if mode == "area":
        return getattr(pooling, f"adaptive_avg_pool{input.dim() - 2}d")(input, tuple(sizes))
    between = not mode.startswith("nearest")
    if between and not input.is_floating_point() and input.dtype is not uint8:
        raise NotImplementedError(f"\"upsample_{mode}\" not implemented for '{input.type().split('.')[1][: -len('Tensor')]}'")
    result = input
    for dim in reversed(range(2, input.dim())):
        out, scale = int(sizes[dim - 2]), scales[dim - 2]
        scale = None if scale is None else float(scale)
        if antialias:
            step = _steps(input.size(dim), out, scale, bool(align_corners))
            result = antialiased(result, dim, out, step, mode) if out != input.size(dim) or step != 1 else result
        elif not between:
            result = _nearest(result, dim, out, scale, mode != "nearest")
        else:
            precision = _precision(input)
            taps_of = _cubic_taps if mode == "bicubic" else _linear_taps
            taps = taps_of(input.size(dim), out, scale, bool(align_corners), precision)
            result = _along(result.to(precision), dim, taps)
            if input.dtype is uint8:
                result = (result + 0.5).floor().clamp(0, 255)
    return result.clone() if result is input else result.to(input.dtype)


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


def affine_grid(theta, size, align_corners=None):
    """Where grid_sample is to read for affine maps: theta [N, 2, 3] and size (N, C, H, W) to [N, H, W, 2], or [N, 3, 4] and
    (N, C, D, H, W) to [N, D, H, W, 3].  Jaderberg et al., 2015."""
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    rank = len(size) - 2
    if rank not in (2, 3):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size "
            f"{list(size)}"
        )
    if theta.dim() != 3 or tuple(theta.shape[1:]) != (rank, rank + 1):
        raise ValueError(
            f"Expected a batch of {rank}D affine matrices of shape Nx{rank}x{rank + 1} for size {tuple(size)}. Got "
            f"{theta.shape}."
        )
    axes = []
    for out in size[2:]:
        axis = ops.linspace(-1, 1, out, dtype=theta.dtype) if out > 1 else ops.zeros(out, dtype=theta.dtype)
        axes.append(axis if align_corners else axis * ((out - 1) / out))
    points = list(reversed(ops.meshgrid(axes, "ij"))) + [ops.ones(*size[2:], dtype=theta.dtype)]
    flat = ops.stack(points, -1).view(1, -1, rank + 1).expand(size[0], -1, -1)
    return flat.bmm(theta.transpose(1, 2)).view(size[0], *size[2:], rank)


def _pixels(coordinate, size, align_corners):
    """From [-1, 1] to pixels."""
    if align_corners:
        return (coordinate + 1) / 2 * (size - 1)
    return ((coordinate + 1) * size - 1) / 2


def _reflected(place, low, high):
    """Places thrown back at both borders, which are given in half pixels."""
    if low == high:
        return ops.zeros_like(place)
    span, start = (high - low) / 2, low / 2
    place = (place - start).abs()
    extra, flips = place.fmod(span), (place / span).floor()
    return ops.where(flips.remainder(2) == 0, extra + start, span - extra + start)


def _inside(place, size, padding_mode, align_corners):
    """Places brought into the image, as padding_mode says."""
    if padding_mode == "border":
        return place.clamp(0, size - 1)
    if padding_mode == "reflection":
        borders = (0, 2 * (size - 1)) if align_corners else (-1, 2 * size - 1)
        return _reflected(place, *borders).clamp(0, size - 1)
    return place


def _read(input, indices):
    """The pixels at whole places [N, points] of each dimension; zeros outside."""
    inside, flat = None, None
    for index, size in zip(indices, input.shape[2:]):
        valid = (index >= 0) & (index <= size - 1)
        inside = valid if inside is None else inside & valid
        index = ops.where(valid, index, 0.0).long()
        flat = index if flat is None else flat * size + index
    channels = input.size(1)
    pixels = input.flatten(2).gather(2, flat.unsqueeze(1).expand(-1, channels, -1))
    return pixels * inside.unsqueeze(1).to(input.dtype)


def _sample_linear(input, places):
    """The sum over the corners around each place."""
    lows = [place.detach().floor() for place in places]
    total = None
    for corner in range(2 ** len(places)):
        indices, weight = [], None
        for bit, (place, low) in enumerate(zip(places, lows)):
            up = corner >> bit & 1
            part = place - low if up else low + 1 - place
            indices.append(low + up)
            weight = part if weight is None else weight * part
        weight = ops.where(ops.isfinite(weight), weight, 0.0)  # nothing is near a place that is not finite
        part = _read(input, indices) * weight.unsqueeze(1)
        total = part if total is None else total + part
    return total


def _sample_cubic(input, places, bring_inside):
    lows = [place.detach().floor() for place in places]
    rows, columns = (cubic_weights(place - low) for place, low in zip(places, lows))
    total = None
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            indices = bring_inside([lows[0] + (i - 1), lows[1] + (j - 1)])
            part = _read(input, indices) * (row * column).unsqueeze(1)
            total = part if total is None else total + part
    return total


@in_float32
def grid_sample(input, grid, mode="bilinear", padding_mode="zeros", align_corners=None):
    """The input [N, C, H, W] read at the points of grid [N, H', W', 2], (x, y) in [-1, 1], or [N, C, D, H, W] at [N, D', H',
    W', 3]. mode is "bilinear", "nearest" or "bicubic"; padding_mode "zeros", "border" or "reflection".  Jaderberg et al.,
    2015."""
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(
            f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: "
            f"'{padding_mode}'"
        )
    if align_corners is None:
        warnings.warn(
            "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify "
            "align_corners=True if the old behavior is desired. See the documentation of grid_sample for details.",
            stacklevel=2,
        )
    rank = input.dim() - 2
    if rank not in (2, 3) or grid.dim() != input.dim():
        raise RuntimeError(
            "grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but got input with sizes "
            f"{list(input.shape)} and grid with sizes {list(grid.shape)}"
        )
    if input.size(0) != grid.size(0):
        raise RuntimeError(
            "grid_sampler(): expected grid and input to have same batch size, but got input with sizes "
            f"{list(input.shape)} and grid with sizes {list(grid.shape)}"
        )
    if grid.size(-1) != rank:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {rank} in last dimension, but got grid with sizes {list(grid.shape)}"
        )
    if mode == "bicubic" and rank != 2:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    sizes = input.shape[2:]

    def bring_inside(places):
        return [_inside(place, size, padding_mode, bool(align_corners)) for place, size in zip(places, sizes)]

    places = [
        _pixels(grid[..., rank - 1 - i].flatten(1), size, bool(align_corners)) for i, size in enumerate(sizes)
    ]
    if mode == "bicubic":
        result = _sample_cubic(input, places, bring_inside)
    elif mode == "nearest":
        result = _read(input, [place.detach().round() for place in bring_inside(places)])
        result = result + ops.where(ops.zeros_like(grid, dtype=bool_dtype), grid, 0).sum()  # its gradient is zero
    else:
        result = _sample_linear(input, bring_inside(places))
    return result.view(tuple(input.shape[:2]) + tuple(grid.shape[1:-1]))
