"""Writes tests/oracle/goldens/every_dtype.safetensors: what the safetensors package makes of the tensors that safetensors_test.cc knows.

Needs `pip install safetensors numpy`. With an argument, checks that the package
reads that file as the same tensors.
"""

import pathlib
import sys

import numpy
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

TENSORS = {
    "weight": numpy.arange(6, dtype=numpy.float32).reshape(2, 3) / 4,
    "bias": numpy.array([-0.0, numpy.inf], dtype=numpy.float64),
    "half": numpy.array([1.5, -2.0], dtype=numpy.float16),
    "steps": numpy.array(-7, dtype=numpy.int64),
    "ids": numpy.array([1, -2, 3], dtype=numpy.int32),
    "short": numpy.array([300], dtype=numpy.int16),
    "ushort": numpy.array([65535], dtype=numpy.uint16),
    "signed": numpy.array([-1], dtype=numpy.int8),
    "pixels": numpy.array([[255], [1]], dtype=numpy.uint8),
    "mask": numpy.array([True, False, True]),
    "empty": numpy.zeros((0, 3), dtype=numpy.float32),
    "größe \"x\"": numpy.ones(1, dtype=numpy.float32),
}
METADATA = {"format": "pt"}


def main():
    if len(sys.argv) > 1:
        loaded = load_file(sys.argv[1])
        assert loaded.keys() == TENSORS.keys(), loaded.keys()
        for name, tensor in TENSORS.items():
            assert loaded[name].dtype == tensor.dtype and loaded[name].shape == tensor.shape, name
            assert loaded[name].tobytes() == tensor.tobytes(), name
        with safe_open(sys.argv[1], "numpy") as file:
            assert file.metadata() == METADATA, file.metadata()
        return
    folder = pathlib.Path(__file__).parent / "goldens"
    save_file(TENSORS, folder / "every_dtype.safetensors", metadata=METADATA)


main()
