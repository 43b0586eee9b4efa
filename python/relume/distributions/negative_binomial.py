"""The negative binomial distribution."""

from .. import _C
from .._C import functional, ops
from .._modes import no_grad
from . import constraints
from .counted import Counted
from .gamma import Gamma


class NegativeBinomial(Counted):
    """NegativeBinomial(total_count, probs) or (total_count, logits=...): how many trials succeed before total_count fail."""

    arg_constraints = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support = constraints.nonnegative_integer

    @property
    def mean(self):
        return self.total_count * self.logits.exp()

    @property
    def mode(self):
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0.0)

    @property
    def variance(self):
        return self.mean / ops.sigmoid(-self.logits)

    def sample(self, sample_shape=_C.Size()):
        with no_grad():
            rates = Gamma(self.total_count, (-self.logits).exp(), validate_args=False)
            return ops.poisson(rates.sample(sample_shape))

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        n, logits = self.total_count, self.logits
        unnormalized = n * functional.logsigmoid(-logits) + value * functional.logsigmoid(logits)
        normalizer = -ops.lgamma(n + value) + ops.lgamma(1.0 + value) + ops.lgamma(n)
        return unnormalized - normalizer.masked_fill(n + value == 0.0, 0.0)
