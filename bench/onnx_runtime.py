#!/usr/bin/env python3
"""SimpleCNN by ONNX Runtime, with the weights and images that the program `inference` saved.

Usage: onnx_runtime.py [--threads N] [--folder FOLDER] NAME, where NAME ends with the batch size and FOLDER has
simple_cnn.safetensors.
"""

import json
import pathlib

import numpy as np
import onnxruntime
from onnx import TensorProto, checker, helper, numpy_helper

from harness import checksum, serve


def read_safetensors(path):
    """{name: array} of a file of float32 tensors."""
    data = pathlib.Path(path).read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    arrays = {}
    for name, entry in json.loads(data[8:start]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            arrays[name] = np.frombuffer(data[start + begin : start + end], np.float32).reshape(entry["shape"])
    return arrays


def make_model(weights, batch):
    def layer(number, source):
        names = [source, f"conv{number}.weight", f"conv{number}.bias"]
        conv, relu, pool = f"c{number}", f"r{number}", f"p{number}"
        return [
            helper.make_node("Conv", names, [conv], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
            helper.make_node("Relu", [conv], [relu]),
            helper.make_node("MaxPool", [relu], [pool], kernel_shape=[2, 2], strides=[2, 2]),
        ]

    graph = helper.make_graph(
        layer(1, "x") + layer(2, "p1"),
        "SimpleCNN",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 3, 32, 32])],
        [helper.make_tensor_value_info("p2", TensorProto.FLOAT, [batch, 64, 8, 8])],
        [numpy_helper.from_array(weights[name], name) for name in weights if name.startswith("conv")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model)
    return model


def prepare(name, threads, folder):
    arrays = read_safetensors(pathlib.Path(folder) / "simple_cnn.safetensors")
    batch = int(name.split()[-1])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    model = make_model(arrays, batch).SerializeToString()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    feed = {"x": np.ascontiguousarray(arrays["images"][:batch])}
    return lambda: session.run(None, feed), checksum(session.run(None, feed)[0]), ""


if __name__ == "__main__":
    serve(prepare)
