"""Runs the programs of examples/python with PyTorch: examples/python/expected/*.txt, which the Python tests compare."""

import pathlib
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "examples" / "python"

for script in sorted(FOLDER.glob("*.py")):
    command = [sys.executable, "-W", "ignore", script]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    (FOLDER / "expected" / f"{script.stem}.txt").write_text(printed, encoding="utf-8")
