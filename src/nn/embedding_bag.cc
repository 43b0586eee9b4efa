// EmbeddingBag as a function with options and as a module.
#include "relume/nn/embedding_bag.h"

#include <ostream>

#include "core/check.h"
#include "nn/embedding_table.h"
#include "nn/print.h"
#include "relume/nn/functional.h"
#include "relume/nn/init.h"
#include "relume/ops.h"

namespace relume::nn {

using enumtype::Name;

Tensor functional::embedding_bag(const Tensor& input, const Tensor& weight, const EmbeddingBagFuncOptions& options) {
  Tensor indices = input, offsets = options.offsets(), weights = options.per_sample_weights();
  check(!weights.defined() || input.sizes() == weights.sizes(),
        "embedding_bag: If per_sample_weights ({}) is not null, then it must have the same shape as the input ({})",
        weights.defined() ? weights.sizes() : IntArrayRef(), input.sizes());
  check(input.dim() == 1 || input.dim() == 2, "input has to be 1D or 2D Tensor, but got Tensor of dimension {}",
        input.dim());
  if (input.dim() == 2) {
    check(!offsets.defined(),
          "If input is 2D, then offsets has to be null, as input is treated is a mini-batch of fixed length sequences. "
          "However, found offsets of type Tensor");
    offsets = arange(input.size(0), kLong) * input.size(1);
    indices = input.reshape({-1});
  } else {
    check(offsets.defined(), "offsets has to be a 1D Tensor but got null");
    check(offsets.dim() == 1, "offsets has to be a 1D Tensor");
  }
  const Name mode = options.mode();
  if (mode == Name::Max) {
    check(!options.scale_grad_by_freq(), "max mode does not support scaling the gradient by the frequency");
    check(!options.sparse(), "max mode does not support sparse weights");
  }
  if (options.max_norm()) detail::shorten_rows(weight, indices, *options.max_norm(), options.norm_type());
  check(!weights.defined() || mode == Name::Sum,
        "embedding_bag: per_sample_weights was not null. per_sample_weights is only supported for mode='kSum' (got "
        "mode='{}').Please open a feature request on GitHub.",
        enumtype::get_enum_name(mode));
  const bool last = options.include_last_offset() && input.dim() == 1;
  return std::get<0>(relume::embedding_bag(weight, indices, offsets, options.scale_grad_by_freq(),
                                           mode == Name::Sum    ? 0
                                           : mode == Name::Mean ? 1
                                                                : 2,
                                           options.sparse(), weights, last, options.padding_idx()));
}

EmbeddingBagImpl::EmbeddingBagImpl(int64_t num_embeddings, int64_t embedding_dim)
    : EmbeddingBagImpl(EmbeddingBagOptions(num_embeddings, embedding_dim)) {}
EmbeddingBagImpl::EmbeddingBagImpl(EmbeddingBagOptions options_) : options(std::move(options_)) {
  EmbeddingBagImpl::reset();
}

void EmbeddingBagImpl::reset() {
  const int64_t rows = options.num_embeddings();
  if (auto& index = options.padding_idx()) index = detail::padding_row(*index, rows);
  const Tensor& given = options._weight();
  weight = register_parameter("weight", detail::make_table("weight", given, rows, options.embedding_dim()));
  if (!given.defined()) reset_parameters();
}

void EmbeddingBagImpl::reset_parameters() { init::normal_(weight); }

void EmbeddingBagImpl::pretty_print(std::ostream& stream) const {
  detail::OptionsPrinter printer(stream, "EmbeddingBag");
  printer.add("num_embeddings", options.num_embeddings()).add("embedding_dim", options.embedding_dim());
  printer.add_unless(!options.max_norm(), "max_norm", options.max_norm());
  printer.add_unless(options.norm_type() == 2, "norm_type", options.norm_type());
  printer.add_unless(!options.scale_grad_by_freq(), "scale_grad_by_freq", options.scale_grad_by_freq());
  printer.add_unless(!options.sparse(), "sparse", options.sparse());
  printer.add_unless(Name(options.mode()) == Name::Mean, "mode", enumtype::get_enum_name(options.mode()));
  printer.add_unless(!options.include_last_offset(), "include_last_offset", options.include_last_offset());
  printer.add_unless(!options.padding_idx(), "padding_idx", options.padding_idx());
}

Tensor EmbeddingBagImpl::forward(const Tensor& input, const Tensor& offsets, const Tensor& per_sample_weights) {
  return functional::embedding_bag(input, weight,
                                   functional::EmbeddingBagFuncOptions()
                                       .offsets(offsets)
                                       .max_norm(options.max_norm())
                                       .norm_type(options.norm_type())
                                       .scale_grad_by_freq(options.scale_grad_by_freq())
                                       .mode(options.mode())
                                       .sparse(options.sparse())
                                       .per_sample_weights(per_sample_weights)
                                       .include_last_offset(options.include_last_offset())
                                       .padding_idx(options.padding_idx()));
}

EmbeddingBag EmbeddingBag::from_pretrained(const Tensor& embeddings, const EmbeddingBagFromPretrainedOptions& options) {
  check(embeddings.dim() == 2, "Embeddings parameter is expected to be 2-dimensional");
  EmbeddingBag bag(EmbeddingBagOptions(embeddings.size(0), embeddings.size(1))
                       ._weight(embeddings)
                       .max_norm(options.max_norm())
                       .norm_type(options.norm_type())
                       .scale_grad_by_freq(options.scale_grad_by_freq())
                       .mode(options.mode())
                       .sparse(options.sparse())
                       .include_last_offset(options.include_last_offset())
                       .padding_idx(options.padding_idx()));
  bag->weight.set_requires_grad(!options.freeze());
  return bag;
}

}  // namespace relume::nn
