"""The default generator of random numbers."""

import contextlib

from ._C import default_generator


def manual_seed(seed):
    """Seeds the default generator, and returns it. The numbers are PyTorch's for the same seed."""
    return default_generator.manual_seed(int(seed))


def seed():
    """Seeds the default generator from the system's entropy; returns the seed."""
    return default_generator.seed()


def initial_seed():
    """The seed of the default generator."""
    return default_generator.initial_seed()


def get_rng_state():
    """The default generator's position in its stream, as a tensor of bytes."""
    return default_generator.get_state()


def set_rng_state(new_state):
    """Goes back to a position of get_rng_state()."""
    default_generator.set_state(new_state)


@contextlib.contextmanager
def fork_rng(devices=None, enabled=True):
    """What is drawn inside does not move the default generator."""
    state = get_rng_state()
    try:
        yield
    finally:
        if enabled:
            set_rng_state(state)
