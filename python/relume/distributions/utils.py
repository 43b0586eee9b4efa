"""What distributions share: parameters that broadcast, probabilities and their logits."""

from .. import _C
from .._C import Tensor, ops

euler_constant = 0.57721566490153286060


def broadcast_all(*values):
    """Numbers and tensors as tensors of one shape. Raises ValueError for anything else."""
    if not all(isinstance(value, (Tensor, int, float)) for value in values):
        raise ValueError("Input arguments must all be instances of Number, torch.Tensor or objects implementing __torch_function__.")
    like = next((value for value in values if isinstance(value, Tensor) and value.is_floating_point()), None)
    dtype = ops.get_default_dtype() if like is None else like.dtype
    tensors = [value if isinstance(value, Tensor) else ops.tensor(value, dtype=dtype) for value in values]
    return ops.broadcast_tensors(tensors)


def shape_of(sample_shape):
    """A shape that a program gave as Size, tuple, list or nothing."""
    return sample_shape if isinstance(sample_shape, _C.Size) else _C.Size(sample_shape)


def standard_normal(shape, dtype):
    """Samples of the normal distribution with mean 0 and deviation 1."""
    return ops.normal(ops.zeros(shape, dtype=dtype), ops.ones(shape, dtype=dtype))


def _finfo(dtype):
    from .._functions import finfo

    return finfo(dtype)


def clamp_probs(probs):
    """Probabilities away from 0 and 1 by the dtype's epsilon, so that their logarithms are finite."""
    eps = _finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def smallest(dtype):
    """The lowest finite number of a dtype."""
    return _finfo(dtype).min


def epsilon(dtype):
    """The distance from 1 to the next number of a dtype."""
    return _finfo(dtype).eps


def tiny(dtype):
    """The smallest positive normal number of a dtype."""
    return _finfo(dtype).tiny


def clipped_sigmoid(x):
    """The sigmoid, within what is neither 0 nor 1."""
    return ops.sigmoid(x).clamp(min=tiny(x.dtype), max=1.0 - epsilon(x.dtype))


def probs_to_logits(probs, is_binary=False):
    """log p, or log(p / (1 - p)) for the probability of one of two outcomes."""
    clamped = clamp_probs(probs)
    return ops.log(clamped) - ops.log1p(-clamped) if is_binary else ops.log(clamped)


def logits_to_probs(logits, is_binary=False):
    """softmax over the last dimension, or the sigmoid for one of two outcomes."""
    return ops.sigmoid(logits) if is_binary else ops.softmax(logits, -1)


class lazy_property:
    """An attribute that is computed when it is first asked for, and kept."""

    def __init__(self, compute):
        self.compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        with _grad_enabled():
            value = self.compute(instance)
        instance.__dict__[self.name] = value
        return value


def _grad_enabled():
    from .._modes import enable_grad

    return enable_grad()
