"""Rows of tables, by index."""


from ..._C import ops
from ..._modes import no_grad

__all__ = ["embedding", "embedding_bag", "one_hot"]

one_hot = ops.one_hot


@no_grad()
def _shorten_rows(weight, indices, max_norm, norm_type):
    """Scales the rows that are looked up, where their norm is above max_norm, in place."""
    rows = ops._unique(indices.reshape(-1), True, False, False)[0]
    norms = weight.detach()[rows].norm(norm_type, 1)
    for row, norm in zip(rows.tolist(), norms.tolist()):
        if norm > max_norm:
            weight.detach()[row] *= max_norm / (norm + 1e-7)


def _row(weight, padding_idx):
    """padding_idx as the ops take it: counted from the front, -1 for none."""
    if padding_idx is None:
        return -1
    count = weight.size(0)
    if padding_idx > 0:
        assert padding_idx < count, "Padding_idx must be within num_embeddings"
    elif padding_idx < 0:
        assert padding_idx >= -count, "Padding_idx must be within num_embeddings"
        padding_idx = count + padding_idx
    return padding_idx


def embedding(
    input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False
):  # fmt: skip
    """weight[input]: indices [*] to [*, embedding_dim]. The row padding_idx gets no gradient; rows with a norm above
    max_norm are shortened in place first."""
    padding_idx = _row(weight, padding_idx)
    if max_norm is not None:
        input = input.contiguous()
        _shorten_rows(weight, input, max_norm, norm_type)
    return ops.embedding(weight, input, padding_idx, scale_grad_by_freq, sparse)


def _bags(input, offsets, include_last_offset):
    """Which bag each index belongs to, and how many bags there are."""
    if offsets is None:
        count, length = input.shape
        return ops.arange(count).repeat_interleave(length), count
    count = offsets.size(0) - (1 if include_last_offset else 0)
    starts = ops.zeros(input.numel() + 1, dtype=offsets.dtype)
    starts = starts.index_add(0, offsets[:count], ops.ones_like(offsets[:count]))
    return starts.cumsum(0)[: input.numel()].long() - 1, count


def embedding_bag(
    input, weight, offsets=None, max_norm=None, norm_type=2, scale_grad_by_freq=False, mode="mean", sparse=False,
    per_sample_weights=None, include_last_offset=False, padding_idx=None,
):  # fmt: skip
    """Sums, means or maxima of rows of a table, a bag of indices each: [B, N], or [N] with the offsets at which bags
    begin, to [B, embedding_dim]. Rows at padding_idx do not count."""
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if per_sample_weights is not None:
        if input.size() != per_sample_weights.size():
            raise ValueError(
                f"embedding_bag: If per_sample_weights ({list(per_sample_weights.shape)}) is not None, then it must have "
                f"the same shape as the input ({list(input.shape)})"
            )
        if mode != "sum":
            raise NotImplementedError(
                "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' "
                f"(got mode='{mode}'). Please open a feature request on GitHub."
            )
    if input.dim() == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length "
                f"sequences. However, found offsets of type {type(offsets)}"
            )
    elif input.dim() == 1:
        if offsets is None:
            raise ValueError("offsets has to be a 1D Tensor but got None")
        if offsets.dim() != 1:
            raise ValueError("offsets has to be a 1D Tensor")
    else:
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.dim()}")
    bag, count = _bags(input, offsets, include_last_offset)
    index = input.reshape(-1)
    padding_idx = _row(weight, padding_idx)
    if max_norm is not None:
        _shorten_rows(weight, index, max_norm, norm_type)
    rows = ops.embedding(weight, index, -1, scale_grad_by_freq, sparse)
    counted = index != padding_idx
    if mode == "max":
        return _bag_maxima(rows, bag, count, counted)
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.reshape(-1, 1)
    rows = rows * counted.to(rows.dtype).unsqueeze(1)
    sums = rows.new_zeros(count, rows.shape[1]).index_add(0, bag, rows)
    if mode == "sum":
        return sums
    sizes = ops.zeros(count, dtype=rows.dtype).index_add(0, bag, counted.to(rows.dtype))
    return sums / sizes.clamp(min=1).unsqueeze(1)


def _bag_maxima(rows, bag, count, counted):
    maxima = []
    for i in range(count):
        mine = rows[(bag == i) & counted]
        maxima.append(mine.max(0)[0] if mine.shape[0] else rows.new_zeros(rows.shape[1]))
    return ops.stack(maxima) if maxima else rows.new_zeros(0, rows.shape[1])
