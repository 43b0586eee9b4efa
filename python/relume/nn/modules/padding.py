"""Padding of the last dimensions: with a constant, or with elements of the tensor."""

from .. import functional as F
from .module import Module
from .utils import repeated


class _PadNd(Module):
    """What all paddings share: `rank` dimensions are padded."""

    __constants__ = ["padding"]
    rank, mode = 0, "constant"

    def __init__(self, padding):
        super().__init__()
        self.padding = repeated(padding, 2 * self.rank)

    def forward(self, input):
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self):
        return f"{self.padding}"


class _ConstantPadNd(_PadNd):
    __constants__ = ["padding", "value"]

    def __init__(self, padding, value):
        super().__init__(padding)
        self.value = value

    def forward(self, input):
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self):
        return f"padding={self.padding}, value={self.value}"


class _Zeros:
    """Makes a constant padding one with zeros."""

    def __init__(self, padding):
        super().__init__(padding, 0.0)

    def extra_repr(self):
        return f"{self.padding}"


class _CircularPadNd(_PadNd):
    __constants__ = ["padding"]
    mode = "circular"

    def forward(self, input):
        if input.dim() not in (self.rank + 1, self.rank + 2):
            raise ValueError(f"expected {self.rank + 1}D or {self.rank + 2}D input (got {input.dim()}D input)")
        return F.pad(input, self.padding, self.mode)


class _ReflectionPadNd(_PadNd):
    mode = "reflect"


class _ReplicationPadNd(_PadNd):
    mode = "replicate"


class ConstantPad1d(_ConstantPadNd):
    """Adds elements of one value to both ends of the last dimension."""

    rank = 1


class ConstantPad2d(_ConstantPadNd):
    """Adds elements of one value around the last two dimensions."""

    rank = 2


class ConstantPad3d(_ConstantPadNd):
    """Adds elements of one value around the last three dimensions."""

    rank = 3


class ZeroPad1d(_Zeros, ConstantPad1d):
    """Adds zeros to both ends of the last dimension."""


class ZeroPad2d(_Zeros, ConstantPad2d):
    """Adds zeros around the last two dimensions."""


class ZeroPad3d(_Zeros, ConstantPad3d):
    """Adds zeros around the last three dimensions."""


class ReflectionPad1d(_ReflectionPadNd):
    """Reflects [N, C, L] or [C, L] at both ends."""

    rank = 1


class ReflectionPad2d(_ReflectionPadNd):
    """Reflects [N, C, H, W] or [C, H, W] at its borders."""

    rank = 2


class ReflectionPad3d(_ReflectionPadNd):
    """Reflects [N, C, D, H, W] or [C, D, H, W] at its borders."""

    rank = 3


class ReplicationPad1d(_ReplicationPadNd):
    """Repeats the elements at both ends of [N, C, L] or [C, L]."""

    rank = 1


class ReplicationPad2d(_ReplicationPadNd):
    """Repeats the elements at the borders of [N, C, H, W] or [C, H, W]."""

    rank = 2


class ReplicationPad3d(_ReplicationPadNd):
    """Repeats the elements at the borders of [N, C, D, H, W] or [C, D, H, W]."""

    rank = 3


class CircularPad1d(_CircularPadNd):
    """Continues [N, C, L] or [C, L] from its other end."""

    rank = 1


class CircularPad2d(_CircularPadNd):
    """Continues [N, C, H, W] or [C, H, W] from its other borders."""

    rank = 2


class CircularPad3d(_CircularPadNd):
    """Continues [N, C, D, H, W] or [C, D, H, W] from its other borders."""

    rank = 3
