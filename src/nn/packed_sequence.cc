// Packing and padding of sequences.
#include "relume/nn/packed_sequence.h"

#include <algorithm>
#include <vector>

#include "core/check.h"
#include "relume/ops.h"

namespace relume::nn::utils::rnn {
namespace {

std::vector<int64_t> values_of(const Tensor& tensor) {
  const Tensor contiguous = tensor.to(kLong).contiguous();
  const int64_t* data = contiguous.data_ptr<int64_t>();
  return {data, data + contiguous.numel()};
}

Tensor tensor_of(const std::vector<int64_t>& values) {
  return from_blob(const_cast<int64_t*>(values.data()), {static_cast<int64_t>(values.size())}, kLong).clone();
}

// Dimension `dim` made longer, with `before` and `after` elements of this value.
Tensor padded(const Tensor& tensor, int64_t dim, int64_t before, int64_t after, double value) {
  if (before == 0 && after == 0) return tensor;
  std::vector<int64_t> pad(2 * static_cast<size_t>(tensor.dim() - dim), 0);  // the last dimension comes first
  pad[pad.size() - 2] = before;
  pad[pad.size() - 1] = after;
  return constant_pad_nd(tensor, pad, value);
}

void check_lengths(const std::vector<int64_t>& lengths, const Tensor& input) {
  const auto batch = static_cast<int64_t>(lengths.size());
  check(batch == input.size(1), "Expected `len(lengths)` to be equal to batch_size, but got {} (batch_size={})", batch,
        input.size(1));
  check(batch > 0 && lengths.back() > 0 && *std::min_element(lengths.begin(), lengths.end()) > 0,
        "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0");
  check(
      std::is_sorted(lengths.rbegin(), lengths.rend()),
      "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
      "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you do not "
      "need ONNX exportability.");
  check(lengths.front() <= input.size(0), "pack_padded_sequence: expected lengths of at most {}, got {}", input.size(0),
        lengths.front());
}

}  // namespace

Tensor invert_permutation(const Tensor& permutation) {
  if (!permutation.defined()) return permutation;
  Tensor inverse = empty_like(permutation);
  inverse.scatter_(0, permutation, arange(permutation.numel()));
  return inverse;
}

PackedSequence::PackedSequence(Tensor data, Tensor batch_sizes, Tensor sorted_indices, Tensor unsorted_indices)
    : data_(std::move(data)),
      batch_sizes_(std::move(batch_sizes)),
      sorted_indices_(std::move(sorted_indices)),
      unsorted_indices_(unsorted_indices.defined() ? std::move(unsorted_indices)
                                                   : invert_permutation(sorted_indices_)) {}

PackedSequence PackedSequence::to(const TensorOptions& options) const {
  return PackedSequence(data_.to(options), batch_sizes_, sorted_indices_, unsorted_indices_);
}

PackedSequence pack_padded_sequence(Tensor input, Tensor lengths, bool batch_first, bool enforce_sorted) {
  check(input.dim() >= 2 && lengths.dim() == 1,
        "pack_padded_sequence: expected an input of at least 2 dimensions and lengths of 1, got {} and {}", input.dim(),
        lengths.dim());
  check(input.numel() > 0, "Cannot pack empty tensors.");
  lengths = lengths.to(kLong);
  Tensor sorted_indices;
  if (!enforce_sorted) {
    std::tie(lengths, sorted_indices) = sort(lengths, -1, true);
    input = input.index_select(batch_first ? 0 : 1, sorted_indices);
  }
  if (batch_first) input = input.transpose(0, 1);
  const std::vector<int64_t> sizes = values_of(lengths);
  check_lengths(sizes, input);
  std::vector<Tensor> steps;
  std::vector<int64_t> batch_sizes;
  size_t count = sizes.size();
  for (int64_t step = 0; step < sizes[0]; ++step) {
    while (sizes[count - 1] <= step) --count;
    batch_sizes.push_back(static_cast<int64_t>(count));
    steps.push_back(input.select(0, step).narrow(0, 0, batch_sizes.back()));
  }
  return PackedSequence(cat(steps), tensor_of(batch_sizes), std::move(sorted_indices));
}

std::tuple<Tensor, Tensor> pad_packed_sequence(const PackedSequence& sequence, bool batch_first, double padding_value,
                                               std::optional<int64_t> total_length) {
  const std::vector<int64_t> batch_sizes = values_of(sequence.batch_sizes());
  const auto longest = static_cast<int64_t>(batch_sizes.size());
  check(total_length.value_or(longest) >= longest,
        "Expected total_length to be at least the length of the longest sequence in input, but got total_length={} and "
        "max sequence length being {}",
        total_length.value_or(longest), longest);
  const int64_t batch = batch_sizes.at(0);
  std::vector<Tensor> steps;
  std::vector<int64_t> lengths(static_cast<size_t>(batch), 0);
  for (const Tensor& step : sequence.data().split_with_sizes(batch_sizes)) {
    steps.push_back(padded(step, 0, 0, batch - step.size(0), padding_value));
    for (int64_t i = 0; i < step.size(0); ++i) ++lengths[static_cast<size_t>(i)];
  }
  Tensor output = padded(stack(steps), 0, 0, total_length.value_or(longest) - longest, padding_value);
  Tensor counts = tensor_of(lengths);
  if (batch_first) output = output.transpose(0, 1);
  const Tensor& order = sequence.unsorted_indices();
  if (!order.defined()) return {output, counts};
  return {output.index_select(batch_first ? 0 : 1, order), counts.index_select(0, order)};
}

Tensor pad_sequence(ArrayRef<Tensor> sequences, bool batch_first, double padding_value, std::string_view padding_side) {
  check(!sequences.empty(), "received an empty list of sequences");
  check(padding_side == "left" || padding_side == "right",
        "Expected padding_side to be one of left or right, but got {}.", padding_side);
  int64_t longest = 0;
  for (const Tensor& sequence : sequences) longest = std::max(longest, sequence.size(0));
  std::vector<Tensor> padded_sequences;
  for (const Tensor& sequence : sequences) {
    const int64_t missing = longest - sequence.size(0);
    const bool left = padding_side == "left";
    padded_sequences.push_back(padded(sequence, 0, left ? missing : 0, left ? 0 : missing, padding_value));
  }
  return stack(padded_sequences, batch_first ? 0 : 1);
}

PackedSequence pack_sequence(ArrayRef<Tensor> sequences, bool enforce_sorted) {
  std::vector<int64_t> lengths;
  for (const Tensor& sequence : sequences) lengths.push_back(sequence.size(0));
  return pack_padded_sequence(pad_sequence(sequences), tensor_of(lengths), false, enforce_sorted);
}

}  // namespace relume::nn::utils::rnn
