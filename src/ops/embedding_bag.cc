// Sums, means or maxima of rows of a table, a bag of them each.
#include <limits>

#include "ops/composed.h"

namespace relume {
namespace {

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

// Sums (mode 0), means (1) or maxima (2) of rows of weight [num_embeddings, embedding_dim]: indices [N] in bags that
// begin at offsets [B] (with include_last_offset the last is where the last bag ends). Returns the result [B,
// embedding_dim], the bag of each index, the sizes of bags, and for maxima the rows that they are from. Indices equal
// to padding_idx do not count.
std::tuple<Tensor, Tensor, Tensor, Tensor> embedding_bag(const Tensor& weight, const Tensor& indices,
                                                         const Tensor& offsets, bool scale_grad_by_freq, int64_t mode,
                                                         bool sparse, const Tensor& per_sample_weights,
                                                         bool include_last_offset, std::optional<int64_t> padding_idx) {
  check_indices("indices", indices);
  check_indices("offsets", offsets);
  check(mode >= kModeSum && mode <= kModeMax, "`mode` must be sum, mean, or max.");
  const int64_t rows = weight.size(0);
  const Tensor flat = indices.reshape({-1});
  check_offsets(offsets, flat.numel(), include_last_offset);
  check_range(flat, rows);
  check(!padding_idx || (*padding_idx >= -rows && *padding_idx < rows),
        "padding_idx must be within the number of embeddings, {} through {}, but got {}", -rows, rows - 1,
        padding_idx.value_or(0));
  check(!per_sample_weights.defined() || per_sample_weights.scalar_type() == weight.scalar_type(),
        "Expected tensor for argument #1 'weight' to have the same type as tensor for argument #1 "
        "'per_sample_weights'; but "
        "type {} does not equal {} (while checking arguments for embedding_bag)",
        weight.toString(), per_sample_weights.defined() ? per_sample_weights.toString() : "");
  const int64_t padding = !padding_idx ? -1 : *padding_idx < 0 ? *padding_idx + rows : *padding_idx;
  const Bags bags = make_bags(flat, offsets, include_last_offset, padding);
  const ScalarType kind = indices.scalar_type();
  const Tensor bag = bags.bag.to(kind), sizes = bags.sizes.to(kind);
  if (mode == kModeMax) {
    const Tensor from = rows_of_maxima(bags, weight);
    const Tensor maxima = weight.gather(0, from).masked_fill((bags.sizes == 0).unsqueeze(1), 0);
    return {named("EmbeddingBagBackward0", maxima), bag, sizes, from.to(kind)};
  }
  Tensor values = embedding(weight, bags.index, -1, scale_grad_by_freq, sparse);
  if (per_sample_weights.defined())
    values = values * per_sample_weights.reshape({-1}).narrow(0, 0, values.size(0)).unsqueeze(1);
  if (padding_idx) values = values.masked_fill(bags.counted.logical_not().unsqueeze(1), 0);
  const Tensor none = zeros({bags.count, weight.size(1)}, weight.options().requires_grad(false));
  Tensor sums = none.index_add(0, bags.bag, values);
  if (mode == kModeMean) sums = sums / bags.sizes.clamp_min(1).to(sums.scalar_type()).unsqueeze(1);
  return {named("EmbeddingBagBackward0", sums), bag, sizes, sizes};
}

}  // namespace relume
