"""torch._foreach_...: one op on each tensor of a list, or on each pair of two lists."""

import functools

from ._C import Tensor, ops
from ._missing import attribute_finder

_UNARY = (
    "abs acos asin atan ceil cos cosh erf erfc exp expm1 floor frac lgamma log log10 log1p log2 neg reciprocal round rsqrt "
    "sigmoid sign sin sinh sqrt tan tanh trunc clone max"
).split()
_BINARY = "add sub mul div clamp_max clamp_min maximum minimum pow".split()
_TERNARY = "addcmul addcdiv lerp".split()
_LIMITS = {"maximum": "clamp_min", "minimum": "clamp_max"}  # of a tensor and a number


def _checked(lists):
    """The lists, known to be as long as the first, which holds tensors."""
    count = len(lists[0])
    if not count:
        raise RuntimeError("Tensor list must have at least one tensor.")
    for each in lists[1:]:
        if len(each) != count:
            if not isinstance(each[0] if each else None, Tensor):
                raise RuntimeError("Tensor list must have same number of elements as scalar list.")
            raise RuntimeError(f"Tensor lists must have the same number of tensors, got {count} and {len(each)}")
    return zip(*lists)


def _spread(value, count):
    """A list of operands: the list that was given, the same for all, or the elements of a tensor of numbers."""
    return list(value) if isinstance(value, (list, tuple)) else [value] * count


def _unary(name, tensors):
    return [getattr(each, name)() for (each,) in _checked([tensors])]


def _binary(name, tensors, other, **options):
    if isinstance(tensors, (int, float)):  # pow(2, tensors)
        return [getattr(ops, name)(tensors, each) for each in other]
    if isinstance(other, Tensor) and other.dim() > 0:
        raise RuntimeError(
            f"scalar tensor expected to be 0 dim but it has {other.dim()} dimensions and {other.numel()} elements."
        )
    results = []
    for own, each in _checked([tensors, _spread(other, len(tensors))]):
        limit = _LIMITS.get(name.rstrip("_"))  # of a method with a tensor there is no form in place, with a number no form
        if limit is None:
            results.append(getattr(own, name)(each, **options))
        else:
            result = getattr(own, name.rstrip("_") if isinstance(each, Tensor) else limit)(each)
            results.append(own.copy_(result) if name[-1] == "_" else result)
    return results


def _ternary(name, tensors, first, second, value=None):
    lists = [tensors, list(first), _spread(second, len(tensors))]
    if name.startswith("lerp"):
        return [getattr(own, name)(*others) for own, *others in _checked(lists)]
    values = value.tolist() if isinstance(value, Tensor) else _spread(1 if value is None else value, len(tensors))
    return [getattr(own, name)(a, b, value=v) for own, a, b, v in _checked([*lists, values])]


def _norm(self, ord=2, dtype=None):
    return tuple(ops.linalg_vector_norm(each, ord, dtype=dtype) for (each,) in _checked([self]))


def _powsum(self, ord=2, dtype=None):
    return tuple((each if dtype is None else each.to(dtype)).abs().pow(ord).sum() for (each,) in _checked([self]))


def _products(self, mat2):
    return tuple(ops.mm(a, b) for a, b in _checked([self, mat2]))


def _zero_(self):
    for each in self:
        each.zero_()
    return self


def _copied_(self, src, non_blocking=False):
    for each, source in _checked([self, src]):
        each.copy_(source)
    return self


def _called(form, name, self, *arguments, **options):
    """The results as a tuple; in place, the list itself."""
    results = form(name, self, *arguments, **options)
    return self if name[-1] == "_" else tuple(results)


_OTHERS = {"norm": _norm, "powsum": _powsum, "mm": _products, "zero_": _zero_, "copy_": _copied_}


def __getattr__(name):
    op = name.removeprefix("_foreach_")
    if op in _OTHERS:
        return _OTHERS[op]
    base = op.removesuffix("_")
    for names, form in ((_UNARY, _unary), (_BINARY, _binary), (_TERNARY, _ternary)):
        if base in names and op not in ("max_", "clone_"):
            return functools.partial(_called, form, op)
    return attribute_finder("torch")(name)
