"""Tensors by name in safetensors files, as the safetensors package has it: nothing in such a file is executed."""

import os
import tempfile

from ._C import Tensor, ops


def save_file(tensors, filename, metadata=None):
    """Writes {name: tensor}, and {key: text} as metadata, to a file, which is replaced when the new one is whole.
    Tensors that share memory are written each for itself."""
    if not isinstance(tensors, dict):
        raise ValueError(f"Expected a dict of [str, torch.Tensor] but received {type(tensors)}")
    for name, tensor in tensors.items():
        if not isinstance(tensor, Tensor):
            raise ValueError(f"Key `{name}` is invalid, expected torch.Tensor but received {type(tensor)}")
    pairs = [text for pair in (metadata or {}).items() for text in pair]
    ops._save_safetensors(os.fspath(filename), list(tensors), [t.detach() for t in tensors.values()], pairs)


def load_file(filename, device="cpu"):
    """{name: tensor} of a file. Raises FileNotFoundError, or RuntimeError for a damaged file."""
    return load_with_metadata(filename)[0]


def load_with_metadata(filename):
    """({name: tensor}, {key: text}) of a file."""
    if not os.path.exists(filename):
        raise FileNotFoundError(f'No such file or directory: "{os.fspath(filename)}"')
    names, tensors, pairs = ops._load_safetensors(os.fspath(filename))
    return dict(zip(names, tensors)), dict(zip(pairs[::2], pairs[1::2]))


def save(tensors, metadata=None):
    """The bytes of the file that save_file() would write."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "tensors")
        save_file(tensors, path, metadata)
        with open(path, "rb") as file:
            return file.read()


def load(data):
    """{name: tensor} of a file's bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "tensors")
        with open(path, "wb") as file:
            file.write(data)
        return load_file(path)
