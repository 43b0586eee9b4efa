"""The functions of layers: activations, linear maps, convolutions, pooling, normalisation, attention, losses."""

from ... import _C

# Activations, with their inplace argument, come from the rows of the core.
globals().update({name: value for name, value in vars(_C.functional).items() if name[0] != "_"})

from .activation import *  # noqa: E402, F403
from .attention import *  # noqa: E402, F403
from .convolution import *  # noqa: E402, F403
from .distance import *  # noqa: E402, F403
from .dropouts import *  # noqa: E402, F403
from .embeddings import *  # noqa: E402, F403
from .loss import *  # noqa: E402, F403
from .margin_loss import *  # noqa: E402, F403
from .norm import *  # noqa: E402, F403
from .padding import *  # noqa: E402, F403
from .pooling import *  # noqa: E402, F403
from .sampling import *  # noqa: E402, F403
from .vision import *  # noqa: E402, F403
