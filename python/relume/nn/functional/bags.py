"""What torch.embedding_bag does, beneath nn.functional."""

from ... import _C
from ..._C import ops


def _check_indices(name, indices):
    if indices.dtype not in (_C.int64, _C.int32):
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
            f"{indices.type()} instead (while checking arguments for {name})"
        )


def _check_bags(weight, indices, offsets, per_sample_weights):
    for given in (indices, offsets):
        _check_indices("embedding_bag", given)
    starts, length, rows = offsets.tolist(), indices.numel(), weight.size(0)
    if starts and starts[0] != 0:
        raise RuntimeError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, "
            f"got {starts[0]}"
        )
    if starts and starts[-1] > length:
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length {length} but got offsets[-1] of {starts[-1]}"
        )
    if sorted(starts) != starts:
        raise RuntimeError(f"embedding_bag: expected offsets that do not decrease, got {starts}")
    outside = ops.nonzero((indices < 0) | (indices >= rows))
    if len(outside):
        place = int(outside[0].item())
        raise RuntimeError(
            f"Index {place} of input takes value {indices[place].item()} which is not in the valid range [0, {rows})"
        )
    if per_sample_weights is not None and per_sample_weights.dtype != weight.dtype:
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have the same type as tensor for argument #1 "
            f"'per_sample_weights'; but type {weight.type()} does not equal {per_sample_weights.type()} (while checking "
            "arguments for embedding_bag)"
        )


class _Bags:
    """Which bag each index belongs to, and how many indices of each bag count: those that are not padding_idx."""

    def __init__(self, indices, offsets, include_last_offset, padding_idx):
        self.count = len(offsets) - (1 if include_last_offset else 0)
        end = int(offsets[-1].item()) if include_last_offset else indices.numel() if self.count else 0
        self.index, starts = indices[:end].long(), offsets[: self.count].long()
        self.bag = ops.zeros(end + 1, dtype=_C.int64).index_add(0, starts, ops.ones_like(starts)).cumsum(0)[:end] - 1
        self.counted = self.index != padding_idx
        self.sizes = ops.zeros(self.count, dtype=_C.int64).index_add(0, self.bag, self.counted.long())

    def rows_of_maxima(self, weight):
        """The row that has the maximum of each bag and column, 0 for bags without indices: [B, embedding_dim]."""
        index, sizes = self.index[self.counted], self.sizes.unsqueeze(1)
        if not len(index):
            return ops.zeros(self.count, weight.size(1), dtype=_C.int64)
        place = ops.arange(int(sizes.max().item()))
        candidates = index[(sizes.cumsum(0) - sizes + place).clamp(max=len(index) - 1)]
        beyond = (place >= sizes).unsqueeze(2)
        best = weight.detach()[candidates].masked_fill(beyond, -float("inf")).argmax(1)
        return candidates.gather(1, best).masked_fill(sizes == 0, 0)


def embedding_bag(
    weight, indices, offsets, scale_grad_by_freq=False, mode=0, sparse=False, per_sample_weights=None,
    include_last_offset=False, padding_idx=None,
):  # fmt: skip
    """Sums (mode 0), means (1) or maxima (2) of rows of weight [num_embeddings, embedding_dim], a bag of indices each:
    (result [B, embedding_dim], the bag of each index, the sizes of bags, for maxima the rows that they are from)."""
    if mode not in (0, 1, 2):
        raise RuntimeError("`mode` must be sum, mean, or max.")
    if include_last_offset and not len(offsets):
        raise RuntimeError("include_last_offset: number of offset should be at least 1")
    indices = indices.reshape(-1)
    _check_bags(weight, indices, offsets, per_sample_weights)
    rows_count = weight.size(0)
    if padding_idx is not None and not -rows_count <= padding_idx < rows_count:
        raise RuntimeError(
            f"padding_idx must be within the number of embeddings, {-rows_count} through {rows_count - 1}, but got "
            f"{padding_idx}"
        )
    bags = _Bags(indices, offsets, include_last_offset, -1 if padding_idx is None else padding_idx % rows_count)
    kind = indices.dtype
    if mode == 2:
        rows = bags.rows_of_maxima(weight)
        maxima = weight.gather(0, rows).masked_fill((bags.sizes == 0).unsqueeze(1), 0)
        return ops._named(maxima, "EmbeddingBagBackward0"), bags.bag.to(kind), bags.sizes.to(kind), rows.to(kind)
    rows = ops.embedding(weight, bags.index, -1, scale_grad_by_freq, sparse)
    if per_sample_weights is not None:
        rows = rows * per_sample_weights[: len(rows)].unsqueeze(1)
    if padding_idx is not None:
        rows = rows.masked_fill(~bags.counted.unsqueeze(1), 0)
    sums = rows.new_zeros(bags.count, weight.size(1)).index_add(0, bags.bag, rows)
    if mode == 1:
        sums = sums / bags.sizes.clamp(min=1).to(sums.dtype).unsqueeze(1)
    return ops._named(sums, "EmbeddingBagBackward0"), bags.bag.to(kind), bags.sizes.to(kind), bags.sizes.to(kind)
