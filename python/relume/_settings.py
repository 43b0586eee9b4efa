"""Settings of torch that scripts make and that change little or nothing here."""

from ._C import device

__all__ = [
    "are_deterministic_algorithms_enabled",
    "compile",
    "get_default_device",
    "get_float32_matmul_precision",
    "get_num_interop_threads",
    "set_default_device",
    "set_flush_denormal",
    "set_float32_matmul_precision",
    "set_num_interop_threads",
    "use_deterministic_algorithms",
]

_deterministic = False
_precision = "highest"
_interop_threads = 1


def use_deterministic_algorithms(mode, *, warn_only=False):
    """Kept, and changes nothing: with the same number of threads, every op gives the same bits each time."""
    global _deterministic
    _deterministic = bool(mode)


def are_deterministic_algorithms_enabled():
    """What use_deterministic_algorithms() was given; False at first."""
    return _deterministic


def set_float32_matmul_precision(precision):
    """Kept, and changes nothing: products of float32 are computed in float32."""
    global _precision
    if precision in ("highest", "high", "medium"):
        _precision = precision


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


def set_num_interop_threads(num):
    """Kept, and changes nothing: ops run one after the other."""
    global _interop_threads
    if num <= 0:
        raise RuntimeError("set_num_interop_threads expects a positive integer")
    _interop_threads = num


def get_num_interop_threads():
    """What set_num_interop_threads() was given."""
    return _interop_threads


def set_flush_denormal(mode):
    """Does nothing and returns False: denormal numbers are computed with as they are."""
    return False


def compile(model=None, **options):
    """A module around the model, which does what the model does (of a function, the function itself): ops are compiled
    already. Without a model, a decorator."""
    from ._dynamo.eval_frame import OptimizedModule
    from .nn.modules.module import Module

    if model is None:
        return lambda function: compile(function, **options)
    return OptimizedModule(model) if isinstance(model, Module) else model
