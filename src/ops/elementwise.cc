// Broadcasting, promotion, and the layout of results.
#include "ops/elementwise.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "autograd/variable.h"
#include "ops/spatial.h"

namespace relume {

DimVector broadcast_sizes(IntArrayRef a, IntArrayRef b) {
  const bool a_longer = a.size() >= b.size();
  DimVector sizes(a_longer ? a : b);
  const IntArrayRef shorter = a_longer ? b : a;
  const size_t shift = sizes.size() - shorter.size();
  for (size_t i = shorter.size(); i-- > 0;) {
    int64_t& size = sizes[i + shift];
    if (size == shorter[i] || shorter[i] == 1) continue;
    check(size == 1, "The size of tensor a ({}) must match the size of tensor b ({}) at non-singleton dimension {}",
          a_longer ? size : shorter[i], a_longer ? shorter[i] : size, i + shift);
    size = shorter[i];
  }
  return sizes;
}

namespace {

ScalarType combine_categories(ScalarType higher, ScalarType lower) {
  if (higher == ScalarType::Undefined) return lower;
  if (lower == ScalarType::Undefined || is_floating_point(higher)) return higher;
  if (higher == kBool || is_floating_point(lower)) return promote_types(higher, lower);
  return higher;
}

ScalarType promote_or(ScalarType a, ScalarType b) { return a == ScalarType::Undefined ? b : promote_types(a, b); }

}  // namespace

ScalarType result_type(std::initializer_list<Operand> operands) {
  ScalarType dimensioned = ScalarType::Undefined, zero_dim = ScalarType::Undefined, number = ScalarType::Undefined;
  for (const Operand& operand : operands) {
    if (operand.tensor) {
      const detail::TensorImpl& impl = *operand.tensor->impl();
      ScalarType& rank = impl.sizes.empty() ? zero_dim : dimensioned;
      rank = promote_or(rank, impl.dtype);
    } else {
      const ScalarType type =
          operand.scalar->type() == kDouble ? ScalarType(get_default_dtype()) : operand.scalar->type();
      number = promote_or(number, type);
    }
  }
  return combine_categories(dimensioned, combine_categories(zero_dim, number));
}
ScalarType result_type(const Tensor& self, const Tensor& other) {
  impl_of(self, "result_type");
  impl_of(other, "result_type");
  return result_type({self, other});
}
ScalarType result_type(const Tensor& self, const Scalar& other) {
  impl_of(self, "result_type");
  return result_type({self, other});
}
ScalarType result_type(const Scalar& self, const Tensor& other) { return result_type(other, self); }

ScalarType float_result_type(std::initializer_list<Operand> operands) {
  const ScalarType dtype = result_type(operands);
  return is_floating_point(dtype) ? dtype : ScalarType(get_default_dtype());
}

namespace {

constexpr size_t kMaxInputs = cpu::ElementwiseCall::kMaxInputs;

// Strides of an input as seen from the result: 0 in the dimensions in which it is broadcast.
DimVector broadcast_strides(const detail::TensorImpl& input, size_t rank) {
  DimVector strides(rank);
  const size_t shift = rank - input.sizes.size();
  for (size_t i = 0; i < input.sizes.size(); ++i) strides[i + shift] = input.sizes[i] == 1 ? 0 : input.strides[i];
  return strides;
}

// Dimensions from the fastest to the slowest, as the inputs lie in memory. A dimension in which an input is broadcast
// says nothing; the next input decides then.
DimVector memory_order(IntArrayRef sizes, const DimVector* strides, size_t count) {
  const size_t rank = sizes.size();
  const auto compare = [&](int64_t a, int64_t b) {
    for (size_t i = 0; i < count; ++i) {
      const int64_t stride_a = strides[i][static_cast<size_t>(a)], stride_b = strides[i][static_cast<size_t>(b)];
      if (stride_a == 0 || stride_b == 0) continue;
      if (stride_a != stride_b) return stride_a < stride_b ? -1 : 1;
      if (sizes[static_cast<size_t>(a)] > sizes[static_cast<size_t>(b)]) return 1;
    }
    return 0;
  };
  DimVector order(rank);
  for (size_t i = 0; i < rank; ++i) order[i] = static_cast<int64_t>(rank - 1 - i);
  for (size_t i = 1; i < rank; ++i) {  // insertion sort: the comparison is not transitive
    size_t at = i;
    for (size_t before = i; before-- > 0;) {
      const int sign = compare(order[before], order[at]);
      if (sign < 0) break;
      if (sign == 0) continue;
      std::swap(order[before], order[at]);
      at = before;
    }
  }
  return order;
}

bool all_contiguous(IntArrayRef sizes, std::initializer_list<const Tensor*> inputs) {
  for (const Tensor* input : inputs) {
    const detail::TensorImpl& impl = *input->impl();
    const bool same = impl.sizes.data() == sizes.data() || IntArrayRef(impl.sizes) == sizes;
    if (!impl.contiguous || !same) return false;
  }
  return true;
}

ScalarType written_dtype(const ElementwiseKernel& kernel) {
  return kernel.result_dtype == ScalarType::Undefined ? kernel.dtype : kernel.result_dtype;
}

// What the kernel reads input i as.
ScalarType read_dtype(const ElementwiseKernel& kernel, size_t i) {
  if (kernel.masked && i == 0) return kBool;
  return static_cast<int>(i) == kernel.number ? kFloat : kernel.dtype;
}

template <class To>
bool fill_from(const detail::TensorImpl& constant, int64_t n, To* to) {
  const auto fill = [&](auto zero) {
    std::fill_n(to, n, static_cast<To>(*reinterpret_cast<const decltype(zero)*>(constant.data())));
    return true;
  };
  switch (constant.dtype) {
    case kFloat:
      return fill(float{});
    case kDouble:
      return fill(double{});
    case kLong:
      return fill(int64_t{});
    default:
      return false;
  }
}

// What a kernel reads that is handed a few elements as they are. One input may be a single element, which is repeated.
class DirectInputs {
 public:
  // Whether the kernel may be run like that for a result like `like` of this dtype.
  [[gnu::always_inline]] bool fit(const detail::TensorImpl& like, ScalarType dtype, const ElementwiseKernel& kernel,
                                  std::initializer_list<const Tensor*> inputs) {
    if (like.numel > kFewElements || !like.contiguous || dtype != written_dtype(kernel) || kernel.masked) return false;
    const void** next = data;
    for (const Tensor* input : inputs) {
      const detail::TensorImpl& impl = *input->impl();
      const bool same = &impl == &like || (impl.contiguous && impl.sizes == like.sizes);
      if (same && impl.dtype == kernel.dtype && !impl.storage->is_hidden())
        *next++ = impl.data();
      else if (!repeats && repeat(impl, like, kernel.dtype))
        *next++ = repeated_;
      else
        return false;
    }
    return true;
  }
  const void* data[kMaxInputs];
  bool repeats = false;

