"""import torch means relume: for unmodified scripts."""

import importlib
import importlib.machinery
import sys


class _Finder:
    """Finds torch.x.y as relume.x.y, and loads it: of the form, if not of the class, of importlib.abc's, whose import
    takes long."""

    def find_spec(self, name, path=None, target=None):
        if name.startswith("relume."):
            return _adopting(importlib.machinery.PathFinder.find_spec(name, path, target))
        if name != "torch" and not name.startswith("torch."):
            return None
        from importlib.util import find_spec

        own = "relume" + name[len("torch") :]
        try:
            found = find_spec(own) if own not in sys.modules else True
        except ModuleNotFoundError:
            found = None
        if found is None:
            raise ModuleNotFoundError(
                f"No module named '{name}': Relume does not have it. Run the script with PyTorch where it needs this.",
                name=name,
            )
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        module = importlib.import_module("relume" + spec.name[len("torch") :])
        spec.loader_state = module.__spec__, module.__loader__
        return module

    def exec_module(self, module):
        module.__spec__, module.__loader__ = module.__spec__.loader_state


def _adopting(spec):
    """A spec whose module is adopted once it has run."""
    if spec is not None and spec.loader is not None:
        run = spec.loader.exec_module

        def run_and_adopt(module):
            run(module)
            _adopt(spec.name, module)

        spec.loader.exec_module = run_and_adopt
    return spec


def _adopt(name, module):
    """Makes a module known as torch's, and its classes say that they are torch's."""
    sys.modules.setdefault("torch" + name[len("relume") :], module)
    for item in list(vars(module).values()):
        if isinstance(item, type) and str(item.__module__).split(".")[0] == "relume":
            item.__module__ = "torch" + item.__module__[len("relume") :]


def install_as_torch():
    """From now on `import torch` and `import torch.nn` give Relume in this process, and classes name themselves as
    torch's: <class 'torch.Tensor'>. __version__ begins with the version of PyTorch whose functions there are. Call it
    before anything imports torch. Raises RuntimeError where PyTorch is loaded already."""
    import relume

    present = sys.modules.get("torch")
    if present is relume:
        return
    if present is not None:
        raise RuntimeError("install_as_torch(): PyTorch is already imported in this process")
    from .torch_version import TorchVersion

    # What scripts compare is the version of torch's functions.
    relume.__version__ = TorchVersion(f"2.13.0+relume{relume.__version__}")
    sys.meta_path.insert(0, _Finder())
    for name, module in list(sys.modules.items()):
        if name == "relume" or name.startswith("relume."):
            _adopt(name, module)
