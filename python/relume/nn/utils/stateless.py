"""Calls of modules with other parameters than their own."""

import contextlib


def _places(module, tie_weights):
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
                places[key] = [(table, name) for table, name, other in named.values() if other is tensor]
    return places


@contextlib.contextmanager
def _replaced(module, tensors, tie_weights, strict):
    places = _places(module, tie_weights)
    if strict:
        unexpected = [key for key in tensors if key not in places]
        missing = [key for key in places if key not in tensors]
        if unexpected or missing:
            raise RuntimeError(
                f"Error(s) in functional_call for {module._get_name()}:"
                + (f"\n\tUnexpected key(s): {', '.join(unexpected)}." if unexpected else "")
                + (f"\n\tMissing key(s): {', '.join(missing)}." if missing else "")
            )
    kept = []
    try:
        for key, tensor in tensors.items():
            for table, name in places.get(key, ()):
                kept.append((table, name, table[name]))
                table[name] = tensor
        yield
    finally:
        for table, name, tensor in reversed(kept):
            table[name] = tensor


def functional_call(module, parameters_and_buffers, args=None, kwargs=None, *, tie_weights=True, strict=False):
    """module(*args, **kwargs) with the given tensors, by dotted name, in place of its parameters and buffers."""
    if isinstance(parameters_and_buffers, (list, tuple)):
        merged = {}
        for each in parameters_and_buffers:
            merged.update(each)
        parameters_and_buffers = merged
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    with _replaced(module, parameters_and_buffers, tie_weights, strict):
        return module(*args, **(kwargs or {}))
