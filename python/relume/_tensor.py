"""The methods of Tensor that are written in Python, put on the class when the package is imported."""

import copyreg
import itertools
import math
import warnings

from . import _C
from ._C import Size, Tensor, ops

_TYPE_NAMES = {
    "float32": "Float", "float64": "Double", "float16": "Half", "bfloat16": "BFloat16", "uint8": "Byte",
    "int8": "Char", "int16": "Short", "int32": "Int", "int64": "Long", "bool": "Bool", "uint16": "UInt16",
}  # fmt: skip
_DTYPES = {f"torch.{name}Tensor": getattr(_C, dtype) for dtype, name in _TYPE_NAMES.items()}


class RemovableHandle:
    """Takes a hook off again: by remove(), or at the end of a `with`."""

    __module__ = "relume.utils.hooks"

    _next_id = itertools.count()

    def __init__(self, remove):
        self._remove, self.id = remove, next(self._next_id)

    def remove(self):
        """Takes the hook off; a second call does nothing."""
        remove, self._remove = self._remove, None
        if remove is not None:
            remove()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.remove()


def method(function):
    """Puts a function on Tensor under its name."""
    setattr(Tensor, function.__name__, function)
    return function


@method
def _legacy_new(cls, *data, device=None):
    """Tensor(2, 3) has these sizes and undefined contents, Tensor([1, 2]) these values; both are float32."""
    if len(data) == 1 and (data[0] is None or isinstance(data[0], (bool, float))):
        raise TypeError(f"new(): data must be a sequence (got {builtin_type(data[0]).__name__})")
    if len(data) == 1 and isinstance(data[0], Tensor):
        made = data[0].detach()
    elif len(data) == 1 and not isinstance(data[0], (int, _C.Size)):
        made = ops.tensor(data[0], dtype=_C.float32)
    else:
        made = ops.empty(data[0] if data and isinstance(data[0], _C.Size) else data or (0,), dtype=_C.float32)
    return made if cls is Tensor else ops._make_subclass(cls, made)


Tensor._make_subclass = staticmethod(lambda cls, data, require_grad=False: ops._make_subclass(cls, data, require_grad))


@method
def __repr__(self, *, tensor_contents=None):
    text = ops._repr(self)
    name = builtin_type(self).__name__
    if name in ("Tensor", "Parameter"):
        return text
    return text.replace("tensor(", name + "(", 1).replace("\n" + " " * len("tensor("), "\n" + " " * (len(name) + 1))


@method
def __format__(self, spec):
    if self.dim() == 0 and builtin_type(self) is Tensor:
        return self.item().__format__(spec)
    return object.__format__(self, spec)


@method
def __iter__(self):
    if self.dim() == 0:
        raise TypeError("iteration over a 0-d tensor")
    return iter(self.unbind(0))


@method
def __reversed__(self):
    return self if self.dim() == 0 else self.flip(0)


@method
def __array__(self, dtype=None, copy=None):
    array = self.numpy()
    if dtype is not None:
        array = array.astype(dtype, copy=False)
    return array.copy() if copy else array


Tensor.__array_priority__ = 1000


@method
def __array_wrap__(self, array, context=None, return_scalar=False):
    """What a function of NumPy made of the tensor, as a tensor."""
    import numpy

    array = numpy.asarray(array)
    made = ops.as_tensor(array.astype("uint8") if array.dtype == bool else array)
    return made if builtin_type(self).__torch_function__ is Tensor.__torch_function__ else made.as_subclass(builtin_type(self))


@method
def numpy(self, *, force=False):
    """The tensor as an array of NumPy on the same memory. One that requires grad is refused unless force is set."""
    import numpy

    return numpy.asarray(memoryview(self.detach() if force else self))


@method
def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
    if self.requires_grad:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    return _C.to_dlpack(self.clone() if copy else self)


@method
def __dlpack_device__(self):
    return (1, 0)


@method
def narrow_copy(self, dim, start, length):
    """See relume.narrow_copy."""
    from ._copies import narrow_copy

    return narrow_copy(self, dim, start, length)


@method
def unsafe_chunk(self, chunks, dim=0):
    """See relume.unsafe_chunk."""
    from ._copies import unsafe_chunk

    return unsafe_chunk(self, chunks, dim)


@method
def unsafe_split(self, split_size, dim=0):
    """See relume.unsafe_split."""
    from ._copies import unsafe_split

    return unsafe_split(self, split_size, dim)


@method
def to_dense(self, dtype=None, *, masked_grad=None):
    """The tensor, in a dtype where one is given: it is dense."""
    return self if dtype is None else self.to(dtype)


