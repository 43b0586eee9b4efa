"""The format before zip archives: pickles one after the other, then the storages' bytes."""

import pickle

from .._C import uint8
from .storages import Storage, memory_of, new_storage

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001


def load_legacy(stream, unpickle, place):
    """unpickle(persistent_load) reads the next pickle of the stream; place(storage, location) is map_location's."""
    roots = {}  # {key: (storage as it is filled, storage as it is used)}

    def refuse(identifier):
        raise RuntimeError(f"a storage where none can be: {identifier}")

    def persistent_load(identifier):
        if not isinstance(identifier, tuple) or len(identifier) != 6 or identifier[0] != "storage":
            raise RuntimeError(f"unknown persistent id: {identifier}")
        _, kind, key, location, numel, view = identifier
        if key not in roots:
            filled = new_storage(kind, numel)
            roots[key] = filled, place(filled, location)
        if view is None:
            return roots[key][1]
        _, offset, size = view
        return Storage(roots[key][1].tensor.narrow(0, offset, size))

    try:
        magic = unpickle(refuse)
    except (pickle.UnpicklingError, EOFError) as error:
        raise pickle.UnpicklingError(f"load: this is no file that save() wrote ({error})") from None
    if magic != MAGIC:
        raise RuntimeError("Invalid magic number; corrupt file?")
    if unpickle(refuse) != PROTOCOL:
        raise RuntimeError(f"Invalid protocol version: expected {PROTOCOL}")
    if not unpickle(refuse).get("little_endian", True):
        raise RuntimeError("files of big-endian machines are not supported")
    result = unpickle(persistent_load)
    for key in unpickle(refuse):
        if key not in roots:
            raise RuntimeError(f"a storage that nothing refers to: {key}")
        _fill(roots[key][0], stream)
    return result


def _fill(storage, stream):
    head = stream.read(8)
    count = int.from_bytes(head, "little", signed=True)
    size = len(storage) if storage.dtype is not uint8 else storage.nbytes()
    if len(head) < 8 or count != size:
        raise RuntimeError(f"a storage of {size} elements has {count} in the file; it is corrupted")
    memory = memory_of(storage)
    data = stream.read(memory.nbytes)
    if len(data) < memory.nbytes:
        raise RuntimeError(f"unexpected EOF, expected {memory.nbytes - len(data)} more bytes. The file might be corrupted.")
    memory[:] = data
