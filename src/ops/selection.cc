// Ops that choose between elements, or mix them: maximum, minimum, clamp, where, masked_fill, lerp, addcmul, addcdiv.
#include "autograd/arithmetic.h"
#include "core/warn_once.h"
#include "kernels/activations.h"
#include "ops/arithmetic.h"
#include "ops/methods.h"

namespace relume {

using cpu::ArithmeticOp;

namespace {

Tensor kept_where(const Tensor& condition, const Tensor& grad) { return where(condition, grad, 0.0); }

// ---- The larger and the smaller ----------------------------------------------------------------------------------

// The one that is beaten gets nothing; equal ones get half of the gradient each.
template <bool kMaximum>
void extreme_backward(Backward& run) {
  const Tensor self = run.saved(0), other = run.saved(1);
  const Tensor shared = run.grad() * where(self == other, 0.5, 1.0).to(run.grad().scalar_type());
  const Tensor less = self<other, more = self> other;
  if (run.needs(0)) run.set(0, where(kMaximum ? less : more, 0.0, shared));
  if (run.needs(1)) run.set(1, where(kMaximum ? more : less, 0.0, shared));
}

template <bool kMaximum>
void ordered_extreme_backward(Backward& run) {
  const Tensor self = run.saved(0), other = run.saved(1);
  const Tensor chosen = logical_or(kMaximum ? self >= other : self <= other, isnan(other));
  if (run.needs(0)) run.set(0, kept_where(chosen, run.grad()));
  if (run.needs(1)) run.set(1, kept_where(logical_not(chosen), run.grad()));
}

constexpr ArithmeticRow kMaximum = {
    "maximum", "maximum_", "maximum_cpu", ArithmeticOp::maximum, "MaximumBackward0", extreme_backward<true>};
constexpr ArithmeticRow kMinimum = {
    "minimum", "minimum_", "minimum_cpu", ArithmeticOp::minimum, "MinimumBackward0", extreme_backward<false>};
constexpr ArithmeticRow kFmax = {
    "fmax", "fmax_", "fmax_cpu", ArithmeticOp::fmax, "FmaxBackward0", ordered_extreme_backward<true>};
constexpr ArithmeticRow kFmin = {
    "fmin", "fmin_", "fmin_cpu", ArithmeticOp::fmin, "FminBackward0", ordered_extreme_backward<false>};

}  // namespace

// The larger of each two elements, NaN where either is.
Tensor maximum(const Tensor& self, const Tensor& other) { return arithmetic(kMaximum, self, other); }
Tensor max(const Tensor& self, const Tensor& other) { return maximum(self, other); }

// The smaller of each two elements, NaN where either is.
Tensor minimum(const Tensor& self, const Tensor& other) { return arithmetic(kMinimum, self, other); }
Tensor min(const Tensor& self, const Tensor& other) { return minimum(self, other); }

// The larger of each two elements, or the one that is no NaN.
Tensor fmax(const Tensor& self, const Tensor& other) { return arithmetic(kFmax, self, other); }

// The smaller of each two elements, or the one that is no NaN.
Tensor fmin(const Tensor& self, const Tensor& other) { return arithmetic(kFmin, self, other); }

// ---- clamp -------------------------------------------------------------------------------------------------------

namespace {

// A clamp: its bounds may be undefined, but not both.
struct Clamp {
  const char *name, *in_place, *grad_fn;
  Tensor min, max;
  ScalarType dtype;
  std::optional<formulas::Hardtanh> range;  // where the bounds are numbers in order, and the kernel knows them

