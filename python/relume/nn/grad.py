"""Gradients of convolutions with respect to their input and weight, as functions."""

from .._C import ops
from .._modes import enable_grad


def _gradient(convolution, fixed, size, grad_output, weight_is_fixed, stride, padding, dilation, groups):
    """The gradient, by a tensor of a size, of a convolution, which is linear in it."""
    with enable_grad():
        sought = ops.zeros(tuple(size), dtype=fixed.dtype).requires_grad_()
        input, weight = (sought, fixed) if weight_is_fixed else (fixed, sought)
        output = convolution(input, weight, None, stride, padding, dilation, groups)
    return ops._grad([output], [sought], [grad_output], None, ops.is_grad_enabled(), False)[0]


def _made(convolution, rank):
    def input_gradient(input_size, weight, grad_output, stride=1, padding=0, dilation=1, groups=1):
        return _gradient(convolution, weight, input_size, grad_output, True, stride, padding, dilation, groups)

    def weight_gradient(input, weight_size, grad_output, stride=1, padding=0, dilation=1, groups=1):
        return _gradient(convolution, input, weight_size, grad_output, False, stride, padding, dilation, groups)

    for function, what in ((input_gradient, "input"), (weight_gradient, "weight")):
        function.__name__ = function.__qualname__ = f"conv{rank}d_{what}"
        function.__doc__ = f"The gradient of conv{rank}d with respect to its {what}, of a size, from that of its output."
    return input_gradient, weight_gradient


conv1d_input, conv1d_weight = _made(ops.conv1d, 1)
conv2d_input, conv2d_weight = _made(ops.conv2d, 2)
conv3d_input, conv3d_weight = _made(ops.conv3d, 3)
