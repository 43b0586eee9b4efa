// Activations as modules. The point-wise ones come from the rows of activations.inc.
#pragma once

#include <optional>
#include <string>
#include <tuple>

#include "relume/activation_rows.h"
#include "relume/nn/linear.h"
#include "relume/nn/module.h"
#include "relume/nn/options.h"
#include "relume/nn/pimpl.h"

// What each option of a row becomes in the classes below (activation_rows.h says how).
#define RELUME_EACH_FIELD_A(type, name, value) \
  RELUME_ARG(type, name) = value;              \
  RELUME_EACH_FIELD_B
#define RELUME_EACH_FIELD_B(type, name, value) \
  RELUME_ARG(type, name) = value;              \
  RELUME_EACH_FIELD_A
#define RELUME_EACH_FIELD_A_END
#define RELUME_EACH_FIELD_B_END
#define RELUME_EACH_PARAMETER_A(type, name, value) type name = value, RELUME_EACH_PARAMETER_B
#define RELUME_EACH_PARAMETER_B(type, name, value) type name = value, RELUME_EACH_PARAMETER_A
#define RELUME_EACH_PARAMETER_A_END
#define RELUME_EACH_PARAMETER_B_END
#define RELUME_EACH_SET_A(type, name, value) \
  name##_ = std::move(name);                 \
  RELUME_EACH_SET_B
#define RELUME_EACH_SET_B(type, name, value) \
  name##_ = std::move(name);                 \
  RELUME_EACH_SET_A
#define RELUME_EACH_SET_A_END
#define RELUME_EACH_SET_B_END
// What the kinds of in-place form add to the options.
#define RELUME_IN_PLACE_FIELD_Option RELUME_ARG(bool, inplace) = false;
#define RELUME_IN_PLACE_FIELD_Function
#define RELUME_IN_PLACE_FIELD_None
#define RELUME_IN_PLACE_PARAMETER_Option bool inplace = false
#define RELUME_IN_PLACE_PARAMETER_Function detail::NoMoreOptions = {}
#define RELUME_IN_PLACE_PARAMETER_None detail::NoMoreOptions = {}
#define RELUME_IN_PLACE_SET_Option inplace_ = inplace;
#define RELUME_IN_PLACE_SET_Function
#define RELUME_IN_PLACE_SET_None

namespace relume {
namespace nn {
namespace detail {
struct NoMoreOptions {};
}  // namespace detail

// clang-format off
#define RELUME_OPTION(type, name, value) (type, name, value)
#define RELUME_ACTIVATION(function, Name, in_place, list)                              \
  class Name##Options {                                                                \
   public:                                                                             \
    Name##Options(RELUME_EACH(PARAMETER, list) RELUME_IN_PLACE_PARAMETER_##in_place) { \
      RELUME_EACH(SET, list) RELUME_IN_PLACE_SET_##in_place                            \
    }                                                                                  \
    RELUME_EACH(FIELD, list) RELUME_IN_PLACE_FIELD_##in_place                          \
  };                                                                                   \
  class RELUME_API Name##Impl : public Cloneable<Name##Impl> {                         \
   public:                                                                             \
    Name##Impl(RELUME_EACH(PARAMETER, list) RELUME_IN_PLACE_PARAMETER_##in_place);     \
    explicit Name##Impl(const Name##Options& options_);                                \
    void reset() override;                                                             \
    void pretty_print(std::ostream& stream) const override;                            \
    Tensor forward(Tensor input);                                                      \
    Name##Options options;                                                             \
  };                                                                                   \
  using Name = ModuleHolder<Name##Impl>;
// clang-format on
#include "relume/activations.inc"

class SoftmaxOptions {
 public:
  SoftmaxOptions(int64_t dim) : dim_(dim) {}  // NOLINT: implicit, as in libtorch
  RELUME_ARG(int64_t, dim);
};
using SoftminOptions = SoftmaxOptions;
using LogSoftmaxOptions = SoftmaxOptions;
// exp(x) / sum(exp(x)) along dim; Softmin of -x, LogSoftmax its logarithm.
RELUME_STATELESS_MODULE(Softmax, (const Tensor& input), int64_t dim);
RELUME_STATELESS_MODULE(Softmin, (const Tensor& input), int64_t dim);
RELUME_STATELESS_MODULE(LogSoftmax, (const Tensor& input), int64_t dim);

