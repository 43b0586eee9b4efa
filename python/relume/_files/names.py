"""What the names in files mean: the ones that may always be used, and those that the user allowed."""

import codecs
import collections
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING

from .. import _C
from . import storages

_REBUILD = {
    "_rebuild_tensor_v2": storages.rebuild_tensor,
    "_rebuild_tensor_v3": storages.rebuild_tensor_v3,
    "_rebuild_parameter": storages.rebuild_parameter,
    "_rebuild_parameter_with_state": storages.rebuild_parameter_with_state,
    "_rebuild_from_type_v2": storages.rebuild_from_type,
}
# Modules whose names lead to running programs, deleting files and the like.
BLOCKED = frozenset("sys os posix nt subprocess shutil importlib socket ctypes".split())

_allowed = []


def torch_names():
    """{(module, name): what it means} of what torch's files are made of."""
    from ..nn.parameter import Parameter

    names = {
        ("collections", "OrderedDict"): collections.OrderedDict,
        ("collections", "Counter"): collections.Counter,
        ("collections", "defaultdict"): collections.defaultdict,
        ("_codecs", "encode"): codecs.encode,
        ("torch", "Tensor"): _C.Tensor,
        ("torch", "Size"): _C.Size,
        ("torch", "device"): _C.device,
        ("torch.nn.parameter", "Parameter"): Parameter,
    }
    names.update({("builtins", kind.__name__): kind for kind in (set, frozenset, bytearray, complex)})
    names.update({("torch._utils", name): function for name, function in _REBUILD.items()})
    names.update({("torch", name): kind for name, kind in storages.KINDS.items()})
    names[("torch.storage", "UntypedStorage")] = storages.KINDS[storages.UNTYPED]
    names.update({("torch", name): value for name, value in vars(_C).items() if isinstance(value, _C.dtype)})
    return names


def current_name(module, name):
    """A module and name as they are now, of those that pickles use so that Python 2 understands them."""
    return NAME_MAPPING.get((module, name), (IMPORT_MAPPING.get(module, module), name))


def name_of(item):
    """The full name of a class or function, torch's for Relume's own."""
    name = f"{item.__module__}.{item.__qualname__}"
    return "torch" + name[len("relume") :] if name.startswith("relume.") else name


def allowed_names():
    """{full name: what it means} of what the user allowed."""
    return {(item[1] if isinstance(item, tuple) else name_of(item)): _item(item) for item in _allowed}


def _item(entry):
    return entry[0] if isinstance(entry, tuple) else entry


def add_safe_globals(safe_globals):
    """Allows classes and functions in files that load() reads with weights_only=True."""
    _allowed.extend(item for item in safe_globals if item not in _allowed)


def get_safe_globals():
    """What add_safe_globals() allowed."""
    return list(_allowed)


def clear_safe_globals():
    """Allows nothing but tensors and plain values again."""
    _allowed.clear()


class safe_globals:
    """Allows classes and functions inside a `with`."""

    def __init__(self, safe_globals):
        self.items = safe_globals

    def __enter__(self):
        self.before = list(_allowed)
        add_safe_globals(self.items)

    def __exit__(self, *error):
        _allowed[:] = self.before
