"""What a report of a fault is to say of the machine: `python -m relume.utils.collect_env` prints it."""

import platform
import sys

from .. import _C
from ..version import __version__

__all__ = ["get_pretty_env_info", "main"]


def _processor():
    """The name of the processor."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as facts:
            return next(line.split(":", 1)[1].strip() for line in facts if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"


def _numpy_version():
    try:
        import numpy
    except ImportError:
        return "not installed"
    return numpy.__version__


def get_pretty_env_info():
    """A line for each fact: versions of Relume, Python, NumPy and the C library, the platform, processor and threads."""
    return (
        f"Relume version: {__version__}\n"
        f"Python version: {sys.version.replace(chr(10), ' ')} ({sys.maxsize.bit_length() + 1}-bit runtime)\n"
        f"Python platform: {platform.platform()}\n"
        f"Libc version: {'-'.join(platform.libc_ver())}\n"
        f"NumPy version: {_numpy_version()}\n"
        "Is CUDA available: False\n"
        f"CPU: {_processor()}\n"
        f"Threads: {_C.ops.get_num_threads()}"
    )


def main():
    """Prints get_pretty_env_info()."""
    print("Collecting environment information...")
    print(get_pretty_env_info())


if __name__ == "__main__":
    main()
