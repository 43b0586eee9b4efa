"""The profiler's older names."""

from .._missing import attribute_finder
from ..profiler import profile, record_function  # noqa: F401

__getattr__ = attribute_finder("torch.autograd.profiler")
