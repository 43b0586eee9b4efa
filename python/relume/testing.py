"""Assertions for tests: assert_close."""

import math

from . import _C
from ._C import Tensor, ops

_TOLERANCES = {  # dtype: (rtol, atol); others must be equal
    "float16": (1e-3, 1e-5), "bfloat16": (1.6e-2, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7),
}  # fmt: skip


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
    elif actual is None and expected is None:
        pass
    else:
        _compare_tensors(_as_tensor(actual, expected), _as_tensor(expected, actual), *together, where)


def _as_tensor(value, other):
    if isinstance(value, Tensor):
        if isinstance(other, Tensor) or not isinstance(other, (str, type(None))):
            return value
    elif isinstance(value, (bool, int, float)):
        return ops.tensor(value, dtype=_C.float64 if isinstance(value, float) else None)
    elif hasattr(value, "__array_interface__"):
        return ops.as_tensor(value)
    raise TypeError(
        f"No comparison pair was able to handle inputs of type {value.__class__} and {other.__class__}."
    )


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
    wide = [each.double() for each in (actual, expected)]
    apart = (wide[0] - wide[1]).abs().masked_fill(close, 0)
    relative = (apart / wide[1].abs()).masked_fill(close, 0)
    verdict = "equal" if exact else "close"
    if actual.dim() == 0:
        return (
            f"Scalars are not {verdict}!\n\nExpected {expected.item()} but got {actual.item()}.\n"
            f"Absolute difference: {_number(apart, actual)}{limit[0]}\nRelative difference: {relative.item()}{limit[1]}"
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
        shown = _number(worst, actual) if name == "absolute" else worst.item()
        text += f"Greatest {name} difference: {shown} at index {tuple(reversed(index))}{allowed}\n"
    return text.rstrip("\n")


def _number(distance, like):
    """A distance, as an integer where it is between integers."""
    value = distance.item()
    return value if like.is_floating_point() or not math.isfinite(value) else int(value)


def _fail(text, where):
    raise AssertionError(text + (f"\n\nThe failure occurred for item {where}" if where else ""))
