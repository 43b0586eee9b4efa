"""One-hot vectors made continuous."""

from .. import _C
from .._C import ops
from . import constraints
from .over_categorical import OverCategorical
from .transformed_distribution import TransformedDistribution
from .transforms import ExpTransform
from .utils import broadcast_all, clamp_probs


class ExpRelaxedCategorical(OverCategorical):
    """ExpRelaxedCategorical(temperature, probs) or (temperature, logits=...): the logarithms of RelaxedOneHotCategorical.
    Maddison et al., 2017."""

    support = constraints.real_vector
    has_rsample = True

    def __init__(self, temperature, probs=None, logits=None, validate_args=None):
        self.temperature = temperature
        super().__init__(probs, logits, validate_args)

    def rsample(self, sample_shape=_C.Size()):
        u = clamp_probs(ops.rand(self._extended_shape(sample_shape), dtype=self.logits.dtype))
        scores = (self.logits - (-u.log()).log()) / self.temperature
        return scores - scores.logsumexp(-1, True)

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        count = self._categorical._num_events
        logits, value = broadcast_all(self.logits, value)
        constant = ops.lgamma(ops.full_like(self.temperature, float(count))) + (count - 1) * self.temperature.log()
        score = logits - value.mul(self.temperature)
        return (score - score.logsumexp(-1, True)).sum(-1) + constant


class RelaxedOneHotCategorical(TransformedDistribution):
    """RelaxedOneHotCategorical(temperature, probs) or (temperature, logits=...): vectors of positive numbers whose sum is 1, the
    nearer to a one-hot vector the lower the temperature.  Maddison et al., 2017; Jang et al., 2017."""

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.simplex
    has_rsample = True

    def __init__(self, temperature, probs=None, logits=None, validate_args=None):
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args=validate_args)
        super().__init__(base, ExpTransform(), validate_args=validate_args)

    temperature = property(lambda self: self.base_dist.temperature, doc="How far from one-hot the vectors are.")
    logits = property(lambda self: self.base_dist.logits, doc="The logarithms of the probabilities.")
    probs = property(lambda self: self.base_dist.probs, doc="The probabilities of the categories.")
