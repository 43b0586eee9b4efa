// What stands between the brackets of x[...]: integers, Slice, None, Ellipsis, bools, and index or mask tensors.
#pragma once

#include <cstdint>
#include <cstring>
#include <iosfwd>
#include <optional>

#include "relume/export.h"
#include "relume/tensor.h"

namespace relume::indexing {

enum class TensorIndexType { None, Ellipsis, Integer, Boolean, Slice, Tensor };

inline constexpr std::nullopt_t None = std::nullopt;

struct EllipsisIndexType {};
inline constexpr EllipsisIndexType Ellipsis{};

// start:stop:step, as in Python: start is included, stop is not, negative ones count from the end. step must be
// positive.
class Slice {
 public:
  Slice(std::optional<int64_t> start = {}, std::optional<int64_t> stop = {},  // NOLINT: implicit, as in libtorch
        std::optional<int64_t> step = {})
      : start_(start), stop_(stop), step_(step.value_or(1)) {
    if (step_ == 0) throw ValueError("slice step cannot be zero");
  }
  std::optional<int64_t> start() const { return start_; }
  std::optional<int64_t> stop() const { return stop_; }
  int64_t step() const { return step_; }

 private:
  std::optional<int64_t> start_, stop_;
  int64_t step_;
};
RELUME_API std::ostream& operator<<(std::ostream& stream, const Slice& slice);

// One of the above.
class TensorIndex {
 public:
  TensorIndex(std::nullopt_t) : type_(TensorIndexType::None) {}         // NOLINT: implicit, as in libtorch
  TensorIndex(EllipsisIndexType) : type_(TensorIndexType::Ellipsis) {}  // NOLINT
  TensorIndex(const char* text) : type_(TensorIndexType::Ellipsis) {    // NOLINT: "..."
    if (std::strcmp(text, "...") != 0)
      throw ValueError(std::string("Expected \"...\" to represent an ellipsis index, but got \"") + text + "\"");
  }
  TensorIndex(int64_t index) : type_(TensorIndexType::Integer), integer_(index) {}                    // NOLINT
  TensorIndex(int index) : TensorIndex(static_cast<int64_t>(index)) {}                                // NOLINT
  TensorIndex(bool mask) : type_(TensorIndexType::Boolean), integer_(mask) {}                         // NOLINT
  TensorIndex(Slice slice) : type_(TensorIndexType::Slice), slice_(slice) {}                          // NOLINT
  TensorIndex(relume::Tensor tensor) : type_(TensorIndexType::Tensor), tensor_(std::move(tensor)) {}  // NOLINT

  TensorIndexType type() const { return type_; }
  bool is_none() const { return type_ == TensorIndexType::None; }
  bool is_ellipsis() const { return type_ == TensorIndexType::Ellipsis; }
  bool is_integer() const { return type_ == TensorIndexType::Integer; }
  bool is_boolean() const { return type_ == TensorIndexType::Boolean; }
  bool is_slice() const { return type_ == TensorIndexType::Slice; }
  bool is_tensor() const { return type_ == TensorIndexType::Tensor; }
  int64_t integer() const { return integer_; }
  bool boolean() const { return integer_ != 0; }
  const Slice& slice() const { return slice_; }
  const relume::Tensor& tensor() const { return tensor_; }

 private:
  TensorIndexType type_;
  int64_t integer_ = 0;
  Slice slice_;
  relume::Tensor tensor_;
};
RELUME_API std::ostream& operator<<(std::ostream& stream, const TensorIndex& index);
RELUME_API std::ostream& operator<<(std::ostream& stream, const std::vector<TensorIndex>& indices);

}  // namespace relume::indexing

namespace relume {

// self with the elements that the indices name set to `values`, which broadcast, or increased by them where
// `accumulate` is set: then an element that is named several times gets several. Throws IndexError for an index out of
// range.
RELUME_API Tensor index_put(const Tensor& self, ArrayRef<indexing::TensorIndex> indices, const Tensor& values,
                            bool accumulate = false);
RELUME_API Tensor& index_put_(Tensor& self, ArrayRef<indexing::TensorIndex> indices, const Tensor& values,
                              bool accumulate = false);

}  // namespace relume
