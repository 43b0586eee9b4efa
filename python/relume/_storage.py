"""The memory that tensors lie in, as an object: what programs ask to see which tensors share it."""

import mmap
import os

from ._C import Tensor, ops, uint8


class UntypedStorage:
    """UntypedStorage(size=0): the bytes that a tensor and its views lie in, as tensor.untyped_storage() gives them."""

    def __init__(self, size=0):
        self._bytes = ops.empty(size, dtype=uint8)

    @classmethod
    def _of(cls, tensor):
        made = cls.__new__(cls)
        tensor = tensor.detach()
        count = tensor._storage()[1] // tensor.element_size()
        made._bytes = ops.as_strided(tensor, (count,), (1,), 0).view(uint8)
        return made

    def nbytes(self):
        """How many bytes there are."""
        return self._bytes.numel()

    size = __len__ = nbytes

    def element_size(self):
        """1: a byte."""
        return 1

    def data_ptr(self):
        """The address of the first byte."""
        return self._bytes.data_ptr()

    @property
    def device(self):
        """The CPU."""
        return self._bytes.device

    def __getitem__(self, index):
        return self._bytes[index].item() if isinstance(index, int) else UntypedStorage._of(self._bytes[index])

    def __setitem__(self, index, value):
        self._bytes[index] = value

    def __iter__(self):
        return iter(self.tolist())

    def tolist(self):
        """The bytes as a list of numbers."""
        return self._bytes.tolist()

    def fill_(self, value):
        """Sets every byte; returns the storage."""
        self._bytes.fill_(value)
        return self

    def clone(self):
        """A copy."""
        return UntypedStorage._of(self._bytes.clone())

    def cpu(self):
        """The storage itself."""
        return self

    def __repr__(self):
        lines = "".join(f" {value}\n" for value in self.tolist())
        return f"{lines}[torch.storage.UntypedStorage(device=cpu) of size {len(self)}]"


class TypedStorage:
    """TypedStorage(size=0): memory as elements of a dtype, the default one unless said, as tensor.storage() gives it; on the
    bytes of wrap_storage where that is given."""

    def __init__(self, size=0, *, wrap_storage=None, dtype=None):
        self.dtype = dtype or ops.get_default_dtype()
        self._untyped = UntypedStorage(size * self.dtype.itemsize) if wrap_storage is None else wrap_storage

    def _elements(self):
        return self._untyped._bytes.view(self.dtype)

    def size(self):
        """How many elements there are."""
        return self._elements().numel()

    __len__ = size

    def nbytes(self):
        """How many bytes there are."""
        return self._untyped.nbytes()

    def element_size(self):
        """Bytes of an element."""
        return self._elements().element_size()

    def data_ptr(self):
        """The address of the first element."""
        return self._untyped.data_ptr()

    def untyped(self):
        """The bytes."""
        return self._untyped

    @property
    def device(self):
        """The CPU."""
        return self._untyped.device

    def __getitem__(self, index):
        if not isinstance(index, int):
            raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")
        return self._elements()[index].item()

    def __setitem__(self, index, value):
        self._elements()[index] = value

    def __iter__(self):
        return iter(self.tolist())

    def tolist(self):
        """The elements as a list of numbers."""
        return self._elements().tolist()

    def fill_(self, value):
        """Sets every element; returns the storage."""
        self._elements().fill_(value)
        return self

    def __repr__(self):
        lines = "".join(f" {value}\n" for value in self.tolist())
        return f"{lines}[torch.storage.TypedStorage(dtype={self.dtype}, device=cpu) of size {len(self)}]"


def set_(self, source=None, storage_offset=0, size=None, stride=None):
    """Makes the tensor show the elements of another tensor, or of a storage from storage_offset on with the given size and
    stride (in order, by default); with nothing, it is empty."""
    if source is None:
        source = ops.empty(0, dtype=self.dtype)
    elif not isinstance(source, Tensor):
        elements = (source.untyped() if isinstance(source, TypedStorage) else source)._bytes.view(self.dtype)
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
