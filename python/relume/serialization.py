"""save() and load(): objects with tensors in files, in PyTorch's format both ways."""

import contextlib
import io
import mmap as memory_maps
import os
import pickle
import pickletools
import threading
import warnings

from . import _C
from ._C import ops
from ._files.archive import ArchiveReader, replace_file, write_archive
from ._files.legacy import load_legacy, write_legacy
from ._files.names import add_safe_globals, allowed_names, current_name, torch_names
from ._files.names import clear_safe_globals, get_safe_globals, safe_globals  # noqa: F401
from ._files.pickler import pickled
from ._files.storages import Storage, StorageKind, memory_of, new_storage
from ._files.unpickler import Unpickler

DEFAULT_PROTOCOL = 2
_ZIP_MAGIC = b"PK\x03\x04"
_state = threading.local()


def save(obj, f, pickle_module=pickle, pickle_protocol=DEFAULT_PROTOCOL, _use_new_zipfile_serialization=True,
         _disable_byteorder_record=False):  # fmt: skip
    """Writes an object, say a state_dict, to a path or a binary stream. PyTorch's load() reads it.

    Tensors that share memory still share it when they are loaded. A file is replaced when the new one is whole.
    """
    named = isinstance(f, (str, os.PathLike))
    if not named and not hasattr(f, "write"):
        raise AttributeError("expected 'f' to be string, path, or a file-like object with a 'write' attribute")
    data = pickled(obj, pickle_protocol, legacy=not _use_new_zipfile_serialization)
    folder = named and os.path.splitext(os.path.basename(os.fspath(f)))[0] or "archive"

    def write(stream):
        if _use_new_zipfile_serialization:
            _write(stream, folder, *data)
        else:
            write_legacy(stream, *data, pickle_protocol)

    if named:
        replace_file(os.fspath(f), write)
    else:
        write(f)


class skip_data(contextlib.ContextDecorator):
    """A context in which save() writes zeros in place of the elements of tensors, to be filled in later."""

    def __init__(self, materialize_fake_tensors=False):
        self.materialize_fake_tensors = materialize_fake_tensors

    def __enter__(self):
        self._outer, _state.skips = getattr(_state, "skips", False), True

    def __exit__(self, *error):
        _state.skips = self._outer


def _write(stream, folder, pickle_bytes, storages):
    memories = [memory_of(storage) for storage in storages]
    if getattr(_state, "skips", False):
        memories = [memoryview(bytes(memory.nbytes)) for memory in memories]
    # Others, of gzip say, cannot go back to the head of an entry, whatever they say.
    if isinstance(stream, (io.BytesIO, io.BufferedWriter, io.BufferedRandom)) and stream.seekable() and stream.tell() == 0:
        write_archive(stream, folder, pickle_bytes, memories)
        return
    buffer = io.BytesIO()
    write_archive(buffer, folder, pickle_bytes, memories)
    stream.write(buffer.getbuffer())


def load(f, map_location=None, pickle_module=None, *, weights_only=None, mmap=None, **pickle_load_args):
    """Reads what save(), PyTorch's or this, wrote to a path or a binary stream.

    With weights_only, as it is unless False is given, the file can hold tensors, plain values and what
    serialization.add_safe_globals() allows; anything else raises UnpicklingError and is not executed. With
    weights_only=False the file can execute anything: only for files that you trust. mmap=True leaves the tensors' memory
    in the file, given by its path; changes are not written. Truncated and changed files raise RuntimeError.
    """
    if weights_only and pickle_module is not None:
        raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")
    if weights_only is None:
        weights_only = pickle_module is None and not _trusted_by_environment()
    if mmap and not isinstance(f, (str, os.PathLike)):
        raise ValueError("f must be a file path in order to use the mmap argument")
    with contextlib.ExitStack() as stack:
        if isinstance(f, (str, os.PathLike)):
            f = stack.enter_context(open(f, "rb"))
        elif not all(hasattr(f, name) for name in ("read", "readline", "seek", "tell")):
            raise AttributeError(
                f"'{type(f).__name__}' object has no attribute 'seek'. You can only torch.load from a file that is "
                "seekable. Please pre-load the data into a buffer like io.BytesIO and try to load from it instead."
            )
        place = _placing(map_location)
        start = f.tell()
        magic = f.read(len(_ZIP_MAGIC))
        if not magic:
            raise EOFError("Ran out of input: the file is empty, or was read to its end")
        f.seek(start)
        if magic == _ZIP_MAGIC:
            if start or not hasattr(f, "seekable"):
                f = io.BytesIO(f.read())
            return _load_archive(f, place, weights_only, pickle_load_args, mmap)
        if mmap:
            raise RuntimeError("mmap can only be used with files saved with `torch.save(_use_new_zipfile_serialization=True)`")
        return load_legacy(f, lambda find: _unpickle(f, find, weights_only, pickle_load_args), place)


