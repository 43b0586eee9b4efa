"""import torch means relume: for unmodified scripts."""

import importlib
import importlib.abc
import importlib.machinery
import sys


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds torch.x.y as relume.x.y."""

    def find_spec(self, name, path=None, target=None):
        if name != "torch" and not name.startswith("torch."):
            return None
        own = "relume" + name[len("torch") :]
        try:
            found = importlib.util.find_spec(own) if own not in sys.modules else True
        except ModuleNotFoundError:
            found = None
        if found is None:
            raise ModuleNotFoundError(
                f"No module named '{name}': Relume does not have it. Run the script with PyTorch where it needs this.",
                name=name,
            )
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return importlib.import_module("relume" + spec.name[len("torch") :])

    def exec_module(self, module):
        pass


def _rename(value, seen):
    """Makes the classes below a module say that they are torch's."""
    for item in list(vars(value).values()):
        if isinstance(item, type) and str(item.__module__).split(".")[0] == "relume" and item not in seen:
            seen.add(item)
            item.__module__ = "torch" + item.__module__[len("relume") :]


def install_as_torch():
    """From now on `import torch` and `import torch.nn` give Relume in this process, and classes name themselves as
    torch's: <class 'torch.Tensor'>. Call it before anything imports torch. Raises RuntimeError where PyTorch is
    loaded already."""
    import importlib.util
    import relume

    present = sys.modules.get("torch")
    if present is relume:
        return
    if present is not None:
        raise RuntimeError("install_as_torch(): PyTorch is already imported in this process")
    sys.meta_path.insert(0, _Finder())
    seen = set()
    for name, module in list(sys.modules.items()):
        if name == "relume" or name.startswith("relume."):
            sys.modules["torch" + name[len("relume") :]] = module
            _rename(module, seen)
