// EmbeddingBag: sums, means or maxima of rows of a table.
#pragma once

#include <optional>
#include <tuple>

#include "relume/nn/module.h"
#include "relume/nn/options.h"
#include "relume/nn/pimpl.h"

namespace relume {
namespace nn {

using EmbeddingBagMode = enumtype::Choice<enumtype::Name::Sum, enumtype::Name::Mean, enumtype::Name::Max>;

class EmbeddingBagOptions {
 public:
  EmbeddingBagOptions(int64_t num_embeddings, int64_t embedding_dim)
      : num_embeddings_(num_embeddings), embedding_dim_(embedding_dim) {}
  RELUME_ARG(int64_t, num_embeddings);
  RELUME_ARG(int64_t, embedding_dim);
  RELUME_ARG(std::optional<double>, max_norm) = {};
  RELUME_ARG(double, norm_type) = 2.0;
  RELUME_ARG(bool, scale_grad_by_freq) = false;
  RELUME_ARG(EmbeddingBagMode, mode) = kMean;
  RELUME_ARG(bool, sparse) = false;
  RELUME_ARG(Tensor, _weight) = Tensor();
  RELUME_ARG(bool, include_last_offset) = false;
  RELUME_ARG(std::optional<int64_t>, padding_idx) = {};
};
class EmbeddingBagFromPretrainedOptions {
 public:
  RELUME_ARG(bool, freeze) = true;
  RELUME_ARG(std::optional<double>, max_norm) = {};
  RELUME_ARG(double, norm_type) = 2.0;
  RELUME_ARG(bool, scale_grad_by_freq) = false;
  RELUME_ARG(EmbeddingBagMode, mode) = kMean;
  RELUME_ARG(bool, sparse) = false;
  RELUME_ARG(bool, include_last_offset) = false;
  RELUME_ARG(std::optional<int64_t>, padding_idx) = {};
};

// The sum, mean or maximum of the rows of a table that each bag names: indices [B, N], or [N] with the offsets at which
// bags begin, to [B, embedding_dim]. per_sample_weights, of the shape of the indices, multiply the rows of a sum;
// indices equal to padding_idx do not count, and rows longer than max_norm are scaled down in the table.
class RELUME_API EmbeddingBagImpl : public Cloneable<EmbeddingBagImpl> {
 public:
  EmbeddingBagImpl(int64_t num_embeddings, int64_t embedding_dim);
  explicit EmbeddingBagImpl(EmbeddingBagOptions options_);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& offsets = {}, const Tensor& per_sample_weights = {});
  EmbeddingBagOptions options;
  Tensor weight;
};
class EmbeddingBag : public ModuleHolder<EmbeddingBagImpl> {
 public:
  using ModuleHolder<EmbeddingBagImpl>::ModuleHolder;
  using Impl = EmbeddingBagImpl;
  // With the table given.
  RELUME_API static EmbeddingBag from_pretrained(const Tensor& embeddings,
                                                 const EmbeddingBagFromPretrainedOptions& options = {});
};

}  // namespace nn

}  // namespace relume
