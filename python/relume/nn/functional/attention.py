"""Attention: scaled dot products, and many heads of them."""

import math
import warnings

from ..._C import bool as bool_dtype, ops
from .dropouts import dropout

__all__ = ["multi_head_attention_forward", "scaled_dot_product_attention"]


scaled_dot_product_attention = ops.scaled_dot_product_attention


def _additive(mask, dtype):
    """A mask as numbers to be added: -inf where a bool mask is True."""
    if mask.dtype is not bool_dtype:
        return mask
    return ops.zeros_like(mask, dtype=dtype).masked_fill(mask, float("-inf"))


def as_numbers(mask, name, dtype, other=None, other_name=None):
    """A mask of attention as numbers; refuses integers, and warns where the other mask is of another dtype."""
    if mask is None:
        return None
    if mask.dtype is not bool_dtype and not mask.is_floating_point():
        raise AssertionError(f"only bool and floating types of {name} are supported")
    if other is not None and mask.dtype is not other.dtype:
        warnings.warn(
            f"Support for mismatched {name} and {other_name} is deprecated. Use same type for both instead.", stacklevel=2
        )
    return _additive(mask, dtype)


def _check_ranks(query, key, value, key_padding_mask, attn_mask, num_heads):
    """Whether there is a batch; raises where the ranks do not fit."""
    if query.dim() not in (2, 3):
        raise AssertionError(
            f"query should be unbatched 2D or batched 3D tensor but received {query.dim()}-D query tensor"
        )
    kind, ranks = ("batched", "3-D") if query.dim() == 3 else ("unbatched", "2-D")
    if key.dim() != query.dim() or value.dim() != query.dim():
        raise AssertionError(
            f"For {kind} ({ranks}) `query`, expected `key` and `value` to be {ranks} but found {key.dim()}-D and "
            f"{value.dim()}-D tensors respectively"
        )
    wanted = query.dim() - 1
    if key_padding_mask is not None and key_padding_mask.dim() != wanted:
        raise AssertionError(
            f"For {kind} ({ranks}) `query`, expected `key_padding_mask` to be `None` or {wanted}-D but found "
            f"{key_padding_mask.dim()}-D tensor instead"
        )
    if attn_mask is not None and attn_mask.dim() not in (2, 3):
        raise AssertionError(
            f"For {kind} ({ranks}) `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found {attn_mask.dim()}-D "
            "tensor instead"
        )
    if kind == "unbatched" and attn_mask is not None and attn_mask.dim() == 3:
        shape = (num_heads, query.shape[0], key.shape[0])
        if tuple(attn_mask.shape) != shape:
            raise AssertionError(f"Expected `attn_mask` shape to be {shape} but got {attn_mask.shape}")
    return kind == "batched"


def _project(query, key, value, width, weight, bias, separate):
    """Query, key and value after their linear maps."""
    if separate is None and query is key and key is value:
        return ops.linear(query, weight, bias).chunk(3, -1)
    weights = weight.chunk(3) if separate is None else separate
    biases = (None,) * 3 if bias is None else bias.chunk(3)
    return tuple(ops.linear(t, w, b) for t, w, b in zip((query, key, value), weights, biases))


