"""Tensors to and from other libraries by the DLPack protocol, without a copy."""

from .._C import to_dlpack  # noqa: F401: a name of this module
from .._functions import from_dlpack  # noqa: F401
