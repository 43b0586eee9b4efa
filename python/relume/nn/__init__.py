"""Networks: modules, parameters, functions of layers, initial values."""

from .parameter import Buffer, Parameter
from .modules import *  # noqa: F403
from . import functional, init, modules
