"""The older names of torch.amp's classes, for GPUs: without one they do nothing but warn."""

import functools

from .. import _C, amp


class autocast(amp.autocast):
    """relume.amp.autocast("cuda"): disabled, as there is no GPU."""

    def __init__(self, enabled=True, dtype=None, cache_enabled=True):
        super().__init__("cuda", dtype=dtype or _C.float16, enabled=enabled, cache_enabled=cache_enabled)

    def clone(self):
        return autocast(False, self.fast_dtype, self._cache_enabled)


class GradScaler(amp.GradScaler):
    """relume.amp.GradScaler("cuda"): disabled, as there is no GPU."""

    __init__ = functools.partialmethod(amp.GradScaler.__init__, "cuda")
