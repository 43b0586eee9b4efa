"""Writes the first inputs of the fuzzers' corpora: small whole files, and files that lie in one place."""

import collections
import gzip
import io
import pathlib
import pickle
import struct
import sys
import types
import zlib

CORPUS = pathlib.Path(__file__).parent / "corpus"


def idx(code, sizes, data):
    return bytes([0, 0, code, len(sizes)]) + b"".join(struct.pack(">I", size) for size in sizes) + data


def png(depth, colour, width, height, rows, *more):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    extra = b"".join(chunk(kind, data) for kind, data in more)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def safetensors(header, data=b""):
    return struct.pack("<Q", len(header)) + header + data


ENTRY = b'"%b":{"dtype":"%b","shape":%b,"data_offsets":%b}'
SEEDS = {
    "idx": {
        "bytes": idx(8, [2, 2], b"abcd"),
        "shorts": idx(11, [1], b"\1\2"),
        "doubles": idx(14, [1], bytes(8)),
        "scalar": idx(9, [], b"\1"),
        "empty": idx(12, [0], b""),
        "gzip": gzip.compress(idx(8, [2, 2], b"abcd"), mtime=0),
        "members": gzip.compress(idx(8, [2, 2], b""), mtime=0) + gzip.compress(b"abcd", mtime=0),
        "overflow": idx(14, [0xFFFFFFFF] * 3, b""),
        "short": idx(13, [2], b"1234"),
    },
    "png": {
        "gray": png(8, 0, 2, 2, [b"ab", b"cd"]),
        "bits": png(1, 0, 9, 1, [b"\xaa\x80"]),
        "deep": png(16, 0, 1, 1, [b"\1\2"]),
        "rgb": png(8, 2, 1, 1, [b"rgb"]),
        "rgba": png(8, 6, 1, 1, [b"rgba"]),
        "palette": png(8, 3, 2, 1, [b"\0\1"], (b"PLTE", b"abcdef"), (b"tRNS", b"\x80")),
        "huge": png(8, 0, 0x0FFFFF, 0x0FFFFF, [b"a"]),
    },
    "safetensors": {
        "empty": safetensors(b"{}"),
        "one": safetensors(b"{" + ENTRY % (b"x", b"F32", b"[1]", b"[0,4]") + b"}", bytes(4)),
        "two": safetensors(
            b'{"__metadata__":{"a":"b"},' + ENTRY % (b"x", b"I64", b"[]", b"[0,8]") + b","
            + ENTRY % (b"y", b"BOOL", b"[1,2]", b"[8,10]") + b"}  ", bytes(10)),
        "overflow": safetensors(b"{" + ENTRY % (b"x", b"U8", b"[4294967296,4294967296]", b"[0,0]") + b"}"),
        "nested": safetensors(b'{"x":[[[[]]]]}'),
        "number_overflow": safetensors(b'{"x":{"dtype":"U8","shape":[1E999],"data_offsets":[0,0]}}'),
        "long": struct.pack("<Q", 2**64 - 1) + b"{}",
    },
}



def archive(*values):
    """A file of values, each a kind (nothing where it is a plain tensor), a dtype, a shape and bytes."""
    kinds = ",".join('"%d":"%s"' % (i, kind) for i, (kind, *_) in enumerate(values) if kind)
    members, end = ['"__metadata__":{%s}' % kinds], 0
    for i, (_, dtype, shape, data) in enumerate(values):
        offsets = [end, end := end + len(data)]
        members.append('"%d":{"dtype":"%s","shape":%s,"data_offsets":%s}' % (i, dtype, shape, offsets))
    return safetensors(("{" + ",".join(members) + "}").encode(), b"".join(data for *_, data in values))


SEEDS["archive"] = {
    "tensor": archive(("", "F32", [2], bytes(8))),
    "requires_grad": archive(("requires_grad", "F32", [2], bytes(8))),
    "integer_grad": archive(("requires_grad", "I64", [1], bytes(8))),
    "numbers": archive(("int", "I64", [], bytes(8)), ("float", "F64", [], bytes(8)), ("bool", "BOOL", [], b"\1")),
    "lists": archive(("List[int]", "I64", [2], bytes(16)), ("List[float]", "F64", [1], bytes(8)), ("str", "U8", [1], b"a")),
    "wrong_kind": archive(("str", "F32", [2], bytes(8))),
    "unknown_kind": archive(("dict", "U8", [0], b"")),
    "list_of_none": archive(("int", "I64", [0], b"")),
}

def stand_in(module, name):
    """A class that pickles under another's name."""
    sys.modules.setdefault(module, types.ModuleType(module))
    made = type(name, (), {"__module__": module})
    setattr(sys.modules[module], name, made)
    return made


STORAGES = {name: stand_in("torch", name + "Storage") for name in ["Float", "Bool", "Long"]}
REBUILD_TENSOR = stand_in("torch._utils", "_rebuild_tensor_v2")
REBUILD_PARAMETER = stand_in("torch._utils", "_rebuild_parameter")
BUILD_INTS = stand_in("torch.jit._pickle", "build_intlist")
MODULE = stand_in("__torch__", "Module")


class Made:
    def __init__(self, maker, *arguments):
        self.how = maker, arguments

    def __reduce__(self):
        return self.how


class Storage:
    def __init__(self, name, key, count):
        self.identity = "storage", STORAGES[name], key, "cpu", count


class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        return getattr(value, "identity", None)


def pickled(value, protocol=2):
    stream = io.BytesIO()
    Pickler(stream, protocol).dump(value)
    return stream.getvalue()


def tensor(name, count, sizes, strides, offset=0, key="0"):
    return Made(REBUILD_TENSOR, Storage(name, key, count), offset, sizes, strides, False, collections.OrderedDict())


module = MODULE()
module.weight, module.child, module.none = tensor("Float", 6, (2, 2), (1, 2), 1), MODULE(), None
SEEDS["pickle"] = {
    "values": pickled({"a": 1, "b": 2.5, "c": None, "d": [True, "text"], 3: (1, 2), "e": [0.5], "f": -(2**40), "g": {}}),
    "recent": pickled({"a": [1, 2.5, None], "b": ("text", 70000, -1)}, 5),
    "tensor": pickled(tensor("Long", 3, (3,), (1,))),
    "empty": pickled(tensor("Float", 0, (0, 2), (2, 1), 0, "1")),
    "parameter": pickled(Made(REBUILD_PARAMETER, tensor("Float", 6, (), ()), True, collections.OrderedDict())),
    "ordered": pickled(collections.OrderedDict(x=tensor("Bool", 24, (2, 1), (2, 2)), y=Made(BUILD_INTS, [1, 2]))),
    "module": pickled(module),
    "object": pickled(Made(stand_in("os", "system"), "true")),
    "outside": pickled(tensor("Float", 6, (2, 4), (4, 1))),
    "long": pickled([2**100]),
}

for reader, seeds in SEEDS.items():
    (CORPUS / reader).mkdir(parents=True, exist_ok=True)
    for name, content in seeds.items():
        (CORPUS / reader / name).write_bytes(content)
