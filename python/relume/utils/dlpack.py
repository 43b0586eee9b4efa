"""Tensors to and from other libraries by the DLPack protocol, without a copy."""

import enum

from .._C import to_dlpack  # noqa: F401: a name of this module
from .._functions import from_dlpack  # noqa: F401


class DLDeviceType(enum.IntEnum):
    """Kinds of devices, as the protocol numbers them; tensors are on kDLCPU."""

    kDLCPU = 1
    kDLCUDA = 2
    kDLCUDAHost = 3
    kDLOpenCL = 4
    kDLVulkan = 7
    kDLMetal = 8
    kDLVPI = 9
    kDLROCM = 10
    kDLROCMHost = 11
    kDLExtDev = 12
    kDLCUDAManaged = 13
    kDLOneAPI = 14
