"""The guards of grad mode under the name where PyTorch has them."""

from .._modes import enable_grad, inference_mode, no_grad, set_grad_enabled

for _guard in (enable_grad, inference_mode, no_grad, set_grad_enabled):
    _guard.__module__ = "relume.autograd.grad_mode"
del _guard
