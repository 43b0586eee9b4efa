"""Help for tests: assert_close, make_tensor."""

import math
import warnings

from . import _C
from ._C import Tensor, ops
from ._functions import finfo, iinfo

_TOLERANCES = {  # dtype: (rtol, atol); others must be equal
    "float16": (1e-3, 1e-5), "bfloat16": (1.6e-2, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7),
}  # fmt: skip

_OLDER_TOLERANCES = {"float16": (1e-3, 1e-3), "float32": (1e-4, 1e-5), "float64": (1e-5, 1e-8)}


def assert_close(
    actual,
    expected,
    *,
    allow_subclasses=True,
    rtol=None,
    atol=None,
    equal_nan=False,
    check_device=True,
    check_dtype=True,
    check_layout=True,
    check_stride=False,
    msg=None,
):
    """Raises AssertionError unless |actual - expected| <= atol + rtol |expected| for every element. Tensors, numbers,
    arrays, and sequences and mappings of them. The tolerances depend on the dtype where they are not given: float32 has
    rtol 1.3e-6 and atol 1e-5, float64 1e-7 both; integers must be equal. `msg` replaces the text of the error, or makes
    another from it."""
    if (rtol is None) != (atol is None):
        missing = "rtol" if rtol is None else "atol"
        raise ValueError(f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {missing}.")
    checks = {"check_dtype": check_dtype, "check_stride": check_stride}
    try:
        _compare(actual, expected, rtol, atol, equal_nan, checks, "")
    except AssertionError as error:
        text = str(error) if msg is None else msg(str(error)) if callable(msg) else msg
        raise AssertionError(text) from None


def _compare(actual, expected, rtol, atol, equal_nan, checks, where):
    together = (rtol, atol, equal_nan, checks)
    if isinstance(actual, dict) and isinstance(expected, dict):
        if actual.keys() != expected.keys():
            _fail(
                "The keys of the mappings do not match:\n"
                f"Missing keys in the actual mapping: {sorted(expected.keys() - actual.keys())}\n"
                f"Additional keys in the actual mapping: {sorted(actual.keys() - expected.keys())}",
                where,
            )
        for key in expected:
            _compare(actual[key], expected[key], *together, f"{where}[{key!r}]")
    elif isinstance(actual, (list, tuple)) and isinstance(expected, (list, tuple)):
        if len(actual) != len(expected):
            _fail(f"The length of the sequences mismatch: {len(actual)} != {len(expected)}", where)
        for i, pair in enumerate(zip(actual, expected)):
            _compare(*pair, *together, f"{where}[{i}]")
    elif actual is None or expected is None:
        if actual is not expected:
            _fail(f"None mismatch: {actual} is not {expected}", where)
    else:
        tensors = [_as_tensor(value, other) for value, other in ((actual, expected), (expected, actual))]
        if any(tensor is None for tensor in tensors):
            raise TypeError(
                f"No comparison pair was able to handle inputs of type {actual.__class__} and {expected.__class__}."
            )
        _compare_tensors(*tensors, *together, where)


def _as_tensor(value, other):
    """A value that can be compared with the other as a tensor; None for what cannot."""
    if isinstance(value, (bool, int, float)):
        numbers = isinstance(other, (bool, int, float)) or hasattr(other, "__array_interface__")
        return ops.tensor(value, dtype=_C.float64 if isinstance(value, float) else None) if numbers else None
    if isinstance(value, Tensor):
        return value
    return ops.as_tensor(value) if hasattr(value, "__array_interface__") else None


def _compare_tensors(actual, expected, rtol, atol, equal_nan, checks, where):
    for attribute, wanted in (("shape", True), ("dtype", checks["check_dtype"])):
        a, b = getattr(actual, attribute), getattr(expected, attribute)
        if wanted and a != b:
            _fail(f"The values for attribute '{attribute}' do not match: {a} != {b}.", where)
    if checks["check_stride"] and actual.stride() != expected.stride():
        _fail(f"The values for attribute 'stride()' do not match: {actual.stride()} != {expected.stride()}.", where)
    if rtol is None:
        found = [_TOLERANCES.get(str(each.dtype).split(".")[-1], (0, 0)) for each in (actual, expected)]
        rtol, atol = (max(pair) for pair in zip(*found))
    common = ops.result_type(actual, expected)
    actual, expected = actual.detach().to(common), expected.detach().to(common)
    close = ops.isclose(actual, expected, rtol, atol, equal_nan)
    if not ops.all(close).item():
        _fail(_difference(actual, expected, close, rtol, atol), where)


def _difference(actual, expected, close, rtol, atol):
    """How far tensors are apart that are not close."""
    exact = rtol == 0 and atol == 0
    limit = ["", ""] if exact else [f" (up to {atol} allowed)", f" (up to {rtol} allowed)"]
    if not actual.is_floating_point():
        actual, expected = actual.long(), expected.long()
    elif actual.dim() == 0:
        actual, expected = actual.double(), expected.double()
    apart = (actual - expected).abs().masked_fill(close, 0)
    relative = (apart / (expected.double() if actual.dim() == 0 else expected).abs()).masked_fill(close, 0)
    verdict = "equal" if exact else "close"
    if actual.dim() == 0:
        return (
            f"Scalars are not {verdict}!\n\nExpected {expected.item()} but got {actual.item()}.\n"
            f"Absolute difference: {apart.item()}{limit[0]}\nRelative difference: {relative.item()}{limit[1]}"
        )
    total, count = close.numel(), close.numel() - ops.sum(close).item()
    text = f"Tensor-likes are not {verdict}!\n\nMismatched elements: {count} / {total} ({count / total:.1%})\n"
    for name, distance, allowed in (("absolute", apart, limit[0]), ("relative", relative, limit[1])):
        place = int(distance.reshape(-1).argmax().item())
        index, rest = [], place
        for size in reversed(distance.shape):
            rest, at = divmod(rest, size)
            index.append(at)
        worst = distance.reshape(-1)[place]
        text += f"Greatest {name} difference: {worst.item()} at index {tuple(reversed(index))}{allowed}\n"
    return text.rstrip("\n")


def _fail(text, where):
    raise AssertionError(text + (f"\n\nThe failure occurred for item {where}" if where else ""))


def assert_allclose(actual, expected, rtol=None, atol=None, equal_nan=True, msg=""):
    """The older assert_close, which takes no notice of dtypes and takes NaN as equal."""
    warnings.warn(
        "`torch.testing.assert_allclose()` is deprecated since 1.12 and will be removed in a future release. Please use "
        "`torch.testing.assert_close()` instead. You can find detailed upgrade instructions in "
        "https://github.com/pytorch/pytorch/issues/61844.",
        FutureWarning,
        stacklevel=2,
    )
    tensors = [each if isinstance(each, Tensor) else ops.tensor(each) for each in (actual, expected)]
    if rtol is None and atol is None:
        found = [_OLDER_TOLERANCES.get(str(each.dtype).split(".")[-1], (0, 0)) for each in tensors]
        rtol, atol = (max(pair) for pair in zip(*found))
    assert_close(*tensors, rtol=rtol, atol=atol, equal_nan=equal_nan, check_dtype=False, msg=msg or None)


def make_tensor(
    *shape, dtype, device=None, low=None, high=None, requires_grad=False, noncontiguous=False, exclude_zero=False,
    memory_format=None,
):  # fmt: skip
    """A tensor of random numbers, uniform in [low, high): [-9, 9) by default, whole ones up to 9, bool ones both values. With
    noncontiguous it has gaps; with exclude_zero zeros become 1, or the smallest normal number. The numbers are PyTorch's for
    the same seed. Raises ValueError for bounds that the dtype does not have."""
    shape = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], (list, tuple)) else shape
    if noncontiguous and memory_format is not None:
        raise ValueError(
            "The parameters `noncontiguous` and `memory_format` are mutually exclusive, but got "
            f"noncontiguous={noncontiguous!r} and memory_format={memory_format!r}"
        )
    whole = not dtype.is_floating_point
    if requires_grad and whole:
        raise ValueError(f"`requires_grad=True` is not supported for boolean and integral dtypes, but got dtype={dtype!r}")
    low, high = _bounds(low, high, dtype)
    gaps = noncontiguous and math.prod(shape) > 1
    sizes = (*shape[:-1], 2 * shape[-1]) if gaps else shape
    if whole:
        made = ops.randint(math.ceil(low), math.ceil(high), sizes, dtype=dtype, device=device)
    elif high - low >= finfo(dtype).max:
        made = ops.empty(sizes, dtype=dtype, device=device).uniform_(low / 2, high / 2).mul_(2)
    else:
        made = ops.empty(sizes, dtype=dtype, device=device).uniform_(low, high)
    if gaps:
        made = made[..., 1::2]
    elif memory_format is not None:
        made = made.clone(memory_format=memory_format)
    if exclude_zero:
        made[made == 0] = 1 if whole else finfo(dtype).tiny
    return made.requires_grad_(requires_grad)


