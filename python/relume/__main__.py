"""python -m relume script.py [arguments]: runs a PyTorch script with Relume in place of torch."""

import os
import runpy
import sys

from ._install import install_as_torch


def main():
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print("usage: python -m relume script.py [arguments]\n\nRuns a script in which `import torch` means Relume.")
        return 0 if len(sys.argv) > 1 else 2
    if sys.argv[1] == "--version":
        from .version import __version__

        print(f"relume {__version__}")
        return 0
    install_as_torch()
    script = sys.argv[1]
    sys.argv = sys.argv[1:]
    sys.path[0] = os.path.dirname(os.path.abspath(script))
    runpy.run_path(os.path.abspath(script), run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
