"""The functions of layers: activations, linear maps, convolutions, pooling, normalisation, attention, losses."""

from ..._missing import attribute_finder
from .activation_rows import *  # noqa: F403
from .activation import *  # noqa: F403
from .attention import *  # noqa: F403
from .convolution import *  # noqa: F403
from .ctc import *  # noqa: F403
from .distance import *  # noqa: F403
from .dropouts import *  # noqa: F403
from .embeddings import *  # noqa: F403
from .fractional import *  # noqa: F403
from .loss import *  # noqa: F403
from .margin_loss import *  # noqa: F403
from .norm import *  # noqa: F403
from .padding import *  # noqa: F403
from .pooling import *  # noqa: F403
from .sampling import *  # noqa: F403
from .vision import *  # noqa: F403

__getattr__ = attribute_finder("torch.nn.functional")
