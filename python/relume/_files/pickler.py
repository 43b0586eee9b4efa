"""Writes the pickle of a file: tensors by reference to their storages, everything of Relume's under torch's names."""

import io
import pickle
import types
from collections import OrderedDict

from .. import _C
from .._C import Tensor
from ..nn.parameter import Buffer, Parameter
from .storages import CLASS_NAMES, UNTYPED, Storage


class _Global:
    """Something that is written as the name of a module's attribute."""

    def __init__(self, module, name):
        self.module, self.name = module, name

    def __call__(self):
        raise TypeError("stands for a name in a file")


class _Reference:
    """A place in a pickle where a storage is meant."""

    def __init__(self, identifier):
        self.identifier = identifier


# Where programs find the functions of the extension.
_PUBLIC = {"relume._C.ops": "relume", "relume._C.functional": "relume.nn.functional"}


def _torch_name(module):
    return "torch" + module[len("relume") :] if module == "relume" or module.startswith("relume.") else module


class Pickler(pickle._Pickler):  # the one written in Python: the other insists on importing what it names
    """Pickles into a stream; `storages` then holds, in order, the storages that are to be written beside it."""

    dispatch = pickle._Pickler.dispatch.copy()

    def __init__(self, stream, protocol, legacy=False):
        super().__init__(stream, protocol)
        self.storages = []
        self._view = (None,) if legacy else ()  # at the end of a reference in the format before zip archives
        self._globals = {}
        self._known = {}  # {address of a storage: its place in the list}

    def _global(self, module, name):
        return self._globals.setdefault((module, name), _Global(module, name))

    def _write_name(self, item):
        self.write(pickle.GLOBAL + f"{item.module}\n{item.name}\n".encode())
        self.memoize(item)

    dispatch[_Global] = _write_name

    def save(self, obj, save_persistent_id=True):
        """Writes one object; dtypes are names."""
        if isinstance(obj, _C.dtype):
            obj = self._global("torch", str(obj).split(".")[-1])
        super().save(obj, save_persistent_id)

    def save_global(self, obj, name=None):
        """Writes a class or function by name."""
        name = name or obj.__qualname__
        if "<locals>" in name.split("."):
            raise AttributeError(f"Can't pickle local object '{name}'")
        module = getattr(obj, "__module__", None) or ""
        module = _PUBLIC.get(module, module)
        if _torch_name(module) == module:
            try:
                return super().save_global(obj, name)
            except pickle.PicklingError as error:
                if "not found as" not in str(error):
                    raise
                raise pickle.PicklingError(f"Can't pickle {obj!r}: attribute lookup {name} on {module} failed") from None
        self.write(pickle.GLOBAL + f"{_torch_name(module)}\n{name}\n".encode())
        self.memoize(obj)

    dispatch[types.FunctionType] = save_global

    def persistent_id(self, obj):
        """What stands for a storage."""
        return obj.identifier if isinstance(obj, _Reference) else None

    def reducer_override(self, obj):
        """How Relume's own types are rebuilt."""
        if isinstance(obj, Tensor):
            return self._reduced(obj)
        if isinstance(obj, _C.Size):
            return self._global("torch", "Size"), (tuple(obj),)
        if isinstance(obj, _C.device):
            return self._global("torch", "device"), (obj.type,)
        if isinstance(obj, Storage):
            raise pickle.PicklingError("storages can be saved as parts of tensors only")
        return NotImplemented

    def _reduced(self, tensor):
        attributes = dict(tensor.__dict__)
        if isinstance(tensor, Parameter):
            arguments = (tensor.data, tensor.requires_grad, OrderedDict())
            if attributes:
                return self._global("torch._utils", "_rebuild_parameter_with_state"), (*arguments, attributes)
            return self._global("torch._utils", "_rebuild_parameter"), arguments
        rebuild, arguments = self._plain(tensor)
        if type(tensor) in (Tensor, Buffer) and not (attributes and type(tensor) is Tensor):
            return rebuild, arguments
        kind = self._global("torch", "Tensor") if type(tensor) is Tensor else type(tensor)
        return self._global("torch._utils", "_rebuild_from_type_v2"), (rebuild, kind, arguments, attributes)

    def _plain(self, tensor):
        reference = self._reference(tensor)
        geometry = (reference, tensor.storage_offset(), tuple(tensor.shape), tuple(tensor.stride()))
        arguments = (*geometry, tensor.requires_grad, OrderedDict())
        if tensor.dtype in CLASS_NAMES:
            return self._global("torch._utils", "_rebuild_tensor_v2"), arguments
        return self._global("torch._utils", "_rebuild_tensor_v3"), (*arguments, tensor.dtype)

    def _reference(self, tensor):
        address, size = tensor._storage()
        key = self._known.get(address) if size else None
        if key is None:
            elements = size // tensor.element_size()
            flat = tensor.detach().as_strided((elements,), (1,), 0)
            key = len(self.storages)
            self.storages.append(Storage(flat))
            if size:
                self._known[address] = key
        flat = self.storages[key].tensor
        if flat.dtype != tensor.dtype:
            raise RuntimeError("Cannot save multiple tensors or storages that view the same data as different types")
        typed = CLASS_NAMES.get(tensor.dtype)
        count = flat.numel() if typed else flat.numel() * flat.element_size()
        kind = self._global("torch", typed) if typed else self._global("torch.storage", UNTYPED)
        return _Reference(("storage", kind, str(key), "cpu", count, *self._view))


def pickled(obj, protocol, legacy=False):
    """The pickle of an object, and the storages that it refers to."""
    stream = io.BytesIO()
    pickler = Pickler(stream, protocol, legacy)
    pickler.dump(obj)
    return stream.getvalue(), pickler.storages
