// Tensors from sizes and values: empty, zeros, full, arange, linspace, eye, tensor(...), from_blob.
#include "relume/creation.h"

#include <cmath>
#include <limits>

#include "kernels/copy.h"
#include "kernels/ramp.h"
#include "ops/elementwise.h"
#include "ops/methods.h"

namespace relume {
namespace {

// The options' dtype, and an error for devices other than the CPU.
ScalarType dtype_from(const TensorOptions& options, std::optional<ScalarType> fallback = std::nullopt) {
  check(options.device().is_cpu(), "expected device cpu, got {}: Relume was built without a backend for it",
        options.device().str());
  return options.has_dtype() || !fallback ? ScalarType(options.dtype()) : *fallback;
}

// Integers give int64, bools bool, floating-point numbers the default dtype.
ScalarType dtype_of_number(const Scalar& value) {
  return value.isFloatingPoint() ? ScalarType(get_default_dtype()) : value.type();
}

Tensor finish(Tensor tensor, const TensorOptions& options) {
  if (options.requires_grad()) {
    check(is_floating_point(tensor.scalar_type()),
          "Only Tensors of floating point and complex dtype can require gradients");
    tensor.set_requires_grad(true);
  }
  return tensor;
}

void fill(const Tensor& tensor, const Scalar& value) {
  const detail::TensorImpl& impl = *tensor.impl();
  if (impl.numel == 0) return;
  const Tensor element = make_finite_scalar(value, impl.dtype);
  cpu::fill_strided(impl.sizes, impl.data(), impl.strides.data(), impl.dtype, element.impl()->data());
}

Tensor make_with_format(IntArrayRef sizes, ScalarType dtype, std::optional<MemoryFormat> format) {
  if (!format || *format == MemoryFormat::Contiguous || *format == MemoryFormat::Preserve)
    return make_tensor(sizes, dtype);
  checked_numel(sizes, dtype);
  return make_strided(sizes, format_strides(sizes, *format), dtype);
}

Tensor make_filled(IntArrayRef size, const Scalar& value, ScalarType dtype, const TensorOptions& options) {
  Tensor result = make_with_format(size, dtype, options.memory_format_opt());
  fill(result, value);
  return finish(std::move(result), options);
}

}  // namespace

Tensor empty(IntArrayRef size, const TensorOptions& options, std::optional<MemoryFormat> memory_format) {
  const auto format = memory_format ? memory_format : options.memory_format_opt();
  return finish(make_with_format(size, dtype_from(options), format), options);
}

// Undefined contents, in the sizes and, with the Preserve format (the default), the order of dimensions of `self`.
Tensor empty_like(const Tensor& self, const TensorOptions& options, std::optional<MemoryFormat> memory_format) {
  const ScalarType dtype = dtype_from(options, impl_of(self, "empty_like").dtype);
  const auto format = memory_format ? memory_format : options.memory_format_opt();
  if (format && *format != MemoryFormat::Preserve)
    return finish(make_with_format(self.sizes(), dtype, format), options);
  if (self.is_non_overlapping_and_dense()) return finish(make_strided(self.sizes(), self.strides(), dtype), options);
  return finish(make_result(self.sizes(), dtype, {&self}), options);
}

Tensor empty_strided(IntArrayRef size, IntArrayRef stride, const TensorOptions& options) {
  return finish(make_strided(size, stride, dtype_from(options)), options);
}

Tensor zeros(IntArrayRef size, const TensorOptions& options) {
  for (const int64_t each : size) check(each >= 0, "zeros: Dimension size must be non-negative.");
  return make_filled(size, 0, dtype_from(options), options);
}
Tensor ones(IntArrayRef size, const TensorOptions& options) {
  return make_filled(size, 1, dtype_from(options), options);
}
Tensor full(IntArrayRef size, const Scalar& fill_value, const TensorOptions& options) {
  return make_filled(size, fill_value, dtype_from(options, dtype_of_number(fill_value)), options);
}

Tensor full_like(const Tensor& self, const Scalar& fill_value, const TensorOptions& options,
                 std::optional<MemoryFormat> memory_format) {
  Tensor result = empty_like(self, options.requires_grad(false), memory_format);
  fill(result, fill_value);
  return finish(std::move(result), options);
}
Tensor zeros_like(const Tensor& self, const TensorOptions& options, std::optional<MemoryFormat> memory_format) {
  return full_like(self, 0, options, memory_format);
}
Tensor ones_like(const Tensor& self, const TensorOptions& options, std::optional<MemoryFormat> memory_format) {
  return full_like(self, 1, options, memory_format);
}

Tensor scalar_tensor(const Scalar& value, const TensorOptions& options) {
  return finish(make_scalar(value, dtype_from(options)), options);
}

namespace method {

Tensor new_empty(const Tensor& self, IntArrayRef size, const TensorOptions& options) {
  return empty(size, options.dtype(dtype_from(options, impl_of(self, "new_empty").dtype)));
}
Tensor new_empty_strided(const Tensor& self, IntArrayRef size, IntArrayRef stride, const TensorOptions& options) {
  const ScalarType dtype = dtype_from(options, impl_of(self, "new_empty_strided").dtype);
  return empty_strided(size, stride, options.dtype(dtype));
}
Tensor new_full(const Tensor& self, IntArrayRef size, const Scalar& fill_value, const TensorOptions& options) {
  return full(size, fill_value, options.dtype(dtype_from(options, impl_of(self, "new_full").dtype)));
}
Tensor new_zeros(const Tensor& self, IntArrayRef size, const TensorOptions& options) {
  return new_full(self, size, 0, options);
}
Tensor new_ones(const Tensor& self, IntArrayRef size, const TensorOptions& options) {
  return new_full(self, size, 1, options);
}

}  // namespace method

namespace {

// Sets element i of a contiguous tensor to value(i), computed in double or, for integer tensors, as value gives it.
template <class F>
void fill_by_index(const Tensor& tensor, F value) {
  const int64_t n = tensor.numel();
  switch (tensor.scalar_type()) {
#define RELUME_FILL(type, name, python)                                   \
  case ScalarType::name: {                                                \
    type* out = static_cast<type*>(tensor.data_ptr());                    \
    for (int64_t i = 0; i < n; ++i) out[i] = static_cast<type>(value(i)); \
    break;                                                                \
  }
    RELUME_FORALL_DTYPES(RELUME_FILL)
#undef RELUME_FILL
    default:
      break;
  }
}

void check_finite(const Scalar& start, const Scalar& end) {
  check(std::isfinite(start.toDouble()) && std::isfinite(end.toDouble()), "unsupported range: {} -> {}",
        start.toDouble(), end.toDouble());
}

}  // namespace

// start, start + step, ... as long as below end (above, where step is negative).
Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step, const TensorOptions& options) {
  const bool integral = start.isIntegral(true) && end.isIntegral(true) && step.isIntegral(true);
  const ScalarType dtype = dtype_from(options, integral ? kLong : ScalarType(get_default_dtype()));
  if (dtype == kBool) fail_not_implemented("arange_cpu", dtype);
  check_finite(start, end);
  check(step.toDouble() != 0, "step must be nonzero");
  check((step.toDouble() > 0) == (end.toDouble() > start.toDouble()) || end.toDouble() == start.toDouble(),
        "upper bound and lower bound inconsistent with step sign");
  double span = end.toDouble() - start.toDouble(), width = step.toDouble();
  if (dtype == kLong) {  // whole numbers, whatever was given, of which the difference wraps around
    check<ValueError>(step.toLong() != 0, "step must be nonzero");
    span = static_cast<double>(
        static_cast<int64_t>(static_cast<uint64_t>(end.toLong()) - static_cast<uint64_t>(start.toLong())));
    width = static_cast<double>(step.toLong());
  }
  const double size = std::ceil(span / width);
  check(size >= 0 && size < 0x1p62, "invalid size, possible overflow?");
  const auto count = static_cast<int64_t>(size);
  Tensor result = make_tensor({count}, dtype);
  if (is_integral(dtype, false)) {
    const int64_t first = start.toLong(), by = step.toLong();
    if (dtype == kLong)
      cpu::fill_ramp(result.data_ptr<int64_t>(), count, first, by);
    else
      fill_by_index(result, [=](int64_t i) { return first + i * by; });
  } else {
    const double first = start.toDouble();
    if (dtype == kFloat)
      cpu::fill_ramp(result.data_ptr<float>(), count, first, width);
    else if (dtype == kDouble)
      cpu::fill_ramp(result.data_ptr<double>(), count, first, width);
    else
      fill_by_index(result, [=](int64_t i) { return first + static_cast<double>(i) * width; });
  }
  return finish(std::move(result), options);
}
Tensor arange(const Scalar& start, const Scalar& end, const TensorOptions& options) {
  return arange(start, end, 1, options);
}
Tensor arange(const Scalar& end, const TensorOptions& options) { return arange(0, end, 1, options); }

