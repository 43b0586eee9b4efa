// Linear, Bilinear, Flatten, Unflatten, Embedding.
#include "relume/nn/linear.h"

#include <cmath>
#include <ostream>

#include "core/check.h"
#include "nn/embedding_table.h"
#include "nn/inference.h"
#include "nn/print.h"
#include "nn/reset.h"
#include "ops/linear.h"
#include "relume/autograd.h"
#include "relume/nn/functional.h"
#include "relume/nn/init.h"
#include "relume/ops.h"

namespace relume::nn {

LinearImpl::LinearImpl(int64_t in_features, int64_t out_features)
    : LinearImpl(LinearOptions(in_features, out_features)) {}
LinearImpl::LinearImpl(const LinearOptions& options_) : options(options_) { LinearImpl::reset(); }

void LinearImpl::reset() {
  weight = register_parameter("weight", relume::empty({options.out_features(), options.in_features()}));
  bias =
      register_parameter("bias", options.bias() ? relume::empty({options.out_features()}) : Tensor(), options.bias());
  reset_parameters();
}

void LinearImpl::reset_parameters() { detail::reset_weight_and_bias(weight, bias); }

void LinearImpl::pretty_print(std::ostream& stream) const {
  detail::OptionsPrinter(stream, "Linear")
      .add("in_features", options.in_features())
      .add("out_features", options.out_features())
      .add("bias", options.bias());
}

Tensor LinearImpl::forward(const Tensor& input) {
  if (const auto planned = detail::inference_weights(*this))
    return linear_of_module(input, planned->weight, planned->bias);
  return linear_of_module(input, weight, bias);
}

Tensor functional::linear(const Tensor& input, const Tensor& weight, const Tensor& bias) {
  return relume::linear(input, weight, bias);
}

BilinearImpl::BilinearImpl(int64_t in1_features, int64_t in2_features, int64_t out_features)
    : BilinearImpl(BilinearOptions(in1_features, in2_features, out_features)) {}
BilinearImpl::BilinearImpl(const BilinearOptions& options_) : options(options_) { BilinearImpl::reset(); }

void BilinearImpl::reset() {
  weight = register_parameter("weight",
                              relume::empty({options.out_features(), options.in1_features(), options.in2_features()}));
  bias =
      register_parameter("bias", options.bias() ? relume::empty({options.out_features()}) : Tensor(), options.bias());
  reset_parameters();
}

void BilinearImpl::reset_parameters() {
  const double bound = 1.0 / std::sqrt(static_cast<double>(weight.size(1)));
  init::uniform_(weight, -bound, bound);
  if (bias.defined()) init::uniform_(bias, -bound, bound);
}

void BilinearImpl::pretty_print(std::ostream& stream) const {
  detail::OptionsPrinter(stream, "Bilinear")
      .add("in1_features", options.in1_features())
      .add("in2_features", options.in2_features())
      .add("out_features", options.out_features())
      .add("bias", options.bias());
}

Tensor BilinearImpl::forward(const Tensor& input1, const Tensor& input2) {
  return relume::bilinear(input1, input2, weight, bias);
}

Tensor functional::bilinear(const Tensor& input1, const Tensor& input2, const Tensor& weight, const Tensor& bias) {
  return relume::bilinear(input1, input2, weight, bias);
}

FlattenImpl::FlattenImpl() : FlattenImpl(FlattenOptions()) {}
FlattenImpl::FlattenImpl(const FlattenOptions& options_) : options(options_) {}
void FlattenImpl::reset() {}
void FlattenImpl::pretty_print(std::ostream& stream) const {
  detail::OptionsPrinter(stream, "Flatten").add("start_dim", options.start_dim()).add("end_dim", options.end_dim());
}
Tensor FlattenImpl::forward(const Tensor& input) { return input.flatten(options.start_dim(), options.end_dim()); }

UnflattenImpl::UnflattenImpl(int64_t dim, std::vector<int64_t> sizes)
    : UnflattenImpl(UnflattenOptions(dim, std::move(sizes))) {}
UnflattenImpl::UnflattenImpl(const UnflattenOptions& options_) : options(options_) {}
void UnflattenImpl::reset() {}
void UnflattenImpl::pretty_print(std::ostream& stream) const {
  std::string sizes = to_string(options.sizes());
  sizes.front() = '{';
  sizes.back() = '}';
  detail::OptionsPrinter(stream, "Unflatten").add("dim", options.dim()).add("unflattened_size", sizes);
}
Tensor UnflattenImpl::forward(const Tensor& input) { return input.unflatten(options.dim(), options.sizes()); }

// Embedding.

EmbeddingImpl::EmbeddingImpl(int64_t num_embeddings, int64_t embedding_dim)
    : EmbeddingImpl(EmbeddingOptions(num_embeddings, embedding_dim)) {}
EmbeddingImpl::EmbeddingImpl(EmbeddingOptions options_) : options(std::move(options_)) { EmbeddingImpl::reset(); }

void EmbeddingImpl::reset() {
  const int64_t rows = options.num_embeddings();
  if (auto& index = options.padding_idx()) index = detail::padding_row(*index, rows);
  const Tensor& given = options._weight();
  weight = register_parameter("weight", detail::make_table("_weight", given, rows, options.embedding_dim()));
  if (!given.defined()) reset_parameters();
}

void EmbeddingImpl::reset_parameters() {
  init::normal_(weight);
  if (options.padding_idx()) {
    const NoGradGuard no_grad;
    weight.select(0, *options.padding_idx()).fill_(0);
  }
}

void EmbeddingImpl::pretty_print(std::ostream& stream) const {
  detail::OptionsPrinter printer(stream, "Embedding");
  printer.add("num_embeddings", options.num_embeddings()).add("embedding_dim", options.embedding_dim());
  printer.add_unless(!options.padding_idx(), "padding_idx", options.padding_idx());
  printer.add_unless(!options.max_norm(), "max_norm", options.max_norm());
  printer.add_unless(options.norm_type() == 2, "norm_type", options.norm_type());
  printer.add_unless(!options.scale_grad_by_freq(), "scale_grad_by_freq", options.scale_grad_by_freq());
  printer.add_unless(!options.sparse(), "sparse", options.sparse());
}

Tensor EmbeddingImpl::forward(const Tensor& indices) {
  return functional::embedding(indices, weight,
                               functional::EmbeddingFuncOptions()
                                   .padding_idx(options.padding_idx())
                                   .max_norm(options.max_norm())
                                   .norm_type(options.norm_type())
                                   .scale_grad_by_freq(options.scale_grad_by_freq())
                                   .sparse(options.sparse()));
}

Embedding Embedding::from_pretrained(const Tensor& embeddings, const EmbeddingFromPretrainedOptions& options) {
  check(embeddings.dim() == 2, "Embeddings parameter is expected to be 2-dimensional");
  Embedding embedding(EmbeddingOptions(embeddings.size(0), embeddings.size(1))
                          ._weight(embeddings)
                          .padding_idx(options.padding_idx())
                          .max_norm(options.max_norm())
                          .norm_type(options.norm_type())
                          .scale_grad_by_freq(options.scale_grad_by_freq())
                          .sparse(options.sparse()));
  embedding->weight.set_requires_grad(!options.freeze());
  return embedding;
}

int64_t detail::padding_row(int64_t padding_idx, int64_t rows) {
  check(padding_idx < rows, "Padding_idx must be within num_embeddings");
  check(padding_idx >= -rows, "Padding_idx must be within num_embedding");
  return padding_idx < 0 ? padding_idx + rows : padding_idx;
}

Tensor detail::make_table(const char* name, const Tensor& given, int64_t rows, int64_t width) {
  if (!given.defined()) return relume::empty({rows, width});
  check(given.sizes() == IntArrayRef({rows, width}), "Shape of {} does not match num_embeddings and embedding_dim",
        name);
  return given;
}

Tensor functional::embedding(const Tensor& input, const Tensor& weight, const EmbeddingFuncOptions& options) {
  const int64_t padding_idx = options.padding_idx() ? detail::padding_row(*options.padding_idx(), weight.size(0)) : -1;
  if (options.max_norm()) detail::shorten_rows(weight, input, *options.max_norm(), options.norm_type());
  return relume::embedding(weight, input, padding_idx, options.scale_grad_by_freq(), options.sparse());
}

Tensor functional::one_hot(const Tensor& tensor, int64_t num_classes) { return relume::one_hot(tensor, num_classes); }

}  // namespace relume::nn
