"""The memory that tensors lie in, as an object: what programs ask to see which tensors share it."""

import mmap
import os

from . import _C
from ._C import Tensor, ops, uint8
from ._tensor import _TYPE_NAMES

_NAMES = {getattr(_C, dtype): f"{name}Storage" for dtype, name in _TYPE_NAMES.items()}  # {dtype: "FloatStorage"}


class _Storage:
    """What both kinds have; _elements is their contents as a 1-D tensor."""

    is_cuda = False

    def __len__(self):
        return self._elements.numel()

    def size(self):
        """How many elements there are."""
        return len(self)

    def nbytes(self):
        """How many bytes there are."""
        return self._elements.numel() * self._elements.element_size()

    def element_size(self):
        """Bytes of an element."""
        return self._elements.element_size()

    def data_ptr(self):
        """The address of the first element."""
        return self._elements.data_ptr()

    @property
    def device(self):
        """The CPU."""
        return self._elements.device

    def __setitem__(self, index, value):
        self._elements[index] = value

    def __iter__(self):
        return iter(self.tolist())

    def tolist(self):
        """The elements as a list of numbers."""
        return self._elements.tolist()

    def fill_(self, value):
        """Sets every element; returns the storage."""
        self._elements.fill_(value)
        return self

    def copy_(self, source, non_blocking=None):
        """Takes the elements of a storage of the same size; returns this one."""
        if source.nbytes() != self.nbytes():
            raise RuntimeError(
                f"size does not match, self was {self.nbytes()} bytes but src was {source.nbytes()} bytes"
            )
        self._elements.copy_(source._elements)
        return self

    def clone(self):
        """A copy."""
        return self._like(self._elements.clone())

    def __copy__(self):
        return self.clone()

    def cpu(self):
        """The storage itself."""
        return self

    def is_shared(self):
        """Always False."""
        return False

    def is_pinned(self, device="cuda"):
        """Always False."""
        return False

    def __repr__(self):
        lines = "".join(f" {value}\n" for value in self.tolist())
        return f"{lines}[torch.storage.{self._described()} of size {len(self)}]"


class UntypedStorage(_Storage):
    """UntypedStorage(size=0): the bytes that a tensor and its views lie in, as tensor.untyped_storage() gives them; or those of
    a sequence of numbers."""

    def __init__(self, size=0):
        self._elements = ops.empty(size, dtype=uint8) if isinstance(size, int) else ops.tensor(size, dtype=uint8)

    @classmethod
    def _of(cls, tensor):
        made = cls.__new__(cls)
        tensor = tensor.detach()
        count = tensor._storage()[1] // tensor.element_size()
        made._elements = ops.as_strided(tensor, (count,), (1,), 0).view(uint8)
        return made

    _like = _of

    def __getitem__(self, index):
        return self._elements[index].item() if isinstance(index, int) else UntypedStorage._of(self._elements[index])

    def _described(self):
        return "UntypedStorage(device=cpu)"


class TypedStorage(_Storage):
    """TypedStorage(size=0): memory as elements of a dtype, the default one unless said, as tensor.storage() gives it; on the
    bytes of wrap_storage where that is given, or with the numbers of a sequence."""

    def __init__(self, size=0, *, wrap_storage=None, dtype=None):
        self.dtype = dtype or ops.get_default_dtype()
        if wrap_storage is None:
            tensor = ops.empty(size, dtype=self.dtype) if isinstance(size, int) else ops.tensor(size, dtype=self.dtype)
            wrap_storage = UntypedStorage._of(tensor)
        self._untyped = wrap_storage

    def _like(self, tensor):
        return TypedStorage(wrap_storage=UntypedStorage._of(tensor), dtype=tensor.dtype)

    @property
    def _elements(self):
        return self._untyped._elements.view(self.dtype)

    def untyped(self):
        """The bytes."""
        return self._untyped

    def __getitem__(self, index):
        if isinstance(index, slice):
            raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")
        if not isinstance(index, int):
            raise RuntimeError(f"can't index a {type(self)} with {type(index)}")
        if not -len(self) <= index < len(self):
            raise IndexError(f"index {index} out of range for storage of size {len(self)}")
        return self._elements[index].item()

    def type(self, dtype=None):
        """The name of the class of such storages, torch.FloatStorage say; or the elements in the dtype of such a name."""
        if dtype is None:
            return f"torch.{_NAMES[self.dtype]}"
        return self._like(self._elements.to(next(each for each, name in _NAMES.items() if dtype == f"torch.{name}")))

    def _described(self):
        return f"TypedStorage(dtype={self.dtype}, device=cpu)"


