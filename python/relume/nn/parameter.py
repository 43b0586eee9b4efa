"""Parameter: a tensor that a module counts among its parameters when it is assigned to an attribute."""

from .._C import Tensor, ops


class Parameter(Tensor):
    """Parameter(data, requires_grad=True): the elements of data, tracked by autograd."""

    __torch_function__ = None  # ops make tensors of parameters

    def __new__(cls, data=None, requires_grad=True):
        if data is None:
            data = ops.empty(0)
        if not isinstance(data, Tensor):
            raise AttributeError(f"'{type(data).__name__}' object has no attribute 'detach'")
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

    __torch_function__ = None

    def __new__(cls, data=None, *, persistent=True):
        made = ops.empty(0) if data is None else data.detach()
        made.persistent, made._is_buffer = persistent, True
        return made


_SHAPELESS = (
    "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in `load_state_dict` when "
    "trying to load an uninitialized parameter into an initialized one. Call `forward` to initialize the parameters before "
    "accessing their attributes."
)
_OPERATORS = "add radd sub rsub mul rmul truediv rtruediv matmul rmatmul pow neg getitem len iter bool float int".split()


def _refuse(name):
    def refuse(self, *args, **kwargs):
        raise ValueError(
            f"Attempted to use an uninitialized parameter in {name}. This error happens when you are using a `LazyModule` "
            "or explicitly manipulating `torch.nn.parameter.UninitializedParameter` objects. When using LazyModules Call "
            "`forward` with a dummy batch to initialize the parameters before calling torch functions"
        )

    return refuse


class _Uninitialized:
    """A tensor without a shape until materialize()."""

    __torch_function__ = None

    @property
    def shape(self):
        raise RuntimeError(_SHAPELESS)

    def materialize(self, shape, device=None, dtype=None):
        """Gives the tensor a shape, and elements that are not set; it is an ordinary one from then on."""
        self.data = ops.empty(tuple(shape), device=device, dtype=dtype if dtype is not None else self.dtype)
        self.__class__ = self.cls_to_become

    def __repr__(self):
        return f"<{type(self).__name__}>"

    def __deepcopy__(self, memo):
        if id(self) not in memo:
            memo[id(self)] = type(self)(device=self.device, dtype=self.dtype)
        return memo[id(self)]


for _name in (
    "numel sum mean norm size dim abs view reshape clone data_ptr requires_grad_ zero_ fill_ uniform_ normal_"
).split():
    setattr(_Uninitialized, _name, _refuse(_name))
for _name in _OPERATORS:
    setattr(_Uninitialized, f"__{_name}__", _refuse(f"__{_name}__"))
del _name


class UninitializedParameter(_Uninitialized, Parameter):
    """UninitializedParameter(requires_grad=True, device=None, dtype=None): a parameter of a lazy module before its first
    call; the same object gets its shape by materialize()."""

    cls_to_become = Parameter

    def __new__(cls, requires_grad=True, device=None, dtype=None):
        return ops._make_subclass(cls, ops.empty(0, device=device, dtype=dtype), requires_grad)


class UninitializedBuffer(_Uninitialized, Tensor):
    """UninitializedBuffer(requires_grad=False, device=None, dtype=None, persistent=True): the same for a buffer."""

    cls_to_become = Tensor

    def __new__(cls, requires_grad=False, device=None, dtype=None, persistent=True):
        made = ops._make_subclass(cls, ops.empty(0, device=device, dtype=dtype), requires_grad)
        made.persistent = persistent
        return made


def is_lazy(param):
    """Whether a parameter or buffer has no shape yet."""
    return isinstance(param, _Uninitialized)
