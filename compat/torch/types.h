// The basic namespaces of libtorch: c10, at and torch hold Relume's tensors, functions and types.
//
// The names come one by one, not by `using namespace relume`: programs that say `using namespace torch;` write
// `nn::Linear`, and must not find relume::nn beside torch::nn.
#pragma once

#include <c10/util/Exception.h>
#include <c10/util/Logging.h>
#include <c10/util/irange.h>
#include <relume/relume.h>

// Programs use what libtorch's headers bring along.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <deque>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <queue>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

namespace at {
#include <torch/names/root.inc>
using TensorBase = relume::Tensor;
template <class T, size_t N, template <class> class = DefaultPtrTraits>
using PackedTensorAccessor32 = relume::TensorAccessor<T, N>;
template <class T, size_t N, template <class> class = DefaultPtrTraits>
using PackedTensorAccessor64 = relume::TensorAccessor<T, N>;
namespace indexing {
using namespace relume::indexing;
}
namespace autocast {
using namespace relume::autocast;
}
// What the losses that are functions of a tensor take.
namespace Reduction {
enum Reduction { None, Mean, Sum, END };
}
inline bool hasCUDA() { return false; }
using relume::is_floating_point;
inline bool is_floating_point(const Tensor& self) { return self.is_floating_point(); }
inline Tensor log_sigmoid(const Tensor& self) { return relume::logsigmoid(self); }
inline Tensor frobenius_norm(const Tensor& self, IntArrayRef dim, bool keepdim = false) {
  return relume::norm(self, 2, dim, keepdim);
}
inline Tensor nuclear_norm(const Tensor& self, bool keepdim = false) {
  return relume::linalg_matrix_norm(self, "nuc", {-2, -1}, keepdim);
}
inline Tensor nuclear_norm(const Tensor& self, IntArrayRef dim, bool keepdim = false) {
  return relume::linalg_matrix_norm(self, "nuc", dim, keepdim);
}
inline int64_t elementSize(ScalarType dtype) { return relume::element_size(dtype); }
inline bool isFloatingType(ScalarType dtype) { return relume::is_floating_point(dtype); }
inline bool isIntegralType(ScalarType dtype, bool include_bool = false) {
  return relume::is_integral(dtype, include_bool);
}
}  // namespace at

namespace c10 {
using namespace at;
using std::in_place;
using std::make_optional;
using std::nullopt;
using std::nullopt_t;
using std::optional;
// A std::vector; the number of elements that it would keep without allocating is not used.
template <class T, unsigned = 0>
struct SmallVector : std::vector<T> {
  using std::vector<T>::vector;
  SmallVector(const std::vector<T>& list) : std::vector<T>(list) {}  // NOLINT: implicit, as in libtorch
  template <class U>
  explicit SmallVector(ArrayRef<U> list) : std::vector<T>(list.begin(), list.end()) {}
  void append(std::initializer_list<T> list) { this->insert(this->end(), list); }
  template <class It>
  void append(It first, It last) {
    this->insert(this->end(), first, last);
  }
  T pop_back_val() {
    T last = std::move(this->back());
    this->pop_back();
    return last;
  }
};
using std::string_view;
using DeviceIndex = int8_t;
template <class T>
struct CppTypeToScalarType : std::integral_constant<ScalarType, relume::dtype_of<T>> {};
inline ScalarType promoteTypes(ScalarType a, ScalarType b) { return relume::promote_types(a, b); }
inline std::string DeviceTypeName(DeviceType type, bool lower_case = false) {
  return type == DeviceType::CPU ? (lower_case ? "cpu" : "CPU") : (lower_case ? "cuda" : "CUDA");
}
inline relume::TypeMeta scalarTypeToTypeMeta(ScalarType type) { return type; }
inline const char* toString(ScalarType type) { return relume::to_string(type); }
inline ScalarType typeMetaToScalarType(relume::TypeMeta type) { return type; }
}  // namespace c10

namespace at {
using namespace c10;
}

namespace caffe2 {
using relume::TypeMeta;
}

namespace torch {
using namespace at;

inline constexpr ScalarType kF16 = kHalf, kF32 = kFloat, kF64 = kDouble;
inline constexpr ScalarType kI8 = kChar, kI16 = kShort, kI32 = kInt, kI64 = kLong, kU8 = kByte, kU16 = kUInt16;
// What a stream shows of a tensor does not depend on it.
inline void set_printoption_sci_mode(bool) {}
inline TensorOptions memory_format(MemoryFormat format) { return TensorOptions(format); }
inline std::optional<Device> device_of(const Tensor& tensor) {
  return tensor.defined() ? std::optional<Device>(tensor.device()) : std::nullopt;
}

namespace cuda {
// There is no CUDA device.
inline bool is_available() { return false; }
inline bool cudnn_is_available() { return false; }
inline int64_t device_count() { return 0; }
inline void synchronize(int64_t = -1) {}
}  // namespace cuda
}  // namespace torch

#include <torch/dispatch.h>
#include <torch/out.h>
