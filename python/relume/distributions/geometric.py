"""The geometric distribution."""

from .. import _C
from .._C import ops
from .._modes import no_grad
from . import constraints
from .binary import Binary
from .utils import broadcast_all, tiny


class Geometric(Binary):
    """Geometric(probs) or (logits=...): how many failures come before the first success: k = 0, 1, ... with the probability
    (1 - p)^k p."""

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.nonnegative_integer

    @property
    def mean(self):
        return 1.0 / self.probs - 1.0

    @property
    def mode(self):
        return ops.zeros_like(self.probs)

    @property
    def variance(self):
        return (1.0 / self.probs - 1.0) / self.probs

    def sample(self, sample_shape=_C.Size()):
        dtype = self.probs.dtype
        with no_grad():
            u = ops.empty(self._extended_shape(sample_shape), dtype=dtype).uniform_(tiny(dtype), 1)
            return (u.log() / (-self.probs).log1p()).floor()

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        value, probs = broadcast_all(value, self.probs)
        failure = ops.where((probs == 1) & (value == 0), 0.0, -probs)
        return value * failure.log1p() + self.probs.log()

    def entropy(self):
        return ops.binary_cross_entropy_with_logits(self.logits, self.probs, reduction=0) / self.probs
