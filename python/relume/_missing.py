"""What an attribute that Relume lacks answers."""

import importlib

LAZY = set(
    "_dynamo compiler distributed distributions func jit linalg memory multiprocessing nn optim plot profiler safetensors "
    "serialization special testing utils".split()
)
LAZY_FUNCTIONS = {
    "TypedStorage": "_storage",
    "UntypedStorage": "_storage",
    "load": "serialization",
    "save": "serialization",
    "summary": "_summary",
    "vmap": "func",
}


def attribute_finder(module):
    """A module's __getattr__: raises AttributeError, with advice, for what there is not."""

    def missing_attribute(name):
        if name.startswith("__"):  # asked for by the import system and by inspection, not by programs
            raise AttributeError(f"module '{module}' has no attribute '{name}'")
        raise AttributeError(
            f"module '{module}' has no attribute '{name}' here: Relume does not have it. "
            f"dir({module}) lists what there is; run the script with PyTorch where it needs this."
        )

    return missing_attribute


_missing_in_torch = attribute_finder("torch")


def missing_attribute(name):
    """Imports a part of the package on first use; raises AttributeError, with advice, for what there is not."""
    if name in LAZY_FUNCTIONS:
        return getattr(importlib.import_module("relume." + LAZY_FUNCTIONS[name]), name)
    if name in LAZY:
        try:
            return importlib.import_module("relume." + name)
        except ModuleNotFoundError as error:
            if error.name != "relume." + name:
                raise
    return _missing_in_torch(name)
