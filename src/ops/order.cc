// Running sums and extremes, and order: cumsum, cumprod, cummax, sort, topk, kthvalue, median, quantile, unique.
#include <cmath>

#include "autograd/record.h"
#include "kernels/along_dim.h"
#include "ops/autocast.h"
#include "ops/dims.h"
#include "ops/elementwise.h"
#include "ops/methods.h"

namespace relume {
namespace {

// self as the rows along a dimension; the kernels do not see tensors without elements.
cpu::RowsCall rows_of(const Tensor& self, int64_t dim, const Tensor& values, const Tensor& indices) {
  const detail::TensorImpl& impl = *self.impl();
  cpu::RowsCall call;
  call.sizes = impl.sizes;
  call.dim = dim;
  call.input = impl.data();
  call.strides = impl.strides.data();
  call.dtype = impl.dtype;
  call.values = values.defined() ? values.impl()->data() : nullptr;
  call.indices = indices.defined() ? indices.data_ptr<int64_t>() : nullptr;
  return call;
}

DimVector with_size(IntArrayRef sizes, int64_t dim, int64_t size) {
  DimVector result(sizes);
  if (!result.empty()) result[static_cast<size_t>(dim)] = size;
  return result;
}

int64_t length_of(const Tensor& self, int64_t dim) { return self.dim() == 0 ? 1 : self.size(dim); }

// Records values that `indices` picked along dim.
std::tuple<Tensor, Tensor> picked(const char* grad_fn, const Tensor& self, int64_t dim, Tensor values, Tensor indices) {
  if (recording({self}))
    record_results(grad_fn, {values, indices}, {self}, {indices},
                   [sizes = DimVector(self.sizes()), dim](Backward& run) {
                     run.set(0, selected_backward(run.grad(), sizes, dim, run.saved(0)));
                   });
  return {values, indices};
}

// ---- Running sums and products -----------------------------------------------------------------------------------

struct ScanRow {
  const char *name, *in_place, *grad_fn;
  cpu::ScanOp op;
};
constexpr ScanRow kCumsum = {"cumsum", "cumsum_", "CumsumBackward0", cpu::ScanOp::Sum};
constexpr ScanRow kCumprod = {"cumprod", "cumprod_", "CumprodBackward0", cpu::ScanOp::Product};

Tensor scanned(const ScanRow& row, const Tensor& self, int64_t dim, std::optional<ScalarType> dtype) {
  const NoGradGuard unrecorded;
  const Tensor x = self.to(dtype.value_or(is_floating_point(self.scalar_type()) ? self.scalar_type() : kLong));
  const Tensor result = make_tensor(x.sizes(), x.scalar_type());
  if (x.numel() > 0) cpu::scan_rows(rows_of(x, dim, result, Tensor()), row.op);
  return result;
}

// The sum of the elements from each to the end.
Tensor sum_from(const Tensor& x, int64_t dim) { return x.dim() == 0 ? x : x.flip({dim}).cumsum(dim).flip({dim}); }

// d/dx_i sum_j g_j p_j with p_j = x_0 ... x_j, as the sum over j >= i of g_j times the other factors of p_j: right to
// every order where x has zeros, at the price of a running product for each i.
Tensor cumprod_backward_by_element(const Tensor& grad, const Tensor& x, int64_t dim) {
  const int64_t n = x.size(dim);
  const Tensor one = ones_like(x.narrow(dim, 0, 1));
  std::vector<Tensor> slopes;
  for (int64_t i = 0; i < n; ++i) {
    const Tensor others = cat({x.narrow(dim, 0, i), one, x.narrow(dim, i + 1, n - i - 1)}, dim);
    slopes.push_back((grad * cumprod(others, dim)).narrow(dim, i, n - i).sum(dim, true));
  }
  return cat(slopes, dim);
}

// The same in linear time. Without zeros it is sum_from(g p) / x. Before the first zero of a row the same holds, after
// it the gradient is 0, and at it the factors of p_j but this one make it up.
Tensor cumprod_backward(const Tensor& grad, const Tensor& x, const Tensor& product, int64_t dim) {
  if (x.dim() == 0) return grad;
  const Tensor zero = x == 0;
  const bool any_zero = [&] {
    const NoGradGuard unrecorded;
    return zero.any().item().toBool();
  }();
  if (!any_zero) return sum_from(grad * product, dim) / x;
  if (GradMode::is_enabled()) return cumprod_backward_by_element(grad, x, dim);
  const Tensor zeros_so_far = zero.to(kLong).cumsum(dim);
  const Tensor first_zero = logical_and(zero, zeros_so_far == 1);
  const Tensor without = where(first_zero, 1.0, x).cumprod(dim);
  const Tensor at_zero = sum_from(grad * where(zeros_so_far >= 1, without, 0.0), dim);
  const Tensor before = sum_from(grad * product, dim) / where(zero, 1.0, x);
  return where(first_zero, at_zero, where(zeros_so_far == 0, before, 0.0));
}

auto scan_backward(bool product, int64_t dim) {
  return [product, dim](Backward& run) {
    run.set(0, product ? cumprod_backward(run.grad(), run.saved(0), run.saved(1), dim) : sum_from(run.grad(), dim));
  };
}

Tensor scan(const ScanRow& row, const Tensor& self, int64_t dim, std::optional<ScalarType> dtype) {
  const int64_t d = wrap_dim(dim, impl_of(self, row.name).dim());
  const Tensor result = scanned(row, self, d, dtype);
  if (!is_floating_point(result.scalar_type()) || !recording({self})) return result;
  const bool product = row.op == cpu::ScanOp::Product;
  if (!product) return record(row.grad_fn, result, {self}, {}, scan_backward(false, d));
  return record(row.grad_fn, result, {self}, {self, output(result)}, scan_backward(true, d));
}

Tensor& scan_into(const ScanRow& row, Tensor& self, int64_t dim, std::optional<ScalarType> dtype) {
  const int64_t d = wrap_dim(dim, impl_of(self, row.in_place).dim());
  check(!dtype || *dtype == self.scalar_type(),
        "Bad in-place call: input tensor dtype {} and output tensor dtype {} should match",
        TypeMeta(self.scalar_type()).name(), TypeMeta(dtype.value_or(self.scalar_type())).name());
  const Tensor result = scanned(row, self, d, self.scalar_type());
  const bool product = row.op == cpu::ScanOp::Product;
  InPlace write(row.in_place, self);
  const Tensor before = product && write.recording() ? self.clone() : Tensor();
  {
    const NoGradGuard unrecorded;
    make_alias(self).copy_(result);
  }
  if (product)
    write.record(row.grad_fn, {before, output(self)}, scan_backward(true, d));
  else
    write.record(row.grad_fn, {}, scan_backward(false, d));
  return self;
}

std::tuple<Tensor, Tensor> running_extreme(const char* name, const char* grad_fn, cpu::ScanOp op, const Tensor& self,
                                           int64_t dim) {
  const int64_t d = wrap_dim(dim, impl_of(self, name).dim());
  const Tensor values = make_tensor(self.sizes(), self.scalar_type()), indices = make_tensor(self.sizes(), kLong);
  if (self.numel() > 0) cpu::scan_rows(rows_of(self, d, values, indices), op);
  if (recording({self}))
    record_results(grad_fn, {values, indices}, {self}, {indices}, [sizes = DimVector(self.sizes()), d](Backward& run) {
      run.set(0, zeros(sizes, run.grad().scalar_type()).scatter_add(d, run.saved(0), run.grad()));
    });
  return {values, indices};
}

}  // namespace

// The sums of the elements up to each along dim; of integers and bools as int64.
Tensor cumsum(const Tensor& self, int64_t dim, std::optional<ScalarType> dtype) {
  return scan(kCumsum, self, dim, dtype);
}
Tensor& cumsum_(Tensor& self, int64_t dim, std::optional<ScalarType> dtype) {
  return scan_into(kCumsum, self, dim, dtype);
}

// The products of the elements up to each along dim.
Tensor cumprod(const Tensor& self, int64_t dim, std::optional<ScalarType> dtype) {
  return scan(kCumprod, self, dim, dtype);
}
Tensor& cumprod_(Tensor& self, int64_t dim, std::optional<ScalarType> dtype) {
  return scan_into(kCumprod, self, dim, dtype);
}

// The largest or smallest element up to each along dim, NaN from the first on, and the index of the last such element.
std::tuple<Tensor, Tensor> cummax(const Tensor& self, int64_t dim) {
  return running_extreme("cummax", "CummaxBackward0", cpu::ScanOp::Max, self, dim);
}
std::tuple<Tensor, Tensor> cummin(const Tensor& self, int64_t dim) {
  return running_extreme("cummin", "CumminBackward0", cpu::ScanOp::Min, self, dim);
}

// ---- Sorting -----------------------------------------------------------------------------------------------------

// The elements in order along dim, and where each was. The sort is stable; NaN counts as larger than all numbers.
std::tuple<Tensor, Tensor> sort(const Tensor& self, std::optional<bool>, int64_t dim, bool descending) {
  const int64_t d = wrap_dim(dim, impl_of(self, "sort").dim());
  const Tensor values = make_tensor(self.sizes(), self.scalar_type()), indices = make_tensor(self.sizes(), kLong);
  if (self.numel() > 0) cpu::sort_rows(rows_of(self, d, values, indices), descending, length_of(self, d));
  return picked("SortBackward0", self, d, values, indices);
}
std::tuple<Tensor, Tensor> sort(const Tensor& self, int64_t dim, bool descending) {
  return sort(self, std::optional<bool>(), dim, descending);
}
Tensor argsort(const Tensor& self, int64_t dim, bool descending) {
  const NoGradGuard unrecorded;
  return std::get<1>(sort(self, dim, descending));
}

// The k largest (or smallest) elements along dim, in order, and where they are.
std::tuple<Tensor, Tensor> topk(const Tensor& self, int64_t k, int64_t dim, bool largest, bool) {
  const int64_t d = wrap_dim(dim, impl_of(self, "topk").dim());
  check(self.scalar_type() != kBool, "topk does not support bool dtypes on CPU");
  check(k >= 0 && k <= length_of(self, d), "selected index k out of range");
  const DimVector sizes = with_size(self.sizes(), d, k);
  const Tensor values = make_tensor(sizes, self.scalar_type()), indices = make_tensor(sizes, kLong);
  if (values.numel() > 0) cpu::sort_rows(rows_of(self, d, values, indices), largest, k);
  return picked("TopkBackward0", self, d, values, indices);
}

namespace {

void check_selectable(const char* name, const char* kernel, const Tensor& self, int64_t dim) {
  if (self.scalar_type() == kBool) fail_not_implemented(kernel, self.scalar_type());
  check<IndexError>(length_of(self, dim) > 0, "{}(): Expected reduction dim {} to have non-zero size.", name, dim);
}

std::tuple<Tensor, Tensor> select_along(const char* grad_fn, const Tensor& self, int64_t dim, int64_t k, bool nan_first,
                                        bool keepdim) {
  const DimVector sizes = reduced_sizes(self.sizes(), dim_set(dim, self.dim()), keepdim);
  const Tensor values = make_tensor(sizes, self.scalar_type()), indices = make_tensor(sizes, kLong);
  if (values.numel() > 0) cpu::select_rows(rows_of(self, dim, values, indices), k, nan_first);
  return picked(grad_fn, self, dim, values, indices);
}

}  // namespace

// The k-th smallest element along dim (k counts from 1), and where it is.
std::tuple<Tensor, Tensor> kthvalue(const Tensor& self, int64_t k, int64_t dim, bool keepdim) {
  const int64_t d = wrap_dim(dim, impl_of(self, "kthvalue").dim());
  check_selectable("kthvalue", "kthvalue_cpu", self, d);
  check(k >= 1 && k <= length_of(self, d), "kthvalue(): selected number k out of range for dimension {}", d);
  return select_along("KthvalueBackward0", self, d, k - 1, false, keepdim);
}

// The middle element, the lower of two, or NaN where there is one; along dim also where it is.
std::tuple<Tensor, Tensor> median(const Tensor& self, int64_t dim, bool keepdim) {
  const int64_t d = wrap_dim(dim, impl_of(self, "median").dim());
  check_selectable("median", "median_cpu", self, d);
  return select_along("MedianBackward1", self, d, (length_of(self, d) - 1) / 2, true, keepdim);
}
Tensor median(const Tensor& self) {
  const detail::TensorImpl& impl = impl_of(self, "median");
  if (impl.dtype == kBool) fail_not_implemented("median_cpu", impl.dtype);
  if (impl.numel == 0) return full({}, is_floating_point(impl.dtype) ? Scalar(NAN) : Scalar(0), impl.dtype);
  Tensor index;
  const Tensor value = [&] {
    const NoGradGuard unrecorded;
    const auto [middle, at] = median(self.reshape({-1}), 0, false);
    index = at;
    return middle;
  }();
  return record("MedianBackward0", value, {self}, {index}, [sizes = DimVector(self.sizes())](Backward& run) {
    const Tensor flat = zeros({numel_of(sizes, ~DimSet{0})}, run.grad().scalar_type());
    run.set(0, flat.scatter(0, run.saved(0).reshape({1}), run.grad().reshape({1})).reshape(sizes));
  });
}

// The value below which the share q of the elements lies, between two of them by linear interpolation; NaN where there
// is one.
Tensor quantile(const Tensor& self, double q, std::optional<int64_t> dim, bool keepdim) {
  if (const Autocast cast(CastTo::Float); cast) return quantile(cast(self), q, dim, keepdim);
  const ScalarType dtype = impl_of(self, "quantile").dtype;
  check(dtype == kFloat || dtype == kDouble, "quantile() input tensor must be either float or double dtype");
  check(q >= 0 && q <= 1, "quantile() q must be in the range [0, 1] but got {}", q);
  const Tensor x = dim ? self : self.reshape({-1});
  const int64_t d = wrap_dim(dim.value_or(0), x.dim());
  check(x.numel() > 0, "quantile() input tensor must be non-empty");
  const Tensor sorted = std::get<0>(sort(x.dim() == 0 ? x.reshape({1}) : x, d, false));
  const int64_t last = sorted.size(d) - 1;
  const double place = q * static_cast<double>(last);
  const int64_t below = static_cast<int64_t>(std::floor(place));
  const Tensor low = sorted.narrow(d, below, 1), high = sorted.narrow(d, std::min(below + 1, last), 1);
  const Tensor value = lerp(low, high, place - static_cast<double>(below));
  const Tensor largest = sorted.narrow(d, last, 1);
  const Tensor result = where(isnan(largest), largest, value);
  const DimSet dims = dim ? dim_set(d, self.dim()) : dim_set({}, self.dim());
  return result.reshape(reduced_sizes(self.sizes(), dims, keepdim));
}

// The distinct elements in ascending order; for each element of self its place among them, and how often each comes,
// where asked for (else undefined).
std::tuple<Tensor, Tensor, Tensor> unique(const Tensor& self, bool, bool return_inverse, bool return_counts) {
  const NoGradGuard unrecorded;
  const int64_t numel = impl_of(self, "unique").numel;
  const auto [sorted, order] = sort(self.reshape({-1}), 0, false);
  Tensor first = ones({numel}, kBool);
  if (numel > 1) first.narrow(0, 1, numel - 1).copy_(sorted.narrow(0, 1, numel - 1) != sorted.narrow(0, 0, numel - 1));
  const Tensor starts = nonzero(first).reshape({-1});
  Tensor inverse, counts;
  if (return_inverse)
    inverse = zeros({numel}, kLong).scatter(0, order, first.to(kLong).cumsum(0) - 1).reshape(self.sizes());
  if (return_counts) counts = cat({starts.slice(0, 1), full({numel > 0 ? 1 : 0}, numel, kLong)}) - starts;
  return {sorted.index_select(0, starts), inverse, counts};
}

}  // namespace relume
