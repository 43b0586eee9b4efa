// Linear maps, and modules that only change the shape: Linear, Bilinear, Flatten, Unflatten, Embedding.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "relume/nn/module.h"
#include "relume/nn/options.h"
#include "relume/nn/pimpl.h"

namespace relume {
namespace nn {

class LinearOptions {
 public:
  LinearOptions(int64_t in_features, int64_t out_features) : in_features_(in_features), out_features_(out_features) {}
  RELUME_ARG(int64_t, in_features);
  RELUME_ARG(int64_t, out_features);
  RELUME_ARG(bool, bias) = true;
};
// x W^T + b.  [*, in_features] -> [*, out_features].
class RELUME_API LinearImpl : public Cloneable<LinearImpl> {
 public:
  LinearImpl(int64_t in_features, int64_t out_features);
  explicit LinearImpl(const LinearOptions& options_);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
  LinearOptions options;
  Tensor weight, bias;
};
using Linear = ModuleHolder<LinearImpl>;

class BilinearOptions {
 public:
  BilinearOptions(int64_t in1_features, int64_t in2_features, int64_t out_features)
      : in1_features_(in1_features), in2_features_(in2_features), out_features_(out_features) {}
  RELUME_ARG(int64_t, in1_features);
  RELUME_ARG(int64_t, in2_features);
  RELUME_ARG(int64_t, out_features);
  RELUME_ARG(bool, bias) = true;
};
// x1^T W x2 + b.  [*, in1_features], [*, in2_features] -> [*, out_features].
class RELUME_API BilinearImpl : public Cloneable<BilinearImpl> {
 public:
  BilinearImpl(int64_t in1_features, int64_t in2_features, int64_t out_features);
  explicit BilinearImpl(const BilinearOptions& options_);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input1, const Tensor& input2);
  BilinearOptions options;
  Tensor weight, bias;
};
using Bilinear = ModuleHolder<BilinearImpl>;

class FlattenOptions {
 public:
  RELUME_ARG(int64_t, start_dim) = 1;
  RELUME_ARG(int64_t, end_dim) = -1;
};
// The dimensions from start_dim to end_dim as one.
RELUME_STATELESS_MODULE(Flatten, (const Tensor& input), );

class UnflattenOptions {
 public:
  UnflattenOptions(int64_t dim, std::vector<int64_t> sizes) : dim_(dim), sizes_(std::move(sizes)) {}
  RELUME_ARG(int64_t, dim);
  RELUME_ARG(std::vector<int64_t>, sizes);
};
// Dimension dim as several of these sizes.
RELUME_STATELESS_MODULE(Unflatten, (const Tensor& input), int64_t dim, std::vector<int64_t> sizes);

class EmbeddingOptions {
 public:
  EmbeddingOptions(int64_t num_embeddings, int64_t embedding_dim)
      : num_embeddings_(num_embeddings), embedding_dim_(embedding_dim) {}
  RELUME_ARG(int64_t, num_embeddings);
  RELUME_ARG(int64_t, embedding_dim);
  RELUME_ARG(std::optional<int64_t>, padding_idx) = {};
  RELUME_ARG(std::optional<double>, max_norm) = {};
  RELUME_ARG(double, norm_type) = 2.0;
  RELUME_ARG(bool, scale_grad_by_freq) = false;
  RELUME_ARG(bool, sparse) = false;
  RELUME_ARG(Tensor, _weight) = Tensor();
};
class EmbeddingFromPretrainedOptions {
 public:
  RELUME_ARG(bool, freeze) = true;
  RELUME_ARG(std::optional<int64_t>, padding_idx) = {};
  RELUME_ARG(std::optional<double>, max_norm) = {};
  RELUME_ARG(double, norm_type) = 2.0;
  RELUME_ARG(bool, scale_grad_by_freq) = false;
  RELUME_ARG(bool, sparse) = false;
};
// Rows of a table, by index.  [*] of an integer dtype -> [*, embedding_dim]. The row padding_idx gets no gradient;
// rows longer than max_norm are scaled down in the table when they are used.
class RELUME_API EmbeddingImpl : public Cloneable<EmbeddingImpl> {
 public:
  EmbeddingImpl(int64_t num_embeddings, int64_t embedding_dim);
  explicit EmbeddingImpl(EmbeddingOptions options_);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& indices);
  EmbeddingOptions options;
  Tensor weight;
};
class Embedding : public ModuleHolder<EmbeddingImpl> {
 public:
  using ModuleHolder<EmbeddingImpl>::ModuleHolder;
  using Impl = EmbeddingImpl;
  // With the table given.
  RELUME_API static Embedding from_pretrained(const Tensor& embeddings,
                                              const EmbeddingFromPretrainedOptions& options = {});
};

}  // namespace nn
}  // namespace relume
