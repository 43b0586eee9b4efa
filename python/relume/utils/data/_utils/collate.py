"""How samples become a batch."""

import collections.abc
import copy
import re

from ...._C import Tensor, float64, ops

_TEXT_OR_OBJECT = re.compile(r"[SaUO]")
_MESSAGE = "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"


def _is_numpy(kind):
    """Whether a type is NumPy's array or number."""
    return kind.__module__ == "numpy" and kind.__name__ not in ("str_", "bytes_", "string_")


def _mapped(mapping, convert):
    """A mapping of the same kind with convert(key) as values; a dict where the kind does not allow it."""
    values = {key: convert(key) for key in mapping}
    try:
        if isinstance(mapping, collections.abc.MutableMapping):
            made = copy.copy(mapping)
            made.update(values)
            return made
        return type(mapping)(values)
    except TypeError:
        return values


def _listed(sequence, values):
    """A sequence of the same kind with other values; a list where the kind does not allow it."""
    try:
        if isinstance(sequence, collections.abc.MutableSequence):
            made = copy.copy(sequence)
            for i, value in enumerate(values):
                made[i] = value
            return made
        return type(sequence)(values)
    except TypeError:
        return values


def _is_sequence(value):
    return isinstance(value, collections.abc.Sequence) and not isinstance(value, (str, bytes))


def default_convert(data):
    """One sample: its arrays as tensors, in lists, tuples and dicts as well; anything else as it is. What a DataLoader
    without batches applies."""
    if isinstance(data, Tensor):
        return data
    if _is_numpy(type(data)):
        if type(data).__name__ == "ndarray" and _TEXT_OR_OBJECT.search(data.dtype.str):
            return data
        return ops.as_tensor(data)
    if isinstance(data, collections.abc.Mapping):
        return _mapped(data, lambda key: default_convert(data[key]))
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*(default_convert(item) for item in data))
    if isinstance(data, tuple):
        return [default_convert(item) for item in data]
    if _is_sequence(data):
        return _listed(data, [default_convert(item) for item in data])
    return data


def collate(batch, *, collate_fn_map=None):
    """A list of samples as one batch. collate_fn_map says how samples of a type are put together; mappings, tuples and
    lists of equal length are put together part by part."""
    first = batch[0]
    kind = type(first)
    if collate_fn_map is not None:
        if kind in collate_fn_map:
            return collate_fn_map[kind](batch, collate_fn_map=collate_fn_map)
        for other, function in collate_fn_map.items():
            if isinstance(first, other):
                return function(batch, collate_fn_map=collate_fn_map)

    def together(values):
        return collate(values, collate_fn_map=collate_fn_map)

    if isinstance(first, collections.abc.Mapping):
        return _mapped(first, lambda key: together([sample[key] for sample in batch]))
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return kind(*(together(values) for values in zip(*batch)))
    if _is_sequence(first):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        values = [together(values) for values in zip(*batch)]
        return values if isinstance(first, tuple) else _listed(first, values)
    raise TypeError(_MESSAGE.format(kind))


def collate_tensor_fn(batch, *, collate_fn_map=None):
    """Tensors of one shape stacked along a new first dimension."""
    return ops.stack(batch, 0)


def collate_numpy_array_fn(batch, *, collate_fn_map=None):
    """Arrays of one shape stacked, as a tensor."""
    if _TEXT_OR_OBJECT.search(batch[0].dtype.str):
        raise TypeError(_MESSAGE.format(batch[0].dtype))
    return ops.stack([ops.as_tensor(array) for array in batch], 0)


def collate_numpy_scalar_fn(batch, *, collate_fn_map=None):
    """NumPy's numbers as a 1-D tensor."""
    return ops.stack([ops.as_tensor(number) for number in batch], 0)


def collate_float_fn(batch, *, collate_fn_map=None):
    """Floats as a 1-D tensor of float64."""
    return ops.tensor(batch, dtype=float64)


def collate_int_fn(batch, *, collate_fn_map=None):
    """Integers, or bools, as a 1-D tensor."""
    return ops.tensor(batch)


def collate_str_fn(batch, *, collate_fn_map=None):
    """Text as it is."""
    return batch


class _Functions(dict):
    """How samples of a type are put together. NumPy's types are met by name, so that NumPy itself need not be there."""

    def __contains__(self, kind):
        if not super().__contains__(kind) and _is_numpy(kind):
            self[kind] = collate_numpy_array_fn if kind.__name__ == "ndarray" else collate_numpy_scalar_fn
        return super().__contains__(kind)


default_collate_fn_map = _Functions(
    {
        Tensor: collate_tensor_fn,
        float: collate_float_fn,
        int: collate_int_fn,
        str: collate_str_fn,
        bytes: collate_str_fn,
    }
)


def default_collate(batch):
    """Stacks tensors and NumPy's arrays, makes tensors of numbers, leaves text, and does so part by part in dicts,
    tuples, named tuples and lists. Raises TypeError for anything else, RuntimeError for lists of unequal length."""
    return collate(batch, collate_fn_map=default_collate_fn_map)
