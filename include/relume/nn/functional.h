// nn::functional: what the modules compute, as functions with options.
#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "relume/maybe.h"
#include "relume/nn/activation.h"
#include "relume/nn/conv.h"
#include "relume/nn/dropout.h"
#include "relume/nn/embedding_bag.h"
#include "relume/nn/loss.h"
#include "relume/nn/margin_loss.h"
#include "relume/nn/norm.h"
#include "relume/nn/options.h"
#include "relume/nn/padding.h"
#include "relume/nn/pooling.h"
#include "relume/nn/vision.h"
#include "relume/ops.h"
#include "relume/tensor.h"

namespace relume {
namespace nn {
namespace functional {

// Activations. With inplace(true) the result is the input itself.
#define RELUME_OPTION(type, name, value)
#define RELUME_ACTIVATION(function, Name, in_place, list) \
  using Name##FuncOptions = Name##Options;                \
  RELUME_API Tensor function(Tensor input, const Name##FuncOptions& options = {});
#include "relume/activations.inc"

class SoftmaxFuncOptions {
 public:
  SoftmaxFuncOptions(int64_t dim) : dim_(dim) {}  // NOLINT: implicit, as in libtorch
  RELUME_ARG(int64_t, dim);
  RELUME_ARG(std::optional<ScalarType>, dtype) = {};
};
using SoftminFuncOptions = SoftmaxFuncOptions;
using LogSoftmaxFuncOptions = SoftmaxFuncOptions;
RELUME_API Tensor softmax(const Tensor& input, const SoftmaxFuncOptions& options);
RELUME_API Tensor softmin(const Tensor& input, const SoftminFuncOptions& options);
RELUME_API Tensor log_softmax(const Tensor& input, const LogSoftmaxFuncOptions& options);
using GLUFuncOptions = GLUOptions;
RELUME_API Tensor glu(const Tensor& input, const GLUFuncOptions& options = {});
RELUME_API Tensor prelu(const Tensor& input, const Tensor& weight);
class RReLUFuncOptions {
 public:
  RELUME_ARG(double, lower) = 1.0 / 8.0;
  RELUME_ARG(double, upper) = 1.0 / 3.0;
  RELUME_ARG(bool, training) = false;
  RELUME_ARG(bool, inplace) = false;
};
RELUME_API Tensor rrelu(const Tensor& input, const RReLUFuncOptions& options = {});
class GumbelSoftmaxFuncOptions {
 public:
  RELUME_ARG(double, tau) = 1.0;
  RELUME_ARG(bool, hard) = false;
  RELUME_ARG(int, dim) = -1;
};
// softmax((logits + Gumbel noise) / tau); with hard, one-hot with the gradient of the soft sample.  Jang et al., 2017.
RELUME_API Tensor gumbel_softmax(const Tensor& logits, const GumbelSoftmaxFuncOptions& options = {});

class MultiheadAttentionForwardFuncOptions {
 public:
  MultiheadAttentionForwardFuncOptions(int64_t embed_dim_to_check, int64_t num_heads, Tensor in_proj_weight,
                                       Tensor in_proj_bias, Tensor bias_k, Tensor bias_v, bool add_zero_attn,
                                       double dropout_p, Tensor out_proj_weight, Tensor out_proj_bias)
      : embed_dim_to_check_(embed_dim_to_check),
        num_heads_(num_heads),
        in_proj_weight_(std::move(in_proj_weight)),
        in_proj_bias_(std::move(in_proj_bias)),
        bias_k_(std::move(bias_k)),
        bias_v_(std::move(bias_v)),
        add_zero_attn_(add_zero_attn),
        dropout_p_(dropout_p),
        out_proj_weight_(std::move(out_proj_weight)),
        out_proj_bias_(std::move(out_proj_bias)) {}
  RELUME_ARG(int64_t, embed_dim_to_check);
  RELUME_ARG(int64_t, num_heads);
  RELUME_ARG(Tensor, in_proj_weight);
  RELUME_ARG(Tensor, in_proj_bias);
  RELUME_ARG(Tensor, bias_k);
  RELUME_ARG(Tensor, bias_v);
  RELUME_ARG(bool, add_zero_attn);
  RELUME_ARG(double, dropout_p);
  RELUME_ARG(Tensor, out_proj_weight);
  RELUME_ARG(Tensor, out_proj_bias);
  RELUME_ARG(bool, training) = true;
  RELUME_ARG(Tensor, key_padding_mask) = {};
  RELUME_ARG(bool, need_weights) = true;
  RELUME_ARG(Tensor, attn_mask) = {};
  RELUME_ARG(bool, use_separate_proj_weight) = false;
  RELUME_ARG(Tensor, q_proj_weight) = {};
  RELUME_ARG(Tensor, k_proj_weight) = {};
  RELUME_ARG(Tensor, v_proj_weight) = {};
  RELUME_ARG(Tensor, static_k) = {};
  RELUME_ARG(Tensor, static_v) = {};
  RELUME_ARG(bool, average_attn_weights) = true;
};
// See MultiheadAttentionImpl; tensors are [length, batch, embed_dim] or [length, embed_dim].
RELUME_API std::tuple<Tensor, Tensor> multi_head_attention_forward(const Tensor& query, const Tensor& key,
                                                                   const Tensor& value,
                                                                   const MultiheadAttentionForwardFuncOptions& options);

// Linear maps and tables.
RELUME_API Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias = {});
RELUME_API Tensor bilinear(const Tensor& input1, const Tensor& input2, const Tensor& weight, const Tensor& bias = {});
class EmbeddingFuncOptions {
 public:
  RELUME_ARG(std::optional<int64_t>, padding_idx) = {};
  RELUME_ARG(std::optional<double>, max_norm) = {};
  RELUME_ARG(double, norm_type) = 2.0;
  RELUME_ARG(bool, scale_grad_by_freq) = false;
  RELUME_ARG(bool, sparse) = false;
};
RELUME_API Tensor embedding(const Tensor& input, const Tensor& weight, const EmbeddingFuncOptions& options = {});
class EmbeddingBagFuncOptions {
 public:
  RELUME_ARG(Tensor, offsets) = {};
  RELUME_ARG(std::optional<double>, max_norm) = {};
  RELUME_ARG(double, norm_type) = 2.0;
  RELUME_ARG(bool, scale_grad_by_freq) = false;
  RELUME_ARG(EmbeddingBagMode, mode) = kMean;
  RELUME_ARG(bool, sparse) = false;
  RELUME_ARG(Tensor, per_sample_weights) = {};
  RELUME_ARG(bool, include_last_offset) = false;
  RELUME_ARG(std::optional<int64_t>, padding_idx) = {};
};
// See EmbeddingBagImpl; input is [B, N], or [N] with offsets.
RELUME_API Tensor embedding_bag(const Tensor& input, const Tensor& weight, const EmbeddingBagFuncOptions& options = {});
RELUME_API Tensor one_hot(const Tensor& tensor, int64_t num_classes = -1);

// Convolutions.
template <size_t D>
class ConvFuncOptions {
 public:
  using padding_t = ConvPadding<D>;
  RELUME_ARG(Tensor, bias) = Tensor();
  RELUME_ARG(ExpandingArray<D>, stride) = 1;
  RELUME_ARG(padding_t, padding) = 0;
  RELUME_ARG(ExpandingArray<D>, dilation) = 1;
  RELUME_ARG(int64_t, groups) = 1;
};
template <size_t D>
class ConvTransposeFuncOptions {
 public:
  RELUME_ARG(Tensor, bias) = Tensor();
  RELUME_ARG(ExpandingArray<D>, stride) = 1;
  RELUME_ARG(ExpandingArray<D>, padding) = 0;
  RELUME_ARG(ExpandingArray<D>, output_padding) = 0;
  RELUME_ARG(int64_t, groups) = 1;
  RELUME_ARG(ExpandingArray<D>, dilation) = 1;
};
using Conv1dFuncOptions = ConvFuncOptions<1>;
using Conv2dFuncOptions = ConvFuncOptions<2>;
using Conv3dFuncOptions = ConvFuncOptions<3>;
using ConvTranspose1dFuncOptions = ConvTransposeFuncOptions<1>;
using ConvTranspose2dFuncOptions = ConvTransposeFuncOptions<2>;
using ConvTranspose3dFuncOptions = ConvTransposeFuncOptions<3>;
#define RELUME_CONV_FUNCTION(name, Name) \
  RELUME_API Tensor name(const Tensor& input, const Tensor& weight, const Name##FuncOptions& options = {})
RELUME_CONV_FUNCTION(conv1d, Conv1d);
RELUME_CONV_FUNCTION(conv2d, Conv2d);
RELUME_CONV_FUNCTION(conv3d, Conv3d);
RELUME_CONV_FUNCTION(conv_transpose1d, ConvTranspose1d);
RELUME_CONV_FUNCTION(conv_transpose2d, ConvTranspose2d);
RELUME_CONV_FUNCTION(conv_transpose3d, ConvTranspose3d);
#undef RELUME_CONV_FUNCTION

// Pooling.
#define RELUME_POOL_FUNCTION(name, Name)   \
  using Name##FuncOptions = Name##Options; \
  RELUME_API Tensor name(const Tensor& input, const Name##FuncOptions& options)
#define RELUME_POOL_FUNCTION_WITH_INDICES(name, Name) \
  RELUME_POOL_FUNCTION(name, Name);                   \
  RELUME_API std::tuple<Tensor, Tensor> name##_with_indices(const Tensor& input, const Name##FuncOptions& options)
RELUME_POOL_FUNCTION(avg_pool1d, AvgPool1d);
RELUME_POOL_FUNCTION(avg_pool2d, AvgPool2d);
RELUME_POOL_FUNCTION(avg_pool3d, AvgPool3d);
RELUME_POOL_FUNCTION(adaptive_avg_pool1d, AdaptiveAvgPool1d);
RELUME_POOL_FUNCTION(adaptive_avg_pool2d, AdaptiveAvgPool2d);
RELUME_POOL_FUNCTION(adaptive_avg_pool3d, AdaptiveAvgPool3d);
RELUME_POOL_FUNCTION_WITH_INDICES(max_pool1d, MaxPool1d);
RELUME_POOL_FUNCTION_WITH_INDICES(max_pool2d, MaxPool2d);
RELUME_POOL_FUNCTION_WITH_INDICES(max_pool3d, MaxPool3d);
RELUME_POOL_FUNCTION_WITH_INDICES(adaptive_max_pool1d, AdaptiveMaxPool1d);
RELUME_POOL_FUNCTION_WITH_INDICES(adaptive_max_pool2d, AdaptiveMaxPool2d);
RELUME_POOL_FUNCTION_WITH_INDICES(adaptive_max_pool3d, AdaptiveMaxPool3d);
// Maxima of windows at drawn places, so that output_size, or a share output_ratio, is left.  Graham, 2015.
RELUME_POOL_FUNCTION_WITH_INDICES(fractional_max_pool2d, FractionalMaxPool2d);
RELUME_POOL_FUNCTION_WITH_INDICES(fractional_max_pool3d, FractionalMaxPool3d);
#undef RELUME_POOL_FUNCTION
#undef RELUME_POOL_FUNCTION_WITH_INDICES
template <size_t D>
class MaxUnpoolFuncOptions {
 public:
  MaxUnpoolFuncOptions(ExpandingArray<D> kernel_size) : kernel_size_(kernel_size), stride_(kernel_size) {}  // NOLINT
  RELUME_ARG(ExpandingArray<D>, kernel_size);
  RELUME_ARG(ExpandingArray<D>, stride);
  RELUME_ARG(ExpandingArray<D>, padding) = 0;
  RELUME_ARG(relume::detail::Maybe<std::vector<int64_t>>, output_size) = {};
};
using MaxUnpool1dFuncOptions = MaxUnpoolFuncOptions<1>;
using MaxUnpool2dFuncOptions = MaxUnpoolFuncOptions<2>;
using MaxUnpool3dFuncOptions = MaxUnpoolFuncOptions<3>;
// Puts the values that a max pooling gave back to where its indices say, among zeros.
RELUME_API Tensor max_unpool1d(const Tensor& input, const Tensor& indices, const MaxUnpool1dFuncOptions& options);
RELUME_API Tensor max_unpool2d(const Tensor& input, const Tensor& indices, const MaxUnpool2dFuncOptions& options);
RELUME_API Tensor max_unpool3d(const Tensor& input, const Tensor& indices, const MaxUnpool3dFuncOptions& options);

// Normalisation.
class BatchNormFuncOptions {
 public:
  RELUME_ARG(Tensor, weight) = Tensor();
  RELUME_ARG(Tensor, bias) = Tensor();
  RELUME_ARG(bool, training) = false;
  RELUME_ARG(std::optional<double>, momentum) = 0.1;
  RELUME_ARG(double, eps) = 1e-5;
};
RELUME_API Tensor batch_norm(const Tensor& input, const Tensor& running_mean, const Tensor& running_var,
                             const BatchNormFuncOptions& options = {});
class InstanceNormFuncOptions {
 public:
  RELUME_ARG(Tensor, running_mean) = Tensor();
  RELUME_ARG(Tensor, running_var) = Tensor();
  RELUME_ARG(Tensor, weight) = Tensor();
  RELUME_ARG(Tensor, bias) = Tensor();
  RELUME_ARG(bool, use_input_stats) = true;
  RELUME_ARG(double, momentum) = 0.1;
  RELUME_ARG(double, eps) = 1e-5;
};
RELUME_API Tensor instance_norm(const Tensor& input, const InstanceNormFuncOptions& options = {});
class LayerNormFuncOptions {
 public:
  LayerNormFuncOptions(std::vector<int64_t> normalized_shape)  // NOLINT: implicit, as in libtorch
      : normalized_shape_(std::move(normalized_shape)) {}
  RELUME_ARG(std::vector<int64_t>, normalized_shape);
  RELUME_ARG(Tensor, weight) = {};
  RELUME_ARG(Tensor, bias) = {};
  RELUME_ARG(double, eps) = 1e-5;
};
RELUME_API Tensor layer_norm(const Tensor& input, const LayerNormFuncOptions& options);
class GroupNormFuncOptions {
 public:
  GroupNormFuncOptions(int64_t num_groups) : num_groups_(num_groups) {}  // NOLINT
  RELUME_ARG(int64_t, num_groups);
  RELUME_ARG(Tensor, weight) = {};
  RELUME_ARG(Tensor, bias) = {};
  RELUME_ARG(double, eps) = 1e-5;
};
RELUME_API Tensor group_norm(const Tensor& input, const GroupNormFuncOptions& options);
class NormalizeFuncOptions {
 public:
  RELUME_ARG(double, p) = 2.0;
  RELUME_ARG(int64_t, dim) = 1;
  RELUME_ARG(double, eps) = 1e-12;
  RELUME_ARG(relume::detail::Maybe<Tensor>, out) = {};
};
// x / max(||x||_p, eps), the norms taken along dim; written to out where there is one, which autograd does not see.
RELUME_API Tensor normalize(const Tensor& input, const NormalizeFuncOptions& options = {});

// Dropout: as the modules, with `training` among the options.
class DropoutFuncOptions {
 public:
  RELUME_ARG(double, p) = 0.5;
  RELUME_ARG(bool, training) = true;
  RELUME_ARG(bool, inplace) = false;
};
class AlphaDropoutFuncOptions {
 public:
  RELUME_ARG(double, p) = 0.5;
  RELUME_ARG(bool, training) = false;
  RELUME_ARG(bool, inplace) = false;
};
using Dropout1dFuncOptions = DropoutFuncOptions;
using Dropout2dFuncOptions = DropoutFuncOptions;
using Dropout3dFuncOptions = DropoutFuncOptions;
using FeatureAlphaDropoutFuncOptions = AlphaDropoutFuncOptions;
RELUME_API Tensor dropout(Tensor input, const DropoutFuncOptions& options = {});
RELUME_API Tensor dropout1d(Tensor input, const Dropout1dFuncOptions& options = {});
RELUME_API Tensor dropout2d(Tensor input, const Dropout2dFuncOptions& options = {});
RELUME_API Tensor dropout3d(Tensor input, const Dropout3dFuncOptions& options = {});
RELUME_API Tensor alpha_dropout(Tensor input, const AlphaDropoutFuncOptions& options = {});
RELUME_API Tensor feature_alpha_dropout(Tensor input, const FeatureAlphaDropoutFuncOptions& options = {});

// Padding: pad lists elements before and after, the last dimension first.
class PadFuncOptions {
 public:
  using mode_t = enumtype::Choice<enumtype::Name::Constant, enumtype::Name::Reflect, enumtype::Name::Replicate,
                                  enumtype::Name::Circular>;
  PadFuncOptions(std::vector<int64_t> pad) : pad_(std::move(pad)) {}  // NOLINT: implicit, as in libtorch
  RELUME_ARG(std::vector<int64_t>, pad);
  RELUME_ARG(mode_t, mode) = kConstant;
  RELUME_ARG(double, value) = 0;
};
RELUME_API Tensor pad(const Tensor& input, const PadFuncOptions& options);

// Losses. A weight is one number a class.
#define RELUME_LOSS_FUNCTION(name, Options, FuncOptions) \
  using FuncOptions = Options;                           \
  RELUME_API Tensor name(const Tensor& input, const Tensor& target, const FuncOptions& options = {})
// |x - y|
RELUME_LOSS_FUNCTION(l1_loss, L1LossOptions, L1LossFuncOptions);
// (x - y)^2
RELUME_LOSS_FUNCTION(mse_loss, MSELossOptions, MSELossFuncOptions);
// 0.5 d^2 / beta where d = |x - y| < beta, else d - 0.5 beta
RELUME_LOSS_FUNCTION(smooth_l1_loss, SmoothL1LossOptions, SmoothL1LossFuncOptions);
RELUME_API Tensor smooth_l1_loss(const Tensor& input, const Tensor& target, const SmoothL1LossFuncOptions& options,
                                 double beta);
// 0.5 d^2 where d = |x - y| <= delta, else delta (d - 0.5 delta)
RELUME_LOSS_FUNCTION(huber_loss, HuberLossOptions, HuberLossFuncOptions);
// -w (y log(x) + (1 - y) log(1 - x)), the logarithms no less than -100
RELUME_LOSS_FUNCTION(binary_cross_entropy, BCELossOptions, BinaryCrossEntropyFuncOptions);
// The same of sigmoid(x), computed from x; pos_weight multiplies the first term.
RELUME_LOSS_FUNCTION(binary_cross_entropy_with_logits, BCEWithLogitsLossOptions,
                     BinaryCrossEntropyWithLogitsFuncOptions);
// -w[y] x[y], of log-probabilities [N, C, ...] and classes [N, ...]; targets equal to ignore_index do not count.
RELUME_LOSS_FUNCTION(nll_loss, NLLLossOptions, NLLLossFuncOptions);
// The same of log_softmax(x). Targets may also be probabilities of the classes, of the shape of x.
RELUME_LOSS_FUNCTION(cross_entropy, CrossEntropyLossOptions, CrossEntropyFuncOptions);
// y (log(y) - x), of log-probabilities x; with log_target exp(y) (y - x).
RELUME_LOSS_FUNCTION(kl_div, KLDivLossOptions, KLDivFuncOptions);
// See relume::ctc_loss.
using CTCLossFuncOptions = CTCLossOptions;
RELUME_API Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                           const Tensor& target_lengths, const CTCLossFuncOptions& options = {});

// Losses of margins. y is the target, of 1 and -1 where nothing else is said; (x)+ is max(x, 0).
#define RELUME_PAIR_LOSS_FUNCTION(name, Options, FuncOptions) \
  using FuncOptions = Options;                                \
  RELUME_API Tensor name(const Tensor& a, const Tensor& b, const Tensor& c, const FuncOptions& options = {})
// x where y is 1, else (margin - x)+
RELUME_LOSS_FUNCTION(hinge_embedding_loss, HingeEmbeddingLossOptions, HingeEmbeddingLossFuncOptions);
// log(1 + exp(-y x))
RELUME_LOSS_FUNCTION(soft_margin_loss, SoftMarginLossOptions, SoftMarginLossFuncOptions);
// sum of (margin - x[y] + x[i])+^p over the other classes i, over their number, for classes y [N] and x [N, C]
RELUME_LOSS_FUNCTION(multi_margin_loss, MultiMarginLossOptions, MultiMarginLossFuncOptions);
// sum of (1 - (x[j] - x[i]))+ over the classes j that a row of y lists before -1, and all others i, over their number
RELUME_LOSS_FUNCTION(multilabel_margin_loss, MultiLabelMarginLossOptions, MultilabelMarginLossFuncOptions);
// mean over the classes of -(y log(sigmoid(x)) + (1 - y) log(sigmoid(-x))), y of 0 and 1
RELUME_LOSS_FUNCTION(multilabel_soft_margin_loss, MultiLabelSoftMarginLossOptions, MultilabelSoftMarginLossFuncOptions);
// exp(x) - y x, or x - y log(x + eps) where log_input is false, with an approximation of log(y!) where full
RELUME_LOSS_FUNCTION(poisson_nll_loss, PoissonNLLLossOptions, PoissonNLLLossFuncOptions);
// (-c (a - b) + margin)+
RELUME_PAIR_LOSS_FUNCTION(margin_ranking_loss, MarginRankingLossOptions, MarginRankingLossFuncOptions);
// 1 - cos(a, b) where c is 1, else (cos(a, b) - margin)+
RELUME_PAIR_LOSS_FUNCTION(cosine_embedding_loss, CosineEmbeddingLossOptions, CosineEmbeddingLossFuncOptions);
// (|a - b| - |a - c| + margin)+ for an anchor a, its like b and its unlike c; with swap |b - c| counts where it is less
RELUME_PAIR_LOSS_FUNCTION(triplet_margin_loss, TripletMarginLossOptions, TripletMarginLossFuncOptions);
// The same with another distance.
RELUME_PAIR_LOSS_FUNCTION(triplet_margin_with_distance_loss, TripletMarginWithDistanceLossOptions,
                          TripletMarginWithDistanceLossFuncOptions);
#undef RELUME_PAIR_LOSS_FUNCTION
#undef RELUME_LOSS_FUNCTION

// Distances.
using CosineSimilarityFuncOptions = CosineSimilarityOptions;
RELUME_API Tensor cosine_similarity(const Tensor& x1, const Tensor& x2,
                                    const CosineSimilarityFuncOptions& options = {});
using PairwiseDistanceFuncOptions = PairwiseDistanceOptions;
RELUME_API Tensor pairwise_distance(const Tensor& x1, const Tensor& x2,
                                    const PairwiseDistanceFuncOptions& options = {});
using relume::pdist;

// Images.
class InterpolateFuncOptions {
 public:
  using mode_t = enumtype::Choice<enumtype::Name::Nearest, enumtype::Name::Linear, enumtype::Name::Bilinear,
                                  enumtype::Name::Bicubic, enumtype::Name::Trilinear, enumtype::Name::Area,
                                  enumtype::Name::NearestExact>;
  RELUME_ARG(relume::detail::Maybe<std::vector<int64_t>>, size) = {};
  RELUME_ARG(relume::detail::Maybe<std::vector<double>>, scale_factor) = {};
  RELUME_ARG(mode_t, mode) = kNearest;
  RELUME_ARG(std::optional<bool>, align_corners) = {};
  RELUME_ARG(std::optional<bool>, recompute_scale_factor) = {};
  RELUME_ARG(bool, antialias) = false;
};
// [N, C, ...] with the last dimensions in another size, or scaled by factors. kLinear is for 3-D input, kBilinear and
// kBicubic for 4-D, kTrilinear for 5-D; with align_corners the centres of the corner pixels meet.
RELUME_API Tensor interpolate(const Tensor& input, const InterpolateFuncOptions& options = {});
class GridSampleFuncOptions {
 public:
  using mode_t = enumtype::Choice<enumtype::Name::Bilinear, enumtype::Name::Nearest, enumtype::Name::Bicubic>;
  using padding_mode_t = enumtype::Choice<enumtype::Name::Zeros, enumtype::Name::Border, enumtype::Name::Reflection>;
  RELUME_ARG(mode_t, mode) = kBilinear;
  RELUME_ARG(padding_mode_t, padding_mode) = kZeros;
  RELUME_ARG(std::optional<bool>, align_corners) = {};
};
// The input [N, C, H, W] read at the points of grid [N, H', W', 2], (x, y) in [-1, 1], or [N, C, D, H, W] at
// [N, D', H', W', 3].  Jaderberg et al., 2015.
RELUME_API Tensor grid_sample(const Tensor& input, const Tensor& grid, const GridSampleFuncOptions& options = {});
// Where grid_sample is to read for affine maps: theta [N, 2, 3] and size {N, C, H, W} to [N, H, W, 2], or [N, 3, 4] and
// {N, C, D, H, W} to [N, D, H, W, 3].
RELUME_API Tensor affine_grid(const Tensor& theta, const IntArrayRef& size, bool align_corners = false);
using PixelShuffleFuncOptions = PixelShuffleOptions;
using PixelUnshuffleFuncOptions = PixelUnshuffleOptions;
// [..., C r^2, H, W] to [..., C, H r, W r] with r the upscale_factor, and back.  Shi et al., 2016.
RELUME_API Tensor pixel_shuffle(const Tensor& input, const PixelShuffleFuncOptions& options);
RELUME_API Tensor pixel_unshuffle(const Tensor& input, const PixelUnshuffleFuncOptions& options);
using FoldFuncOptions = FoldOptions;
using UnfoldFuncOptions = UnfoldOptions;
// The windows of [N, C, H, W] as columns, [N, C * elements of a window, windows], also without N; fold adds columns up
// where the windows were.
RELUME_API Tensor unfold(const Tensor& input, const UnfoldFuncOptions& options);
RELUME_API Tensor fold(const Tensor& input, const FoldFuncOptions& options);
using LocalResponseNormFuncOptions = LocalResponseNormOptions;
// x / (k + alpha * mean of x^2 over `size` neighbouring channels)^beta.  Krizhevsky et al., 2012.
RELUME_API Tensor local_response_norm(const Tensor& input, const LocalResponseNormFuncOptions& options);
// (sum of x^p)^(1/p) over each window, p the norm_type.
#define RELUME_LP_POOL(name, Name)         \
  using Name##FuncOptions = Name##Options; \
  RELUME_API Tensor name(const Tensor& input, const Name##FuncOptions& options)
RELUME_LP_POOL(lp_pool1d, LPPool1d);
RELUME_LP_POOL(lp_pool2d, LPPool2d);
RELUME_LP_POOL(lp_pool3d, LPPool3d);
#undef RELUME_LP_POOL

}  // namespace functional
}  // namespace nn
}  // namespace relume
