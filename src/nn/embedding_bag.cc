// EmbeddingBag: sums, means or maxima of rows of a table, as a function and as a module.
#include "relume/nn/embedding_bag.h"

#include <limits>
#include <ostream>

#include "core/check.h"
#include "nn/embedding_table.h"
#include "nn/print.h"
#include "relume/nn/functional.h"
#include "relume/nn/init.h"
#include "relume/ops.h"

namespace relume {
namespace {

using enumtype::Name;
enum Mode : int64_t { kModeSum, kModeMean, kModeMax };

void check_indices(const char* name, const Tensor& tensor) {
  check(tensor.scalar_type() == kLong || tensor.scalar_type() == kInt,
        "Expected tensor for argument #1 '{}' to have one of the following scalar types: Long, Int; but got {} instead "
        "(while checking arguments for embedding_bag)",
        name, tensor.toString());
}

void check_offsets(const Tensor& offsets, int64_t length, bool include_last_offset) {
  check(offsets.dim() == 1, "offsets has to be a 1D Tensor, but got Tensor of dimension {}", offsets.dim());
  check(!include_last_offset || offsets.numel() >= 1, "include_last_offset: number of offset should be at least 1");
  if (offsets.numel() == 0) return;
  const auto first = offsets[0].item<int64_t>(), last = offsets[-1].item<int64_t>();
  check(first == 0,
        "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, got "
        "{}",
        first);
  check(last <= length, "offsets[-1] can not be greater than input's length {} but got offsets[-1] of {}", length,
        last);
  const int64_t steps = offsets.numel() - 1;
  check((offsets.narrow(0, 0, steps) <= offsets.narrow(0, 1, steps)).all().item<bool>(),
        "embedding_bag: expected offsets that do not decrease");
}

void check_range(const Tensor& indices, int64_t rows) {
  const Tensor outside = (indices < 0).logical_or(indices >= rows).nonzero();
  if (outside.size(0) == 0) return;
  const auto place = outside[0].item<int64_t>();
  fail("Index {} of input takes value {} which is not in the valid range [0, {})", place,
       indices[place].item<int64_t>(), rows);
}

// Which bag each index belongs to, and how many of each bag count: those that are not padding_idx.
struct Bags {
  int64_t count;
  Tensor index, bag, counted, sizes;
};

Bags make_bags(const Tensor& indices, const Tensor& offsets, bool include_last_offset, int64_t padding_idx) {
  Bags bags;
  bags.count = offsets.numel() - (include_last_offset ? 1 : 0);
  const int64_t end = include_last_offset ? offsets[-1].item<int64_t>() : bags.count > 0 ? indices.numel() : 0;
  bags.index = indices.narrow(0, 0, end).to(kLong);
  const Tensor starts = offsets.narrow(0, 0, bags.count).to(kLong);
  const Tensor begins = zeros({end + 1}, kLong).index_add(0, starts, ones_like(starts));
  bags.bag = begins.cumsum(0).narrow(0, 0, end) - 1;
  bags.counted = bags.index != padding_idx;
  bags.sizes = zeros({bags.count}, kLong).index_add(0, bags.bag, bags.counted.to(kLong));
  return bags;
}

// The row that has the maximum of each bag and column, 0 for bags without indices: [B, embedding_dim].
Tensor rows_of_maxima(const Bags& bags, const Tensor& weight) {
  const Tensor index = bags.index.masked_select(bags.counted), sizes = bags.sizes.unsqueeze(1);
  if (index.numel() == 0) return zeros({bags.count, weight.size(1)}, kLong);
  const Tensor place = arange(bags.sizes.max().item<int64_t>());
  const Tensor starts = bags.sizes.cumsum(0).unsqueeze(1) - sizes;
  const Tensor candidates = index.take((starts + place).clamp_max(index.numel() - 1));
  const Tensor values = embedding(weight.detach(), candidates);
  const Tensor beyond = (place >= sizes).unsqueeze(2);
  const Tensor best = values.masked_fill(beyond, -std::numeric_limits<double>::infinity()).argmax(1);
  return candidates.gather(1, best).masked_fill(sizes == 0, 0);
}

}  // namespace

std::tuple<Tensor, Tensor, Tensor, Tensor> embedding_bag(const Tensor& weight, const Tensor& indices,
                                                         const Tensor& offsets, bool scale_grad_by_freq, int64_t mode,
                                                         bool sparse, const Tensor& per_sample_weights,
                                                         bool include_last_offset, std::optional<int64_t> padding_idx) {
  check_indices("indices", indices);
  check_indices("offsets", offsets);
  check(mode >= kModeSum && mode <= kModeMax, "embedding_bag: expected a mode of 0, 1 or 2, got {}", mode);
  const int64_t rows = weight.size(0);
  const Tensor flat = indices.reshape({-1});
  check_offsets(offsets, flat.numel(), include_last_offset);
  check_range(flat, rows);
  check(!padding_idx || (*padding_idx >= -rows && *padding_idx < rows),
        "padding_idx must be within the number of embeddings, {} through {}, but got {}", -rows, rows - 1,
        padding_idx.value_or(0));
  check(!per_sample_weights.defined() || per_sample_weights.scalar_type() == weight.scalar_type(),
        "embedding_bag: expected per_sample_weights of the dtype of weight, {}, got {}",
        to_string(weight.scalar_type()),
        per_sample_weights.defined() ? to_string(per_sample_weights.scalar_type()) : "");
  const int64_t padding = !padding_idx ? -1 : *padding_idx < 0 ? *padding_idx + rows : *padding_idx;
  const Bags bags = make_bags(flat, offsets, include_last_offset, padding);
  const ScalarType kind = indices.scalar_type();
  const Tensor bag = bags.bag.to(kind), sizes = bags.sizes.to(kind);
  if (mode == kModeMax) {
    const Tensor from = rows_of_maxima(bags, weight);
    const Tensor maxima = weight.gather(0, from).masked_fill((bags.sizes == 0).unsqueeze(1), 0);
    return {maxima, bag, sizes, from.to(kind)};
  }
  Tensor values = embedding(weight, bags.index, -1, scale_grad_by_freq, sparse);
  if (per_sample_weights.defined())
    values = values * per_sample_weights.reshape({-1}).narrow(0, 0, values.size(0)).unsqueeze(1);
  if (padding_idx) values = values.masked_fill(bags.counted.logical_not().unsqueeze(1), 0);
  const Tensor none = zeros({bags.count, weight.size(1)}, weight.options().requires_grad(false));
  Tensor sums = none.index_add(0, bags.bag, values);
  if (mode == kModeMean) sums = sums / bags.sizes.clamp_min(1).to(sums.scalar_type()).unsqueeze(1);
  return {sums, bag, sizes, sizes};
}

namespace nn {

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
                                           mode == Name::Sum    ? kModeSum
                                           : mode == Name::Mean ? kModeMean
                                                                : kModeMax,
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

}  // namespace nn
}  // namespace relume
