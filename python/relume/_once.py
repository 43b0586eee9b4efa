"""Warnings that are given once in a process, unless set_warn_always() says otherwise."""

import warnings

from ._C import ops

_given = set()


def warn_once(name, text, stacklevel=3):
    """Warns of what has that name, at the caller's caller by default."""
    if name in _given and not ops.is_warn_always_enabled():
        return
    _given.add(name)
    warnings.warn(text, stacklevel=stacklevel)
