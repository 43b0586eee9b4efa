"""What an attribute that Relume lacks answers."""

import importlib

LAZY = {"nn", "optim", "utils", "testing"}


def missing_attribute(name):
    """Imports a part of the package on first use; raises AttributeError, with advice, for what there is not."""
    if name in LAZY:
        try:
            return importlib.import_module("relume." + name)
        except ModuleNotFoundError as error:
            if error.name != "relume." + name:
                raise
    raise AttributeError(
        f"module 'torch' has no attribute '{name}' here: Relume does not have it. "
        "help(relume) lists what there is; run the script with PyTorch where it needs this."
    )
