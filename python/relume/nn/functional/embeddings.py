"""Rows of tables, by index."""

from ..._C import ops

__all__ = ["embedding", "embedding_bag", "one_hot"]

one_hot = ops.one_hot


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
        ops.embedding_renorm_(weight.detach(), input, max_norm, norm_type)
    return ops.embedding(weight, input, padding_idx, scale_grad_by_freq, sparse)


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
        offsets = ops.arange(input.size(0)) * input.size(1)
        input, include_last_offset = input.reshape(-1), False
        per_sample_weights = None if per_sample_weights is None else per_sample_weights.reshape(-1)
    elif input.dim() == 1:
        if offsets is None:
            raise ValueError("offsets has to be a 1D Tensor but got None")
        if offsets.dim() != 1:
            raise ValueError("offsets has to be a 1D Tensor")
    else:
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.dim()}")
    for given, what in ((scale_grad_by_freq, "scaling the gradient by the frequency"), (sparse, "sparse weights")):
        if given and mode == "max":
            raise ValueError(f"max mode does not support {what}")
    if max_norm is not None:
        ops.embedding_renorm_(weight.detach(), input, max_norm, norm_type)
    return ops.embedding_bag(
        weight, input, offsets, scale_grad_by_freq, ("sum", "mean", "max").index(mode), sparse, per_sample_weights,
        include_last_offset, padding_idx,
    )[0]  # fmt: skip
