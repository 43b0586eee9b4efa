// Attention by scaled dot products (Vaswani et al., 2017).
#include <algorithm>
#include <cmath>

#include "ops/autocast.h"
#include "ops/composed.h"
#include "ops/linear.h"
#include "ops/methods.h"

namespace relume {
namespace {

// Heads of key or value repeated so that there are as many as query has.
Tensor repeated_heads(const Tensor& query, const Tensor& heads) {
  check(
      heads.dim() >= 3 && query.dim() >= 3 && heads.size(-3) > 0 && query.size(-3) % heads.size(-3) == 0,
      "scaled_dot_product_attention: enable_gqa: the number of heads of query {} must be a multiple of that of key and "
      "value {}",
      query.sizes(), heads.sizes());
  return heads.repeat_interleave(query.size(-3) / heads.size(-3), -3);
}

// The scaled products of bfloat16 as float32, where nothing is recorded and there are such products.
Tensor scores_as_float(const Tensor& query, const Tensor& key, double scale) {
  if (query.scalar_type() != kBFloat16 || recording({query, key})) return {};
  Tensor scores = product_as_float(query, key.transpose(-2, -1));
  return scores.defined() ? scores.mul_(scale) : scores;
}

}  // namespace

// softmax(query key^T scale + mask) value over the last two dimensions: [..., L, E], [..., S, E], [..., S, Ev] to
// [..., L, Ev]. A bool mask lets pass where it is true, another is added; with is_causal row l sees, of that, what is
// not behind l; scale is 1 / sqrt(E) by default. With enable_gqa heads of key and value serve several of query.
Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                                    const Tensor& attn_mask, double dropout_p, bool is_causal,
                                    std::optional<double> scale, bool enable_gqa) {
  constexpr const char* kName = "scaled_dot_product_attention";
  const auto rank = [](const Tensor& tensor) { return impl_of(tensor, kName).dim(); };
  check(std::min({rank(query), rank(key), rank(value)}) >= 2,
        "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: {} key.dim: {} and "
        "value.dim: {} instead.",
        query.dim(), key.dim(), value.dim());
  if (const Autocast cast(CastTo::ScopeDtype); cast)
    return scaled_dot_product_attention(cast(query), cast(key), cast(value),
                                        attn_mask.defined() ? cast(attn_mask) : attn_mask, dropout_p, is_causal, scale,
                                        enable_gqa);
  check(query.scalar_type() == key.scalar_type() && query.scalar_type() == value.scalar_type(),
        "Expected query, key, and value to have the same dtype, but got query.dtype: {} key.dtype: {} and value.dtype: "
        "{} "
        "instead.",
        query.dtype().name(), key.dtype().name(), value.dtype().name());
  check(!attn_mask.defined() || attn_mask.scalar_type() == kBool || attn_mask.scalar_type() == kFloat ||
            attn_mask.scalar_type() == query.scalar_type(),
        "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: {} and  "
        "query.dtype: {} instead.",
        attn_mask.dtype().name(), query.dtype().name());
  // Both at once are what PyTorch's fused kernel takes, in the cases that it is for.
  const bool fused = query.dim() == 4 && query.size(-1) == value.size(-1) && dropout_p == 0;
  check(!is_causal || !attn_mask.defined() || fused,
        "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True");
  const double factor = scale ? *scale : 1 / std::sqrt(static_cast<double>(query.size(-1)));
  if (enable_gqa)
    return scaled_dot_product_attention(query, repeated_heads(query, key), repeated_heads(query, value), attn_mask,
                                        dropout_p, is_causal, scale, false);
  Tensor scores = scores_as_float(query, key, factor);
  if (is_reduced_floating_point(query.scalar_type()) && !scores.defined()) {  // rounded once, at the end
    const bool adds = attn_mask.defined() && attn_mask.scalar_type() != kBool;
    const Tensor wide =
        scaled_dot_product_attention(query.to(kFloat), key.to(kFloat), value.to(kFloat),
                                     adds ? attn_mask.to(kFloat) : attn_mask, dropout_p, is_causal, scale, false);
    return wide.to(query.scalar_type());
  }
  const Tensor causal = is_causal ? tril(ones({query.size(-2), key.size(-2)}, kBool)) : Tensor();
  // Both factors get the root, so that products of large numbers stay in range.
  const double root = std::sqrt(factor);
  if (!scores.defined()) scores = matmul(query * root, (key * root).transpose(-2, -1));
  for (const Tensor& mask : {causal, attn_mask}) {
    if (!mask.defined()) continue;
    const bool hides = mask.scalar_type() == kBool;  // what is false
    scores =
        scores + (hides ? zeros(mask.sizes(), scores.scalar_type()).masked_fill(logical_not(mask), -INFINITY) : mask);
  }
  Tensor weights = softmax(scores, -1);
  if (attn_mask.defined() && attn_mask.scalar_type() == kBool) {  // rows that see nothing are zeros
    const Tensor seen = is_causal ? logical_and(attn_mask, causal) : attn_mask;
    weights = weights.masked_fill(logical_not(seen.any(-1, true)), 0);
  }
  if (dropout_p > 0) weights = dropout(weights, dropout_p, true);
  return matmul(weights.to(value.scalar_type()), value);
}

}  // namespace relume
