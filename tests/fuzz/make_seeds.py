"""Writes the first inputs of the fuzzers' corpora: small whole files, and files that lie in one place."""

import gzip
import pathlib
import struct
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

for reader, seeds in SEEDS.items():
    (CORPUS / reader).mkdir(parents=True, exist_ok=True)
    for name, content in seeds.items():
        (CORPUS / reader / name).write_bytes(content)
