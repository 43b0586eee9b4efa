"""Zip archives as PyTorch lays them out: entries as they are, each beginning at a multiple of 64 bytes."""

import hashlib
import os
import stat
import struct
import sys
import zipfile

_ALIGNMENT = 64
_LOCAL_HEADER = 30  # bytes before the name
_EPOCH = (1980, 1, 1, 0, 0, 0)


class ArchiveWriter:
    """Writes entries below a top folder into a stream; close() ends the archive."""

    def __init__(self, stream, folder):
        self.zip = zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED)
        self.folder = folder
        self.digest = hashlib.sha256()

    def write(self, name, data):
        """Writes an entry."""
        info = zipfile.ZipInfo(f"{self.folder}/{name}", _EPOCH)
        # The extra field, which is what moves the data: its head, and as much filling as is wanted.
        start = self.zip.fp.tell() + _LOCAL_HEADER + len(info.filename.encode()) + 4
        if len(data) >= zipfile.ZIP64_LIMIT:
            start += 20
        filling = -start % _ALIGNMENT
        info.extra = struct.pack("<2sH", b"FB", filling) + b"Z" * filling
        info.file_size = len(data)
        with self.zip.open(info, "w", force_zip64=len(data) >= zipfile.ZIP64_LIMIT) as entry:
            entry.write(data)
        self.digest.update(f"{name}:{info.CRC}\n".encode())

    def close(self):
        """Writes the identifier, made of the contents, and the directory."""
        number = int.from_bytes(self.digest.digest(), "little") % 10**40
        self.write(".data/serialization_id", b"%040d" % number)
        self.zip.close()


def write_archive(stream, folder, pickled, memories):
    """Writes a pickle and the bytes of its storages."""
    archive = ArchiveWriter(stream, folder)
    archive.write("data.pkl", pickled)
    archive.write(".format_version", b"1")
    archive.write(".storage_alignment", str(_ALIGNMENT).encode())
    archive.write("byteorder", sys.byteorder.encode())
    for key, memory in enumerate(memories):
        archive.write(f"data/{key}", memory)
    archive.write("version", b"3\n")
    archive.close()


def _broken(reason):
    return RuntimeError(
        f"PytorchStreamReader failed reading zip archive: {reason}. The file is not complete, or was changed after it was "
        "saved: your checkpoint file is corrupted."
    )


class ArchiveReader:
    """Reads entries of an archive in a stream that can seek."""

    def __init__(self, stream):
        self.stream = stream
        try:
            self.zip = zipfile.ZipFile(stream)
            names = self.zip.namelist()
        except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError) as error:
            raise _broken(f"failed finding central directory ({error})") from None
        pickles = [name for name in names if name.endswith("/data.pkl") and name.count("/") == 1]
        if len(pickles) != 1:
            raise _broken("file not found: data.pkl")
        self.folder = pickles[0][: -len("/data.pkl")]
        self.names = {name[len(self.folder) + 1 :] for name in names}

    def info(self, name):
        """Where an entry lies."""
        try:
            info = self.zip.getinfo(f"{self.folder}/{name}")
        except KeyError:
            raise _broken(f"file not found: {self.folder}/{name}") from None
        if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
            raise _broken(f"{name} is compressed")
        return info

    def read(self, name):
        """An entry's bytes."""
        target = bytearray(self.info(name).file_size)
        self.read_into(name, memoryview(target))
        return bytes(target)

    def read_into(self, name, target):
        """Fills a buffer with an entry of its size; checks the checksum."""
        info = self.info(name)
        if info.file_size != target.nbytes:
            raise _broken(f"{name} has {info.file_size} bytes, and its tensors {target.nbytes}")
        try:
            with self.zip.open(info) as entry:
                done = 0
                while done < target.nbytes:
                    count = entry.readinto(target[done:])
                    if not count:
                        raise EOFError("it ends early")
                    done += count
                entry.read(1)  # which sees the end, and compares the checksum
        except (zipfile.BadZipFile, EOFError, OSError, ValueError, RuntimeError, struct.error) as error:
            raise _broken(f"{name}: {error}") from None

    def offset(self, name):
        """Where an entry's bytes begin in the stream."""
        info = self.info(name)
        self.stream.seek(info.header_offset)
        head = self.stream.read(_LOCAL_HEADER)
        if len(head) < _LOCAL_HEADER:
            raise _broken(f"{name}: it ends early")
        name_length, extra_length = struct.unpack("<HH", head[26:30])
        return info.header_offset + _LOCAL_HEADER + name_length + extra_length


def replace_file(path, write):
    """Calls write(stream) for a new file beside `path`, and then puts it in its place: a file that was there stays
    whole until the new one is. Links are followed; what is no plain file is written to directly."""
    path = os.path.realpath(path)
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise RuntimeError(f"Parent directory {folder} does not exist.")
    mode = os.stat(path).st_mode if os.path.exists(path) else None
    if mode is not None and not stat.S_ISREG(mode):
        with open(path, "wb") as stream:
            write(stream)
        return
    new = f"{path}.{os.getpid()}.part"
    try:
        with open(new, "wb") as stream:
            if mode is not None:
                os.fchmod(stream.fileno(), stat.S_IMODE(mode))
            write(stream)
        os.replace(new, path)
    except BaseException:
        if os.path.exists(new):
            os.unlink(new)
        raise
