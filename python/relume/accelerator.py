"""What scripts ask about accelerators before they fall back to the CPU: there are none."""


def is_available():
    """Always False: Relume computes on the CPU."""
    return False


def device_count():
    """Always 0."""
    return 0


def current_accelerator(check_available=False):
    """Always None."""
    return None