@method
def new(self, *args):
    """A tensor of this dtype: new(2, 3) has undefined elements, new([1, 2]) those of the list."""
    if len(args) == 1 and not isinstance(args[0], (int, Size)):
        return ops.tensor(args[0], dtype=self.dtype) if not isinstance(args[0], Tensor) else args[0].to(self.dtype)
    return self.new_empty(args[0] if args and isinstance(args[0], Size) else args or (0,))


@method
def type(self, dtype=None, non_blocking=False):
    """The name of the tensor's type, or the tensor with another dtype."""
    if dtype is None:
        return f"torch.{_TYPE_NAMES[str(self.dtype).split('.')[-1]]}Tensor"
    if isinstance(dtype, str) and dtype not in _DTYPES:
        raise ValueError(f"invalid type: '{dtype}'")
    dtype = _DTYPES[dtype] if isinstance(dtype, str) else getattr(dtype, "dtype", dtype)  # or torch.LongTensor
    if not isinstance(dtype, _C.dtype):
        raise ValueError(f"invalid type: '{dtype.__name__}'")
    return self.to(dtype)


@method
def register_hook(self, hook):
    """Calls hook(grad) whenever this tensor's gradient has been computed; a tensor that it returns replaces it."""
    number = self._register_hook(hook)
    return RemovableHandle(lambda: self._remove_hook(number))


@method
def register_post_accumulate_grad_hook(self, hook):
    """Calls hook(tensor) whenever a backward has added into this leaf's grad: the place to step an optimizer of its own."""

    def checked(tensor):
        result = hook(tensor)
        if isinstance(result, Tensor) and result is not tensor:
            raise RuntimeError("Tensor post accumulate grad hooks should return None.")
        if result is not None and result is not tensor:
            raise TypeError(f"expected Variable, but hook returned '{builtin_type(result).__name__}'")

    number = self._register_accumulated_hook(checked)
    return RemovableHandle(lambda: self._remove_accumulated_hook(number))


@method
def cuda(self, device=None, non_blocking=False, memory_format=None):
    """Raises AssertionError: there is no GPU."""
    return self.to("cuda")


@method
def pin_memory(self, device=None):
    """The tensor itself: there is no device that would read pinned memory."""
    return self


@method
def is_pinned(self, device=None):
    """Always False."""
    return False


@method
def share_memory_(self):
    """The tensor itself, which processes that are forked later see as it is now."""
    return self


@method
def is_shared(self):
    """Always False."""
    return False


@method
def untyped_storage(self):
    """The bytes that the tensor and its views lie in."""
    from .storage import UntypedStorage

    return UntypedStorage._of(self)


@method
def storage(self):
    """The memory that the tensor and its views lie in, as elements of its dtype."""
    from ._once import warn_once
    from .storage import TypedStorage, UntypedStorage

    warn_once(
        "storage",
        "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the only storage class. "
        "This should only matter to you if you are using storages directly.  To access UntypedStorage directly, use "
        "tensor.untyped_storage() instead of tensor.storage()",
    )
    return TypedStorage(wrap_storage=UntypedStorage._of(self), dtype=self.dtype)


@method
def set_(self, source=None, storage_offset=0, size=None, stride=None):
    """Makes the tensor show the elements of another tensor, or of a storage; see storage.set_."""
    from .storage import set_

    return set_(self, source, storage_offset, size, stride)


@method
def resize(self, *sizes):
    """The older name of reshape, to as many elements as there are."""
    warnings.warn("non-inplace resize is deprecated", stacklevel=2)
    return _resized(self, sizes[0] if len(sizes) == 1 and not isinstance(sizes[0], int) else sizes)


@method
def resize_as(self, tensor):
    """The older name of reshape_as."""
    warnings.warn("non-inplace resize_as is deprecated", stacklevel=2)
    return _resized(self, tensor.size())


def _resized(tensor, sizes):
    count = math.prod(sizes)
    if count != tensor.numel():
        raise RuntimeError(
            f"requested resize to {'x'.join(map(str, sizes))} ({count} elements in total), but the given tensor has a size of "
            f"{'x'.join(map(str, tensor.shape))} ({tensor.numel()} elements). autograd's resize can only change the shape of "
            "a given tensor, while preserving the number of elements. "
        )
    return tensor.reshape(tuple(sizes))


@method
def index_put_(self, indices, values, accumulate=False):
    """Sets, or with accumulate increases, the elements that index tensors name."""
    return self._index_put(list(indices), values, accumulate)


