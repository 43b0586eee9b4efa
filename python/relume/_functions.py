"""Functions of the top level that are written in Python: those with starred arguments, and those about the library."""

import string

from . import _C
from ._C import Size, Tensor, dtype, ops
from ._once import warn_once

# Ops that belong to nn.functional, or are called otherwise from Python.
NOT_HERE = frozenset(
    (
        "mse_loss l1_loss smooth_l1_loss huber_loss cross_entropy_loss nll_loss pad upsample_nearest1d upsample_nearest2d "
        "upsample_nearest3d upsample_linear1d upsample_bilinear2d upsample_trilinear3d upsample_bicubic2d "
        "multi_margin_loss multilabel_margin_loss soft_margin_loss cosine_embedding_loss ctc_loss hinge_embedding_loss "
        "margin_ranking_loss triplet_margin_loss"
    ).split()
)

inf, nan, pi, e, newaxis = float("inf"), float("nan"), 3.141592653589793, 2.718281828459045, None

builtin_sorted = sorted  # whose name is an argument's below

__all__ = [
    "e",
    "inf",
    "nan",
    "newaxis",
    "pi",
    "broadcast_shapes",
    "broadcast_tensors",
    "einsum",
    "finfo",
    "frombuffer",
    "from_dlpack",
    "iinfo",
    "is_nonzero",
    "is_storage",
    "is_tensor",
    "meshgrid",
    "set_printoptions",
    "split",
    "tensordot",
    "typename",
    "unique",
]


def _listed(tensors):
    """What was given as f(a, b) or as f([a, b])."""
    return tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors


