"""Variable: the old name of a tensor that autograd tracks."""

from .._C import Tensor


class _VariableType(type):
    def __instancecheck__(cls, value):
        return isinstance(value, Tensor)


class Variable(metaclass=_VariableType):
    """Variable(x) is x."""

    def __new__(cls, data, requires_grad=False):
        return data.requires_grad_() if requires_grad else data