@method
def index_put(self, indices, values, accumulate=False):
    """A copy in which the elements that index tensors name are set or increased."""
    return self.clone()._index_put(list(indices), values, accumulate)


@method
def index(self, indices):
    """The elements that index tensors name: self[indices]."""
    return self[tuple(slice(None) if item is None else item for item in indices)]


@method
def map_(self, tensor, callable):
    """Replaces each element by callable(element, the element of tensor there)."""
    pairs = zip(self.reshape(-1).tolist(), tensor.expand_as(self).reshape(-1).tolist())
    return self.copy_(ops.tensor([callable(a, b) for a, b in pairs], dtype=self.dtype).view(self.shape))


@method
def dim_order(self, *, ambiguity_check=False):
    """The dimensions from the one with the largest step between elements to the one with the smallest. With
    ambiguity_check, an order that is not the only one is refused; given memory formats, one that more or fewer than one of
    them have."""
    if not isinstance(ambiguity_check, (bool, list)):
        raise TypeError("The ambiguity_check argument must be a bool or a list of memory formats.")
    if ambiguity_check:
        sizes, strides = self.shape, self.stride()
        if any(size > 1 and stride == 0 for size, stride in zip(sizes, strides)):
            raise RuntimeError("The tensor does not have unique dim order.")
        alike = len(set(strides)) < self.dim()
        known = isinstance(ambiguity_check, list) and sum(self.is_contiguous(memory_format=f) for f in ambiguity_check) == 1
        if alike and not known:
            raise RuntimeError(
                "The tensor does not have unique dim order, or cannot map to exact one of the given memory formats."
            )
    return tuple(sorted(range(self.dim()), key=lambda d: -self.stride(d)))


@method
def polygamma(self, n):
    """The derivative of order n of digamma."""
    return ops.polygamma(n, self)


@method
def unique(self, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """See relume.unique."""
    from ._functions import unique

    return unique(self, sorted, return_inverse, return_counts, dim)


@method
def apply_(self, function):
    """Replaces each element by function(element)."""
    flat = [function(value) for value in self.reshape(-1).tolist()]
    return self.copy_(ops.tensor(flat, dtype=self.dtype).view(self.shape))


def _copy_attributes(source, target, memo):
    import copy

    for key, value in source.__dict__.items():
        target.__dict__[key] = copy.deepcopy(value, memo)


@method
def __deepcopy__(self, memo):
    if not self.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.  "
            "If you were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage, "
            "see https://github.com/pytorch/pytorch/pull/103001"
        )
    if id(self) in memo:
        return memo[id(self)]
    copy = self.detach().clone()
    if builtin_type(self) is not Tensor:
        copy = ops._make_subclass(builtin_type(self), copy, self.requires_grad)
    elif self.requires_grad:
        copy.requires_grad_()
    memo[id(self)] = copy
    if self.grad is not None:
        copy.grad = self.grad.detach().clone()
    _copy_attributes(self, copy, memo)
    return copy


@method
def __copy__(self):
    if builtin_type(self) is not Tensor:
        copy = ops._make_subclass(builtin_type(self), self, self.requires_grad)
    else:
        copy = self.detach().requires_grad_(self.requires_grad)
    copy.__dict__.update(self.__dict__)
    return copy


def _bytes_of(tensor):
    """The elements in order, as bytes."""
    flat = tensor.detach().contiguous().reshape(-1)
    return bytes(memoryview(flat.view(_C.uint8) if flat.numel() else ops.empty(0, dtype=_C.uint8)))


def _rebuild(cls, data, dtype, sizes, requires_grad, attributes):
    """A tensor from what __reduce_ex__ gave."""
    made = ops._buffer_tensor(bytearray(data)).clone().view(dtype) if data else ops.empty(0, dtype=dtype)
    made = made.reshape(sizes)
    made = made.requires_grad_(requires_grad) if cls is Tensor else ops._make_subclass(cls, made, requires_grad)
    made.__dict__.update(attributes)
    return made


@method
def __reduce_ex__(self, protocol):
    state = (builtin_type(self), _bytes_of(self), self.dtype, tuple(self.shape), self.requires_grad, dict(self.__dict__))
    return _rebuild, state


@method
def __setstate__(self, state):
    self.__dict__.update(state)


@method
def __dir__(self):
    return sorted(set(dir(Tensor)) | set(self.__dict__))


def builtin_type(value):
    """type(value); the name is taken by a method here."""
    return value.__class__


copyreg.pickle(builtin_type(_C.Size()), lambda size: (_C.Size, (tuple(size),)))
