"""torch.compiler's names: nothing is compiled on the way, so that functions stay as they are."""

from ._missing import attribute_finder
from ._settings import compile  # noqa: F401

__getattr__ = attribute_finder("torch.compiler")


def is_compiling():
    """Always False."""
    return False


def is_dynamo_compiling():
    """Always False."""
    return False


def reset():
    """Does nothing: nothing was compiled."""


def disable(fn=None, recursive=True, *, reason=None):
    """The function itself."""
    return fn if fn is not None else lambda function: function


def allow_in_graph(fn):
    """The function itself."""
    return fn
