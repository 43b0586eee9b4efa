"""Parameter: a tensor that a module counts among its parameters when it is assigned to an attribute."""

from .._C import Tensor, ops


class Parameter(Tensor):
    """Parameter(data, requires_grad=True): the elements of data, tracked by autograd."""

    def __new__(cls, data=None, requires_grad=True):
        if data is None:
            data = ops.empty(0)
        if not isinstance(data, Tensor):
            raise TypeError(f"cannot assign '{type(data).__name__}' object to parameter (torch.Tensor required)")
        return ops._make_subclass(cls, data, requires_grad)

    def __repr__(self):
        return "Parameter containing:\n" + super().__repr__()


class Buffer(Tensor):
    """Buffer(data, *, persistent=True): a tensor that a module counts among its buffers when it is assigned."""

    def __new__(cls, data=None, *, persistent=True):
        made = ops._make_subclass(cls, ops.empty(0) if data is None else data, False)
        made.persistent = persistent
        return made
