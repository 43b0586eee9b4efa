"""What scripts ask about GPUs before they fall back to the CPU: there are none."""


def is_available():
    """Always False: Relume computes on the CPU."""
    return False


def device_count():
    """Always 0."""
    return 0


def manual_seed(seed):
    """Does nothing, as there is no GPU."""


def manual_seed_all(seed):
    """Does nothing, as there is no GPU."""


def empty_cache():
    """Does nothing, as there is no GPU."""


def synchronize(device=None):
    """Does nothing: ops have run when they return."""