namespace {

// Evenly spaced values, counted from the nearer end so that both ends are exact.
template <class T>
Tensor spaced(double first, double last, double step, int64_t steps) {
  const Tensor result = make_tensor({steps}, kDouble);
  // Each operation is rounded to T.
  const auto far = [step](int64_t i) {
    return static_cast<T>(static_cast<T>(step) * static_cast<T>(static_cast<double>(i)));
  };
  auto* out = result.data_ptr<double>();
  for (int64_t i = 0; i < steps; ++i)
    out[i] = static_cast<T>(i < steps / 2 ? static_cast<T>(first) + far(i) : static_cast<T>(last) - far(steps - i - 1));
  return result;
}
template <class T>
Tensor spaced_in(double first, double last, int64_t steps) {
  const auto span = static_cast<T>(last - first), count = static_cast<T>(static_cast<double>(steps - 1));
  return spaced<T>(first, last, static_cast<T>(span / count), steps);
}

// A number as an element of that dtype; throws where it cannot hold it.
double held(const Scalar& number, ScalarType dtype) { return make_finite_scalar(number, dtype).item().toDouble(); }

// The same with a rounding less.
template <class T>
void fill_linspace(const Tensor& result, double start, double end, int64_t steps) {
  const auto first = static_cast<T>(start), last = static_cast<T>(end);
  const T step = steps > 1 ? (last - first) / static_cast<T>(steps - 1) : T(0);
  if constexpr (std::is_same_v<T, float>)
    if (steps <= std::numeric_limits<int32_t>::max())
      return cpu::fill_between(result.data_ptr<float>(), static_cast<int32_t>(steps), first, last, step);
  const int64_t half = steps / 2;
  fill_by_index(result, [=](int64_t i) {
    return i < half ? std::fma(step, static_cast<T>(i), first) : std::fma(-step, static_cast<T>(steps - i - 1), last);
  });
}

}  // namespace

