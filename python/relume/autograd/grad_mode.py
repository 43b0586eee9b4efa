"""The guards of grad mode under the name where PyTorch has them."""

from .._modes import _Guard, enable_grad, inference_mode, no_grad, set_grad_enabled

for _guard in (enable_grad, inference_mode, no_grad, set_grad_enabled):
    _guard.__module__ = "relume.autograd.grad_mode"
del _guard


class set_multithreading_enabled(_Guard):
    """Kept, and changes nothing: backward runs on the thread that calls it."""

    def __init__(self, mode):
        self.mode = mode

    def clone(self):
        return set_multithreading_enabled(self.mode)

    def __enter__(self):
        pass

    def __exit__(self, *error):
        pass
