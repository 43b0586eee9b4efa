"""Sequences of different lengths, packed step by step."""

from collections import namedtuple

from .._C import ops

_Fields = namedtuple("PackedSequence", ["data", "batch_sizes", "sorted_indices", "unsorted_indices"])


class PackedSequence(_Fields):
    """Sequences, longest first, whose elements lie step by step: data [sum of lengths, *] and how many sequences each step
    has; and the order of the sequences before they were sorted."""

    __slots__ = ()
    __module__ = __package__ + ".utils.rnn"  # where PyTorch has it

    def __new__(cls, data, batch_sizes=None, sorted_indices=None, unsorted_indices=None):
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        if batch_sizes is None:
            if not isinstance(data, (tuple, list)) or len(data) != 2:
                raise AssertionError("PackedSequence: expected data and batch_sizes")
            data, batch_sizes = data
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def _with(self, data):
        return self if data is self.data else type(self)(data, *self[1:])

    def to(self, *args, **kwargs):
        """The sequence with its data converted."""
        return self._with(self.data.to(*args, **kwargs))

    def cpu(self):
        """The sequence itself."""
        return self

    def double(self):
        """The sequence in float64."""
        return self._with(self.data.double())

    def float(self):
        """The sequence in float32."""
        return self._with(self.data.float())

    def half(self):
        """The sequence in float16."""
        return self._with(self.data.half())

    def long(self):
        """The sequence in int64."""
        return self._with(self.data.long())

    def int(self):
        """The sequence in int32."""
        return self._with(self.data.int())

    @property
    def is_cuda(self):
        """Always False."""
        return False

    def is_pinned(self):
        """Always False."""
        return False

    def pin_memory(self):
        """The sequence itself."""
        return self


def invert_permutation(permutation):
    """The permutation that undoes one."""
    if permutation is None:
        return None
    inverse = ops.empty_like(permutation)
    inverse[permutation] = ops.arange(permutation.numel(), dtype=permutation.dtype)
    return inverse