// Softmax over the channels of [N, C, H, W] or [C, H, W].
class RELUME_API Softmax2dImpl : public Cloneable<Softmax2dImpl> {
 public:
  Softmax2dImpl();
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
};
using Softmax2d = ModuleHolder<Softmax2dImpl>;

class GLUOptions {
 public:
  GLUOptions(int64_t dim = -1) : dim_(dim) {}  // NOLINT
  RELUME_ARG(int64_t, dim);
};
// a * sigmoid(b), a and b the halves of the input along dim.  Dauphin et al., 2017.
RELUME_STATELESS_MODULE(GLU, (const Tensor& input), int64_t dim = -1);

class RReLUOptions {
 public:
  RReLUOptions() = default;
  RELUME_ARG(double, lower) = 1.0 / 8.0;
  RELUME_ARG(double, upper) = 1.0 / 3.0;
  RELUME_ARG(bool, inplace) = false;
};
// x if x > 0, else a x; a is drawn from [lower, upper) in training, and their mean in evaluation.  Xu et al., 2015.
RELUME_STATELESS_MODULE(RReLU, (Tensor input), );

class PReLUOptions {
 public:
  PReLUOptions(int64_t num_parameters = 1) : num_parameters_(num_parameters) {}  // NOLINT
  RELUME_ARG(int64_t, num_parameters);
  RELUME_ARG(double, init) = 0.25;
};
// x if x > 0, else weight * x, with one weight or one a channel.  He et al., 2015.
class RELUME_API PReLUImpl : public Cloneable<PReLUImpl> {
 public:
  explicit PReLUImpl(const PReLUOptions& options_ = {});
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
  PReLUOptions options;
  Tensor weight;
};
using PReLU = ModuleHolder<PReLUImpl>;

class MultiheadAttentionOptions {
 public:
  MultiheadAttentionOptions(int64_t embed_dim, int64_t num_heads)
      : embed_dim_(embed_dim), num_heads_(num_heads), kdim_(embed_dim), vdim_(embed_dim) {}
  RELUME_ARG(int64_t, embed_dim);
  RELUME_ARG(int64_t, num_heads);
  RELUME_ARG(double, dropout) = 0.0;
  RELUME_ARG(bool, bias) = true;
  RELUME_ARG(bool, add_bias_kv) = false;
  RELUME_ARG(bool, add_zero_attn) = false;
  RELUME_ARG(int64_t, kdim);
  RELUME_ARG(int64_t, vdim);
  RELUME_ARG(bool, batch_first) = false;
};
// Attention of several heads, softmax(Q K^T / sqrt(head_dim)) V, with linear maps before and after.  Vaswani et al.,
// 2017. Inputs are [length, batch, embed_dim], with batch_first [batch, length, embed_dim], or without batch. Returns
// the result and, with need_weights, the attention weights (their mean over the heads, or [batch, heads, ...]).
class RELUME_API MultiheadAttentionImpl : public Cloneable<MultiheadAttentionImpl> {
 public:
  MultiheadAttentionImpl(int64_t embed_dim, int64_t num_heads);
  explicit MultiheadAttentionImpl(const MultiheadAttentionOptions& options_);
  void reset() override;
  void _reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  std::tuple<Tensor, Tensor> forward(const Tensor& query, const Tensor& key, const Tensor& value,
                                     const Tensor& key_padding_mask = {}, bool need_weights = true,
                                     const Tensor& attn_mask = {}, bool average_attn_weights = true);

  MultiheadAttentionOptions options;
  bool _qkv_same_embed_dim = true;
  Tensor in_proj_weight, in_proj_bias;
  Linear out_proj = nullptr;
  Tensor bias_k, bias_v;
  int64_t head_dim = 0;
  Tensor q_proj_weight, k_proj_weight, v_proj_weight;
};
using MultiheadAttention = ModuleHolder<MultiheadAttentionImpl>;

}  // namespace nn
}  // namespace relume
