"""Automatic mixed precision: scopes in which matrix products and convolutions compute in bfloat16."""

import functools
import warnings

from ._C import Tensor, device, float64, ops
from ._grad_scaler import GradScaler  # noqa: F401
from ._modes import _Guard

_DTYPES = ("torch.bfloat16", "torch.float16")


def custom_fwd(fwd=None, *, device_type="cpu", cast_inputs=None):
    """Decorates the forward of an autograd.Function: under autocast for that device, its floating-point arguments are cast to
    cast_inputs and autocast is off inside; without cast_inputs autocast stays as it is."""
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)

    def cast(value):
        if isinstance(value, Tensor):
            return value.to(cast_inputs) if value.is_floating_point() and value.dtype is not float64 else value
        if isinstance(value, dict):
            return {cast(key): cast(item) for key, item in value.items()}
        return type(value)(map(cast, value)) if type(value) in (list, tuple) else value

    @functools.wraps(fwd)
    def decorated(ctx, *args, **kwargs):
        ctx._dtype = ops.get_autocast_dtype("cpu")
        ctx._fwd_used_autocast = ops.is_autocast_enabled()
        if cast_inputs is None or not ctx._fwd_used_autocast:
            return fwd(ctx, *args, **kwargs)
        ctx._fwd_used_autocast = False
        with autocast(device_type, enabled=False):
            return fwd(ctx, *cast(args), **cast(kwargs))

    return decorated


def custom_bwd(bwd=None, *, device_type="cpu"):
    """Decorates the backward beside a custom_fwd: it runs with autocast as the forward did."""
    if bwd is None:
        return functools.partial(custom_bwd, device_type=device_type)

    @functools.wraps(bwd)
    def decorated(ctx, *grads):
        with autocast(device_type, enabled=ctx._fwd_used_autocast, dtype=ctx._dtype):
            return bwd(ctx, *grads)

    return decorated


class autocast(_Guard):
    """A context manager, and a decorator of functions: inside, products and convolutions of float32 tensors compute in
    `dtype` (bfloat16), losses in float32; see docs/inference.md for the lists. Parameters keep float32 and get float32
    gradients. For devices that there are not it does nothing but warn, as PyTorch does without them.
    """

    def __init__(self, device_type, dtype=None, enabled=True, cache_enabled=None):
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        self.device = device(device_type).type
        self.fast_dtype = dtype if dtype is not None else ops.get_autocast_dtype("cpu")
        self._cache_enabled = ops.is_autocast_cache_enabled() if cache_enabled is None else cache_enabled
        if enabled and self.device != "cpu":
            warnings.warn(f"{self.device.upper()} is not available or torch_xla is imported. Disabling autocast.", stacklevel=2)
            enabled = False
        if enabled and str(self.fast_dtype) not in _DTYPES:
            warnings.warn(
                "In CPU autocast, but the target dtype is not supported. Disabling autocast.\n"
                "CPU Autocast only supports dtypes of torch.bfloat16, torch.float16 currently.",
                stacklevel=2,
            )
            enabled = False
        self._enabled = enabled

    def clone(self):
        return autocast(self.device, self.fast_dtype, self._enabled, self._cache_enabled)

    def __enter__(self):
        self.previous = (
            ops.is_autocast_enabled("cpu"),
            ops.get_autocast_dtype("cpu"),
            ops.is_autocast_cache_enabled(),
        )
        if self.device == "cpu":
            ops.set_autocast_enabled("cpu", self._enabled)
            if self._enabled:
                ops.set_autocast_dtype("cpu", self.fast_dtype)
        ops.set_autocast_cache_enabled(self._cache_enabled)
        ops.autocast_increment_nesting()
        return self

    def __exit__(self, *error):
        enabled, dtype, caches = self.previous
        ops.autocast_decrement_nesting()
        ops.set_autocast_enabled("cpu", enabled)
        ops.set_autocast_dtype("cpu", dtype)
        ops.set_autocast_cache_enabled(caches)
        return False


def is_autocast_available(device_type):
    """Whether autocasting does anything on a device: on the CPU."""
    return device(device_type).type == "cpu"