 private:
  [[gnu::noinline]] bool repeat(const detail::TensorImpl& constant, const detail::TensorImpl& like, ScalarType dtype) {
    if (constant.numel != 1 || constant.dim() > like.dim()) return false;
    repeats = true;
    if (dtype == kFloat) return fill_from(constant, like.numel, reinterpret_cast<float*>(repeated_));
    return dtype == kDouble && fill_from(constant, like.numel, reinterpret_cast<double*>(repeated_));
  }

  alignas(64) char repeated_[kFewElements * sizeof(double)];
};

// Whether what broadcasts against the tensor has row-major results.
bool orders_rows(const detail::TensorImpl& impl) {
  for (size_t d = 1; d < impl.strides.size(); ++d)
    if (impl.strides[d - 1] <= impl.strides[d]) return false;
  return true;
}

DimVector common_sizes(std::initializer_list<const Tensor*> inputs) {
  DimVector sizes = (*inputs.begin())->impl()->sizes;
  for (const Tensor* const* input = inputs.begin() + 1; input != inputs.end(); ++input)
    if ((*input)->impl()->sizes != sizes) sizes = broadcast_sizes(sizes, (*input)->impl()->sizes);
  return sizes;
}

void run(const Tensor& out, const ElementwiseKernel& kernel, std::initializer_list<const Tensor*> inputs) {
  const detail::TensorImpl& result = *out.impl();
  cpu::ElementwiseOperand operands[kMaxInputs + 1];
  DimVector strides[kMaxInputs];
  operands[0] = {result.data(), result.contiguous ? nullptr : result.strides.data(), result.dtype,
                 written_dtype(kernel)};
  size_t i = 0;
  for (const Tensor* input : inputs) {
    const detail::TensorImpl& impl = *input->impl();
    const int64_t* seen = nullptr;
    if (impl.sizes != result.sizes) {
      strides[i] = broadcast_strides(impl, result.sizes.size());
      seen = strides[i].data();
    } else if (!impl.contiguous) {
      seen = impl.strides.data();
    }
    const ScalarType read = read_dtype(kernel, i);
    operands[++i] = {impl.data(), seen, impl.dtype, read};
  }
  cpu::ElementwiseCall call;
  call.sizes = result.sizes;
  call.operands = operands;
  call.num_inputs = static_cast<int>(inputs.size());
  call.loop = kernel.loop;
  call.options = kernel.options;
  call.cost = kernel.cost;
  cpu::run_elementwise(call);
}

// ---- Hidden layouts: the order does not matter where it is the same for all ----

// The first input whose layout is hidden, or null. (Such tensors have pixels.)
const detail::TensorImpl* find_hidden(std::initializer_list<const Tensor*> inputs) {
  for (const Tensor* input : inputs)
    if (input->impl()->dim() > 2 && input->impl()->storage->is_hidden()) return input->impl();
  return nullptr;
}

// Whether all elements are one.
bool is_constant(const detail::TensorImpl& impl) {
  for (size_t d = 0; d < impl.sizes.size(); ++d)
    if (impl.sizes[d] != 1 && impl.strides[d] != 0) return false;
  return true;
}

// Runs the kernel over the elements as they lie in a hidden result, to which all inputs must fit without a broadcast
// but that of a constant.
bool run_hidden(const detail::TensorImpl& result, const ElementwiseKernel& kernel,
                std::initializer_list<const Tensor*> inputs) {
  for (const Tensor* input : inputs)
    if (input->impl()->sizes != result.sizes && (!is_constant(*input->impl()) || input->dim() > result.dim()))
      return false;
  const HiddenPin target(*result.storage);
  if (!target.elements()) return false;
  std::optional<DenseActivation> activations[kMaxInputs];
  cpu::ElementwiseOperand operands[kMaxInputs + 1];
  constexpr int64_t kZero = 0;
  operands[0] = {target.elements()->data, nullptr, result.dtype, written_dtype(kernel)};
  size_t i = 0;
  for (const Tensor* input : inputs) {
    const detail::TensorImpl& impl = *input->impl();
    const ScalarType read = read_dtype(kernel, i);
    const bool constant = is_constant(impl);
    void* const data = constant ? impl.data() : activations[i].emplace(*input, cpu::Layout::ChannelsLast).data();
    operands[++i] = {data, constant ? &kZero : nullptr, impl.dtype, read};
  }
  cpu::ElementwiseCall call;
  call.sizes = IntArrayRef(&result.numel, 1);
  call.operands = operands;
  call.num_inputs = static_cast<int>(inputs.size());
  call.loop = kernel.loop;
  call.options = kernel.options;
  call.cost = kernel.cost;
  cpu::run_elementwise(call);
  return true;
}

}  // namespace

Tensor make_result(IntArrayRef sizes, ScalarType dtype, std::initializer_list<const Tensor*> inputs) {
  if (sizes.size() <= 1 || all_contiguous(sizes, inputs)) return make_tensor(sizes, dtype);
  DimVector seen[kMaxInputs];
  size_t count = 0;
  for (const Tensor* input : inputs) seen[count++] = broadcast_strides(*input->impl(), sizes.size());
  const DimVector order = memory_order(sizes, seen, count);
  DimVector strides(sizes.size());
  int64_t stride = 1;
  for (const int64_t dim : order) {
    strides[static_cast<size_t>(dim)] = stride;
    stride *= std::max<int64_t>(sizes[static_cast<size_t>(dim)], 1);
  }
  return make_strided(sizes, strides, dtype);
}

namespace {

// Inputs that take the place of others.
class Replaced {
 public:
  // change(place, input) for each.
  template <class F>
  Replaced(std::initializer_list<const Tensor*> inputs, F change) {
    const NoGradGuard unrecorded;
    for (const Tensor* input : inputs) {
      inputs_[count_] = change(static_cast<int>(count_), *input);
      ++count_;
    }
  }
  // run({&first, &second, ...}).
  template <class F>
  auto pass_to(F run) const {
    const Tensor* x = inputs_;
    if (count_ == 1) return run({&x[0]});
    return count_ == 2 ? run({&x[0], &x[1]}) : run({&x[0], &x[1], &x[2]});
  }

