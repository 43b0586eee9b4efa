"""Calls of modules with other parameters than their own."""

import contextlib

from ..._C import Tensor


def _places(module, tensors, tie_weights):
    """The tables and names in which the tensors with a dotted name are."""
    named = {}
    for path, each in module.named_modules(remove_duplicate=False):
        for table in (each._parameters, each._buffers):
            for name, tensor in table.items():
                named[(path + "." if path else "") + name] = (table, name, tensor)
    places = {key: [(table, name)] for key, (table, name, _) in named.items()}
    if tie_weights:
        for key, (_, _, tensor) in named.items():
            if tensor is not None:
                tied = [other for other, (_, _, own) in named.items() if own is tensor]
                places[key] = [named[other][:2] for other in tied]
                given = sorted(other for other in tied if other in tensors)
                if any(tensors[other] is not tensors[given[0]] for other in given):
                    raise ValueError(
                        f"functional_call got multiple values for keys {given}, which are tied. Consider using tie_weights=False"
                    )
    return places


@contextlib.contextmanager
def _replaced(module, tensors, tie_weights, strict):
    places = _places(module, tensors, tie_weights)
    for key, tensor in tensors.items():
        if not key:
            raise KeyError('tensor name can\'t be empty string ""')
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(f"{tensor} is not an instance of torch.Tensor")
    if strict:
        unexpected = [key for key in tensors if key not in places]
        missing = [key for key in places if key not in tensors]
        if unexpected or missing:
            raise RuntimeError(
                f"Error(s) in reparametrizing for {module._get_name()}:"
                + (f"\n\tUnexpected key(s): {', '.join(map(repr, sorted(unexpected)))}." if unexpected else "")
                + (f"\n\tMissing key(s): {', '.join(map(repr, sorted(missing)))}." if missing else "")
            )
    kept = []
    try:
        for key, tensor in tensors.items():
            if key not in places and "." not in key and hasattr(module, key):
                raise TypeError(f"attribute `{key}`: {getattr(module, key)} is not an instance of torch.Tensor")
            for table, name in places.get(key, ()):
                kept.append((table, name, table[name]))
                table[name] = tensor
        yield
    finally:
        for key in tensors.keys() & places.keys():  # what the module has in their place by now
            table, name = places[key][0]
            tensors[key] = table[name]
        for table, name, tensor in reversed(kept):
            table[name] = tensor


def functional_call(module, parameters_and_buffers, args=None, kwargs=None, *, tie_weights=True, strict=False):
    """module(*args, **kwargs) with the given tensors, by dotted name, in place of its parameters and buffers."""
    if isinstance(parameters_and_buffers, (list, tuple)):
        merged = {}
        keys = [key for each in parameters_and_buffers for key in each]
        repeated = sorted({key for key in keys if keys.count(key) > 1})
        if repeated:
            raise ValueError(f"{repeated} appeared in multiple dictionaries; behavior of functional call is ambiguous")
        for each in parameters_and_buffers:
            merged.update(each)
        parameters_and_buffers = merged
    if not isinstance(parameters_and_buffers, dict):
        raise ValueError(
            "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got "
            f"{type(parameters_and_buffers)}"
        )
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    with _replaced(module, parameters_and_buffers, tie_weights, strict):
        return module(*args, **(kwargs or {}))
