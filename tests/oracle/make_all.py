"""Remakes the goldens: all of them, or those of the scripts named (make_all.py index values)."""

import pathlib
import subprocess
import sys

here = pathlib.Path(__file__).resolve().parent
names = sys.argv[1:] or sorted(p.stem.removeprefix("make_") for p in here.glob("make_*.py") if p.stem != "make_all")
for name in names:
    subprocess.run([sys.executable, "-W", "ignore", here / f"make_{name}.py"], check=True)