def _heads(tensor, count):
    """[length, batch, width] to [batch * heads, length, width / heads]."""
    length, batch, width = tensor.shape
    return tensor.reshape(length, batch * count, width // count).transpose(0, 1)


def _widened(mask):
    """A mask with one more source, which everybody sees."""
    return mask if mask is None else ops.constant_pad_nd(mask, (0, 1))


def _checked_mask(attn_mask, batch, heads, targets, sources):
    """attn_mask with three dimensions."""
    if attn_mask is None:
        return None
    if attn_mask.dim() == 2:
        if tuple(attn_mask.shape) != (targets, sources):
            raise RuntimeError(
                f"The shape of the 2D attn_mask is {attn_mask.shape}, but should be {(targets, sources)}."
            )
        return attn_mask.unsqueeze(0)
    if tuple(attn_mask.shape) != (batch * heads, targets, sources):
        raise RuntimeError(
            f"The shape of the 3D attn_mask is {attn_mask.shape}, but should be {(batch * heads, targets, sources)}."
        )
    return attn_mask


def _merged(attn_mask, padding_mask, batch, heads, sources):
    """Both masks as one, [batch * heads or 1, targets or 1, sources]."""
    if padding_mask is None:
        return attn_mask
    padding_mask = padding_mask.view(batch, 1, 1, sources).expand(-1, heads, -1, -1).reshape(batch * heads, 1, sources)
    return padding_mask if attn_mask is None else attn_mask + padding_mask


def multi_head_attention_forward(
    query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v, add_zero_attn,
    dropout_p, out_proj_weight, out_proj_bias, training=True, key_padding_mask=None, need_weights=True, attn_mask=None,
    use_separate_proj_weight=False, q_proj_weight=None, k_proj_weight=None, v_proj_weight=None, static_k=None,
    static_v=None, average_attn_weights=True, is_causal=False,
):  # fmt: skip
    """Attention of several heads: query [L, N, E], key and value [S, N, E] (or without N) to [L, N, E], and the weights
    [N, L, S] where they are needed. A bool mask hides where it is True.  Vaswani et al., 2017."""
    batched = _check_ranks(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        query, key, value = _with_batch(query, key, value)
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    targets, batch, width = query.shape
    padding_mask = as_numbers(key_padding_mask, "key_padding_mask", query.dtype, attn_mask, "attn_mask")
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
            "`generate_square_subsequent_mask` to create this mask."
        )
    mask = as_numbers(attn_mask, "attn_mask", query.dtype)
    if width != embed_dim_to_check:
        raise AssertionError(f"was expecting embedding dimension of {embed_dim_to_check}, but got {width}")
    if width % num_heads:
        raise AssertionError(f"embed_dim {width} not divisible by num_heads {num_heads}")
    separate = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else None
    if separate and key.shape[:2] != value.shape[:2]:
        raise AssertionError(
            f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}"
        )
    if not separate and key.shape != value.shape:
        raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")
    if separate:
        for name, weight in zip("qkv", separate):
            if weight is None:
                raise AssertionError(f"use_separate_proj_weight is True but {name}_proj_weight is None")
    q, k, v = _project(query, key, value, width, in_proj_weight, in_proj_bias, separate)
    mask = _checked_mask(mask, batch, num_heads, targets, k.shape[0])
    if bias_k is not None and bias_v is not None:
        k, v = ops.cat((k, bias_k.repeat(1, batch, 1))), ops.cat((v, bias_v.repeat(1, batch, 1)))
        mask, padding_mask = _widened(mask), _widened(padding_mask)
    q = _heads(q, num_heads)
    k = _heads(k, num_heads) if static_k is None else static_k
    v = _heads(v, num_heads) if static_v is None else static_v
    if add_zero_attn:
        zeros = k.new_zeros(batch * num_heads, 1, width // num_heads)
        k, v = ops.cat((k, zeros), 1), ops.cat((v, zeros), 1)
        mask, padding_mask = _widened(mask), _widened(padding_mask)
    sources = k.shape[1]
    for dim, size in enumerate((batch, sources) if padding_mask is not None else ()):
        if padding_mask.shape[dim] != size:
            raise AssertionError(f"Expected key_padded_mask.shape[{dim}] to be {size}, but got {padding_mask.shape[dim]}")
    mask = _merged(mask, padding_mask, batch, num_heads, sources)
    q = q * math.sqrt(1.0 / q.shape[-1])
    if mask is None:
        scores = ops.bmm(q, k.transpose(-2, -1))
    else:
        scores = ops.baddbmm(mask.expand(batch * num_heads, targets, sources), q, k.transpose(-2, -1))
    weights = scores.softmax(-1)
    if training and dropout_p > 0.0:
        weights = dropout(weights, dropout_p)
    output = ops.bmm(weights, v).transpose(0, 1).contiguous().view(targets * batch, width)
    output = ops.linear(output, out_proj_weight, out_proj_bias).view(targets, batch, width)
    if not need_weights:
        return (output if batched else output.squeeze(1)), None
    weights = weights.view(batch, num_heads, targets, sources)
    weights = weights.mean(1) if average_attn_weights else weights
    return (output, weights) if batched else (output.squeeze(1), weights.squeeze(0))


def _with_batch(query, key, value):
    """The three with a batch of one; what is one tensor stays one."""
    with_batch = {id(tensor): tensor.unsqueeze(1) for tensor in (query, key, value)}
    return with_batch[id(query)], with_batch[id(key)], with_batch[id(value)]
