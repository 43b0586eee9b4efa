"""Parameter: a tensor that a module counts among its parameters when it is assigned to an attribute."""

from .._C import Tensor, ops


class Parameter(Tensor):
    """Parameter(data, requires_grad=True): the elements of data, tracked by autograd."""

    def __new__(cls, data=None, requires_grad=True):
        if data is None:
            data = ops.empty(0)
        if not isinstance(data, Tensor):
            raise TypeError(f"cannot assign '{type(data).__name__}' object to parameter (torch.Tensor required)")
        if requires_grad and not data.is_floating_point():
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        return ops._make_subclass(cls, data, requires_grad)

    def __repr__(self):
        return "Parameter containing:\n" + super().__repr__()


class _IsBuffer(type(Tensor)):
    """Makes isinstance(tensor, Buffer) true for what Buffer() marked."""

    def __instancecheck__(cls, instance):
        return isinstance(instance, Tensor) and getattr(instance, "_is_buffer", False)


class Buffer(Tensor, metaclass=_IsBuffer):
    """Buffer(data, *, persistent=True): a tensor that a module counts among its buffers when it is assigned."""

    def __new__(cls, data=None, *, persistent=True):
        made = ops.empty(0) if data is None else data.detach()
        made.persistent, made._is_buffer = persistent, True
        return made
