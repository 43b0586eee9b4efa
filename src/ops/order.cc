// Running sums and extremes, and order: cumsum, cumprod, cummax, sort, topk, kthvalue, median, mode, quantile, unique.
#include <cmath>

#include "kernels/along_dim.h"
#include "ops/autocast.h"
#include "ops/composed.h"
#include "ops/dims.h"
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
  Tensor result = scanned(row, self, d, dtype);
  if (!is_floating_point(result.scalar_type()) || !recording({self})) return result;
  const bool product = row.op == cpu::ScanOp::Product;
  if (!product) return record(row.grad_fn, std::move(result), {self}, {}, scan_backward(false, d));
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

namespace {

// d/dx_i sum_j g_j out_j = sum_(j >= i) g_j exp(x_i - out_j), in linear time for gradients of one sign, which are given
// by their logarithms.
Tensor logcumsumexp_part(const Tensor& log_grad, const Tensor& x, const Tensor& result, int64_t dim) {
  const Tensor terms = where(log_grad == -INFINITY, log_grad, log_grad - result);
  return exp(logcumsumexp(terms.flip({dim}), dim).flip({dim}) + x);
}

// The same of any gradients, in a form that can be differentiated, at the price of a term for each i and j.
Tensor logcumsumexp_backward_by_pair(const Tensor& grad, const Tensor& x, const Tensor& result, int64_t dim) {
  const Tensor place = arange(x.size(dim), kLong), counts = place.unsqueeze(-1) <= place;
  const auto last = [dim](const Tensor& tensor) { return tensor.movedim({dim}, {-1}); };
  const Tensor exponent = last(x).unsqueeze(-1) - last(result).unsqueeze(-2);
  const Tensor share = exp(where(logical_and(counts, logical_not(isnan(exponent))), exponent, -INFINITY));
  return (share * last(grad).unsqueeze(-2)).sum({-1}).movedim({-1}, {dim});
}

Tensor logcumsumexp_backward(const Tensor& grad, const Tensor& x, const Tensor& result, int64_t dim) {
  if (x.dim() == 0) return grad;
  if (GradMode::is_enabled()) return logcumsumexp_backward_by_pair(grad, x, result, dim);
  const Tensor none = full_like(grad, -INFINITY);
  return logcumsumexp_part(where(grad > 0, log(grad), none), x, result, dim) -
         logcumsumexp_part(where(grad < 0, log(-grad), none), x, result, dim);
}

}  // namespace

// The logarithms of the sums of exp of the elements up to each along dim, without overflow.
Tensor logcumsumexp(const Tensor& self, int64_t dim) {
  if (const Autocast cast(CastTo::Float); cast) return logcumsumexp(cast(self), dim);
  const int64_t d = wrap_dim(dim, impl_of(self, "logcumsumexp").dim());
  if (!is_floating_point(self.scalar_type())) fail_not_implemented("logcumsumexp_out_cpu", self.scalar_type());
  const Tensor result = make_tensor(self.sizes(), self.scalar_type());
  if (self.numel() > 0) cpu::scan_rows(rows_of(self, d, result, Tensor()), cpu::ScanOp::LogSum);
  return record("LogcumsumexpBackward0", result, {self}, {self, output(result)},
                [d](Backward& run) { run.set(0, logcumsumexp_backward(run.grad(), run.saved(0), run.saved(1), d)); });
}

// ---- Sorting -----------------------------------------------------------------------------------------------------

