"""Switches that are set for a while."""

import contextlib


@contextlib.contextmanager
def set_for_a_while(module, values):
    """Gives a module these values, and the former ones back at the end."""
    former = {name: module[name] for name in values}
    module.update(values)
    try:
        yield
    finally:
        module.update(former)
