"""Apple's GPUs, which Relume does not use."""


def is_available():
    """Always False."""
    return False


def is_built():
    """Always False."""
    return False