def einsum(*args):
    """einsum(equation, *operands): sums of products, as the equation says: einsum("ij,jk->ik", a, b). Or each operand with
    the list of its dimensions, numbers below 52 or ..., and those of the result at the end: einsum(a, [0, 1], b, [1, 2])."""
    if len(args) < 2:
        raise ValueError(
            "einsum(): must specify the equation string and at least one operand, or at least one operand and its "
            "subscripts list"
        )
    if isinstance(args[0], str):
        return ops.einsum(args[0], _listed(args[1:]))
    letters = string.ascii_uppercase + string.ascii_lowercase

    def written(dims):
        return "".join("..." if d is Ellipsis else letters[d] for d in dims)

    equation = ",".join(map(written, args[1::2])) + ("->" + written(args[-1]) if len(args) % 2 else "")
    return ops.einsum(equation, list(args[: len(args) // 2 * 2 : 2]))


def meshgrid(*tensors, indexing=None):
    """The coordinates of a grid over 1-D tensors; indexing is "ij" or "xy"."""
    if indexing is None:
        text = "torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument."
        warn_once("meshgrid", text)
    return ops.meshgrid(_listed(tensors), indexing or "ij")


def broadcast_tensors(*tensors):
    """Views of the tensors in the shape to which they broadcast."""
    return ops.broadcast_tensors(_listed(tensors))


def split(tensor, split_size_or_sections, dim=0):
    """Views along dim of so many elements each (the last may be smaller), or of the sizes in a list."""
    return tensor.split(split_size_or_sections, dim)


def tensordot(a, b, dims=2, out=None):
    """Sums of products over dims: the last dims of a and the first of b, or a pair of lists of dimensions."""
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        dims = list(range(-dims, 0)), list(range(dims))
    own, other = ([d] if isinstance(d, int) else list(d) for d in dims)
    return ops.tensordot(a, b, own, other, out=out)


def broadcast_shapes(*shapes):
    """The shape to which tensors of the given shapes broadcast."""
    shapes = [(shape,) if isinstance(shape, int) else tuple(shape) for shape in shapes]
    result = [1] * max(map(len, shapes), default=0)
    for i, shape in enumerate(shapes):
        for d in range(-1, -1 - len(shape), -1):
            if shape[d] < 0:
                raise RuntimeError(f"Trying to create tensor with negative dimension ({shape[d]}): ({shape[d]})")
            if shape[d] != 1 and result[d] not in (1, shape[d]):
                raise RuntimeError(
                    f"Attempting to broadcast a dimension of length {shape[d]} at {d}! Mismatching argument at index {i} had "
                    f"{shape}; but expected shape should be broadcastable to {result}"
                )
            result[d] = shape[d] if shape[d] != 1 else result[d]
    return Size(result)


def _unique_slices(input, dim):
    """The slices along dim that differ, in lexicographic order, which of them each slice is, and how often each occurs."""
    if input.dim() == 0:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    slices = input.movedim(dim, 0)
    if 0 in slices.shape[1:]:
        raise RuntimeError("There are 0 sized dimensions, and they aren't selected, so unique cannot be applied")
    rows = [tuple(row) for row in slices.reshape(len(slices), -1).tolist()] if input.numel() else [()] * len(slices)
    first, count = {}, {}
    for i, row in enumerate(rows):
        first.setdefault(row, i)
        count[row] = count.get(row, 0) + 1
    order = {row: place for place, row in enumerate(builtin_sorted(first))}
    chosen = ops.tensor([first[row] for row in order], dtype=_C.int64)
    inverse = ops.tensor([order[row] for row in rows], dtype=_C.int64)
    return input.index_select(dim, chosen), inverse, ops.tensor([count[row] for row in order], dtype=_C.int64)


def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """The values that occur, and on request where each element's value is among them, and how often it occurs."""
    if dim is None:
        values, inverse, counts = ops._unique(input, sorted, return_inverse, return_counts)
    else:
        values, inverse, counts = _unique_slices(input, dim)
    results = (values,) + ((inverse,) if return_inverse else ()) + ((counts,) if return_counts else ())
    return results if len(results) > 1 else values


def _assert(condition, message):
    """assert, as a function."""
    assert condition, message


def is_tensor(obj):
    """Whether obj is a Tensor."""
    return isinstance(obj, Tensor)


def is_storage(obj):
    """Whether an object is the memory of a tensor, as tensor.untyped_storage() and tensor.storage() give it."""
    from .storage import TypedStorage, UntypedStorage

    return isinstance(obj, (TypedStorage, UntypedStorage))


def is_nonzero(input):
    """Whether the only element is not zero."""
    return ops.is_nonzero(input)


def typename(obj):
    """The type of obj, or obj where it is a class, as text: torch.FloatTensor for a tensor."""
    if isinstance(obj, Tensor):
        return obj.type()
    kind = obj if isinstance(obj, type) else type(obj)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def frombuffer(buffer, *, dtype, count=-1, offset=0, requires_grad=False):
    """A 1-D tensor on the memory of an object that has the buffer protocol, read as dtype."""
    try:
        memory = memoryview(buffer).cast("B")
    except TypeError:
        raise ValueError("object does not implement Python buffer protocol.") from None
    if memory.readonly:
        warn_once(
            "frombuffer",
            "The given buffer is not writable, and PyTorch does not support non-writable tensors. This means you can write "
            "to the underlying (supposedly non-writable) buffer using the tensor. You may want to copy the buffer to protect "
            "its data or make it writable before converting it to a tensor. This type of warning will be suppressed for the "
            "rest of this program.",
        )
    total, size = memory.nbytes, dtype.itemsize
    if total == 0 or count == 0:
        raise ValueError(f"both buffer length ({total}) and count ({count}) must not be 0")
    if not 0 <= offset < total:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length ({total} bytes) minus 1"
        )
    flat = ops._buffer_tensor(memory)[offset:]
    if count < 0:
        if len(flat) % size:
            raise ValueError(
                f"buffer length ({total} bytes) after offset ({offset} bytes) must be a multiple of element size ({size})"
            )
        count = len(flat) // size
    if count * size > len(flat):
        raise ValueError(
            f"requested buffer length ({count} * {size} bytes) after offset ({offset} bytes) must not be greater than actual "
            f"buffer length ({total} bytes)"
        )
    return flat[: count * size].view(dtype).requires_grad_(requires_grad)


def from_dlpack(ext_tensor, *, device=None, copy=None):
    """A tensor on the memory of an object that has __dlpack__(), or on memory of its own with copy."""
    made = _C.from_dlpack(ext_tensor.__dlpack__() if hasattr(ext_tensor, "__dlpack__") else ext_tensor)
    return made.to(device or made.device, copy=bool(copy))


_PROFILES = {"default": (4, 1000, 3, 80), "short": (2, 1000, 2, 80), "full": (4, 2**62, 3, 80)}


def set_printoptions(precision=None, threshold=None, edgeitems=None, linewidth=None, profile=None, sci_mode=None):
    """How tensors print: digits after the point, from how many elements on they are abbreviated to edgeitems at each
    end, characters a line, and whether scientific notation is forced (True) or forbidden (False)."""
    given = (precision, threshold, edgeitems, linewidth)
    now = _PROFILES.get(profile) or ops._get_printoptions()[:4]
    threshold_given = given[1] if given[1] != float("inf") else 2**62
    given = (given[0], threshold_given) + given[2:]
    ops._set_printoptions(*(new if new is not None else old for new, old in zip(given, now)), sci_mode)


class finfo:
    """The limits of a floating-point dtype: bits, eps, max, min, tiny, resolution."""

    __module__ = "relume"

    _SHOWN = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")
    _FACTS = {
        "float32": (32, 1.1920928955078125e-07, 3.4028234663852886e38, 1.1754943508222875e-38, 1e-06),
        "float64": (64, 2.220446049250313e-16, 1.7976931348623157e308, 2.2250738585072014e-308, 1e-15),
        "float16": (16, 0.0009765625, 65504.0, 6.103515625e-05, 0.001),
        "bfloat16": (16, 0.0078125, 3.3895313892515355e38, 1.1754943508222875e-38, 0.01),
    }

    def __init__(self, type=None):
        type = type if type is not None else ops.get_default_dtype()
        if not isinstance(type, dtype):
            raise TypeError(f"finfo(): argument 'type' (position 1) must be torch.dtype, not {type.__class__.__name__}")
        name = str(type).split(".")[-1]
        if name not in self._FACTS:
            raise TypeError("torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo'")
        self.dtype = name
        self.bits, self.eps, self.max, self.tiny, self.resolution = self._FACTS[name]
        self.min, self.smallest_normal = -self.max, self.tiny

    def __repr__(self):
        facts = ", ".join(f"{key}={getattr(self, key):.6g}" for key in self._SHOWN)
        return f"finfo({facts}, dtype={self.dtype})"

    def __eq__(self, other):
        return self.dtype == other.dtype if isinstance(other, finfo) else NotImplemented

    __hash__ = object.__hash__


class iinfo:
    """The limits of an integer dtype: bits, max, min."""

    __module__ = "relume"

    def __init__(self, type):
        if not isinstance(type, dtype):
            raise TypeError(f"iinfo(): argument 'type' (position 1) must be torch.dtype, not {type.__class__.__name__}")
        if type.is_floating_point:
            raise TypeError("torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'")
        if type is _C.bool:
            raise TypeError("torch.bool is not supported by torch.iinfo")
        self.dtype, self.bits = str(type).split(".")[-1], 8 * type.itemsize
        self.max = 2 ** (self.bits - type.is_signed) - 1
        self.min = -self.max - 1 if type.is_signed else 0

    def __repr__(self):
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"

    def __eq__(self, other):
        return self.dtype == other.dtype if isinstance(other, iinfo) else NotImplemented

    __hash__ = object.__hash__
