// Transformer, and the encoders, decoders and layers that it is made of.  Vaswani et al., 2017.
#pragma once

#include <type_traits>
#include <utility>

#include "relume/any_function.h"
#include "relume/nn/activation.h"
#include "relume/nn/any.h"
#include "relume/nn/containers.h"
#include "relume/nn/dropout.h"
#include "relume/nn/linear.h"
#include "relume/nn/norm.h"

namespace relume {
namespace nn {

// What a layer applies between its linear maps: kReLU, kGELU or a function.
class activation_t {
 public:
  activation_t(enumtype::kReLU) {}                // NOLINT: implicit, options are set with tags
  activation_t(enumtype::kGELU) : gelu_(true) {}  // NOLINT
  template <class F, class = std::enable_if_t<std::is_invocable_r_v<Tensor, F&, const Tensor&>>>
  activation_t(F function) : function_(std::move(function)) {}  // NOLINT
  RELUME_API Tensor operator()(const Tensor& input) const;

 private:
  bool gelu_ = false;
  relume::detail::AnyFunction<Tensor(const Tensor&)> function_;
};

class TransformerEncoderLayerOptions {
 public:
  TransformerEncoderLayerOptions(int64_t d_model, int64_t nhead) : d_model_(d_model), nhead_(nhead) {}
  RELUME_ARG(int64_t, d_model);
  RELUME_ARG(int64_t, nhead);
  RELUME_ARG(int64_t, dim_feedforward) = 2048;
  RELUME_ARG(double, dropout) = 0.1;
  RELUME_ARG(activation_t, activation) = kReLU;
};
using TransformerDecoderLayerOptions = TransformerEncoderLayerOptions;

// norm1(x + attention of x to itself), then norm2(y + linear2(activation(linear1(y)))), with dropout before each sum
// and between the linear maps. src is [length, batch, d_model], src_mask [length, length] is added to the attention's
// scores, and src_key_padding_mask [batch, length] is true where nothing is to be attended to.
class RELUME_API TransformerEncoderLayerImpl : public Cloneable<TransformerEncoderLayerImpl> {
 public:
  TransformerEncoderLayerImpl(int64_t d_model, int64_t nhead);
  explicit TransformerEncoderLayerImpl(TransformerEncoderLayerOptions options_);
  void reset() override;
  void reset_parameters();
  Tensor forward(const Tensor& src, const Tensor& src_mask = {}, const Tensor& src_key_padding_mask = {});
  TransformerEncoderLayerOptions options;
  MultiheadAttention self_attn = nullptr;
  Linear linear1 = nullptr;
  Dropout dropout = nullptr;
  Linear linear2 = nullptr;
  LayerNorm norm1 = nullptr, norm2 = nullptr;
  Dropout dropout1 = nullptr, dropout2 = nullptr;
};
using TransformerEncoderLayer = ModuleHolder<TransformerEncoderLayerImpl>;

// The same with attention to memory, [memory length, batch, d_model], after that to itself.
class RELUME_API TransformerDecoderLayerImpl : public Cloneable<TransformerDecoderLayerImpl> {
 public:
  TransformerDecoderLayerImpl(int64_t d_model, int64_t nhead);
  explicit TransformerDecoderLayerImpl(TransformerDecoderLayerOptions options_);
  void reset() override;
  void reset_parameters();
  Tensor forward(Tensor tgt, const Tensor& memory, const Tensor& tgt_mask = {}, const Tensor& memory_mask = {},
                 const Tensor& tgt_key_padding_mask = {}, const Tensor& memory_key_padding_mask = {});
  TransformerDecoderLayerOptions options;
  MultiheadAttention self_attn = nullptr;
  Dropout dropout1 = nullptr;
  LayerNorm norm1 = nullptr;
  MultiheadAttention multihead_attn = nullptr;
  Dropout dropout2 = nullptr;
  LayerNorm norm2 = nullptr;
  Linear linear1 = nullptr;
  Dropout dropout = nullptr;
  Linear linear2 = nullptr;
  Dropout dropout3 = nullptr;
  LayerNorm norm3 = nullptr;
};
using TransformerDecoderLayer = ModuleHolder<TransformerDecoderLayerImpl>;

class TransformerEncoderOptions {
 public:
  TransformerEncoderOptions(TransformerEncoderLayer encoder_layer, int64_t num_layers)
      : encoder_layer_(std::move(encoder_layer)), num_layers_(num_layers) {}
  RELUME_API TransformerEncoderOptions(const TransformerEncoderLayerOptions& encoder_layer_options, int64_t num_layers);
  RELUME_ARG(TransformerEncoderLayer, encoder_layer) = nullptr;
  RELUME_ARG(int64_t, num_layers);
  RELUME_ARG(AnyModule, norm);
};
class TransformerDecoderOptions {
 public:
  TransformerDecoderOptions(TransformerDecoderLayer decoder_layer, int64_t num_layers)
      : decoder_layer_(std::move(decoder_layer)), num_layers_(num_layers) {}
  RELUME_API TransformerDecoderOptions(const TransformerDecoderLayerOptions& decoder_layer_options, int64_t num_layers);
  RELUME_ARG(TransformerDecoderLayer, decoder_layer) = nullptr;
  RELUME_ARG(int64_t, num_layers);
  RELUME_ARG(AnyModule, norm);
};

// num_layers clones of a layer after each other, and a norm where there is one.
class RELUME_API TransformerEncoderImpl : public Cloneable<TransformerEncoderImpl> {
 public:
  TransformerEncoderImpl(TransformerEncoderLayer encoder_layer, int64_t num_layers);
  explicit TransformerEncoderImpl(TransformerEncoderOptions options_);
  void reset() override;
  void reset_parameters();
  Tensor forward(const Tensor& src, const Tensor& src_mask = {}, const Tensor& src_key_padding_mask = {});
  TransformerEncoderOptions options;
  ModuleList layers = nullptr;
  AnyModule norm;
};
using TransformerEncoder = ModuleHolder<TransformerEncoderImpl>;

class RELUME_API TransformerDecoderImpl : public Cloneable<TransformerDecoderImpl> {
 public:
  TransformerDecoderImpl(TransformerDecoderLayer decoder_layer, int64_t num_layers);
  explicit TransformerDecoderImpl(TransformerDecoderOptions options_);
  void reset() override;
  void reset_parameters();
  Tensor forward(const Tensor& tgt, const Tensor& memory, const Tensor& tgt_mask = {}, const Tensor& memory_mask = {},
                 const Tensor& tgt_key_padding_mask = {}, const Tensor& memory_key_padding_mask = {});
  TransformerDecoderOptions options;
  ModuleList layers = nullptr;
  AnyModule norm;
};
using TransformerDecoder = ModuleHolder<TransformerDecoderImpl>;

class TransformerOptions {
 public:
  TransformerOptions() = default;
  TransformerOptions(int64_t d_model, int64_t nhead) : d_model_(d_model), nhead_(nhead) {}
  TransformerOptions(int64_t d_model, int64_t nhead, int64_t num_encoder_layers, int64_t num_decoder_layers)
      : d_model_(d_model),
        nhead_(nhead),
        num_encoder_layers_(num_encoder_layers),
        num_decoder_layers_(num_decoder_layers) {}
  RELUME_ARG(int64_t, d_model) = 512;
  RELUME_ARG(int64_t, nhead) = 8;
  RELUME_ARG(int64_t, num_encoder_layers) = 6;
  RELUME_ARG(int64_t, num_decoder_layers) = 6;
  RELUME_ARG(int64_t, dim_feedforward) = 2048;
  RELUME_ARG(double, dropout) = 0.1;
  RELUME_ARG(activation_t, activation) = kReLU;
  RELUME_ARG(AnyModule, custom_encoder);
  RELUME_ARG(AnyModule, custom_decoder);
};

// decoder(tgt, encoder(src)), with modules of one's own in place of either where the options have them.
class RELUME_API TransformerImpl : public Cloneable<TransformerImpl> {
 public:
  explicit TransformerImpl(TransformerOptions options_);
  void reset() override;
  // Draws each weight of more than one dimension anew, by Glorot's formula.
  void reset_parameters();
  Tensor forward(const Tensor& src, const Tensor& tgt, const Tensor& src_mask = {}, const Tensor& tgt_mask = {},
                 const Tensor& memory_mask = {}, const Tensor& src_key_padding_mask = {},
                 const Tensor& tgt_key_padding_mask = {}, const Tensor& memory_key_padding_mask = {});
  // [size, size], 0 where a step may attend to another, minus infinity where that comes later.
  static Tensor generate_square_subsequent_mask(int64_t size);
  TransformerOptions options;
  AnyModule encoder, decoder;
};
using Transformer = ModuleHolder<TransformerImpl>;

}  // namespace nn
}  // namespace relume
