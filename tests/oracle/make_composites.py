"""What PyTorch answers to the calls of python/tests/composite_calls.py: python/tests/composites.jsonl."""

import json
import pathlib
import sys

import torch

TESTS = pathlib.Path(__file__).resolve().parents[2] / "python" / "tests"
sys.path.insert(0, str(TESTS))
import composite_calls  # noqa: E402

with open(TESTS / "composites.jsonl", "w", encoding="utf-8") as file:
    for call in composite_calls.calls(torch):
        file.write(json.dumps(composite_calls.outcome(torch, *call)) + "\n")
