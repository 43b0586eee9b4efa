"""What scripts ask before they train on one machine: there is no training on several."""

from ._missing import attribute_finder

__getattr__ = attribute_finder("torch.distributed")


def is_available():
    """Always False."""
    return False


def is_initialized():
    """Always False."""
    return False


def is_torchelastic_launched():
    """Always False."""
    return False