Tensor linspace(const Scalar& start, const Scalar& end, int64_t steps, const TensorOptions& options) {
  check(steps >= 0, "number of steps must be non-negative");
  const ScalarType dtype = dtype_from(options);
  if (dtype == kBool) fail_not_implemented("linspace_cpu", dtype);
  if (steps < 2) return full({steps}, start, options.dtype(dtype));
  Tensor result = make_tensor({steps}, dtype);
  const double first = held(start, dtype), last = held(end, dtype);
  if (dtype == kFloat) {
    fill_linspace<float>(result, first, last, steps);
  } else if (dtype == kHalf) {
    result = spaced_in<Half>(first, last, steps).to(dtype);
  } else if (dtype == kBFloat16) {
    result = spaced_in<BFloat16>(first, last, steps).to(dtype);
  } else {
    fill_linspace<double>(result, first, last, steps);
  }
  return finish(std::move(result), options);
}

// base ** linspace(start, end).
Tensor logspace(const Scalar& start, const Scalar& end, int64_t steps, double base, const TensorOptions& options) {
  check(steps >= 0, "number of steps must be non-negative");
  const ScalarType dtype = dtype_from(options);
  if (dtype == kBool) fail_not_implemented("logspace_cpu", dtype);
  if (steps < 2) return full({steps}, std::pow(base, start.toDouble()), options.dtype(dtype));
  Tensor result = make_tensor({steps}, dtype);
  const double first = held(start, dtype), last = held(end, dtype);
  // The ends and their difference are rounded to the dtype, all else is float64.
  const double span = is_floating_point(dtype) ? make_scalar(last - first, dtype).item().toDouble() : last - first;
  const Tensor exponents = spaced<double>(first, last, span / static_cast<double>(steps - 1), steps);
  const auto* exponent = exponents.data_ptr<double>();
  fill_by_index(result, [=](int64_t i) { return std::pow(base, exponent[i]); });
  return finish(std::move(result), options);
}

Tensor eye(int64_t n, int64_t m, const TensorOptions& options) {
  check(n >= 0, "n must be greater or equal to 0, got {}", n);
  check(m >= 0, "m must be greater or equal to 0, got {}", m);
  Tensor result = zeros({n, m}, options.requires_grad(false));
  const int64_t count = std::min(n, m);
  if (count > 0) fill(make_alias(result, {count}, {m + 1}, 0), 1);
  return finish(std::move(result), options);
}
Tensor eye(int64_t n, const TensorOptions& options) { return eye(n, n, options); }

