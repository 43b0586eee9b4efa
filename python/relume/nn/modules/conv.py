"""Convolutions: Conv1d, Conv2d, Conv3d and their transposes."""

import math

from ..._C import ops
from .. import init
from ..parameter import Parameter
from .module import Module
from .utils import repeated

_MODES = {"zeros", "reflect", "replicate", "circular"}


class _ConvNd(Module):
    """What all convolutions share; `rank` is the number of spatial dimensions."""

    __constants__ = [
        "stride", "padding", "dilation", "groups", "padding_mode", "output_padding", "in_channels", "out_channels",
        "kernel_size",
    ]  # fmt: skip
    rank = 0
    transposed = False

    def __init__(
        self, in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode,
        output_padding=0, dtype=None,
    ):  # fmt: skip
        super().__init__()
        self._check(in_channels, out_channels, groups, padding, stride, padding_mode)
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size = repeated(kernel_size, self.rank)
        self.stride, self.dilation = repeated(stride, self.rank), repeated(dilation, self.rank)
        self.padding = padding if isinstance(padding, str) else repeated(padding, self.rank)
        self.output_padding = repeated(output_padding, self.rank)
        self.padding_mode = padding_mode
        channels = (in_channels, out_channels // groups) if self.transposed else (out_channels, in_channels // groups)
        self.weight = Parameter(ops.empty(channels + self.kernel_size, dtype=dtype))
        self.register_parameter("bias", Parameter(ops.empty(out_channels, dtype=dtype)) if bias else None)
        self.reset_parameters()

    @staticmethod
    def _check(in_channels, out_channels, groups, padding, stride, padding_mode):
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups != 0:
            raise ValueError("out_channels must be divisible by groups")
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise ValueError(f"Invalid padding string {padding!r}, should be one of {{'valid', 'same'}}")
            if padding == "same" and any(s != 1 for s in repeated(stride, 1)):
                raise ValueError("padding='same' is not supported for strided convolutions")
        if padding_mode not in _MODES:
            raise ValueError(f"padding_mode must be one of {_MODES}, but got padding_mode='{padding_mode}'")

    def reset_parameters(self):
        """Draws the parameters anew: uniform within 1 / sqrt(inputs of a window)."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            if fan_in != 0:
                init.uniform_(self.bias, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in))

    def _padding_of_sides(self):
        """The padding of both sides of each dimension, last dimension first, as F.pad takes it."""
        if isinstance(self.padding, tuple):
            totals = [2 * p for p in self.padding]
        elif self.padding == "valid":
            totals = [0] * self.rank
        else:
            totals = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size)]
        sides = []
        for total in reversed(totals):
            sides += [total // 2, total - total // 2]
        return sides

    def forward(self, input):
        convolve = self._convolve
        if self.padding_mode != "zeros":
            from .. import functional

            input = functional.pad(input, self._padding_of_sides(), self.padding_mode)
            return convolve(input, self.weight, self.bias, self.stride, (0,) * self.rank, self.dilation, self.groups)
        return convolve(input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def extra_repr(self):
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        if self.padding != (0,) * self.rank:
            text += f", padding={self.padding!r}" if isinstance(self.padding, tuple) else f", padding={self.padding}"
        if self.dilation != (1,) * self.rank:
            text += f", dilation={self.dilation}"
        if self.output_padding != (0,) * self.rank:
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


class _Conv(_ConvNd):
    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True,
        padding_mode="zeros", device=None, dtype=None,
    ):  # fmt: skip
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, dtype=dtype
        )


class _ConvTranspose(_ConvNd):
    transposed = True

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True,
        dilation=1, padding_mode="zeros", device=None, dtype=None,
    ):  # fmt: skip
        if padding_mode != "zeros":
            raise ValueError('Only "zeros" padding mode is supported for ' + type(self).__name__)
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode,
            output_padding, dtype,
        )  # fmt: skip

    def forward(self, input, output_size=None):
        padding = self.output_padding if output_size is None else self._padding_for(input, output_size)
        return self._convolve(
            input, self.weight, self.bias, self.stride, self.padding, padding, self.groups, self.dilation
        )

    def _padding_for(self, input, output_size):
        """The output_padding with which the result has the wanted size."""
        others = input.dim() - self.rank
        wanted = tuple(output_size)[others:] if len(output_size) == others + self.rank else tuple(output_size)
        if len(wanted) != self.rank:
            raise ValueError(
                f"ConvTranspose{self.rank}D: for {input.dim()}D input, output_size must have {self.rank} or "
                f"{others + self.rank} elements (got {len(output_size)})"
            )
        sizes = zip(input.shape[-self.rank :], self.stride, self.padding, self.dilation, self.kernel_size)
        least = [(n - 1) * s - 2 * p + d * (k - 1) + 1 for n, s, p, d, k in sizes]
        if not all(low <= w < low + s for low, w, s in zip(least, wanted, self.stride)):
            most = [low + s - 1 for low, s in zip(least, self.stride)]
            raise ValueError(
                f"requested an output size of {wanted}, but valid sizes range from {least} to {most} "
                f"(for an input of {input.shape[2:]})"
            )
        return tuple(w - low for low, w in zip(least, wanted))


class Conv1d(_Conv):
    """Convolution over [N, C, L] or [C, L]."""

    rank, _convolve = 1, staticmethod(ops.conv1d)


class Conv2d(_Conv):
    """Convolution over [N, C, H, W] or [C, H, W]."""

    rank, _convolve = 2, staticmethod(ops.conv2d)


class Conv3d(_Conv):
    """Convolution over [N, C, D, H, W] or [C, D, H, W]."""

    rank, _convolve = 3, staticmethod(ops.conv3d)


class ConvTranspose1d(_ConvTranspose):
    """The gradient of Conv1d with respect to its input, as a layer."""

    rank, _convolve = 1, staticmethod(ops.conv_transpose1d)


class ConvTranspose2d(_ConvTranspose):
    """The gradient of Conv2d with respect to its input, as a layer."""

    rank, _convolve = 2, staticmethod(ops.conv_transpose2d)


class ConvTranspose3d(_ConvTranspose):
    """The gradient of Conv3d with respect to its input, as a layer."""

    rank, _convolve = 3, staticmethod(ops.conv_transpose3d)
