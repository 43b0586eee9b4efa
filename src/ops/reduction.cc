// Reductions: sums, products, extremes, truth, moments and norms over dimensions, with gradients.
#include <cmath>
#include <limits>

#include "autograd/record.h"
#include "kernels/reduce.h"
#include "ops/autocast.h"
#include "ops/composed.h"
#include "ops/dims.h"
#include "ops/elementwise.h"
#include "ops/methods.h"
#include "ops/spatial.h"
#include "relume/warning.h"

namespace relume {

using cpu::ReduceOp;

// ---- Dimensions --------------------------------------------------------------------------------------------------

DimSet dim_set(IntArrayRef dims, int64_t rank) {
  check(rank <= 64, "only tensors with up to 64 dims are supported");
  if (dims.empty()) return rank == 64 ? ~DimSet{0} : (DimSet{1} << rank) - 1;
  DimSet set = 0;
  for (const int64_t dim : dims) {
    const int64_t d = wrap_dim(dim, rank);
    check(!contains(set, static_cast<size_t>(d)), "dim {} appears multiple times in the list of dims", d);
    set |= DimSet{1} << d;
  }
  return set;
}

DimVector reduced_sizes(IntArrayRef sizes, DimSet dims, bool keepdim) {
  DimVector result;
  for (size_t d = 0; d < sizes.size(); ++d) {
    if (!contains(dims, d))
      result.push_back(sizes[d]);
    else if (keepdim)
      result.push_back(1);
  }
  return result;
}

int64_t numel_of(IntArrayRef sizes, DimSet dims) {
  int64_t numel = 1;
  for (size_t d = 0; d < sizes.size(); ++d)
    if (contains(dims, d)) numel *= sizes[d];
  return numel;
}

Tensor with_dims(const Tensor& reduced, IntArrayRef sizes, DimSet dims) {
  const DimVector shape = reduced_sizes(sizes, dims, /*keepdim=*/true);
  return reduced.sizes() == IntArrayRef(shape) ? reduced : reduced.reshape(shape);
}

namespace {

// ---- Running a reduction -----------------------------------------------------------------------------------------

// The dtype in which elements are reduced: float32, float64 or int64.
ScalarType loop_dtype(ScalarType dtype) {
  if (is_reduced_floating_point(dtype)) return kFloat;
  return is_floating_point(dtype) ? dtype : kLong;
}

struct Over {
  DimSet dims;
  bool keepdim;
};

Over all_of(const Tensor& self) { return {dim_set({}, self.dim()), false}; }

// Reduces to a tensor of `dtype`; `second`, where the op has two results, gets one of `second_dtype`.
Tensor reduce(ReduceOp op, const Tensor& self, Over over, ScalarType loop, ScalarType dtype,
              const cpu::ReduceOptions& options = {}, Tensor* second = nullptr, ScalarType second_dtype = kLong) {
  const detail::TensorImpl& impl = *self.impl();
  const DimVector sizes = reduced_sizes(impl.sizes, over.dims, over.keepdim);
  const Tensor result = make_tensor(sizes, dtype);
  cpu::ReduceCall call;
  call.op = op;
  call.sizes = impl.sizes;
  call.input = impl.data();
  call.strides = impl.contiguous ? nullptr : impl.strides.data();
  call.dtype = impl.dtype;
  call.loop_dtype = loop;
  call.reduced = over.dims;
  call.outputs[0] = {result.impl()->data(), dtype};
  call.options = options;
  if (second) {
    *second = make_tensor(sizes, second_dtype);
    call.outputs[1] = {second->impl()->data(), second_dtype};
  }
  cpu::run_reduction(call);
  return result;
}

// What a backward needs to know of the reduction.
struct Shape {
  Shape(const Tensor& self, Over over) : sizes(self.sizes()), dims(over.dims) {}
  Tensor restore(const Tensor& reduced) const { return with_dims(reduced, sizes, dims); }
  Tensor expand(const Tensor& grad) const { return restore(grad).expand(sizes); }
  int64_t count() const { return numel_of(sizes, dims); }
  DimVector list() const {
    DimVector result;
    for (size_t d = 0; d < sizes.size(); ++d)
      if (contains(dims, d)) result.push_back(static_cast<int64_t>(d));
    return result;
  }
  DimVector sizes;
  DimSet dims;
};

// ---- Sums --------------------------------------------------------------------------------------------------------

// Integers and bools are summed as int64.
ScalarType sum_dtype(const Tensor& self, std::optional<ScalarType> dtype) {
  return dtype.value_or(is_floating_point(self.scalar_type()) ? self.scalar_type() : kLong);
}

Tensor sum_over(const char* grad_fn, const Tensor& self, Over over, std::optional<ScalarType> dtype) {
  const ScalarType to = sum_dtype(self, dtype);
  if (to == kBool) return reduce(ReduceOp::any, self, over, kBool, kBool);
  Tensor result = reduce(ReduceOp::sum, self, over, loop_dtype(to), to);
  if (!is_floating_point(to)) return result;
  return record(grad_fn, std::move(result), {self}, {},
                [shape = Shape(self, over)](Backward& run) { run.set(0, shape.expand(run.grad())); });
}

Tensor mean_over(const char* grad_fn, const Tensor& self, Over over, std::optional<ScalarType> dtype) {
  const ScalarType to = dtype.value_or(self.scalar_type());
  check(is_floating_point(to),
        "mean(): could not infer output dtype. {} dtype must be either a floating point or complex dtype. Got: {}",
        dtype ? "Optional" : "Input", to_string(to));
  const double count = static_cast<double>(numel_of(self.sizes(), over.dims));
  const bool hidden = form_of(self) == Form::Hidden;
  Tensor result = reduce(ReduceOp::sum, self, over, loop_dtype(to), to, {.divisor = count});
  return record(grad_fn, std::move(result), {self}, {}, [shape = Shape(self, over), count, hidden](Backward& run) {
    // One number everywhere; the gradient of a hidden activation is at its best in the same layout.
    const bool fills = run.grad().dim() == 0 && shape.sizes.size() > 0 && !GradMode::is_enabled();
    run.set(0, fills ? make_filled_activation(shape.sizes, run.grad() / count, hidden ? Form::Hidden : Form::Plain)
                     : shape.expand(run.grad()) / count);
  });
}

}  // namespace

// The sum of all elements, or over `dim`. Integers and bools are summed as int64 unless `dtype` says otherwise.
Tensor sum(const Tensor& self, std::optional<ScalarType> dtype) {
  impl_of(self, "sum");
  return sum_over("SumBackward0", self, all_of(self), dtype);
}
Tensor sum(const Tensor& self, IntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) {
  return sum_over("SumBackward1", self, {dim_set(dim, impl_of(self, "sum").dim()), keepdim}, dtype);
}

// The mean of all elements, or over `dim`; of floating-point numbers only, unless `dtype` makes them so.
Tensor mean(const Tensor& self, std::optional<ScalarType> dtype) {
  impl_of(self, "mean");
  return mean_over("MeanBackward0", self, all_of(self), dtype);
}
Tensor mean(const Tensor& self, IntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) {
  return mean_over("MeanBackward1", self, {dim_set(dim, impl_of(self, "mean").dim()), keepdim}, dtype);
}

namespace {

Tensor nansum_over(const Tensor& self, Over over, std::optional<ScalarType> dtype) {
  if (!is_floating_point(self.scalar_type())) return sum_over("SumBackward1", self, over, dtype);
  const ScalarType to = sum_dtype(self, dtype);
  const Tensor numbers = [&] {
    const NoGradGuard unrecorded;
    return where(isnan(self), 0.0, self);
  }();
  return record("NansumBackward0", reduce(ReduceOp::sum, numbers, over, loop_dtype(to), to), {self}, {self},
                [shape = Shape(self, over)](Backward& run) {
                  run.set(0, where(isnan(run.saved(0)), 0.0, shape.expand(run.grad())));
                });
}

}  // namespace

// The sum of all elements that are no NaN, or over `dim`.
Tensor nansum(const Tensor& self, std::optional<ScalarType> dtype) {
  impl_of(self, "nansum");
  return nansum_over(self, all_of(self), dtype);
}
Tensor nansum(const Tensor& self, IntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) {
  return nansum_over(self, {dim_set(dim, impl_of(self, "nansum").dim()), keepdim}, dtype);
}

// ---- Products ----------------------------------------------------------------------------------------------------

namespace {

// The product of all elements before each, along dim.
Tensor product_before(const Tensor& x, int64_t dim) {
  const int64_t size = x.size(dim);
  const Tensor first = ones_like(x.narrow(dim, 0, 1));
  return size == 1 ? first : cat({first, cumprod(x.narrow(dim, 0, size - 1), dim)}, dim);
}

// d prod / d x along dim: the product of the others, found without dividing by an x that may be 0.
Tensor product_of_others(const Tensor& x, const Tensor& product, int64_t dim) {
  if (x.numel() == 0) return zeros_like(x);
  const bool zeros = [&] {
    const NoGradGuard unrecorded;
    return (x == 0).any().item().toBool();
  }();
  if (!zeros) return product / x;
  return product_before(x, dim) * product_before(x.flip({dim}), dim).flip({dim});
}

Tensor prod_over(const char* grad_fn, const Tensor& self, Over over, std::optional<ScalarType> dtype) {
  const ScalarType to = sum_dtype(self, dtype);
  if (to == kBool) return reduce(ReduceOp::all, self, over, kBool, kBool);
  const Tensor result = reduce(ReduceOp::prod, self, over, loop_dtype(to), to);
  if (!is_floating_point(to)) return result;
  return record(grad_fn, result, {self}, {self, output(result)}, [shape = Shape(self, over)](Backward& run) {
    const Tensor x = run.saved(0), product = run.saved(1);
    const DimVector dims = shape.list();
    const Tensor grad = shape.restore(run.grad());
    if (dims.size() == 1)
      run.set(0, grad * product_of_others(x, shape.restore(product), dims[0]));
    else
      run.set(0, grad * product_of_others(x.reshape({-1}), product, 0).reshape(x.sizes()));
  });
}

}  // namespace

// The product of all elements, or along `dim`; of integers and bools as int64.
Tensor prod(const Tensor& self, std::optional<ScalarType> dtype) {
  if (const Autocast cast(CastTo::Float); cast) return prod(cast(self), dtype);
  impl_of(self, "prod");
  return prod_over("ProdBackward0", self, all_of(self), dtype);
}
Tensor prod(const Tensor& self, int64_t dim, bool keepdim, std::optional<ScalarType> dtype) {
  if (const Autocast cast(CastTo::Float); cast) return prod(cast(self), dim, keepdim, dtype);
  return prod_over("ProdBackward1", self, {dim_set(dim, impl_of(self, "prod").dim()), keepdim}, dtype);
}

// ---- Extremes ----------------------------------------------------------------------------------------------------

namespace {

// Throws where no element at all would be reduced to something.
void check_not_empty(const char* op, const Tensor& self) {
  check(impl_of(self, op).numel != 0,
        "{}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' "
        "argument.",
        op);
}

// Throws where a dimension without elements would be reduced to something.
void check_extreme(const char* op, const char* kernel, const Tensor& self, DimSet dims) {
  if (self.scalar_type() == kUInt16) fail_not_implemented(kernel, self.scalar_type());
  for (size_t d = 0; d < self.sizes().size(); ++d)
    check<IndexError>(!contains(dims, d) || self.sizes()[d] != 0,
                      "{}(): Expected reduction dim {} to have non-zero size.", op, d);
}

// The gradient goes to all elements that equal the extreme, in equal parts.
void share_gradient(Backward& run, const Shape& shape) {
  run.set(0, shared_by_equals(shape.restore(run.grad()), run.saved(0), shape.restore(run.saved(1)), shape.list()));
}

Tensor extreme_over(ReduceOp op, const char* grad_fn, const Tensor& self, Over over) {
  const Tensor result = reduce(op, self, over, loop_dtype(self.scalar_type()), self.scalar_type());
  return record(grad_fn, result, {self}, {self, output(result)},
                [shape = Shape(self, over)](Backward& run) { share_gradient(run, shape); });
}

Tensor extreme_of_all(ReduceOp op, const char* name, const char* grad_fn, const Tensor& self) {
  check_not_empty(name, self);
  check_extreme(name, name, self, 0);
  const Tensor result = reduce(op, self, all_of(self), loop_dtype(self.scalar_type()), self.scalar_type());
  return record(grad_fn, result, {self}, {self, output(result)}, [](Backward& run) {
    run.set(0, shared_by_all_equals(run.grad(), run.saved(0).detach(), run.saved(1).detach()));
  });
}

std::tuple<Tensor, Tensor> extreme_along(ReduceOp op, const char* name, const char* grad_fn, const Tensor& self,
                                         int64_t dim, bool keepdim) {
  const int64_t d = wrap_dim(dim, impl_of(self, name).dim());
  const Over over{dim_set(d, self.dim()), keepdim};
  check_extreme(name, name, self, over.dims);
  Tensor indices;
  const Tensor values = reduce(op, self, over, loop_dtype(self.scalar_type()), self.scalar_type(), {}, &indices, kLong);
  if (recording({self}))
    record_results(grad_fn, {values, indices}, {self}, {indices}, [shape = Shape(self, over), d](Backward& run) {
      run.set(0, selected_backward(run.grad(), shape.sizes, d, run.saved(0)));
    });
  return {values, indices};
}

Tensor index_of_extreme(ReduceOp op, const char* name, const Tensor& self, std::optional<int64_t> dim, bool keepdim) {
  const detail::TensorImpl& impl = impl_of(self, name);
  check(impl.dtype != kBool, "{}(): does not support bool input", name);
  check<IndexError>(dim || impl.numel != 0, "{}(): Expected reduction dim to be specified for input.numel() == 0.",
                    name);
  const NoGradGuard unrecorded;
  const Tensor flat = dim ? self : self.reshape({-1});
  const Over over{dim_set(wrap_dim(dim.value_or(0), flat.dim()), flat.dim()), keepdim};
  check_extreme(name, name, flat, over.dims);
  Tensor indices;
  reduce(op, flat, over, loop_dtype(impl.dtype), impl.dtype, {}, &indices, kLong);
  return !dim && keepdim ? indices.reshape(DimVector(impl.sizes.size(), 1)) : indices;
}

}  // namespace

Tensor selected_backward(const Tensor& grad, IntArrayRef sizes, int64_t dim, const Tensor& indices) {
  const Tensor zero = zeros(sizes, grad.scalar_type());
  if (sizes.empty()) return zero.scatter(0, indices, grad);
  const bool kept = grad.sizes().size() == sizes.size();
  return zero.scatter(dim, kept ? indices : indices.unsqueeze(dim), kept ? grad : grad.unsqueeze(dim));
}

// The largest element, NaN where there is one; along `dim` also the index at which it comes first.
Tensor max(const Tensor& self) { return extreme_of_all(ReduceOp::amax, "max", "MaxBackward1", self); }
std::tuple<Tensor, Tensor> max(const Tensor& self, int64_t dim, bool keepdim) {
  return extreme_along(ReduceOp::max, "max", "MaxBackward0", self, dim, keepdim);
}

// The smallest element, NaN where there is one; along `dim` also the index at which it comes first.
Tensor min(const Tensor& self) { return extreme_of_all(ReduceOp::amin, "min", "MinBackward1", self); }
std::tuple<Tensor, Tensor> min(const Tensor& self, int64_t dim, bool keepdim) {
  return extreme_along(ReduceOp::min, "min", "MinBackward0", self, dim, keepdim);
}

// The largest and the smallest over any dimensions. Equal ones share the gradient.
Tensor amax(const Tensor& self, IntArrayRef dim, bool keepdim) {
  const Over over{dim_set(dim, impl_of(self, "amax").dim()), keepdim};
  if (dim.empty()) check_not_empty("amax", self);
  check_extreme("amax", "max_values_cpu", self, over.dims);
  return extreme_over(ReduceOp::amax, "AmaxBackward0", self, over);
}
Tensor amin(const Tensor& self, IntArrayRef dim, bool keepdim) {
  const Over over{dim_set(dim, impl_of(self, "amin").dim()), keepdim};
  if (dim.empty()) check_not_empty("amin", self);
  check_extreme("amin", "min_values_cpu", self, over.dims);
  return extreme_over(ReduceOp::amin, "AminBackward0", self, over);
}

// Both extremes.
std::tuple<Tensor, Tensor> aminmax(const Tensor& self, std::optional<int64_t> dim, bool keepdim) {
  const detail::TensorImpl& impl = impl_of(self, "aminmax");
  if (dim) {
    const int64_t d = wrap_dim(*dim, self.dim());
    check<IndexError>(self.dim() == 0 || impl.sizes[static_cast<size_t>(d)] != 0,
                      "aminmax: Expected reduction dim {} to have non-zero size.", d);
  } else {
    check(impl.numel != 0,
          "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity.");
  }
  const DimVector dims = dim ? DimVector{*dim} : DimVector();
  return {amin(self, dims, keepdim), amax(self, dims, keepdim)};
}

// The index of the first largest or smallest element along `dim`, or in the flattened tensor.
Tensor argmax(const Tensor& self, std::optional<int64_t> dim, bool keepdim) {
  return index_of_extreme(ReduceOp::max, "argmax", self, dim, keepdim);
}
Tensor argmin(const Tensor& self, std::optional<int64_t> dim, bool keepdim) {
  return index_of_extreme(ReduceOp::min, "argmin", self, dim, keepdim);
}

// ---- Truth -------------------------------------------------------------------------------------------------------

namespace {

// Bools, but for uint8, which stays what it is.
Tensor truth_over(ReduceOp op, const Tensor& self, Over over) {
  return reduce(op, self, over, kBool, self.scalar_type() == kByte ? kByte : kBool);
}

// Over no dimension at all where the list is empty, unlike sums.
Tensor truth_over_list(ReduceOp op, const Tensor& self, OptionalIntArrayRef dim, bool keepdim) {
  if (dim && dim->empty()) return self.ne(0).to(self.scalar_type() == kByte ? kByte : kBool);
  return truth_over(op, self, {dim_set(dim.value_or(IntArrayRef()), self.dim()), keepdim});
}

}  // namespace

// Whether any, or whether every element is true, that is not 0.
Tensor any(const Tensor& self) {
  impl_of(self, "any");
  return truth_over(ReduceOp::any, self, all_of(self));
}
Tensor any(const Tensor& self, int64_t dim, bool keepdim) {
  return truth_over(ReduceOp::any, self, {dim_set(dim, impl_of(self, "any").dim()), keepdim});
}
Tensor any(const Tensor& self, OptionalIntArrayRef dim, bool keepdim) {
  impl_of(self, "any");
  return truth_over_list(ReduceOp::any, self, dim, keepdim);
}
Tensor all(const Tensor& self) {
  impl_of(self, "all");
  return truth_over(ReduceOp::all, self, all_of(self));
}
Tensor all(const Tensor& self, int64_t dim, bool keepdim) {
  return truth_over(ReduceOp::all, self, {dim_set(dim, impl_of(self, "all").dim()), keepdim});
}
Tensor all(const Tensor& self, OptionalIntArrayRef dim, bool keepdim) {
  impl_of(self, "all");
  return truth_over_list(ReduceOp::all, self, dim, keepdim);
}

// How many elements are not 0.
Tensor count_nonzero(const Tensor& self, std::optional<int64_t> dim) {
  const int64_t rank = impl_of(self, "count_nonzero").dim();
  return reduce(ReduceOp::count, self, dim ? Over{dim_set(*dim, rank), false} : all_of(self), kBool, kLong);
}
Tensor count_nonzero(const Tensor& self, IntArrayRef dim) {
  return reduce(ReduceOp::count, self, {dim_set(dim, impl_of(self, "count_nonzero").dim()), false}, kBool, kLong);
}

// ---- Moments -----------------------------------------------------------------------------------------------------

namespace {

struct Moment {
  const char* name;
  ReduceOp op;
  const char *grad_fn, *with_mean;
};
constexpr Moment kVar = {"var", ReduceOp::variance, "VarBackward0", "VarMeanBackward0"};
constexpr Moment kStd = {"std", ReduceOp::deviation, "StdBackward0", "StdMeanBackward0"};

Tensor variance_backward(const Tensor& grad, const Tensor& self, const Shape& shape, double correction) {
  const double freedom = static_cast<double>(shape.count()) - correction;
  return shape.restore(grad) * (2 / freedom) * (self - self.mean(shape.list(), true));
}

Tensor moment_backward(const Moment& moment, const Tensor& grad, const Tensor& self, const Tensor& result,
                       const Shape& shape, double correction) {
  if (moment.op == ReduceOp::variance) return variance_backward(grad, self, shape, correction);
  return variance_backward(where(result == 0, 0.0, grad / (result * 2)), self, shape, correction);
}

struct MomentCall {
  Over over;
  double correction;
};

MomentCall moment_call(const Moment& moment, const Tensor& self, OptionalIntArrayRef dim,
                       const std::optional<Scalar>& correction, bool keepdim) {
  const detail::TensorImpl& impl = impl_of(self, moment.name);
  check(is_floating_point(impl.dtype), "std and var only support floating point and complex dtypes");
  return {{dim_set(dim.value_or(IntArrayRef()), impl.dim()), keepdim}, correction ? correction->toDouble() : 1.0};
}

void warn_of_freedom(std::string_view name, const Tensor& self, const MomentCall& call) {
  const int64_t count = self.numel() == 0 ? 0 : numel_of(self.sizes(), call.over.dims);
  if (static_cast<double>(count) > call.correction) return;
  warn(
      fmt::format("{}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor "
                  "(input numel divided by output numel).",
                  name));
}

// A deviation is saved, and so may not be written to; the backward of a variance does not look at it.
autograd::Save saved_moment(const Moment& moment, const Tensor& result) {
  return moment.op == ReduceOp::variance ? lazy_output(result) : output(result);
}

Tensor moment_over(const Moment& moment, const Tensor& self, const MomentCall& call) {
  warn_of_freedom(moment.name, self, call);
  const ScalarType dtype = self.scalar_type();
  const Tensor result = reduce(moment.op, self, call.over, loop_dtype(dtype), dtype, {.correction = call.correction});
  return record(moment.grad_fn, result, {self}, {self, saved_moment(moment, result)},
                [&moment, shape = Shape(self, call.over), correction = call.correction](Backward& run) {
                  run.set(0, moment_backward(moment, run.grad(), run.saved(0), run.saved(1), shape, correction));
                });
}

std::tuple<Tensor, Tensor> moment_and_mean(const Moment& moment, const Tensor& self, const MomentCall& call) {
  warn_of_freedom(moment.op == ReduceOp::variance ? "var_mean" : "std_mean", self, call);
  const ScalarType dtype = self.scalar_type();
  Tensor mean;
  const Tensor result =
      reduce(moment.op, self, call.over, loop_dtype(dtype), dtype, {.correction = call.correction}, &mean, dtype);
  if (recording({self}))
    record_results(moment.with_mean, {result, mean}, {self}, {self, saved_moment(moment, result)},
                   [&moment, shape = Shape(self, call.over), correction = call.correction](Backward& run) {
                     const Tensor count = scalar_tensor(shape.count(), run.grad(1).scalar_type());
                     run.set(0, moment_backward(moment, run.grad(0), run.saved(0), run.saved(1), shape, correction) +
                                    shape.expand(run.grad(1)) / count);
                   });
  return {result, mean};
}

std::optional<Scalar> correction_of(bool unbiased) { return Scalar(unbiased ? 1 : 0); }

}  // namespace

// sum (x - mean)^2 / (n - correction); unbiased means a correction of 1, the default. Of floating-point numbers only.
Tensor var(const Tensor& self, bool unbiased) {
  return moment_over(kVar, self, moment_call(kVar, self, {}, correction_of(unbiased), false));
}
Tensor var(const Tensor& self, IntArrayRef dim, bool unbiased, bool keepdim) {
  return moment_over(kVar, self, moment_call(kVar, self, dim, correction_of(unbiased), keepdim));
}
Tensor var(const Tensor& self, OptionalIntArrayRef dim, const std::optional<Scalar>& correction, bool keepdim) {
  return moment_over(kVar, self, moment_call(kVar, self, dim, correction, keepdim));
}

// The square root of var.
Tensor std(const Tensor& self, bool unbiased) {
  return moment_over(kStd, self, moment_call(kStd, self, {}, correction_of(unbiased), false));
}
Tensor std(const Tensor& self, IntArrayRef dim, bool unbiased, bool keepdim) {
  return moment_over(kStd, self, moment_call(kStd, self, dim, correction_of(unbiased), keepdim));
}
Tensor std(const Tensor& self, OptionalIntArrayRef dim, const std::optional<Scalar>& correction, bool keepdim) {
  return moment_over(kStd, self, moment_call(kStd, self, dim, correction, keepdim));
}

// var or std, and the mean.
std::tuple<Tensor, Tensor> var_mean(const Tensor& self, OptionalIntArrayRef dim,
                                    const std::optional<Scalar>& correction, bool keepdim) {
  return moment_and_mean(kVar, self, moment_call(kVar, self, dim, correction, keepdim));
}
std::tuple<Tensor, Tensor> std_mean(const Tensor& self, OptionalIntArrayRef dim,
                                    const std::optional<Scalar>& correction, bool keepdim) {
  return moment_and_mean(kStd, self, moment_call(kStd, self, dim, correction, keepdim));
}

// ---- Norms -------------------------------------------------------------------------------------------------------

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

ReduceOp norm_op(double p) {
  if (p == 1) return ReduceOp::abs_sum;
  if (p == 2) return ReduceOp::square_sum;
  if (p == kInfinity) return ReduceOp::abs_max;
  if (p == -kInfinity) return ReduceOp::abs_min;
  return ReduceOp::power_sum;
}

Tensor norm_backward(const Tensor& grad, const Tensor& x, const Tensor& norm, double p, const Shape& shape) {
  if (p == 1) return grad * sign(x);
  if (p == 2) return grad * where(norm == 0, 0.0, x / norm);
  if (std::isinf(p)) {
    const Tensor chosen = (abs(x) == norm).to(x.scalar_type());
    return grad * sign(x) * chosen / chosen.sum(shape.list(), true);
  }
  // No derivative of the power at 0, which is infinite or NaN, reaches what is 0 anyway.
  const auto apart_from_zero = [](const Tensor& size) { return where(size == 0, 1.0, size); };
  const Tensor slope = sign(x) * pow(apart_from_zero(abs(x)) / apart_from_zero(norm), p - 1);
  return grad * where(norm == 0, 0.0, slope);
}

// Of nothing there is neither a largest nor a smallest absolute value.
void check_norm_of_nothing(const Tensor& self, double p, DimSet dims) {
  if (p >= 0 && !std::isinf(p)) return;
  for (int64_t d = 0; d < self.dim(); ++d)
    check(!contains(dims, static_cast<size_t>(d)) || self.size(d) != 0,
          "linalg.vector_norm cannot compute the {} norm on the dimension {}because this dimension is empty and the "
          "operation does not have an identity",
          p, d);
}

Tensor norm_over(const Tensor& self, double p, Over over) {
  const ScalarType dtype = impl_of(self, "norm").dtype;
  check(is_floating_point(dtype), "linalg.vector_norm: Expected a floating point or complex tensor as input. Got {}",
        to_string(dtype));
  check_norm_of_nothing(self, p, over.dims);
  const Tensor result = p == 0 ? reduce(ReduceOp::count, self, over, kBool, dtype)
                               : reduce(norm_op(p), self, over, loop_dtype(dtype), dtype, {.p = p});
  return record("LinalgVectorNormBackward0", result, {self}, {self, output(result)},
                [p, shape = Shape(self, over)](Backward& run) {
                  if (p == 0) return;
                  run.set(
                      0, norm_backward(shape.restore(run.grad()), run.saved(0), shape.restore(run.saved(1)), p, shape));
                });
}

}  // namespace

