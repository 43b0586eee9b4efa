"""oneDNN, which computes Relume's convolutions and products; its switch changes nothing."""

from ._switches import set_for_a_while

enabled = True


def is_available():
    """Always True."""
    return True


def flags(enabled=False):
    """Sets the switch for a with block."""
    return set_for_a_while(globals(), {"enabled": enabled})