  ElementwiseKernel kernel() const {
    if (range) {
      ElementwiseKernel kernel;
      kernel.loop = cpu::activation_kernels().at(Activation::hardtanh, dtype).forward;
      kernel.options = &*range;
      kernel.dtype = dtype;
      return kernel;
    }
    const ArithmeticOp op = !max.defined()   ? ArithmeticOp::clamp_min
                            : !min.defined() ? ArithmeticOp::clamp_max
                                             : ArithmeticOp::clamp;
    return arithmetic_kernel({name, in_place, "clamp_cpu", op}, dtype);
  }
  template <class F>
  auto with_inputs(const Tensor& self, F&& run) const {
    if (range) return run({&self});
    if (!max.defined()) return run({&self, &min});
    if (!min.defined()) return run({&self, &max});
    return run({&self, &min, &max});
  }
};

using TensorPointers = std::initializer_list<const Tensor*>;

// A bound gets the gradient where it is the result; of equal bounds and elements the element gets it.
void clamp_backward(Backward& run) {
  const Tensor self = run.saved(0), min = run.saved(1), max = run.saved(2);
  const Tensor grad = run.grad();
  if (run.needs(0)) {
    const Tensor above = min.defined() ? self >= min : Tensor(), below = max.defined() ? self <= max : Tensor();
    const Tensor inside = !below.defined() ? above : !above.defined() ? below : logical_and(above, below);
    run.set(0, kept_where(inside, grad));
  }
  if (run.needs(1)) run.set(1, kept_where(max.defined() ? logical_and(self < min, min < max) : self < min, grad));
  if (run.needs(2)) run.set(2, kept_where(min.defined() ? logical_or(self > max, max < min) : self > max, grad));
}

Tensor clamped(const Tensor& self, const Clamp& clamp) {
  const ElementwiseKernel kernel = clamp.kernel();
  Tensor result =
      clamp.with_inputs(self, [&](TensorPointers inputs) { return elementwise(kernel, inputs, clamp.dtype); });
  return record(clamp.grad_fn, std::move(result), {self, clamp.min, clamp.max}, {self, clamp.min, clamp.max},
                clamp_backward);
}

Tensor& clamp_into(Tensor& self, const Clamp& clamp) {
  check_can_cast(clamp.dtype, self.scalar_type());
  const ElementwiseKernel kernel = clamp.kernel();
  InPlace write(clamp.in_place, self, {clamp.min, clamp.max});
  const Tensor before = write.recording() ? self.clone() : Tensor();
  clamp.with_inputs(self, [&](TensorPointers inputs) { elementwise_into(self, kernel, inputs); });
  write.record(clamp.grad_fn, {before, clamp.min, clamp.max}, clamp_backward);
  return self;
}

std::optional<formulas::Hardtanh> range_of(const std::optional<Scalar>& min, const std::optional<Scalar>& max,
                                           ScalarType dtype) {
  if (!min || !max || (dtype != kFloat && dtype != kDouble) || !(min->toDouble() <= max->toDouble())) return {};
  return formulas::Hardtanh{min->toDouble(), max->toDouble()};
}

Clamp clamp_to(const Tensor& self, const std::optional<Scalar>& min, const std::optional<Scalar>& max) {
  impl_of(self, "clamp");
  check(min || max, "torch.clamp: At least one of 'min' or 'max' must not be None");
  ScalarType dtype = result_type({self, min ? *min : *max});
  if (min && max) dtype = promote_types(dtype, result_type({self, *max}));
  return {"clamp",
          "clamp_",
          "ClampBackward1",
          min ? number_within(*min, dtype) : Tensor(),
          max ? number_within(*max, dtype) : Tensor(),
          dtype,
          range_of(min, max, dtype)};
}

Clamp clamp_to(const Tensor& self, const Tensor& min, const Tensor& max) {
  impl_of(self, "clamp");
  check(min.defined() || max.defined(), "torch.clamp: At least one of 'min' or 'max' must not be None");
  const ScalarType dtype = !max.defined()   ? result_type({self, min})
                           : !min.defined() ? result_type({self, max})
                                            : result_type({self, min, max});
  return {"clamp", "clamp_", "ClampBackward0", min, max, dtype, {}};
}

Clamp bound(const char* name, const char* in_place, const char* grad_fn, Clamp clamp) {
  clamp.name = name;
  clamp.in_place = in_place;
  clamp.grad_fn = grad_fn;
  return clamp;
}
template <class T>
Clamp clamp_min_to(const Tensor& self, const T& min, const char* grad_fn) {
  return bound("clamp_min", "clamp_min_", grad_fn, clamp_to(self, min, {}));
}
template <class T>
Clamp clamp_max_to(const Tensor& self, const T& max, const char* grad_fn) {
  return bound("clamp_max", "clamp_max_", grad_fn, clamp_to(self, {}, max));
}

}  // namespace

// min(max(self, min), max); NaN where any is. A bound may be left out, not both.
Tensor clamp(const Tensor& self, const std::optional<Scalar>& min, const std::optional<Scalar>& max) {
  return clamped(self, clamp_to(self, min, max));
}
Tensor& clamp_(Tensor& self, const std::optional<Scalar>& min, const std::optional<Scalar>& max) {
  return clamp_into(self, clamp_to(self, min, max));
}
Tensor clamp(const Tensor& self, const Tensor& min, const Tensor& max) {
  return clamped(self, clamp_to(self, min, max));
}
Tensor& clamp_(Tensor& self, const Tensor& min, const Tensor& max) {
  return clamp_into(self, clamp_to(self, min, max));
}

// max(self, min).
Tensor clamp_min(const Tensor& self, const Scalar& min) {
  return clamped(self, clamp_min_to(self, std::optional(min), "ClampMinBackward0"));
}
Tensor& clamp_min_(Tensor& self, const Scalar& min) {
  return clamp_into(self, clamp_min_to(self, std::optional(min), "ClampMinBackward0"));
}
Tensor clamp_min(const Tensor& self, const Tensor& min) {
  return clamped(self, clamp_min_to(self, min, "ClampMinBackward1"));
}
Tensor& clamp_min_(Tensor& self, const Tensor& min) {
  return clamp_into(self, clamp_min_to(self, min, "ClampMinBackward1"));
}

// min(self, max).
Tensor clamp_max(const Tensor& self, const Scalar& max) {
  return clamped(self, clamp_max_to(self, std::optional(max), "ClampMaxBackward0"));
}
Tensor& clamp_max_(Tensor& self, const Scalar& max) {
  return clamp_into(self, clamp_max_to(self, std::optional(max), "ClampMaxBackward0"));
}
Tensor clamp_max(const Tensor& self, const Tensor& max) {
  return clamped(self, clamp_max_to(self, max, "ClampMaxBackward1"));
}
Tensor& clamp_max_(Tensor& self, const Tensor& max) {
  return clamp_into(self, clamp_max_to(self, max, "ClampMaxBackward1"));
}

// ---- where and masked_fill ---------------------------------------------------------------------------------------

namespace {

ElementwiseKernel where_kernel(ScalarType dtype) {
  ElementwiseKernel kernel;
  kernel.loop = cpu::arithmetic_loop(ArithmeticOp::where, dtype);
  kernel.dtype = dtype;
  kernel.masked = true;
  return kernel;
}

Tensor select_where(const Tensor& condition, const Tensor& self, const Tensor& other, ScalarType dtype) {
  const ScalarType mask = impl_of(condition, "where").dtype;
  check(mask == kBool || mask == kByte,
        "where expected condition to be a boolean tensor, but got a tensor with dtype {}", to_string(mask));
  static std::atomic<bool> warned = false;
  if (mask == kByte)
    warn_once(&warned,
              "where received a uint8 condition tensor. This behavior is deprecated and will be removed in a future "
              "version of PyTorch. Use a boolean condition instead.");
  Tensor result = elementwise(where_kernel(dtype), {&condition, &self, &other}, dtype);
  return record("WhereBackward0", std::move(result), {self, other}, {condition}, [](Backward& run) {
    const Tensor chosen = run.saved(0);
    if (run.needs(0)) run.set(0, kept_where(chosen, run.grad()));
    if (run.needs(1)) run.set(1, where(chosen, 0.0, run.grad()));
  });
}

}  // namespace

// self where the condition holds, other elsewhere.
Tensor where(const Tensor& condition, const Tensor& self, const Tensor& other) {
  impl_of(self, "where");
  impl_of(other, "where");
  return select_where(condition, self, other, result_type({self, other}));
}
Tensor Tensor::where(const Tensor& condition, const Tensor& other) const {
  return relume::where(condition, *this, other);
}
Tensor where(const Tensor& condition, const Tensor& self, const Scalar& other) {
  impl_of(self, "where");
  const ScalarType dtype = result_type({self, other});
  return select_where(condition, self, number_within(other, dtype), dtype);
}
Tensor where(const Tensor& condition, const Scalar& self, const Tensor& other) {
  impl_of(other, "where");
  const ScalarType dtype = result_type({self, other});
  return select_where(condition, number_within(self, dtype), other, dtype);
}
Tensor where(const Tensor& condition, const Scalar& self, const Scalar& other) {
  return select_where(condition, number(self), number(other), result_type({self, other}));
}
std::vector<Tensor> where(const Tensor& condition) {
  std::vector<Tensor> result = nonzero(condition).unbind(1);
  if (condition.dim() > 0) return result;
  return {nonzero(condition.unsqueeze(0)).select(1, 0)};
}

namespace {

void check_mask(const Tensor& self, const Tensor& mask) {
  impl_of(self, "masked_fill");
  check(impl_of(mask, "masked_fill").dtype == kBool,
        "masked_fill_ only supports boolean masks, but got mask with dtype {}", TypeMeta(mask.scalar_type()).name());
}

void check_fill_value(const Tensor& value) {
  check(impl_of(value, "masked_fill").sizes.empty(),
        "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {} dimension(s).", value.dim());
}

void masked_fill_backward(Backward& run) {
  const Tensor mask = run.saved(0);
  if (run.needs(0)) run.set(0, where(mask, 0.0, run.grad()));
  if (run.needs(1)) run.set(1, kept_where(mask, run.grad()).sum());
}

Tensor filled(const Tensor& self, const Tensor& mask, const Tensor& value, const char* grad_fn) {
  check_mask(self, mask);
  Tensor result = elementwise(where_kernel(self.scalar_type()), {&mask, &value, &self});
  return record(grad_fn, std::move(result), {self, value}, {mask}, masked_fill_backward);
}

Tensor& fill_where(Tensor& self, const Tensor& mask, const Tensor& value, const char* grad_fn) {
  check_mask(self, mask);
  if (autograd::shares_elements(self)) [[unlikely]] {
    autograd::warned_of("masked_fill_", self, "tensor[mask] = scalar");
    Tensor one_each = self, named = mask.expand_as(self);
    for (int64_t d = 0; d < self.dim(); ++d)
      if (self.stride(d) == 0 && self.size(d) > 1) {
        one_each = one_each.narrow(d, 0, 1);
        named = named.any(d, true);
      }
    fill_where(one_each, named, value, grad_fn);
    return self;
  }
  InPlace write("masked_fill_", self, {value});
  const Tensor apart = value.is_alias_of(self) ? autograd::copy_detached(value) : value;
  elementwise_into(self, where_kernel(self.scalar_type()), {&mask, &apart, &self});
  write.record(grad_fn, {mask}, masked_fill_backward);
  return self;
}

}  // namespace

// self with `value` where the mask, which may broadcast, is true.
Tensor masked_fill(const Tensor& self, const Tensor& mask, const Scalar& value) {
  return filled(self, mask, make_finite_scalar(value, impl_of(self, "masked_fill").dtype), "MaskedFillBackward0");
}
Tensor& masked_fill_(Tensor& self, const Tensor& mask, const Scalar& value) {
  return fill_where(self, mask, make_finite_scalar(value, impl_of(self, "masked_fill_").dtype), "MaskedFillBackward0");
}
Tensor masked_fill(const Tensor& self, const Tensor& mask, const Tensor& value) {
  check_fill_value(value);
  return filled(self, mask, value, "MaskedFillBackward1");
}
Tensor& masked_fill_(Tensor& self, const Tensor& mask, const Tensor& value) {
  check_fill_value(value);
  return fill_where(self, mask, value, "MaskedFillBackward1");
}

// ---- lerp --------------------------------------------------------------------------------------------------------

namespace {

struct Lerp {
  const char *grad_fn, *kernel_name;
  const Tensor& end;
  Tensor weight;
  ScalarType dtype;