 private:
  Tensor inputs_[kMaxInputs];
  size_t count_ = 0;
};

// The inputs of a kernel of a half type, rounded to it.
Replaced rounded_inputs(const ElementwiseKernel& kernel, std::initializer_list<const Tensor*> inputs) {
  return Replaced(inputs, [&](int place, const Tensor& input) {
    return place == kernel.exact && input.dim() == 0 ? input : input.to(kernel.rounds);
  });
}

bool all_have(ScalarType dtype, std::initializer_list<const Tensor*> inputs) {
  return std::all_of(inputs.begin(), inputs.end(), [&](const Tensor* x) { return x->impl()->dtype == dtype; });
}

// run(kernel, inputs) with inputs that are rounded, and a kernel that takes them for so.
template <class Run>
auto run_rounded(ElementwiseKernel kernel, std::initializer_list<const Tensor*> inputs, ScalarType result, Run&& run) {
  const ScalarType half = kernel.rounds;
  const auto go = [&](std::initializer_list<const Tensor*> rounded) {
    const bool by_number = !all_have(half, rounded);  // all but the one that stays exact
    const cpu::ElementwiseLoop loop = by_number ? kernel.half_loop_by_number : kernel.half_loop;
    kernel.rounds = ScalarType::Undefined;
    if (loop && result == half) {
      kernel.loop = loop;
      kernel.dtype = half;
      if (by_number) kernel.number = kernel.exact;
    }
    return run(kernel, rounded);
  };
  return all_have(half, inputs) ? go(inputs) : rounded_inputs(kernel, inputs).pass_to(go);
}

}  // namespace

Tensor elementwise(const ElementwiseKernel& kernel, std::initializer_list<const Tensor*> inputs, ScalarType dtype) {
  if (kernel.rounds != ScalarType::Undefined) [[unlikely]]
    return run_rounded(kernel, inputs, dtype, [&](const ElementwiseKernel& plain, auto rounded) {
      return elementwise(plain, rounded, dtype);
    });
  if (dtype == ScalarType::Undefined) dtype = written_dtype(kernel);
  const detail::TensorImpl& first = *(*inputs.begin())->impl();
  DirectInputs direct;
  if (direct.fit(first, dtype, kernel, inputs) && (!direct.repeats || orders_rows(first))) {
    Tensor result = make_like(first, dtype);
    if (first.numel > 0) kernel.loop(result.impl()->storage->data(), direct.data, first.numel, kernel.options);
    return result;
  }
  if (const detail::TensorImpl* hidden = find_hidden(inputs)) [[unlikely]] {
    Tensor result = make_hidden(hidden->sizes, dtype);
    if (run_hidden(*result.impl(), kernel, inputs)) return result;
  }
  const bool plain = all_contiguous(first.sizes, inputs);
  Tensor result = plain ? make_like(first, dtype) : make_result(common_sizes(inputs), dtype, inputs);
  run(result, kernel, inputs);
  return result;
}

void elementwise_into(const Tensor& out, const ElementwiseKernel& kernel, std::initializer_list<const Tensor*> inputs) {
  if (kernel.rounds != ScalarType::Undefined) [[unlikely]]
    return run_rounded(kernel, inputs, out.impl()->dtype,
                       [&](const ElementwiseKernel& plain, auto rounded) { elementwise_into(out, plain, rounded); });
  for (const Tensor* input : inputs) refuse_overlap(out, *input);
  const auto overlaps = [&out](const Tensor* input) {
    return input->impl() != out.impl() && overlap_in_part(out, *input);
  };
  if (std::any_of(inputs.begin(), inputs.end(), overlaps)) [[unlikely]]
    return Replaced(inputs, [&](int, const Tensor& input) { return overlaps(&input) ? input.clone() : input; })
        .pass_to([&](std::initializer_list<const Tensor*> apart) { elementwise_into(out, kernel, apart); });
  const detail::TensorImpl& impl = *out.impl();
  DirectInputs direct;
  if (!impl.storage->is_hidden() && direct.fit(impl, impl.dtype, kernel, inputs)) {
    if (impl.numel > 0) kernel.loop(impl.data(), direct.data, impl.numel, kernel.options);
    return;
  }
  if (find_hidden({&out}) && run_hidden(impl, kernel, inputs)) return;
  const IntArrayRef sizes = impl.sizes;
  if (!all_contiguous(sizes, inputs)) {
    const DimVector wanted = broadcast_sizes(sizes, common_sizes(inputs));
    check(IntArrayRef(wanted) == sizes, "output with shape {} doesn't match the broadcast shape {}", sizes,
          IntArrayRef(wanted));
  }
  run(out, kernel, inputs);
}

namespace {

bool share_memory(const detail::TensorImpl& x, const detail::TensorImpl& y) {
  if (x.storage != y.storage || x.numel == 0 || y.numel == 0) return false;
  // By offsets: asking for pointers would bring hidden elements into row-major order.
  const size_t x_begin = static_cast<size_t>(x.offset * element_size(x.dtype)),
               y_begin = static_cast<size_t>(y.offset * element_size(y.dtype));
  const size_t x_bytes = storage_bytes(x.sizes, x.strides, x.dtype),
               y_bytes = storage_bytes(y.sizes, y.strides, y.dtype);
  return x_begin < y_begin + y_bytes && y_begin < x_begin + x_bytes;
}

}  // namespace

bool overlap_in_part(const Tensor& a, const Tensor& b) {
  const detail::TensorImpl& x = *a.impl();
  const detail::TensorImpl& y = *b.impl();
  if (&x == &y || !share_memory(x, y)) return false;
  return x.offset != y.offset || x.sizes != y.sizes || x.strides != y.strides || x.dtype != y.dtype;
}

void refuse_overlap(const Tensor& written, const Tensor& read, Overlap allowed) {
  if (allowed == Overlap::Whole ? !overlap_in_part(written, read) : !share_memory(*written.impl(), *read.impl()))
    return;
  check(!written.is_non_overlapping_and_dense() || !read.is_non_overlapping_and_dense(),
        "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
        "location. Please clone() the tensor before performing the operation.");
}

bool may_overwrite(const Tensor& tensor) {
  const detail::TensorImpl& impl = *tensor.impl();
  const bool owned = impl.refs.load(std::memory_order_relaxed) == 1 && impl.storage->owners() == 1 &&
                     impl.inference == t_state.inference_mode;
  const bool is_parameter = autograd::requires_grad(tensor) && !autograd::grad_fn_of(tensor);
  return owned && impl.contiguous && !impl.storage->is_external() && !impl.python_object && !is_parameter;
}

Tensor make_finite_scalar(const Scalar& value, ScalarType dtype) {
  const Tensor result = make_scalar(value, dtype);
  check(std::isfinite(result.item().toDouble()) || !std::isfinite(value.toDouble()),
        "value cannot be converted to type {} without overflow", TypeMeta(dtype).name());
  return result;
}

Tensor make_scalar(const Scalar& value, ScalarType dtype) {
  Tensor result = make_tensor({}, dtype);
  switch (dtype) {
#define RELUME_STORE(type, name, python)                                \
  case ScalarType::name:                                                \
    *reinterpret_cast<type*>(result.impl()->data()) = value.to<type>(); \
    break;
    RELUME_FORALL_DTYPES(RELUME_STORE)
#undef RELUME_STORE
    default:
      break;
  }
  return result;
}

void check_can_cast(ScalarType from, ScalarType to) {
  if (from == to || can_cast(from, to)) return;
  fail("result type {} can't be cast to the desired output type {}", to_string(from), to_string(to));
}

void fail_not_implemented(const char* kernel, ScalarType dtype) {
  fail<NotImplementedError>("\"{}\" not implemented for '{}'", kernel, to_string(dtype));
}

}  // namespace relume