def _converter(dtype):
    def convert(self):
        return self._like(self._elements.to(dtype))

    convert.__name__ = convert.__qualname__ = _NAMES[dtype].removesuffix("Storage").lower()
    convert.__doc__ = f"The elements as {dtype}, in a storage of their own."
    return convert


class _OfDtype(type):
    """Makes isinstance(storage, FloatStorage) true for storages of that dtype."""

    def __instancecheck__(cls, instance):
        return isinstance(instance, TypedStorage) and instance.dtype is cls.dtype


def _class_of(dtype):
    """FloatStorage and its like: FloatStorage(size) is a TypedStorage of that dtype."""

    class OfDtype(metaclass=_OfDtype):
        def __new__(cls, size=0):
            return TypedStorage(size, dtype=cls.dtype)

        @classmethod
        def from_file(cls, filename, shared=False, size=0):
            """The elements of a file, to which they are written where they are shared."""
            whole = from_file(filename, shared, size, dtype=cls.dtype)
            return TypedStorage(wrap_storage=UntypedStorage._of(whole), dtype=cls.dtype)

    OfDtype.dtype, OfDtype.__name__, OfDtype.__module__ = dtype, _NAMES[dtype], "relume"
    OfDtype.__qualname__ = OfDtype.__name__
    OfDtype.__doc__ = f"{_NAMES[dtype]}(size=0): a TypedStorage of {dtype}."
    return OfDtype


for _dtype in _NAMES:
    globals()[_NAMES[_dtype]] = _class_of(_dtype)
    setattr(TypedStorage, _NAMES[_dtype].removesuffix("Storage").lower(), _converter(_dtype))


def set_(self, source=None, storage_offset=0, size=None, stride=None):
    """Makes the tensor show the elements of another tensor, or of a storage from storage_offset on with the given size and
    stride (in order, by default); with nothing, it is empty."""
    if source is None:
        source = ops.empty(0, dtype=self.dtype)
    elif not isinstance(source, Tensor):
        elements = (source.untyped() if isinstance(source, TypedStorage) else source)._elements.view(self.dtype)
        if size is None:
            source = elements[storage_offset:]
        else:
            size = (size,) if isinstance(size, int) else tuple(size)
            strides = ops.empty(size).stride() if stride is None else tuple(stride)
            source = ops.as_strided(elements, size, strides, storage_offset)
    elif size is not None:
        source = ops.as_strided(source, tuple(size), tuple(stride or ops.empty(tuple(size)).stride()), storage_offset)
    if source.dtype != self.dtype:
        raise RuntimeError(
            f"Could not set tensor of type {source.dtype} to a tensor of type {self.dtype}"
        )
    if self.requires_grad and ops.is_grad_enabled():
        raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")
    self.data = source.detach()
    return self


def from_file(filename, shared=None, size=0, *, dtype=None, layout=None, device=None, pin_memory=None):
    """A 1-D tensor of size elements of a dtype, the default one unless said, on the memory to which a file is mapped. With
    shared what is written to the tensor is written to the file, which grows to the size it needs; otherwise the file must be
    large enough. Raises RuntimeError where the file cannot be opened or is too small."""
    from ._functions import frombuffer

    dtype = dtype or ops.get_default_dtype()
    needed = size * dtype.itemsize
    try:
        file = os.open(filename, os.O_RDWR | os.O_CREAT if shared else os.O_RDONLY, 0o666)
    except OSError as error:
        mode = "read-write" if shared else "read-only"
        raise RuntimeError(
            f"unable to open file <{filename}> in {mode} mode: {error.strerror} ({error.errno})"
        ) from None
    try:
        there = os.fstat(file).st_size
        if there < needed and not shared:
            raise RuntimeError(
                f"file <{filename}> size <{there}> is smaller than the required mapping size <{needed}>"
            )
        if there < needed:
            os.ftruncate(file, needed)
        if not needed:
            return ops.empty(0, dtype=dtype)
        mapped = mmap.mmap(file, needed, access=mmap.ACCESS_WRITE if shared else mmap.ACCESS_COPY)
    finally:
        os.close(file)
    return frombuffer(mapped, dtype=dtype)