  ElementwiseKernel kernel() const {
    ElementwiseKernel kernel = arithmetic_kernel({"lerp", "lerp_", kernel_name, ArithmeticOp::lerp}, dtype);
    kernel.exact = 2;
    return kernel;
  }
};

void check_dtype(const Tensor& self, const char* name, const Tensor& other) {
  check(impl_of(self, "lerp").dtype == impl_of(other, "lerp").dtype, "expected dtype {} for `{}` but got dtype {}",
        TypeMeta(self.scalar_type()).name(), name, TypeMeta(other.scalar_type()).name());
}

Lerp lerp_by(const Tensor& self, const Tensor& end, const Scalar& weight) {
  check_dtype(self, "end", end);
  return {"LerpBackward0", "lerp_kernel_scalar", end, number(weight), self.scalar_type()};
}
// A weight of no dimensions may be of another dtype, and takes part in promotion.
Lerp lerp_by(const Tensor& self, const Tensor& end, const Tensor& weight) {
  check_dtype(self, "end", end);
  if (impl_of(weight, "lerp").dim() > 0) check_dtype(self, "weight", weight);
  const ScalarType dtype = result_type({self, end, weight});
  return {"LerpBackward1", "lerp_kernel_tensor", end, weight.to(dtype), dtype};
}

void lerp_backward(Backward& run) {
  const Tensor weight = run.saved(2), grad = run.grad();
  if (run.needs(0)) run.set(0, grad * (1 - weight));
  if (run.needs(1)) run.set(1, grad * weight);
  if (run.needs(2)) run.set(2, grad * (run.saved(1) - run.saved(0)));
}

Tensor mixed(const Tensor& self, const Lerp& lerp) {
  Tensor result = elementwise(lerp.kernel(), {&self, &lerp.end, &lerp.weight}, lerp.dtype);
  return record(lerp.grad_fn, std::move(result), {self, lerp.end, lerp.weight}, {self, lerp.end, lerp.weight},
                lerp_backward);
}

Tensor& mix_into(Tensor& self, const Lerp& lerp) {
  check_can_cast(lerp.dtype, self.scalar_type());
  const ElementwiseKernel kernel = lerp.kernel();
  InPlace write("lerp_", self, {lerp.end, lerp.weight});
  const Tensor before = write.recording() ? self.clone() : Tensor();
  elementwise_into(self, kernel, {&self, &lerp.end, &lerp.weight});
  write.record(lerp.grad_fn, {before, lerp.end, lerp.weight}, lerp_backward);
  return self;
}

}  // namespace

// self + weight (end - self).
Tensor lerp(const Tensor& self, const Tensor& end, const Scalar& weight) {
  return mixed(self, lerp_by(self, end, weight));
}
Tensor& lerp_(Tensor& self, const Tensor& end, const Scalar& weight) {
  return mix_into(self, lerp_by(self, end, weight));
}
Tensor lerp(const Tensor& self, const Tensor& end, const Tensor& weight) {
  return mixed(self, lerp_by(self, end, weight));
}
Tensor& lerp_(Tensor& self, const Tensor& end, const Tensor& weight) {
  return mix_into(self, lerp_by(self, end, weight));
}

// ---- addcmul and addcdiv -----------------------------------------------------------------------------------------

namespace {

constexpr ArithmeticRow kAddcmul = {"addcmul", "addcmul_", "addcmul_cpu_out", ArithmeticOp::addcmul,
                                    "AddcmulBackward0"};
constexpr ArithmeticRow kAddcdiv = {"addcdiv", "addcdiv_", "addcdiv_cpu_out", ArithmeticOp::addcdiv,
                                    "AddcdivBackward0"};

template <bool kQuotient>
auto fused_backward(const Scalar& value) {
  return [value](Backward& run) {
    const Tensor a = run.saved(0), b = run.saved(1);
    if (run.needs(0)) run.set(0, run.grad());
    const Tensor scaled = run.grad() * value;
    if (run.needs(1)) run.set(1, kQuotient ? scaled / b : scaled * b);
    if (run.needs(2)) run.set(2, kQuotient ? -scaled * (a / b / b) : scaled * a);
  };
}

cpu::ScaleOptions scale_options(const Scalar& value) {
  return {value.toDouble(), value.isFloatingPoint() ? static_cast<int64_t>(value.toDouble()) : value.toLong()};
}

ScalarType fused_dtype(const ArithmeticRow& row, const Tensor& self, const Tensor& a, const Tensor& b) {
  impl_of(self, row.name);
  const bool a_is_real = is_floating_point(impl_of(a, row.name).dtype);
  const bool b_is_real = is_floating_point(impl_of(b, row.name).dtype);
  const bool integers = !a_is_real && !b_is_real;
  check(row.op != ArithmeticOp::addcdiv || !integers,
        "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a true "
        "division "
        "of tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + value * "
        "torch.trunc(tensor1 / "
        "tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / tensor2) for float inputs. The "
        "future "
        "addcdiv behavior is just the latter implementation: (input + value * tensor1 / tensor2), for all dtypes.");
  return result_type({self, a, b});
}

template <bool kQuotient>
Tensor fused(const Tensor& self, const Tensor& a, const Tensor& b, const Scalar& value) {
  constexpr const ArithmeticRow& row = kQuotient ? kAddcdiv : kAddcmul;
  const ScalarType dtype = fused_dtype(row, self, a, b);
  const cpu::ScaleOptions options = scale_options(value);
  Tensor result = elementwise(arithmetic_kernel(row, dtype, &options), {&self, &a, &b}, dtype);
  return record(row.grad_fn, std::move(result), {self, a, b}, {a, b}, fused_backward<kQuotient>(value));
}

template <bool kQuotient>
Tensor& fuse_into(Tensor& self, const Tensor& a, const Tensor& b, const Scalar& value) {
  constexpr const ArithmeticRow& row = kQuotient ? kAddcdiv : kAddcmul;
  const ScalarType dtype = fused_dtype(row, self, a, b);
  check_can_cast(dtype, self.scalar_type());
  const cpu::ScaleOptions options = scale_options(value);
  const ElementwiseKernel kernel = arithmetic_kernel(row, dtype, &options);
  InPlace write(row.in_place, self, {a, b});
  elementwise_into(self, kernel, {&self, &a, &b});
  write.record(row.grad_fn, {a, b}, fused_backward<kQuotient>(value));
  return self;
}

}  // namespace

// self + value tensor1 tensor2.
Tensor addcmul(const Tensor& self, const Tensor& tensor1, const Tensor& tensor2, const Scalar& value) {
  return fused<false>(self, tensor1, tensor2, value);
}
Tensor& addcmul_(Tensor& self, const Tensor& tensor1, const Tensor& tensor2, const Scalar& value) {
  return fuse_into<false>(self, tensor1, tensor2, value);
}

// self + value tensor1 / tensor2.
Tensor addcdiv(const Tensor& self, const Tensor& tensor1, const Tensor& tensor2, const Scalar& value) {
  return fused<true>(self, tensor1, tensor2, value);
}
Tensor& addcdiv_(Tensor& self, const Tensor& tensor1, const Tensor& tensor2, const Scalar& value) {
  return fuse_into<true>(self, tensor1, tensor2, value);
}

}  // namespace relume
