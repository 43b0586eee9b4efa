"""The types that annotations of PyTorch programs name."""

from typing import Any, Union

from ._C import Size, Tensor, device as _device, dtype as _dtype  # noqa: F401: names of this module

_int, _float, _bool, _str, _bytes, _complex = int, float, bool, str, bytes, complex
Number = Union[int, float, bool]
_Number = (int, float, bool)
_size = Union[Size, list, tuple]
Device = Union[_device, str, int, None]
Storage = Any
_TensorOrTensors = Union[Tensor, tuple]
_TensorOrOptionalTensors = Union[Tensor, None, tuple]