def _bounds(low, high, dtype):
    """The bounds of make_tensor, checked, within those of the dtype."""
    if dtype is _C.bool:
        lowest, highest, defaults = 0, 2, (0, 2)
    elif dtype.is_floating_point:
        lowest, highest, defaults = finfo(dtype).min, finfo(dtype).max, (-9, 9)
    else:
        lowest, highest, defaults = iinfo(dtype).min, iinfo(dtype).max + (dtype is not _C.int64), (-9, 10)
    low, high = (default if given is None else given for given, default in zip((low, high), defaults))
    if math.isnan(low) or math.isnan(high):
        raise ValueError(f"`low` and `high` cannot be NaN, but got low={low!r} and high={high!r}")
    if low == high and dtype.is_floating_point:
        warnings.warn(
            "Passing `low==high` to `torch.testing.make_tensor` for floating or complex types is deprecated since 2.1 and will "
            "be removed in 2.3. Use `torch.full(...)` instead.",
            FutureWarning,
            stacklevel=3,
        )
    elif low >= high:
        raise ValueError(f"`low` must be less than `high`, but got {low} >= {high}")
    elif high < lowest or low >= highest:
        raise ValueError(
            f"The value interval specified by `low` and `high` is [{low}, {high}), but {dtype} only supports [{lowest}, "
            f"{highest})"
        )
    return min(max(low, lowest), highest), min(max(high, lowest), highest)
