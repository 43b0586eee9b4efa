"""Relume: a small, fast library for neural networks with PyTorch's names, numbers and printing.

`import relume as torch` runs what was written for torch; `python -m relume script.py` runs a script unchanged.
"""

from . import _C
from ._C import *  # noqa: F403: dtypes, Tensor, Size, device, Generator, memory formats
from ._functions import *  # noqa: F403
from ._composites import *  # noqa: F403
from ._complex import angle, conj, conj_physical, imag, is_conj, is_neg, isreal, real, resolve_conj, resolve_neg
from ._settings import *  # noqa: F403
from ._modes import enable_grad, inference_mode, no_grad, set_grad_enabled
from .amp import autocast
from ._install import install_as_torch
from ._missing import missing_attribute as __getattr__
from ._statistics import gradient, histogram, histogramdd
from . import _legacy, _tensor
from . import accelerator, amp, autograd, backends, cuda, overrides, random, version
from .random import get_rng_state, initial_seed, manual_seed, seed, set_rng_state
from .autograd.anomaly_mode import set_detect_anomaly
from .version import __version__

# Every op of the core is a function here, unless it has a form in Python above.
for _name, _function in vars(_C.ops).items():
    if _name[0] != "_" and not _name.startswith(("special_", "linalg_")) and _name not in _functions.NOT_HERE:
        globals().setdefault(_name, _function)
del _name, _function

globals().update(_legacy.LEGACY)  # FloatTensor and its like
# Many of the names above shadow those of Python, so that this file holds no code after them.
