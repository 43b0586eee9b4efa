"""Switches of other backends that scripts set: they are kept and change nothing."""

from . import cuda, cudnn, mkl, mkldnn, mps, openmp

__all__ = "cuda cudnn mkl mkldnn mps openmp".split()
