"""Learning rate schedulers: each step() gives the optimizer's groups their next learning rates."""

from ..._missing import attribute_finder
from .base import LRScheduler, _LRScheduler
from .composed import ChainedScheduler, SequentialLR
from .cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from .cyclic import CyclicLR, OneCycleLR
from .decay import ConstantLR, ExponentialLR, LinearLR, MultiStepLR, PolynomialLR, StepLR
from .functions import LambdaLR, MultiplicativeLR
from .plateau import ReduceLROnPlateau

__all__ = [
    "LambdaLR",
    "MultiplicativeLR",
    "StepLR",
    "MultiStepLR",
    "ConstantLR",
    "LinearLR",
    "ExponentialLR",
    "SequentialLR",
    "CosineAnnealingLR",
    "ChainedScheduler",
    "ReduceLROnPlateau",
    "CyclicLR",
    "CosineAnnealingWarmRestarts",
    "OneCycleLR",
    "PolynomialLR",
    "LRScheduler",
]

__getattr__ = attribute_finder("torch.optim.lr_scheduler")

for _name in [*__all__, "_LRScheduler"]:  # where PyTorch has them, as printing and pickling say
    globals()[_name].__module__ = "relume.optim.lr_scheduler"
del _name
