"""Switches of other backends that scripts set: they are kept and change nothing."""

import types


class _Backend:
    """The switches of one backend, which is never available."""

    def __init__(self, **switches):
        vars(self).update(switches)

    def is_available(self):
        """Always False."""
        return False


cudnn = _Backend(benchmark=False, deterministic=False, enabled=False)
cuda = _Backend(matmul=types.SimpleNamespace(allow_tf32=False))
mps = _Backend(is_built=lambda: False)
mkl = _Backend()
mkldnn = _Backend(enabled=True, is_available=lambda: True)
openmp = _Backend(is_available=lambda: True)