namespace {

// Row and column indices of the elements of a row x col matrix for which keep(r, c) holds, as a 2 x count tensor.
template <class F>
Tensor matrix_indices(int64_t row, int64_t col, const TensorOptions& options, F keep) {
  check(row >= 0 && col >= 0, "row and col must be non-negative, got {} and {}", row, col);
  std::vector<int64_t> rows, cols;
  for (int64_t r = 0; r < row; ++r)
    for (int64_t c = 0; c < col; ++c)
      if (keep(r, c)) {
        rows.push_back(r);
        cols.push_back(c);
      }
  const int64_t count = static_cast<int64_t>(rows.size());
  Tensor result = make_tensor({2, count}, dtype_from(options));
  fill_by_index(result, [&](int64_t i) {
    return i < count ? rows[static_cast<size_t>(i)] : cols[static_cast<size_t>(i - count)];
  });
  return result;
}

}  // namespace

Tensor tril_indices(int64_t row, int64_t col, int64_t offset, const TensorOptions& options) {
  return matrix_indices(row, col, options, [offset](int64_t r, int64_t c) { return c - r <= offset; });
}
Tensor triu_indices(int64_t row, int64_t col, int64_t offset, const TensorOptions& options) {
  return matrix_indices(row, col, options, [offset](int64_t r, int64_t c) { return c - r >= offset; });
}

namespace detail {

TensorData::TensorData(std::initializer_list<TensorData> list)
    : dtype_(ScalarType::Undefined), is_list_(true), children_(list) {
  sizes_.push_back(static_cast<int64_t>(list.size()));
  if (list.size() == 0) {
    dtype_ = get_default_dtype();
    return;
  }
  const TensorData& first = *list.begin();
  for (const TensorData& child : list) {
    check(child.is_list_ == first.is_list_ && child.sizes_ == first.sizes_,
          "Expected all sub-lists to have sizes: {} (e.g. the first one), but got sub-list with sizes: {}",
          IntArrayRef(first.sizes_), IntArrayRef(child.sizes_));
    check(child.dtype_ == first.dtype_,
          "Expected all elements of the tensor to have the same scalar type: {}, but got element of scalar type: {}",
          to_string(first.dtype_), to_string(child.dtype_));
  }
  dtype_ = first.dtype_;
  for (const int64_t size : first.sizes_) sizes_.push_back(size);
}

void TensorData::set_flat(const void* values, int64_t count, ScalarType dtype) {
  sizes_.push_back(count);
  flat_ = make_tensor({count}, dtype);
  if (count > 0) std::memcpy(flat_.data_ptr(), values, flat_.nbytes());
}

void TensorData::write(void* data, ScalarType dtype, int64_t& at) const {
  char* out = static_cast<char*>(data) + at * element_size(dtype);
  if (flat_.defined()) {
    const int64_t one = 1;
    if (flat_.numel() > 0)
      cpu::copy_strided(flat_.sizes(), out, &one, dtype, flat_.data_ptr(), &one, flat_.scalar_type());
    at += flat_.numel();
  } else if (is_list_) {
    for (const TensorData& child : children_) child.write(data, dtype, at);
  } else {
    std::memcpy(out, make_scalar(scalar_, dtype).data_ptr(), static_cast<size_t>(element_size(dtype)));
    ++at;
  }
}

Tensor TensorData::to_tensor(const TensorOptions& options) const {
  const ScalarType fallback = dtype_ == kDouble ? ScalarType(get_default_dtype()) : dtype_;
  Tensor result = make_tensor(sizes_, dtype_from(options, fallback));
  int64_t at = 0;
  if (result.numel() > 0) write(result.data_ptr(), result.scalar_type(), at);
  return finish(std::move(result), options);
}

Tensor from_blob(void* data, IntArrayRef sizes, IntArrayRef strides, BlobDeleter* deleter,
                 const TensorOptions& options) {
  const auto call = [](void* memory, void* context) {
    auto* owned = static_cast<BlobDeleter*>(context);
    if (!owned) return;
    owned->call(memory);
    delete owned;
  };
  const DimVector dense = strides.empty() ? contiguous_strides(sizes) : DimVector(strides);
  return finish(make_external(data, sizes, dense, dtype_from(options), call, deleter), options);
}

}  // namespace detail

Tensor from_blob(void* data, IntArrayRef sizes, const TensorOptions& options) {
  return detail::from_blob(data, sizes, {}, nullptr, options);
}
Tensor from_blob(void* data, IntArrayRef sizes, IntArrayRef strides, const TensorOptions& options) {
  return detail::from_blob(data, sizes, strides, nullptr, options);
}

}  // namespace relume
