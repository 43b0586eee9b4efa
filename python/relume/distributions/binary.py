"""What the distributions of yes and no share: a probability, or its logit."""

from .distribution import Distribution
from .utils import broadcast_all, lazy_property, logits_to_probs, probs_to_logits


class Binary(Distribution):
    """The base of distributions that are given by probs or by logits."""

    batched = ("probs", "logits")

    def __init__(self, probs=None, logits=None, validate_args=None):
        (value,) = broadcast_all(self._given(probs, logits))
        self.__dict__[self._name] = value
        super().__init__(value.shape, validate_args=validate_args)

    def _given(self, probs, logits):
        """The parameter that was given; notes its name."""
        if (probs is None) == (logits is None):
            raise ValueError("Either `probs` or `logits` must be specified, but not both.")
        self._name = "logits" if probs is None else "probs"
        return logits if probs is None else probs

    @lazy_property
    def logits(self):
        """log(p / (1 - p))."""
        return probs_to_logits(self.probs, is_binary=True)

    @lazy_property
    def probs(self):
        """The probability p."""
        return logits_to_probs(self.logits, is_binary=True)

    @property
    def param_shape(self):
        """The shape of the parameter."""
        return getattr(self, self._name).shape
