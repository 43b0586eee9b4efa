// MultiheadAttention and its function with options.
#include <cmath>
#include <ostream>

#include "core/check.h"
#include "nn/print.h"
#include "relume/nn/activation.h"
#include "relume/nn/functional.h"
#include "relume/nn/init.h"
#include "relume/ops.h"

namespace relume::nn {

MultiheadAttentionImpl::MultiheadAttentionImpl(int64_t embed_dim, int64_t num_heads)
    : MultiheadAttentionImpl(MultiheadAttentionOptions(embed_dim, num_heads)) {}
MultiheadAttentionImpl::MultiheadAttentionImpl(const MultiheadAttentionOptions& options_)
    : Cloneable("torch::nn::MultiheadAttention"), options(options_) {
  MultiheadAttentionImpl::reset();
}

void MultiheadAttentionImpl::reset() {
  const int64_t width = options.embed_dim();
  check<ValueError>(width > 0 && options.num_heads() > 0,
                    "embed_dim and num_heads must be greater than 0, got embed_dim={} and num_heads={} instead", width,
                    options.num_heads());
  head_dim = width / options.num_heads();
  check(head_dim * options.num_heads() == width, "embed_dim must be divisible by num_heads");
  _qkv_same_embed_dim = options.kdim() == width && options.vdim() == width;
  if (_qkv_same_embed_dim) {
    in_proj_weight = register_parameter("in_proj_weight", relume::empty({3 * width, width}));
    for (const char* name : {"q_proj_weight", "k_proj_weight", "v_proj_weight"}) register_parameter(name, {}, false);
  } else {
    q_proj_weight = register_parameter("q_proj_weight", relume::empty({width, width}));
    k_proj_weight = register_parameter("k_proj_weight", relume::empty({width, options.kdim()}));
    v_proj_weight = register_parameter("v_proj_weight", relume::empty({width, options.vdim()}));
    register_parameter("in_proj_weight", {}, false);
  }
  in_proj_bias = register_parameter("in_proj_bias", options.bias() ? relume::empty({3 * width}) : Tensor());
  out_proj = register_module("out_proj", Linear(LinearOptions(width, width).bias(options.bias())));
  bias_k = options.add_bias_kv() ? register_parameter("bias_k", relume::empty({1, 1, width})) : Tensor();
  bias_v = options.add_bias_kv() ? register_parameter("bias_v", relume::empty({1, 1, width})) : Tensor();
  _reset_parameters();
}

void MultiheadAttentionImpl::_reset_parameters() {
  for (const Tensor& weight : {in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight})
    if (weight.defined()) init::xavier_uniform_(weight);
  if (in_proj_bias.defined()) {
    init::zeros_(in_proj_bias);
    init::zeros_(out_proj->bias);
  }
  if (bias_k.defined()) init::xavier_normal_(bias_k);
  if (bias_v.defined()) init::xavier_normal_(bias_v);
}

void MultiheadAttentionImpl::pretty_print(std::ostream& stream) const { stream << "torch::nn::MultiheadAttention"; }

std::tuple<Tensor, Tensor> MultiheadAttentionImpl::forward(const Tensor& query, const Tensor& key, const Tensor& value,
                                                           const Tensor& key_padding_mask, bool need_weights,
                                                           const Tensor& attn_mask, bool average_attn_weights) {
  const bool swap = options.batch_first() && query.dim() == 3;
  const auto length_first = [swap](const Tensor& t) { return swap ? t.transpose(0, 1) : t; };
  auto function_options = functional::MultiheadAttentionForwardFuncOptions(
                              options.embed_dim(), options.num_heads(), in_proj_weight, in_proj_bias, bias_k, bias_v,
                              options.add_zero_attn(), options.dropout(), out_proj->weight, out_proj->bias)
                              .training(is_training())
                              .key_padding_mask(key_padding_mask)
                              .need_weights(need_weights)
                              .attn_mask(attn_mask)
                              .average_attn_weights(average_attn_weights);
  if (!_qkv_same_embed_dim)
    function_options.use_separate_proj_weight(true)
        .q_proj_weight(q_proj_weight)
        .k_proj_weight(k_proj_weight)
        .v_proj_weight(v_proj_weight);
  auto [output, weights] = functional::multi_head_attention_forward(length_first(query), length_first(key),
                                                                    length_first(value), function_options);
  return {length_first(output), weights};
}

namespace {

using Options = functional::MultiheadAttentionForwardFuncOptions;

// Query, key and value after their linear maps.
struct Projected {
  Tensor query, key, value;
};

Projected project(const Tensor& query, const Tensor& key, const Tensor& value, const Options& options) {
  const int64_t width = options.embed_dim_to_check();
  if (!options.use_separate_proj_weight() && query.is_same(key) && key.is_same(value)) {
    const auto parts = relume::linear(query, options.in_proj_weight(), options.in_proj_bias()).chunk(3, -1);
    return {parts[0], parts[1], parts[2]};
  }
  const auto weight = [&](const Tensor& separate, int64_t i) {
    return options.use_separate_proj_weight() ? separate : options.in_proj_weight().narrow(0, i * width, width);
  };
  const auto bias = [&](int64_t i) {
    return options.in_proj_bias().defined() ? options.in_proj_bias().narrow(0, i * width, width) : Tensor();
  };
  return {relume::linear(query, weight(options.q_proj_weight(), 0), bias(0)),
          relume::linear(key, weight(options.k_proj_weight(), 1), bias(1)),
          relume::linear(value, weight(options.v_proj_weight(), 2), bias(2))};
}

// A mask as numbers to be added: -inf where a bool mask is true.
Tensor additive(const Tensor& mask, ScalarType dtype) {
  if (mask.scalar_type() != kBool) return mask.to(dtype);
  return relume::zeros(mask.sizes(), dtype).masked_fill(mask, -INFINITY);
}

// [length, batch, embed] -> [batch * heads, length, head_dim].
Tensor split_heads(const Tensor& t, int64_t batch, int64_t heads) {
  return t.contiguous().view({t.size(0), batch * heads, t.size(2) / heads}).transpose(0, 1);
}

// One more column for each key that was added at the end.
Tensor widen(const Tensor& mask, int64_t columns) {
  return mask.defined() ? relume::constant_pad_nd(mask, {0, columns}, 0) : mask;
}

// The sum of both masks, [batch * heads or 1, target length, source length]; undefined where there is none.
Tensor combine_masks(Tensor attn_mask, const Tensor& key_padding_mask, int64_t batch, int64_t heads, int64_t sources) {
  if (attn_mask.defined() && attn_mask.dim() == 2) attn_mask = attn_mask.unsqueeze(0);
  if (!key_padding_mask.defined()) return attn_mask;
  const Tensor padding =
      key_padding_mask.view({batch, 1, 1, sources}).expand({-1, heads, -1, -1}).reshape({batch * heads, 1, sources});
  return attn_mask.defined() ? attn_mask + padding : padding;
}

void check_masks(const Tensor& attn_mask, const Tensor& key_padding_mask, int64_t batch, int64_t heads, int64_t targets,
                 int64_t sources) {
  if (key_padding_mask.defined())
    check(key_padding_mask.dim() == 2 && key_padding_mask.size(0) == batch && key_padding_mask.size(1) == sources,
          "key_padding_mask: expected shape [{}, {}], got {}", batch, sources, key_padding_mask.sizes());
  if (!attn_mask.defined()) return;
  const bool fits = (attn_mask.dim() == 2 || (attn_mask.dim() == 3 && attn_mask.size(0) == batch * heads)) &&
                    attn_mask.size(-2) == targets && attn_mask.size(-1) == sources;
  check(fits, "attn_mask: expected shape [{}, {}] or [{}, {}, {}], got {}", targets, sources, batch * heads, targets,
        sources, attn_mask.sizes());
}

}  // namespace

std::tuple<Tensor, Tensor> functional::multi_head_attention_forward(const Tensor& query, const Tensor& key,
                                                                    const Tensor& value, const Options& options) {
  if (query.dim() == 2) {  // without a batch
    Options batched = options;
    if (options.key_padding_mask().defined()) batched.key_padding_mask(options.key_padding_mask().unsqueeze(0));
    const Tensor q = query.unsqueeze(1), k = key.is_same(query) ? q : key.unsqueeze(1);
    const Tensor v = value.is_same(key) ? k : value.unsqueeze(1);
    auto [output, weights] = multi_head_attention_forward(q, k, v, batched);
    return {output.squeeze(1), weights.defined() ? weights.squeeze(0) : weights};
  }
  check(query.dim() == 3 && key.dim() == 3 && value.dim() == 3,
        "query should be unbatched 2D or batched 3D tensor but received {}-D query tensor", query.dim());
  const int64_t targets = query.size(0), batch = query.size(1), width = query.size(2), heads = options.num_heads();
  check(width == options.embed_dim_to_check(), "was expecting embedding dimension of {}, but got {}",
        options.embed_dim_to_check(), width);
  check(width % heads == 0, "embed_dim {} not divisible by num_heads {}", width, heads);
  check(key.size(0) == value.size(0) && key.size(1) == value.size(1),
        "key's sequence and batch dims {} do not match value's {}", key.sizes().slice(0, 2), value.sizes().slice(0, 2));

  auto [q, k, v] = project(query, key, value, options);
  check_masks(options.attn_mask(), options.key_padding_mask(), batch, heads, targets, k.size(0));
  const auto as_numbers = [&](const Tensor& m) { return m.defined() ? additive(m, q.scalar_type()) : m; };
  Tensor attn_mask = as_numbers(options.attn_mask()), padding_mask = as_numbers(options.key_padding_mask());
  if (options.bias_k().defined() && options.bias_v().defined()) {
    k = relume::cat({k, options.bias_k().expand({1, batch, width})});
    v = relume::cat({v, options.bias_v().expand({1, batch, width})});
    attn_mask = widen(attn_mask, 1);
    padding_mask = widen(padding_mask, 1);
  }
  q = split_heads(q, batch, heads);
  k = options.static_k().defined() ? options.static_k() : split_heads(k, batch, heads);
  v = options.static_v().defined() ? options.static_v() : split_heads(v, batch, heads);
  const int64_t head_dim = q.size(2);
  if (options.add_zero_attn()) {
    const Tensor zeros = relume::zeros({batch * heads, 1, head_dim}, k.options());
    k = relume::cat({k, zeros}, 1);
    v = relume::cat({v, zeros}, 1);
    attn_mask = widen(attn_mask, 1);
    padding_mask = widen(padding_mask, 1);
  }
  const Tensor mask = combine_masks(attn_mask, padding_mask, batch, heads, k.size(1));
  const Tensor scaled = q * std::sqrt(1.0 / static_cast<double>(head_dim));
  const Tensor scores =
      mask.defined() ? relume::baddbmm(mask.expand({batch * heads, targets, k.size(1)}), scaled, k.transpose(1, 2))
                     : relume::bmm(scaled, k.transpose(1, 2));
  Tensor weights = relume::softmax(scores, -1);
  if (options.training() && options.dropout_p() > 0) weights = relume::dropout(weights, options.dropout_p(), true);
  Tensor output = relume::bmm(weights, v).transpose(0, 1).contiguous().view({targets * batch, width});
  output = relume::linear(output, options.out_proj_weight(), options.out_proj_bias()).view({targets, batch, width});
  if (!options.need_weights()) return {output, Tensor()};
  weights = weights.view({batch, heads, targets, k.size(1)});
  return {output, options.average_attn_weights() ? weights.mean({1}) : weights};
}

}  // namespace relume::nn
