"""Intel's MKL, which Relume does not use."""


def is_available():
    """Always False."""
    return False
