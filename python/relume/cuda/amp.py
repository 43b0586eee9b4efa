"""The older names of torch.amp's classes, for GPUs: without one they do nothing but warn."""

import warnings

from .. import _C, amp

_INSTEAD = "`torch.cuda.amp.{0}(args...)` is deprecated. Please use `torch.amp.{0}('cuda', args...)` instead."


class autocast(amp.autocast):
    """relume.amp.autocast("cuda"): disabled, as there is no GPU."""

    def __init__(self, enabled=True, dtype=None, cache_enabled=True):
        warnings.warn(_INSTEAD.format("autocast"), FutureWarning, stacklevel=2)
        super().__init__("cuda", dtype=dtype or _C.float16, enabled=enabled, cache_enabled=cache_enabled)


class GradScaler(amp.GradScaler):
    """relume.amp.GradScaler("cuda"): disabled, as there is no GPU."""

    def __init__(self, *args, **kwargs):
        warnings.warn(_INSTEAD.format("GradScaler"), FutureWarning, stacklevel=2)
        super().__init__("cuda", *args, **kwargs)