def _trusted_by_environment():
    if os.environ.get("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "0").lower() not in ("1", "y", "yes", "true"):
        return False
    warnings.warn(
        "Environment variable TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD detected, since the`weights_only` argument was not "
        "explicitly passed to `torch.load`, forcing weights_only=False.",
        stacklevel=3,
    )
    return True


def _load_archive(stream, place, weights_only, pickle_load_args, mapped):
    archive = ArchiveReader(stream)
    if "constants.pkl" in archive.names:
        raise RuntimeError("load: this is a TorchScript archive or one of C++'s, which torch.jit.load or C++ reads")
    if "byteorder" in archive.names and archive.read("byteorder") != b"little":
        raise RuntimeError("load: files of big-endian machines are not supported")
    memory = memory_maps.mmap(stream.fileno(), 0, access=memory_maps.ACCESS_COPY) if mapped else None
    loaded = {}

    def persistent_load(identifier):
        if not isinstance(identifier, tuple) or len(identifier) != 5 or identifier[0] != "storage":
            raise RuntimeError(f"unknown persistent id: {identifier}")
        _, kind, key, location, numel = identifier
        if key not in loaded:
            read = _mapped if mapped else _read
            loaded[key] = place(read(archive, f"data/{key}", kind, numel, memory), location)
        return loaded[key]

    pickle_stream = io.BytesIO(archive.read("data.pkl"))
    return _unpickle(pickle_stream, persistent_load, weights_only, pickle_load_args)


def _read(archive, name, kind, numel, _):
    _check_size(archive, name, kind, numel)
    storage = new_storage(kind, numel)
    archive.read_into(name, memory_of(storage))
    return storage


def _mapped(archive, name, kind, numel, memory):
    """A storage in the memory of the file."""
    size = _check_size(archive, name, kind, numel)
    if not size:
        return new_storage(kind, 0)
    start = archive.offset(name)
    return Storage(ops._buffer_tensor(memoryview(memory)[start : start + size]).view(kind.dtype))


def _check_size(archive, name, kind, numel):
    """Compares before memory is taken: a broken number of elements could be any."""
    size = archive.info(name).file_size
    if not isinstance(kind, StorageKind) or not isinstance(numel, int) or numel * kind.dtype.itemsize != size:
        raise RuntimeError(f"load: {name} has {size} bytes, which are not {numel} elements: the file is corrupted")
    return size


def _unpickle(stream, persistent_load, weights_only, arguments):
    if weights_only:
        return Unpickler(stream, persistent_load, **arguments).load()
    from ._files.trusting import TrustingUnpickler

    return TrustingUnpickler(stream, persistent_load, **arguments).load()


def _placing(map_location):
    """A function (storage, location) that says where a storage goes: always to the CPU, or an error."""
    if callable(map_location) and not isinstance(map_location, _C.device):

        def place(storage, location):
            placed = map_location(storage, location)
            return storage if placed is None else placed

        return place
    names = map_location if isinstance(map_location, dict) else None

    def place_by_name(storage, location):
        if names is not None:
            location = names.get(location, location)
        elif map_location is not None:
            location = str(map_location)
        return default_restore_location(storage, str(location))

    return place_by_name


_packages = []  # (priority, tagger, deserializer), those of low numbers first


def register_package(priority, tagger, deserializer):
    """Has files say where a storage is as tagger(storage) does, and deserializer(storage, location) bring it there; both
    return None for what is not theirs. Those with the lowest priority are asked first, and the CPU after all."""
    _packages.append((priority, tagger, deserializer))
    _packages.sort(key=lambda package: package[0])


def default_restore_location(storage, location):
    """The storage, where its location is the CPU or that of a package; raises RuntimeError for another."""
    for _, _, deserializer in _packages:
        if (restored := deserializer(storage, location)) is not None:
            return restored
    if location.startswith("cuda"):
        raise RuntimeError(
            "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If you are "
            "running on a CPU-only machine, please use torch.load with map_location=torch.device('cpu') to map your "
            "storages to the CPU."
        )
    if location.split(":")[0] not in ("cpu", "meta", ""):
        raise RuntimeError(
            f"don't know how to restore data location of torch.storage.UntypedStorage (tagged with {location})"
        )
    return storage


def location_tag(storage):
    """Where a storage is, as files say it."""
    return next((tag for _, tagger, _ in _packages if (tag := tagger(storage)) is not None), storage.device.type)


def get_unsafe_globals_in_checkpoint(f):
    """The names in a file that load() would refuse with weights_only."""
    with open(f, "rb") as stream:
        pickle_bytes = ArchiveReader(stream).read("data.pkl")
    names, strings = [], []
    for opcode, argument, _ in pickletools.genops(pickle_bytes):
        if opcode.name == "GLOBAL":
            names.append(".".join(current_name(*argument.split(" "))))
        elif opcode.name == "STACK_GLOBAL":
            names.append(".".join(strings[-2:]))
        elif isinstance(argument, str):
            strings.append(argument)
    known = {".".join(name) for name in torch_names()} | set(allowed_names())
    return [name for name in dict.fromkeys(names) if name not in known]


class SourceChangeWarning(Warning):
    """Was given where the source of a class had changed since its objects were saved."""
