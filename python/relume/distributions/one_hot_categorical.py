"""The categorical distribution of one-hot vectors."""

from .. import _C
from .._C import ops
from . import constraints
from .over_categorical import OverCategorical


class OneHotCategorical(OverCategorical):
    """OneHotCategorical(probs) or (logits=...): vectors with a 1 at the index that Categorical draws."""

    support = constraints.one_hot
    has_enumerate_support = True

    @property
    def mean(self):
        return self._categorical.probs

    @property
    def mode(self):
        probs = self._categorical.probs
        return ops.one_hot(probs.argmax(-1), probs.shape[-1]).to(probs.dtype)

    @property
    def variance(self):
        return self._categorical.probs * (1 - self._categorical.probs)

    def sample(self, sample_shape=_C.Size()):
        indices = self._categorical.sample(sample_shape)
        return ops.one_hot(indices, self._categorical._num_events).to(self._categorical.probs.dtype)

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        return self._categorical.log_prob(value.max(-1)[1])

    def entropy(self):
        return self._categorical.entropy()

    def enumerate_support(self, expand=True):
        count = self._event_shape[0]
        values = ops.eye(count, dtype=self._categorical.probs.dtype)
        values = values.view((count,) + (1,) * len(self._batch_shape) + (count,))
        return values.expand((count,) + tuple(self._batch_shape) + (count,)) if expand else values


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """The same, with gradients of the probabilities in place of those of the samples (Bengio et al., 2013)."""

    has_rsample = True

    def rsample(self, sample_shape=_C.Size()):
        probs = self._categorical.probs
        return self.sample(sample_shape) + (probs - probs.detach())
