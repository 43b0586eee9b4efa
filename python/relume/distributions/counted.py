"""What the distributions with a number of trials share."""

from .binary import Binary
from .utils import broadcast_all


class Counted(Binary):
    """The base of Binomial and NegativeBinomial: total_count, and probs or logits."""

    batched = ("total_count", "probs", "logits")

    def __init__(self, total_count, probs=None, logits=None, validate_args=None):
        count, value = broadcast_all(total_count, self._given(probs, logits))
        self.total_count = count.type_as(value)
        super().__init__(**{self._name: value}, validate_args=validate_args)
