#!/usr/bin/env python3
"""Writes what PyTorch answers to the cases of this folder, in float32, into python/tests/goldens/nn.jsonl.

Usage: <a Python that has torch 2.13> make_goldens.py. python/tests/test_nn_goldens.py replays the same cases.
"""

import json
import os

import torch

import cases

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = os.path.join(HERE, "..", "..", "..", "python", "tests", "goldens", "nn.jsonl")


def shortened(record):
    """Six digits of each number in a tensor, and a digest of larger tensors."""
    if isinstance(record, list):
        return [shortened(value) for value in record]
    if not isinstance(record, dict):
        return record
    if "values" not in record:
        return {key: shortened(value) for key, value in record.items()}
    if len(record["values"]) > cases.KEPT + 4:
        record = cases.summarised(record)
        record["digest"] = shortened(record["digest"])
    digits = 12 if record["dtype"] == "float64" else 6
    return {**record, "values": [float(f"{value:.{digits}g}") for value in record["values"]]}


def main():
    torch.set_num_threads(1)
    rows = [{"torch": torch.__version__.split("+")[0], "script": "tests/oracle/python/make_goldens.py"}]
    for line in cases.lines("modules.txt"):
        rows.append({"module": line, **shortened(cases.run_module(torch, *cases.parts(line)))})
    for line in cases.lines("functions.txt"):
        rows.append({"function": line, **shortened(cases.run_function(torch, *cases.parts(line)))})
    for name, text in cases.programs():
        rows.append({"program": name, **cases.run_program(torch, text)})
    os.makedirs(os.path.dirname(TARGET), exist_ok=True)
    with open(TARGET, "w") as file:
        for row in rows:
            file.write(json.dumps(row, separators=(",", ":")) + "\n")
    print(f"{len(rows)} rows, {os.path.getsize(TARGET)} bytes")


if __name__ == "__main__":
    main()