// (sum |x|^p)^(1/p); the number of elements that are not 0 for p = 0, the largest (smallest) |x| for p = (-)infinity.
Tensor norm(const Tensor& self, const Scalar& p) {
  impl_of(self, "norm");
  return norm_over(self, p.toDouble(), all_of(self));
}
Tensor norm(const Tensor& self, const std::optional<Scalar>& p, IntArrayRef dim, bool keepdim) {
  return norm_over(self, p ? p->toDouble() : 2.0, {dim_set(dim, impl_of(self, "norm").dim()), keepdim});
}

// log sum exp(x) over dim, without overflow on the way.
Tensor logsumexp(const Tensor& self, IntArrayRef dim, bool keepdim) {
  const Over over{dim_set(dim, impl_of(self, "logsumexp").dim()), keepdim};
  const Shape shape(self, over);
  const Tensor x = is_floating_point(self.scalar_type()) ? self : self.to(ScalarType(get_default_dtype()));
  const Tensor result = [&] {
    const NoGradGuard unrecorded;
    if (shape.count() == 0) return full(reduced_sizes(x.sizes(), over.dims, keepdim), -kInfinity, x.scalar_type());
    const Tensor highest = reduce(ReduceOp::amax, x, {over.dims, true}, loop_dtype(x.scalar_type()), x.scalar_type());
    const Tensor shift = where(isfinite(highest), highest, 0.0);
    const Tensor sums = log(exp(x - shift).sum(shape.list(), true)) + shift;
    return sums.reshape(reduced_sizes(x.sizes(), over.dims, keepdim))
        .variable_data();  // no view to those who write to it
  }();
  return record("LogsumexpBackward0", result, {x}, {x, output(result)}, [shape](Backward& run) {
    run.set(0, shape.restore(run.grad()) * exp(run.saved(0) - shape.restore(run.saved(1))));
  });
}

// The sum of the main diagonal of a matrix.
Tensor trace(const Tensor& self) {
  if (const Autocast cast(CastTo::Float); cast) return trace(cast(self));
  const detail::TensorImpl& impl = impl_of(self, "trace");
  check(impl.dim() == 2, "trace: expected a matrix, but got tensor with dim {}", impl.dim());
  Tensor result = [&] {
    const NoGradGuard unrecorded;
    return self.diagonal().sum();
  }();
  if (!is_floating_point(impl.dtype)) return result;
  return record("TraceBackward0", std::move(result), {self}, {},
                [rows = impl.sizes[0], columns = impl.sizes[1]](Backward& run) {
                  run.set(0, where(eye(rows, columns, kBool), run.grad(), 0.0));
                });
}

}  // namespace relume
