"""Reads pickles of any objects, for files that the user trusts: whatever they name is imported and called."""

import importlib
import pickle

from .names import torch_names


class TrustingUnpickler(pickle.Unpickler):
    """pickle's own, in which torch's names mean Relume's."""

    def __init__(self, stream, persistent_load, **arguments):
        super().__init__(stream, **arguments)
        self._persistent_load = persistent_load
        self._known = torch_names()

    def persistent_load(self, identifier):
        """What an identifier stands for."""
        return self._persistent_load(identifier)

    def find_class(self, module, name):
        """What a name stands for. Classes are found in the namespaces that users see where their files differ."""
        if (module, name) in self._known:
            return self._known[module, name]
        if module.split(".")[0] not in ("torch", "relume"):
            return super().find_class(module, name)
        own = "relume" + module[module.find(".") :] if "." in module else "relume"
        parts = own.split(".")
        for end in range(len(parts), 0, -1):
            try:
                return getattr(importlib.import_module(".".join(parts[:end])), name)
            except (ImportError, AttributeError):
                continue
        raise pickle.UnpicklingError(f"the file names {module}.{name}, which Relume does not have")
