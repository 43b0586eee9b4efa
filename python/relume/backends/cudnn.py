"""The switches of cuDNN, which Relume does not use."""

from ._switches import set_for_a_while

enabled = True
benchmark = False
benchmark_limit = 10
deterministic = False
allow_tf32 = True


def is_available():
    """Always False."""
    return False


def version():
    """Always None: there is no cuDNN."""
    return None


def flags(enabled=False, benchmark=False, benchmark_limit=10, deterministic=False, allow_tf32=True):
    """Sets the switches for a with block."""
    return set_for_a_while(globals(), locals().copy())
