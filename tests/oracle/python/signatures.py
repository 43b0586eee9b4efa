"""Compares the parameters of every public function and class of nn with PyTorch's."""

import inspect

# Left out on purpose: two names of Hardtanh's bounds that PyTorch deprecated in 2017.
EXCEPTIONS = {"Hardtanh"}
# PyTorch dispatches these by return_indices, so that their signature is (*args, **kwargs).
DISPATCHED = {name for rank in "123" for name in (f"max_pool{rank}d", f"adaptive_max_pool{rank}d")}


def parameters(function):
    """[(name, kind, default)] or None where the interpreter cannot tell."""
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    return [(p.name, p.kind.name, text(p.default)) for p in found]


def text(value):
    return getattr(value, "__name__", str(value)) if callable(value) else str(value)


def checks(ours, theirs):
    """(name, function that returns what differs) for the public names that both have."""
    for place in ("nn", "nn.functional", "nn.init", "nn.utils", "nn.utils.rnn", "nn.utils.parametrize"):
        a, b = ours, theirs
        for part in place.split("."):
            a, b = getattr(a, part, None), getattr(b, part, None)
        for name in sorted(vars(b)) if a is not None else ():
            if name[0] == "_" or name in DISPATCHED | EXCEPTIONS or not hasattr(a, name) or not callable(getattr(b, name)):
                continue
            yield f"signature of {place}.{name}", lambda f=getattr(a, name), g=getattr(b, name): compare(f, g)


def compare(ours, theirs):
    wanted, found = parameters(theirs), parameters(ours)
    if wanted is None or found is None or [p[1] for p in wanted] == ["VAR_POSITIONAL", "VAR_KEYWORD"]:
        return ""
    return "" if found == wanted else f"{found}\n    not {wanted}"
