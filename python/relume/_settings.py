"""Settings of torch that scripts make and that change little or nothing here."""

from ._C import device

__all__ = [
    "are_deterministic_algorithms_enabled",
    "compile",
    "get_default_device",
    "get_deterministic_debug_mode",
    "get_float32_matmul_precision",
    "get_num_interop_threads",
    "is_deterministic_algorithms_warn_only_enabled",
    "range",
    "set_default_device",
    "set_default_tensor_type",
    "set_deterministic_debug_mode",
    "set_float32_matmul_precision",
    "set_num_interop_threads",
    "use_deterministic_algorithms",
]

_deterministic, _warn_only = False, False
_precision = "highest"
_interop_threads = 1


def use_deterministic_algorithms(mode, *, warn_only=False):
    """Kept, and changes nothing: with the same number of threads, every op gives the same bits each time."""
    global _deterministic, _warn_only
    if not isinstance(mode, bool):
        raise TypeError(
            f"_set_deterministic_algorithms(): argument 'mode' (position 1) must be bool, not {type(mode).__name__}"
        )
    _deterministic, _warn_only = mode, bool(warn_only)


def are_deterministic_algorithms_enabled():
    """What use_deterministic_algorithms() was given; False at first."""
    return _deterministic


def is_deterministic_algorithms_warn_only_enabled():
    """The warn_only that use_deterministic_algorithms() was given; False at first."""
    return _warn_only


_DEBUG_MODES = {"default": 0, "warn": 1, "error": 2}


def set_deterministic_debug_mode(debug_mode):
    """use_deterministic_algorithms() by a number or a name: 0 or "default" turns it off, 1 or "warn" on with warn_only, 2 or
    "error" on."""
    if not isinstance(debug_mode, (int, str)):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode)}")
    mode = _DEBUG_MODES.get(debug_mode) if isinstance(debug_mode, str) else debug_mode
    if mode not in (0, 1, 2):
        expected = "one of `default`, `warn`, `error`" if isinstance(debug_mode, str) else "0, 1, or 2"
        raise RuntimeError(f"invalid value of debug_mode, expected {expected}, but got {debug_mode}")
    use_deterministic_algorithms(mode > 0, warn_only=mode == 1)


def get_deterministic_debug_mode():
    """0, 1 or 2: see set_deterministic_debug_mode()."""
    return 0 if not _deterministic else 1 if _warn_only else 2


def set_float32_matmul_precision(precision):
    """Kept, and changes nothing: products of float32 are computed in float32."""
    global _precision
    if not isinstance(precision, str):
        raise RuntimeError(f"set_float32_matmul_precision expects a str, but got {type(precision).__name__}")
    if precision in ("highest", "high", "medium"):
        _precision = precision
        return
    import warnings

    warnings.warn(
        f"{precision} is not one of 'highest', 'high', or 'medium'; the currentsetFloat32MatmulPrecision call has no effect.",
        stacklevel=2,
    )


def get_float32_matmul_precision():
    """What set_float32_matmul_precision() was given; "highest" at first."""
    return _precision


def get_default_device():
    """The CPU."""
    return device("cpu")


def set_default_device(device):
    """Accepts the CPU. Raises AssertionError for another device, which there is not."""
    from ._C import ops

    if device is not None:
        ops.empty(0, device=device)


def set_default_tensor_type(t):
    """The older form of set_default_dtype: t is a class such as torch.DoubleTensor, or its name."""
    from ._C import ops
    from ._legacy import LEGACY
    from ._once import warn_once

    warn_once(
        "set_default_tensor_type",
        "torch.set_default_tensor_type() is deprecated as of PyTorch 2.1, please use torch.set_default_dtype() and "
        "torch.set_default_device() as alternatives.",
    )
    kind = LEGACY.get(t.rsplit(".", 1)[-1]) if isinstance(t, str) and t.count(".") == 1 else t
    if isinstance(t, str) and t.startswith("torch.cuda."):
        raise TypeError(f"type {t} not available. Torch not compiled with CUDA enabled.")
    if kind is None or isinstance(kind, str):
        raise ValueError(f"invalid type: '{t}'")
    if not hasattr(kind, "dtype"):
        raise TypeError("invalid type object")
    ops.set_default_dtype(kind.dtype)


def range(start=0, end=None, step=1, *, dtype=None, requires_grad=False):
    """start, start + step, ... up to end, which is among them, in the default dtype unless said otherwise: the older form
    of arange."""
    import warnings

    from ._C import ops

    warnings.warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with "
        "Python's range builtin. Instead, use torch.arange, which produces values in [start, end).",
        stacklevel=2,
    )
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    count = int((end - start) / step + 1)
    places = ops.arange(count, dtype=dtype or ops.get_default_dtype())
    return (places * step + start).requires_grad_(requires_grad)



def set_num_interop_threads(num):
    """Kept, and changes nothing: ops run one after the other."""
    global _interop_threads
    if num <= 0:
        raise RuntimeError("set_num_interop_threads expects a positive integer")
    _interop_threads = num


def get_num_interop_threads():
    """What set_num_interop_threads() was given."""
    return _interop_threads


def compile(model=None, **options):
    """A module around the model, which does what the model does (of a function, the function itself): ops are compiled
    already. Without a model, a decorator."""
    from ._dynamo.eval_frame import OptimizedModule
    from .nn.modules.module import Module

    if model is None:
        return lambda function: compile(function, **options)
    return OptimizedModule(model) if isinstance(model, Module) else model
