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
#include <vector>

namespace at {
#include <torch/names/root.inc>
using TensorBase = relume::Tensor;
template <class T, size_t N>
using PackedTensorAccessor32 = relume::TensorAccessor<T, N>;
template <class T, size_t N>
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
template <class T, unsigned N>
using SmallVector = std::vector<T>;
using std::string_view;
using DeviceIndex = int8_t;
template <class T>
struct CppTypeToScalarType : std::integral_constant<ScalarType, relume::dtype_of<T>> {};
inline relume::TypeMeta scalarTypeToTypeMeta(ScalarType type) { return type; }
inline const char* toString(ScalarType type) { return relume::to_string(type); }
inline ScalarType typeMetaToScalarType(relume::TypeMeta type) { return type; }
}  // namespace c10

namespace at {
using c10::CppTypeToScalarType;
using c10::DeviceIndex;
using c10::irange;
using c10::make_optional;
using c10::nullopt;
using c10::optional;
using c10::scalarTypeToTypeMeta;
using c10::str;
using c10::toString;
using c10::typeMetaToScalarType;
}  // namespace at

namespace caffe2 {
using relume::TypeMeta;
}

namespace torch {
using namespace at;

inline constexpr ScalarType kF16 = kHalf, kF32 = kFloat, kF64 = kDouble;
inline constexpr ScalarType kI8 = kChar, kI16 = kShort, kI32 = kInt, kI64 = kLong, kU8 = kByte, kU16 = kUInt16;
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

namespace at::detail {
using relume::BFloat16;
using relume::Half;
template <relume::ScalarType>
struct TypeOf;
#define RELUME_TYPE_OF(cpp_type, name, python) \
  template <>                                  \
  struct TypeOf<relume::ScalarType::name> {    \
    using type = cpp_type;                     \
  };
RELUME_FORALL_DTYPES(RELUME_TYPE_OF)
#undef RELUME_TYPE_OF
}  // namespace at::detail

#define AT_DISPATCH_CASE_(enum_type, type, ...) \
  case ::relume::ScalarType::enum_type: {       \
    using scalar_t [[maybe_unused]] = type;     \
    return __VA_ARGS__();                       \
  }
#define AT_DISPATCH_SWITCH_(dtype, name, ...)                                                         \
  [&] {                                                                                               \
    switch (const ::relume::ScalarType dispatched = dtype) {                                          \
      __VA_ARGS__                                                                                     \
      default:                                                                                        \
        throw ::c10::NotImplementedError(                                                             \
            ::c10::str('"', name, "\" not implemented for '", ::relume::to_string(dispatched), "'")); \
    }                                                                                                 \
  }()
#define AT_DISPATCH_FLOATING_CASES_(...) \
  AT_DISPATCH_CASE_(Double, double, __VA_ARGS__) AT_DISPATCH_CASE_(Float, float, __VA_ARGS__)
#define AT_DISPATCH_INTEGRAL_CASES_(...)         \
  AT_DISPATCH_CASE_(Byte, uint8_t, __VA_ARGS__)  \
  AT_DISPATCH_CASE_(Char, int8_t, __VA_ARGS__)   \
  AT_DISPATCH_CASE_(Short, int16_t, __VA_ARGS__) \
  AT_DISPATCH_CASE_(Int, int32_t, __VA_ARGS__)   \
  AT_DISPATCH_CASE_(Long, int64_t, __VA_ARGS__)
// Calls the lambda with scalar_t the C++ type of `dtype`; other dtypes are an error that names `name`.
#define AT_DISPATCH_FLOATING_TYPES(dtype, name, ...) \
  AT_DISPATCH_SWITCH_(dtype, name, AT_DISPATCH_FLOATING_CASES_(__VA_ARGS__))
#define AT_DISPATCH_FLOATING_TYPES_AND_HALF(dtype, name, ...) \
  AT_DISPATCH_SWITCH_(dtype, name,                            \
                      AT_DISPATCH_FLOATING_CASES_(__VA_ARGS__) AT_DISPATCH_CASE_(Half, ::relume::Half, __VA_ARGS__))
#define AT_DISPATCH_INTEGRAL_TYPES(dtype, name, ...) \
  AT_DISPATCH_SWITCH_(dtype, name, AT_DISPATCH_INTEGRAL_CASES_(__VA_ARGS__))
#define AT_DISPATCH_ALL_TYPES(dtype, name, ...) \
  AT_DISPATCH_SWITCH_(dtype, name, AT_DISPATCH_FLOATING_CASES_(__VA_ARGS__) AT_DISPATCH_INTEGRAL_CASES_(__VA_ARGS__))
// The same with one or two more dtypes, which are constants.
#define AT_DISPATCH_ONE_(scalar_type, ...)                                              \
  case scalar_type: {                                                                   \
    using scalar_t [[maybe_unused]] = typename ::at::detail::TypeOf<scalar_type>::type; \
    return __VA_ARGS__();                                                               \
  }
#define AT_DISPATCH_FLOATING_TYPES_AND(more, dtype, name, ...) \
  AT_DISPATCH_SWITCH_(dtype, name, AT_DISPATCH_FLOATING_CASES_(__VA_ARGS__) AT_DISPATCH_ONE_(more, __VA_ARGS__))
#define AT_DISPATCH_FLOATING_TYPES_AND2(first, second, dtype, name, ...)                            \
  AT_DISPATCH_SWITCH_(dtype, name,                                                                  \
                      AT_DISPATCH_FLOATING_CASES_(__VA_ARGS__) AT_DISPATCH_ONE_(first, __VA_ARGS__) \
                          AT_DISPATCH_ONE_(second, __VA_ARGS__))
#define AT_DISPATCH_ALL_TYPES_AND(more, dtype, name, ...)                                               \
  AT_DISPATCH_SWITCH_(dtype, name,                                                                      \
                      AT_DISPATCH_FLOATING_CASES_(__VA_ARGS__) AT_DISPATCH_INTEGRAL_CASES_(__VA_ARGS__) \
                          AT_DISPATCH_ONE_(more, __VA_ARGS__))
#define AT_DISPATCH_ALL_TYPES_AND2(first, second, dtype, name, ...)                                     \
  AT_DISPATCH_SWITCH_(dtype, name,                                                                      \
                      AT_DISPATCH_FLOATING_CASES_(__VA_ARGS__) AT_DISPATCH_INTEGRAL_CASES_(__VA_ARGS__) \
                          AT_DISPATCH_ONE_(first, __VA_ARGS__) AT_DISPATCH_ONE_(second, __VA_ARGS__))

#include <torch/out.h>
