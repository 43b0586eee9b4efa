// Transformer: its layers, stacks of them, and the whole.
#include "relume/nn/transformer.h"

#include <limits>

#include "core/check.h"
#include "relume/activations.h"
#include "relume/nn/init.h"
#include "relume/ops.h"

namespace relume::nn {
namespace {

// softmax(Q K^T) V of a query to a sequence, which is key and value.
Tensor attend(MultiheadAttention& attention, const Tensor& query, const Tensor& sequence, const Tensor& mask,
              const Tensor& padding) {
  return std::get<0>(attention->forward(query, sequence, sequence, padding, true, mask));
}

MultiheadAttention attention_of(const TransformerEncoderLayerOptions& options) {
  return MultiheadAttention(MultiheadAttentionOptions(options.d_model(), options.nhead()).dropout(options.dropout()));
}

LayerNorm norm_of(const TransformerEncoderLayerOptions& options) {
  return LayerNorm(LayerNormOptions({options.d_model()}));
}

// Weights of more than one dimension by Glorot's formula, the others as they are.
void draw_weights(const Module& module) {
  for (const Tensor& parameter : module.parameters())
    if (parameter.dim() > 1) init::xavier_uniform_(parameter);
}

// A stack's layers and norm, registered by the owner under these names.
template <class Owner>
void register_stack(Owner& owner, const Module& layer, int64_t num_layers, const AnyModule& norm) {
  owner.layers = owner.register_module("layers", ModuleList());
  for (int64_t i = 0; i < num_layers; ++i) owner.layers->push_back(layer.clone());
  if (norm.is_empty()) return;
  owner.norm = norm.clone();
  owner.register_module("norm", owner.norm.ptr());
}

}  // namespace

Tensor activation_t::operator()(const Tensor& input) const {
  return function_ ? function_(input) : gelu_ ? gelu(input) : relu(input);
}

// Layers.

TransformerEncoderLayerImpl::TransformerEncoderLayerImpl(int64_t d_model, int64_t nhead)
    : TransformerEncoderLayerImpl(TransformerEncoderLayerOptions(d_model, nhead)) {}
TransformerEncoderLayerImpl::TransformerEncoderLayerImpl(TransformerEncoderLayerOptions options_)
    : options(std::move(options_)) {
  TransformerEncoderLayerImpl::reset();
}

void TransformerEncoderLayerImpl::reset() {
  self_attn = register_module("self_attn", attention_of(options));
  linear1 = register_module("linear1", Linear(options.d_model(), options.dim_feedforward()));
  dropout = register_module("dropout", Dropout(options.dropout()));
  linear2 = register_module("linear2", Linear(options.dim_feedforward(), options.d_model()));
  norm1 = register_module("norm1", norm_of(options));
  norm2 = register_module("norm2", norm_of(options));
  dropout1 = register_module("dropout1", Dropout(options.dropout()));
  dropout2 = register_module("dropout2", Dropout(options.dropout()));
}

void TransformerEncoderLayerImpl::reset_parameters() {
  self_attn->_reset_parameters();
  linear1->reset_parameters();
  linear2->reset_parameters();
  norm1->reset_parameters();
  norm2->reset_parameters();
}

Tensor TransformerEncoderLayerImpl::forward(const Tensor& src, const Tensor& src_mask,
                                            const Tensor& src_key_padding_mask) {
  const Tensor x = norm1(src + dropout1(attend(self_attn, src, src, src_mask, src_key_padding_mask)));
  return norm2(x + dropout2(linear2(dropout(options.activation()(linear1(x))))));
}

TransformerDecoderLayerImpl::TransformerDecoderLayerImpl(int64_t d_model, int64_t nhead)
    : TransformerDecoderLayerImpl(TransformerDecoderLayerOptions(d_model, nhead)) {}
TransformerDecoderLayerImpl::TransformerDecoderLayerImpl(TransformerDecoderLayerOptions options_)
    : options(std::move(options_)) {
  TransformerDecoderLayerImpl::reset();
}

void TransformerDecoderLayerImpl::reset() {
  self_attn = register_module("self_attn", attention_of(options));
  multihead_attn = register_module("multihead_attn", attention_of(options));
  linear1 = register_module("linear1", Linear(options.d_model(), options.dim_feedforward()));
  dropout = register_module("dropout", Dropout(options.dropout()));
  linear2 = register_module("linear2", Linear(options.dim_feedforward(), options.d_model()));
  norm1 = register_module("norm1", norm_of(options));
  norm2 = register_module("norm2", norm_of(options));
  norm3 = register_module("norm3", norm_of(options));
  dropout1 = register_module("dropout1", Dropout(options.dropout()));
  dropout2 = register_module("dropout2", Dropout(options.dropout()));
  dropout3 = register_module("dropout3", Dropout(options.dropout()));
}

void TransformerDecoderLayerImpl::reset_parameters() {
  self_attn->_reset_parameters();
  multihead_attn->_reset_parameters();
  linear1->reset_parameters();
  linear2->reset_parameters();
  norm1->reset_parameters();
  norm2->reset_parameters();
  norm3->reset_parameters();
}

Tensor TransformerDecoderLayerImpl::forward(Tensor tgt, const Tensor& memory, const Tensor& tgt_mask,
                                            const Tensor& memory_mask, const Tensor& tgt_key_padding_mask,
                                            const Tensor& memory_key_padding_mask) {
  Tensor x = norm1(tgt + dropout1(attend(self_attn, tgt, tgt, tgt_mask, tgt_key_padding_mask)));
  x = norm2(x + dropout2(attend(multihead_attn, x, memory, memory_mask, memory_key_padding_mask)));
  return norm3(x + dropout3(linear2(dropout(options.activation()(linear1(x))))));
}

// Stacks.

TransformerEncoderOptions::TransformerEncoderOptions(const TransformerEncoderLayerOptions& encoder_layer_options,
                                                     int64_t num_layers)
    : encoder_layer_(encoder_layer_options), num_layers_(num_layers) {}
TransformerEncoderImpl::TransformerEncoderImpl(TransformerEncoderLayer encoder_layer, int64_t num_layers)
    : TransformerEncoderImpl(TransformerEncoderOptions(std::move(encoder_layer), num_layers)) {}
TransformerEncoderImpl::TransformerEncoderImpl(TransformerEncoderOptions options_) : options(std::move(options_)) {
  TransformerEncoderImpl::reset();
}
void TransformerEncoderImpl::reset() {
  register_stack(*this, *options.encoder_layer(), options.num_layers(), options.norm());
}
void TransformerEncoderImpl::reset_parameters() { draw_weights(*this); }

Tensor TransformerEncoderImpl::forward(const Tensor& src, const Tensor& src_mask, const Tensor& src_key_padding_mask) {
  Tensor output = src;
  for (size_t i = 0; i < layers->size(); ++i)
    output = layers->at<TransformerEncoderLayerImpl>(i).forward(output, src_mask, src_key_padding_mask);
  return norm.is_empty() ? output : norm.forward(output);
}

TransformerDecoderOptions::TransformerDecoderOptions(const TransformerDecoderLayerOptions& decoder_layer_options,
                                                     int64_t num_layers)
    : decoder_layer_(decoder_layer_options), num_layers_(num_layers) {}
TransformerDecoderImpl::TransformerDecoderImpl(TransformerDecoderLayer decoder_layer, int64_t num_layers)
    : TransformerDecoderImpl(TransformerDecoderOptions(std::move(decoder_layer), num_layers)) {}
TransformerDecoderImpl::TransformerDecoderImpl(TransformerDecoderOptions options_) : options(std::move(options_)) {
  TransformerDecoderImpl::reset();
}
void TransformerDecoderImpl::reset() {
  register_stack(*this, *options.decoder_layer(), options.num_layers(), options.norm());
}
void TransformerDecoderImpl::reset_parameters() { draw_weights(*this); }

Tensor TransformerDecoderImpl::forward(const Tensor& tgt, const Tensor& memory, const Tensor& tgt_mask,
                                       const Tensor& memory_mask, const Tensor& tgt_key_padding_mask,
                                       const Tensor& memory_key_padding_mask) {
  Tensor output = tgt;
  for (size_t i = 0; i < layers->size(); ++i)
    output = layers->at<TransformerDecoderLayerImpl>(i).forward(output, memory, tgt_mask, memory_mask,
                                                                tgt_key_padding_mask, memory_key_padding_mask);
  return norm.is_empty() ? output : norm.forward(output);
}

// The whole.

TransformerImpl::TransformerImpl(TransformerOptions options_) : options(std::move(options_)) {
  TransformerImpl::reset();
}

void TransformerImpl::reset() {
  const TransformerEncoderLayerOptions layer = TransformerEncoderLayerOptions(options.d_model(), options.nhead())
                                                   .dim_feedforward(options.dim_feedforward())
                                                   .dropout(options.dropout())
                                                   .activation(options.activation());
  const AnyModule norm(norm_of(layer));
  if (options.custom_encoder().is_empty())
    encoder = AnyModule(TransformerEncoder(TransformerEncoderOptions(layer, options.num_encoder_layers()).norm(norm)));
  else
    encoder = options.custom_encoder().clone();
  register_module("encoder", encoder.ptr());
  if (options.custom_decoder().is_empty())
    decoder = AnyModule(TransformerDecoder(TransformerDecoderOptions(layer, options.num_decoder_layers()).norm(norm)));
  else
    decoder = options.custom_decoder().clone();
  register_module("decoder", decoder.ptr());
  reset_parameters();
}

void TransformerImpl::reset_parameters() { draw_weights(*this); }

Tensor TransformerImpl::forward(const Tensor& src, const Tensor& tgt, const Tensor& src_mask, const Tensor& tgt_mask,
                                const Tensor& memory_mask, const Tensor& src_key_padding_mask,
                                const Tensor& tgt_key_padding_mask, const Tensor& memory_key_padding_mask) {
  check(src.dim() == 3 && tgt.dim() == 3, "src and tgt should have 3 dimensions, but got {} and {}", src.dim(),
        tgt.dim());
  check(src.size(1) == tgt.size(1), "src and tgt should have equal batch size (at dim 1), but got {} and {}",
        src.size(1), tgt.size(1));
  check(src.size(2) == options.d_model() && tgt.size(2) == options.d_model(),
        "src and tgt should have same feature size as d_model (at dim 2), but got {} and {} while d_model is {}",
        src.size(2), tgt.size(2), options.d_model());
  const Tensor memory = encoder.forward(src, src_mask, src_key_padding_mask);
  return decoder.forward(tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask);
}

Tensor TransformerImpl::generate_square_subsequent_mask(int64_t size) {
  check(size >= 0, "Input size must be non-negative to generate a valid square subsequent mask, but got {}", size);
  return triu(full({size, size}, -std::numeric_limits<float>::infinity(), kFloat), 1);
}

}  // namespace relume::nn
