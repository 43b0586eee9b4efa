// Sequences of different lengths in one tensor, as recurrent networks take them: packed, or padded to one length.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>

#include "relume/export.h"
#include "relume/options.h"
#include "relume/tensor.h"

namespace relume {
namespace nn {
namespace utils {
namespace rnn {

// The inverse of a permutation, [n] of int64; undefined where that is.
RELUME_API Tensor invert_permutation(const Tensor& permutation);

// Sequences sorted by length, step by step: data [sum of lengths, ...] holds the first element of each, then the second
// of those that have one, and so on; batch_sizes [longest] says how many there are at each step. sorted_indices is
// where each stood before it was sorted, undefined where they came sorted. Made by pack_sequence() and
// pack_padded_sequence().
class RELUME_API PackedSequence {
 public:
  explicit PackedSequence(Tensor data, Tensor batch_sizes, Tensor sorted_indices = {}, Tensor unsorted_indices = {});
  const Tensor& data() const { return data_; }
  const Tensor& batch_sizes() const { return batch_sizes_; }
  const Tensor& sorted_indices() const { return sorted_indices_; }
  const Tensor& unsorted_indices() const { return unsorted_indices_; }
  // With the elements in another dtype.
  PackedSequence to(const TensorOptions& options) const;
  PackedSequence cpu() const { return *this; }
  bool is_cuda() const { return false; }
  bool is_pinned() const { return false; }

 private:
  Tensor data_, batch_sizes_, sorted_indices_, unsorted_indices_;
};

// Packs padded sequences, [longest, batch, ...] or with batch_first [batch, longest, ...], of these lengths, [batch] of
// an integer dtype. Throws Error where they are not sorted, longest first, unless enforce_sorted is false.
RELUME_API PackedSequence pack_padded_sequence(Tensor input, Tensor lengths, bool batch_first = false,
                                               bool enforce_sorted = true);
// The inverse: the sequences padded with padding_value to total_length, or else to the longest, and their lengths.
RELUME_API std::tuple<Tensor, Tensor> pad_packed_sequence(const PackedSequence& sequence, bool batch_first = false,
                                                          double padding_value = 0.0,
                                                          std::optional<int64_t> total_length = {});
// Sequences [length, ...] padded to the longest, on the side "right" or "left", and stacked to [longest, batch, ...] or
// [batch, longest, ...].
RELUME_API Tensor pad_sequence(ArrayRef<Tensor> sequences, bool batch_first = false, double padding_value = 0,
                               std::string_view padding_side = "right");
// Packs a list of sequences [length, ...].
RELUME_API PackedSequence pack_sequence(ArrayRef<Tensor> sequences, bool enforce_sorted = true);

}  // namespace rnn
}  // namespace utils
}  // namespace nn
}  // namespace relume
