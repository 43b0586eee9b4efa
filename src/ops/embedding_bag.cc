// Sums, means or maxima of rows of a table, a bag of them each.
#include <algorithm>

#include "ops/composed.h"
#include "ops/embedding.h"
#include "ops/pick.h"

namespace relume {
namespace {

enum Mode : int64_t { kModeSum, kModeMean, kModeMax };

// Of the type to which indices and offsets are promoted together.
void check_indices(ScalarType common) {
  check(common == kLong || common == kInt,
        "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
        "torch.{}Tensor instead (while checking arguments for embedding_bag)",
        to_string(common));
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

// The indices as int64, which must be in [0, rows).
Tensor checked_indices(const Tensor& indices, int64_t rows) {
  const Tensor dense = dense_index(indices);
  const auto* const index = dense.data_ptr<int64_t>();
  const int64_t bad = cpu::first_outside(index, dense.numel(), 0, rows);
  check(bad < 0, "Index {} of input takes value {} which is not in the valid range [0, {})", bad,
        bad < 0 ? 0 : index[bad], rows);
  return dense;
}

// Where bags begin, and behind them the end of the last one; which bag each index belongs to; and how many of each bag
// count: those that are not padding_idx.
struct Bags {
  int64_t count, padding;
  Tensor index, starts, bag, sizes;

  cpu::EmbeddingBags described() const { return {starts.data_ptr<int64_t>(), count, padding}; }
};

Bags make_bags(const Tensor& indices, const Tensor& offsets, bool include_last_offset, int64_t padding) {
  Bags bags;
  bags.padding = padding;
  bags.count = offsets.numel() - (include_last_offset ? 1 : 0);
  bags.starts = make_tensor({bags.count + 1}, kLong);
  auto* const starts = bags.starts.data_ptr<int64_t>();
  const Tensor given = dense_index(offsets);
  std::copy_n(given.data_ptr<int64_t>(), given.numel(), starts);
  if (!include_last_offset) starts[bags.count] = bags.count > 0 ? indices.numel() : 0;
  bags.index = indices.narrow(0, 0, starts[bags.count]);
  bags.bag = make_tensor({starts[bags.count]}, kLong);
  bags.sizes = make_tensor({bags.count}, kLong);
  const auto* const index = bags.index.data_ptr<int64_t>();
  for (int64_t b = 0; b < bags.count; ++b) {
    const int64_t begin = starts[b], end = starts[b + 1];
    std::fill(bags.bag.data_ptr<int64_t>() + begin, bags.bag.data_ptr<int64_t>() + end, b);
    const int64_t skipped = padding < 0 ? 0 : std::count(index + begin, index + end, padding);
    bags.sizes.data_ptr<int64_t>()[b] = end - begin - skipped;
  }
  return bags;
}

// Sums or means; `factors`, one an index, may be undefined.
Tensor bag_sums(const Tensor& weight, const Tensor& factors, const Bags& bags, bool mean, bool scale_grad_by_freq) {
  Tensor result;
  {
    const NoGradGuard unrecorded;
    const Tensor table = weight.contiguous(), dense = factors.defined() ? factors.contiguous() : factors;
    result = make_tensor({bags.count, weight.size(1)}, weight.scalar_type());
    cpu::embedding_bag_sums(describe_embedding(bags.index, weight.scalar_type(), weight.size(0), weight.size(1)),
                            bags.described(), table.data_ptr(), dense.defined() ? dense.data_ptr() : nullptr, mean,
                            result.data_ptr());
  }
  const TableGradient options = {weight.size(0), bags.padding, scale_grad_by_freq};
  return record("EmbeddingBagBackward0", std::move(result), {weight, factors},
                {factors.defined() ? weight : factors, factors, bags.index, bags.bag, bags.sizes},
                [options, mean](Backward& run) {
                  const Tensor factors = run.saved(1), index = run.saved(2), bag = run.saved(3);
                  Tensor grad = run.grad();
                  if (mean) grad = grad / run.saved(4).clamp_min(1).to(grad.scalar_type()).unsqueeze(1);
                  if (!factors.defined()) return run.set(0, table_gradient(grad, index, bag, options));
                  grad = grad.index_select(0, bag);
                  if (run.needs(0)) run.set(0, table_gradient(grad * factors.unsqueeze(1), index, Tensor(), options));
                  if (!run.needs(1)) return;
                  const Tensor slopes = (embedding(run.saved(0), index) * grad).sum(1);
                  run.set(1, options.padding < 0 ? slopes : slopes.masked_fill(index == options.padding, 0));
                });
}

// The row that has the maximum of each bag and column, 0 for bags without indices: [B, embedding_dim].
Tensor rows_of_maxima(const Bags& bags, const Tensor& weight) {
  const Tensor table = weight.detach().contiguous(), from = make_tensor({bags.count, weight.size(1)}, kLong);
  cpu::embedding_bag_maxima(describe_embedding(bags.index, weight.scalar_type(), weight.size(0), weight.size(1)),
                            bags.described(), table.data_ptr(), from.data_ptr<int64_t>());
  return from;
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
  const ScalarType kind = promote_types(indices.scalar_type(), offsets.scalar_type());
  check_indices(kind);
  check(mode >= kModeSum && mode <= kModeMax, "`mode` must be sum, mean, or max.");
  check(impl_of(weight, "embedding_bag").dim() == 2, "'weight' must be 2-D");
  const int64_t rows = weight.size(0);
  check_offsets(offsets, indices.numel(), include_last_offset);
  const Tensor flat = checked_indices(indices.reshape({-1}), rows);
  check(!padding_idx || (*padding_idx >= -rows && *padding_idx < rows),
        "padding_idx must be within the number of embeddings, {} through {}, but got {}", -rows, rows - 1,
        padding_idx.value_or(0));
  check(!per_sample_weights.defined() || per_sample_weights.scalar_type() == weight.scalar_type(),
        "Expected tensor for argument #1 'weight' to have the same type as tensor for argument #1 "
        "'per_sample_weights'; but "
        "type {} does not equal {} (while checking arguments for embedding_bag)",
        weight.toString(), per_sample_weights.defined() ? per_sample_weights.toString() : "");
  check(!per_sample_weights.defined() || mode == kModeSum,
        "embedding_bag: per_sample_weights only supported with mode='sum'");
  const int64_t padding = !padding_idx ? -1 : *padding_idx < 0 ? *padding_idx + rows : *padding_idx;
  const Bags bags = make_bags(flat, offsets, include_last_offset, padding);
  const Tensor bag = bags.bag.to(kind), sizes = bags.sizes.to(kind);
  if (mode == kModeMax) {
    const Tensor from = rows_of_maxima(bags, weight);
    const Tensor maxima = weight.gather(0, from).masked_fill((bags.sizes == 0).unsqueeze(1), 0);
    return {named("EmbeddingBagBackward0", maxima), bag, sizes, from.to(kind)};
  }
  check<NotImplementedError>(!sparse, "embedding: sparse gradients are not supported");
  Tensor factors = per_sample_weights;
  if (factors.defined()) factors = factors.reshape({-1}).narrow(0, 0, bags.index.numel());
  return {bag_sums(weight, factors, bags, mode == kModeMean, scale_grad_by_freq), bag, sizes, sizes};
}

}  // namespace relume
