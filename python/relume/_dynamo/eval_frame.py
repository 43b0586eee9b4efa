"""What compile() returns of a module: a module around it, as names of parameters and printing show."""

from ..nn.modules.module import Module


class OptimizedModule(Module):
    """A module that does what another does, and has its attributes; its state_dict says _orig_mod. before each name."""

    def __init__(self, mod):
        super().__init__()
        del self.__dict__["training"]  # which is that of the module within
        self._modules["_orig_mod"] = mod

    def forward(self, *input, **keywords):
        return self._modules["_orig_mod"](*input, **keywords)

    @property
    def training(self):
        """Whether the module within is in training mode."""
        return self._modules["_orig_mod"].training

    @training.setter
    def training(self, value):
        self._modules["_orig_mod"].training = value

    def __getattr__(self, name):
        if name == "_orig_mod":
            return self._modules["_orig_mod"]
        return getattr(self._modules["_orig_mod"], name)

    def __setattr__(self, name, value):
        if name == "_orig_mod":
            self._modules["_orig_mod"] = value
        elif name[0] == "_" or name == "training":  # what Module itself keeps: tables and hooks
            super().__setattr__(name, value)
        else:
            setattr(self._modules["_orig_mod"], name, value)

    def __delattr__(self, name):
        delattr(self._modules["_orig_mod"], name)

    def __len__(self):
        return len(self._modules["_orig_mod"])

    def __dir__(self):
        return sorted(set(super().__dir__()) | set(dir(self._modules["_orig_mod"])))
