// Tensors from values in the program: tensor({{1, 2}, {3, 4}}), and from memory that is already there: from_blob.
#pragma once

#include <initializer_list>
#include <type_traits>
#include <vector>

#include "relume/export.h"
#include "relume/tensor.h"

namespace relume {
namespace detail {

// A number, or a list of them, or of such lists.
class RELUME_API TensorData {
 public:
  template <class T,
            class = std::enable_if_t<std::is_arithmetic_v<T> || std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>>>
  TensorData(T value) : scalar_(value), dtype_(dtype_of_value<T>()) {}  // NOLINT: implicit, so that braces nest
  TensorData(std::initializer_list<TensorData> list);                   // NOLINT
  template <class T>
  TensorData(ArrayRef<T> list) : dtype_(dtype_of_value<T>()), is_list_(true) {  // NOLINT
    set_flat(list.data(), static_cast<int64_t>(list.size()), dtype_of<T>);
  }
  template <class T>
  TensorData(const std::vector<T>& list) : dtype_(dtype_of_value<T>()), is_list_(true) {  // NOLINT
    if constexpr (std::is_same_v<T, bool>) {
      for (const bool value : list) children_.emplace_back(value);
      sizes_.push_back(static_cast<int64_t>(list.size()));
    } else if constexpr (dtype_of<T> == ScalarType::Undefined) {
      const std::vector<int64_t> wide(list.begin(), list.end());
      set_flat(wide.data(), static_cast<int64_t>(wide.size()), kLong);
    } else {
      set_flat(list.data(), static_cast<int64_t>(list.size()), dtype_of<T>);
    }
  }

  Tensor to_tensor(const TensorOptions& options) const;

 private:
  // The element type that a C++ value stands for: int is int64, as in Python, and float the default dtype.
  template <class T>
  static constexpr ScalarType dtype_of_value() {
    constexpr ScalarType own = dtype_of<T>;
    if (std::is_floating_point_v<T>) return kDouble;
    return own == kInt || own == ScalarType::Undefined ? kLong : own;
  }
  void set_flat(const void* values, int64_t count, ScalarType dtype);
  void write(void* data, ScalarType dtype, int64_t& at) const;

  Scalar scalar_;
  ScalarType dtype_;
  bool is_list_ = false;
  DimVector sizes_;
  std::vector<TensorData> children_;
  Tensor flat_;
};

}  // namespace detail

// A tensor with the given values: tensor(3.5), tensor({{1, 2}, {3, 4}}), tensor(std::vector<float>{...}). Values of
// type int make an int64 tensor, those of float or double one of the default dtype, and others one of their own, unless
// the options say otherwise.
// Throws Error where nested lists differ in length or kind.
inline Tensor tensor(const detail::TensorData& data, const TensorOptions& options = {}) {
  return data.to_tensor(options);
}
inline Tensor tensor(std::initializer_list<detail::TensorData> data, const TensorOptions& options = {}) {
  return detail::TensorData(data).to_tensor(options);
}

namespace detail {
// A deleter of any callable type, kept until the memory is given back.
struct BlobDeleter {
  virtual ~BlobDeleter() = default;
  virtual void call(void* data) = 0;
};
template <class F>
struct BlobDeleterOf final : BlobDeleter {
  explicit BlobDeleterOf(F f) : deleter(std::move(f)) {}
  void call(void* data) override { deleter(data); }
  F deleter;
};
RELUME_API Tensor from_blob(void* data, IntArrayRef sizes, IntArrayRef strides, BlobDeleter* deleter,
                            const TensorOptions& options);
}  // namespace detail

// A tensor on memory that somebody else owns: it must outlive the tensor and its views. Strides are in elements.
RELUME_API Tensor from_blob(void* data, IntArrayRef sizes, const TensorOptions& options = {});
RELUME_API Tensor from_blob(void* data, IntArrayRef sizes, IntArrayRef strides, const TensorOptions& options = {});
// The same; deleter(data) is called when the last tensor on the memory has gone.
template <class F, class = decltype(std::declval<F&>()(static_cast<void*>(nullptr)))>
Tensor from_blob(void* data, IntArrayRef sizes, F deleter, const TensorOptions& options = {}) {
  return detail::from_blob(data, sizes, {}, new detail::BlobDeleterOf<F>(std::move(deleter)), options);
}
template <class F, class = decltype(std::declval<F&>()(static_cast<void*>(nullptr)))>
Tensor from_blob(void* data, IntArrayRef sizes, IntArrayRef strides, F deleter, const TensorOptions& options = {}) {
  return detail::from_blob(data, sizes, strides, new detail::BlobDeleterOf<F>(std::move(deleter)), options);
}

}  // namespace relume
