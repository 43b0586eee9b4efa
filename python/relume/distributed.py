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


def init_process_group(*args, **kwargs):
    """Raises RuntimeError: there is one process."""
    raise RuntimeError("torch.distributed.init_process_group: Relume trains in one process")


def _refused(name):
    def refuse(*args, **kwargs):
        raise ValueError("Default process group has not been initialized, please make sure to call init_process_group.")

    refuse.__name__ = refuse.__qualname__ = name
    refuse.__doc__ = "Raises ValueError: there is no group of processes."
    return refuse


# Scripts import them before they know that they run alone.
destroy_process_group, get_rank, get_world_size, barrier, all_reduce, all_gather, broadcast, reduce = map(
    _refused, "destroy_process_group get_rank get_world_size barrier all_reduce all_gather broadcast reduce".split()
)
