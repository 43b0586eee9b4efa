"""The modules, a family a file."""

from .activation_rows import *  # noqa: F403
from .container import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from .conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from .linear import Identity, Linear
from .module import Module
from .pooling import MaxPool2d
