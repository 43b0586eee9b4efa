"""The categorical distribution of one-hot vectors."""

from .. import _C
from .._C import ops
from . import constraints
from .categorical import Categorical
from .distribution import Distribution


class OneHotCategorical(Distribution):
    """OneHotCategorical(probs) or (logits=...): vectors with a 1 at the index that Categorical draws."""

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.one_hot
    has_enumerate_support = True

    def __init__(self, probs=None, logits=None, validate_args=None):
        self._categorical = Categorical(probs, logits)
        shape = self._categorical.param_shape
        super().__init__(shape[:-1], shape[-1:], validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        new = super().expand(batch_shape)
        new._categorical = self._categorical.expand(batch_shape)
        return new

    def __getattr__(self, name):
        if name in ("probs", "logits", "param_shape") and "_categorical" in self.__dict__:
            return getattr(self._categorical, name)
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

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
