"""The format before zip archives: pickles one after the other, then the storages' bytes."""

import pickle

from .storages import CLASS_NAMES, Storage, memory_of, new_storage

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


def write_legacy(stream, pickle_bytes, storages, protocol):
    """Writes a pickle whose references have the form of this format, and the bytes of its storages."""
    system = {"protocol_version": PROTOCOL, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    for head in (MAGIC, PROTOCOL, system):
        stream.write(pickle.dumps(head, protocol))
    stream.write(pickle_bytes)
    keys = sorted(str(key) for key in range(len(storages)))
    stream.write(pickle.dumps(keys, protocol))
    for key in keys:
        storage = storages[int(key)]
        stream.write(_size_of(storage).to_bytes(8, "little"))
        stream.write(memory_of(storage))


def _size_of(storage):
    """The number that stands before the bytes of a storage."""
    return len(storage) if storage.dtype in CLASS_NAMES else storage.nbytes()


def _fill(storage, stream):
    head = stream.read(8)
    count = int.from_bytes(head, "little", signed=True)
    size = _size_of(storage)
    if len(head) < 8 or count != size:
        raise RuntimeError(f"a storage of {size} elements has {count} in the file; it is corrupted")
    memory = memory_of(storage)
    data = stream.read(memory.nbytes)
    if len(data) < memory.nbytes:
        raise RuntimeError(f"unexpected EOF, expected {memory.nbytes - len(data)} more bytes. The file might be corrupted.")
    memory[:] = data