// The elements in order along dim, and where each was. The sort is stable; NaN counts as larger than all numbers.
std::tuple<Tensor, Tensor> sort(const Tensor& self, std::optional<bool>, int64_t dim, bool descending) {
  const int64_t d = wrap_dim(dim, impl_of(self, "sort").dim());
  const Tensor values = make_tensor(self.sizes(), self.scalar_type()), indices = make_tensor(self.sizes(), kLong);
  if (self.numel() > 0) cpu::sort_rows(rows_of(self, d, values, indices), descending);
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
std::tuple<Tensor, Tensor> topk(const Tensor& self, int64_t k, int64_t dim, bool largest, bool sorted) {
  const int64_t d = wrap_dim(dim, impl_of(self, "topk").dim());
  check(self.scalar_type() != kBool, "topk does not support bool dtypes on CPU");
  check(k >= 0 && k <= length_of(self, d), "selected index k out of range");
  const DimVector sizes = with_size(self.sizes(), d, k);
  const Tensor values = make_tensor(sizes, self.scalar_type()), indices = make_tensor(sizes, kLong);
  const int64_t taken = self.dim() == 0 ? 1 : k;
  if (values.numel() > 0) cpu::top_rows(rows_of(self, d, values, indices), largest, taken, sorted);
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

// The element that middle(self as a row) picks, whose gradient all elements that are equal to it share.
template <class Middle>
Tensor middle_of_all(const char* grad_fn, const Tensor& self, const Middle& middle) {
  const Tensor value = [&] {
    const NoGradGuard unrecorded;
    return middle(self.reshape({-1}));
  }();
  return record(grad_fn, value, {self}, {self, output(value)}, [](Backward& run) {
    run.set(0, shared_by_all_equals(run.grad(), run.saved(0).detach(), run.saved(1).detach()));
  });
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
  return middle_of_all("MedianBackward0", self, [](const Tensor& flat) { return std::get<0>(median(flat, 0, false)); });
}

// The middle one of the elements that are not NaN, the lower of two; along dim also where it is. NaN where all are.
std::tuple<Tensor, Tensor> nanmedian(const Tensor& self, int64_t dim, bool keepdim) {
  const int64_t d = wrap_dim(dim, impl_of(self, "nanmedian").dim());
  check_selectable("median", "median_cpu", self, d);
  if (self.dim() == 0) {
    const auto [value, index] = nanmedian(self.reshape({1}), 0, false);
    return picked("NanmedianBackward1", self, 0, value.detach(), index);
  }
  Tensor values, indices;
  {
    const NoGradGuard unrecorded;
    const Tensor order = std::get<1>(sort(self, d, false));
    const Tensor count = logical_not(isnan(self)).sum({d}, true);
    indices = order.gather(d, floor_divide(clamp_min(count - 1, 0), 2));
    values = self.gather(d, indices);
    if (!keepdim) indices = indices.squeeze(d), values = values.squeeze(d).variable_data();
  }
  return picked("NanmedianBackward1", self, d, values, indices);
}
Tensor nanmedian(const Tensor& self) {
  impl_of(self, "nanmedian");
  if (self.numel() == 0) return median(self);
  return middle_of_all("NanmedianBackward0", self,
                       [](const Tensor& flat) { return std::get<0>(nanmedian(flat, 0, false)); });
}

// The most frequent element along dim, the smallest of several, and where it comes last.
std::tuple<Tensor, Tensor> mode(const Tensor& self, int64_t dim, bool keepdim) {
  const int64_t d = wrap_dim(dim, impl_of(self, "mode").dim());
  check<IndexError>(length_of(self, d) > 0, "mode(): Expected reduction dim {} to have non-zero size.", d);
  if (self.dim() == 0) return picked("ModeBackward0", self, 0, self.detach().clone(), zeros({}, kLong));
  Tensor values, indices;
  {
    const NoGradGuard unrecorded;
    const auto [sorted, order] = sort(self, d, false);
    const int64_t length = self.size(d);
    const Tensor place =
        arange(length, kLong).reshape(with_size(DimVector(static_cast<size_t>(self.dim()), 1), d, length));
    const Tensor starts = logical_or(sorted != sorted.roll({1}, {d}), place == 0);  // of runs of equal elements
    const Tensor start = std::get<0>(cummax(where(starts, place, 0), d));
    indices = order.gather(d, argmax(place - start, d, true));
    values = self.gather(d, indices);
    if (!keepdim) indices = indices.squeeze(d), values = values.squeeze(d).variable_data();
  }
  return picked("ModeBackward0", self, d, values, indices);
}

// The elements sorted along the first dimension.
Tensor msort(const Tensor& self) { return std::get<0>(sort(self, 0, false)); }

// ---- Quantiles ---------------------------------------------------------------------------------------------------

namespace {

// Tensor q of a number, which must be a share.
Tensor share_of(const Tensor& self, double q) {
  check(q >= 0 && q <= 1, "quantile() q must be in the range [0, 1] but got {}", q);
  return scalar_tensor(q, impl_of(self, "quantile").dtype);
}

// Places in sorted rows for shares of them, as the interpolation rounds them.
struct Ranks {
  Ranks(const Tensor& place, std::string_view interpolation) {
    check(interpolation == "linear" || interpolation == "lower" || interpolation == "higher" ||
              interpolation == "midpoint" || interpolation == "nearest",
          "quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, but got {}",
          interpolation);
    const Tensor low = interpolation == "higher"    ? ceil(place)
                       : interpolation == "nearest" ? round(place)
                                                    : floor(place);
    below = low.to(kLong);
    if (interpolation != "linear" && interpolation != "midpoint") return;
    above = ceil(place).to(kLong);
    weight = interpolation == "linear" ? place - low.detach() : full_like(place, 0.5);
  }
  Tensor below, above, weight;
};

// The values below which shares q, a number or several, of the elements along dim lie; with several along a first
// dimension. The result is NaN where there is a NaN, or where all are NaN if those are left out.
Tensor quantiles(const Tensor& self, const Tensor& q, std::optional<int64_t> dim, bool keepdim,
                 std::string_view interpolation, bool leaves_out_nan) {
  if (const Autocast cast(CastTo::Float); cast)
    return quantiles(cast(self), cast(q), dim, keepdim, interpolation, leaves_out_nan);
  const ScalarType dtype = impl_of(self, "quantile").dtype;
  check(dtype == kFloat || dtype == kDouble, "quantile() input tensor must be either float or double dtype");
  check(impl_of(q, "quantile").dtype == dtype, "quantile() q tensor must be same dtype as the input tensor");
  check(q.dim() <= 1, "quantile() q must be a scalar or 1D tensor");
  check(logical_and(q >= 0, q <= 1).all().item().toBool(), "quantile() q values must be in the range [0, 1]");
  check(self.numel() > 0, "quantile() input tensor must be non-empty");
  const int64_t d = wrap_dim(dim.value_or(0), self.dim());
  const Tensor sorted =
      std::get<0>(sort(dim && self.dim() > 0 ? self.movedim({d}, {-1}) : self.reshape({-1}), -1, false));
  const Tensor place = [&] {
    const int64_t last = sorted.size(-1) - 1;
    const Tensor is_nan = isnan(sorted), shares = q.reshape({-1});  // NaN is sorted behind the numbers
    if (leaves_out_nan) return clamp_min(logical_not(is_nan).sum({-1}, true) - 1, 0).to(dtype) * shares;
    return where(is_nan.any(-1, true), last, shares * last).to(dtype);
  }();
  const Ranks ranks(place, interpolation);
  Tensor values = sorted.gather(-1, ranks.below);
  if (ranks.above.defined()) values = lerp(values, sorted.gather(-1, ranks.above), ranks.weight);
  const DimSet dims = dim ? dim_set(d, self.dim()) : dim_set({}, self.dim());
  DimVector sizes = reduced_sizes(self.sizes(), dims, keepdim);
  if (q.dim() == 1) sizes.insert(0, q.numel());
  return values.movedim({-1}, {0}).reshape(sizes);
}

}  // namespace

// The value below which the share q (a number from 0 to 1, or several) of the elements along dim lies; between two
// elements it is interpolated, or the "lower", "higher", "nearest" or their "midpoint". NaN where there is one.
Tensor quantile(const Tensor& self, double q, std::optional<int64_t> dim, bool keepdim,
                std::string_view interpolation) {
  return quantiles(self, share_of(self, q), dim, keepdim, interpolation, false);
}
Tensor quantile(const Tensor& self, const Tensor& q, std::optional<int64_t> dim, bool keepdim,
                std::string_view interpolation) {
  return quantiles(self, q, dim, keepdim, interpolation, false);
}

// quantile() of what is not NaN; NaN where all is.
Tensor nanquantile(const Tensor& self, double q, std::optional<int64_t> dim, bool keepdim,
                   std::string_view interpolation) {
  return quantiles(self, share_of(self, q), dim, keepdim, interpolation, true);
}
Tensor nanquantile(const Tensor& self, const Tensor& q, std::optional<int64_t> dim, bool keepdim,
                   std::string_view interpolation) {
  return quantiles(self, q, dim, keepdim, interpolation, true);
}

// ---- Distinct elements -------------------------------------------------------------------------------------------

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

// unique() with empty tensors for what was not asked for.
std::tuple<Tensor, Tensor, Tensor> _unique2(const Tensor& self, bool sorted, bool return_inverse, bool return_counts) {
  const auto given = [](const Tensor& tensor) { return tensor.defined() ? tensor : empty({0}, kLong); };
  const auto [values, inverse, counts] = unique(self, sorted, return_inverse, return_counts);
  return {values, given(inverse), given(counts)};
}
std::tuple<Tensor, Tensor> _unique(const Tensor& self, bool sorted, bool return_inverse) {
  const auto [values, inverse, counts] = _unique2(self, sorted, return_inverse, false);
  return {values, inverse};
}

// The distinct slices along dim in lexicographic order; for each slice its place among them; and how often each comes,
// where asked for (else empty).
std::tuple<Tensor, Tensor, Tensor> unique_dim(const Tensor& self, int64_t dim, bool, bool, bool return_counts) {
  const NoGradGuard unrecorded;
  const int64_t d = wrap_dim(dim, impl_of(self, "unique_dim").dim());
  Tensor order = arange(self.size(d), kLong);
  const Tensor rows = self.movedim({d}, {0}).reshape({self.size(d), -1});
  for (int64_t column = rows.size(1); column-- > 0;)  // by the last element first: each sort is stable
    order = order.index_select(0, argsort(rows.select(1, column).index_select(0, order), 0, false));
  auto [slices, runs, counts] = unique_consecutive(self.index_select(d, order), true, return_counts, d);
  return {slices, empty_like(order).scatter(0, order, runs), counts.defined() ? counts : empty({0}, kLong)};
}

// The elements, or with dim the slices along it, without repetitions of the one before; for each which of them it is,
// and how often in a row each comes, where asked for (else undefined).
std::tuple<Tensor, Tensor, Tensor> unique_consecutive(const Tensor& self, bool return_inverse, bool return_counts,
                                                      std::optional<int64_t> dim) {
  const NoGradGuard unrecorded;
  impl_of(self, "unique_consecutive");
  const Tensor slices = dim ? self.movedim({*dim}, {0}) : self.reshape({-1});
  const int64_t count = slices.size(0);
  Tensor first = ones({count}, kBool);
  if (count > 1) {
    const Tensor differ = slices.narrow(0, 1, count - 1) != slices.narrow(0, 0, count - 1);
    first.narrow(0, 1, count - 1).copy_(dim ? differ.reshape({count - 1, -1}).any(1) : differ);
  }
  const Tensor starts = nonzero(first).reshape({-1}), values = slices.index_select(0, starts);
  Tensor inverse, counts;
  if (return_inverse) inverse = (first.to(kLong).cumsum(0) - 1).reshape(dim ? IntArrayRef(count) : self.sizes());
  if (return_counts) counts = cat({starts.slice(0, 1), full({count > 0 ? 1 : 0}, count, kLong)}) - starts;
  return {dim ? values.movedim({0}, {*dim}) : values, inverse, counts};
}

}  // namespace relume
