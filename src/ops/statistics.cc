// What is counted or estimated from many elements, by other ops: differences, areas, covariances, histograms, places in
// sorted sequences.
#include <algorithm>
#include <cmath>

#include "core/warn_once.h"
#include "kernels/index.h"
#include "ops/composed.h"
#include "ops/methods.h"

namespace relume {
namespace {

// All but the first, and all but the last, along dim.
struct Neighbours {
  Neighbours(const Tensor& x, int64_t dim) {
    const int64_t length = x.size(dim), pairs = std::max<int64_t>(length - 1, 0);
    after = x.narrow(dim, std::min<int64_t>(1, length), pairs);
    before = x.narrow(dim, 0, pairs);
  }
  Tensor before, after;
};

}  // namespace

// The n-th differences of neighbours along dim, with `prepend` and `append` at its ends; of bools, whether they differ.
Tensor diff(const Tensor& self, int64_t n, int64_t dim, const Tensor& prepend, const Tensor& append) {
  check(impl_of(self, "diff").dim() > 0, "diff expects input to be at least one-dimensional");
  check(n >= 0, "order must be non-negative but got {}", n);
  std::vector<Tensor> parts;
  for (const Tensor* part : {&prepend, &self, &append})
    if (part->defined()) parts.push_back(*part);
  Tensor values = parts.size() > 1 ? cat(parts, dim) : self;
  if (n == 0) return clone(self);
  for (; n > 0; --n) {
    const Neighbours x(values, dim);
    values = values.scalar_type() == kBool ? logical_xor(x.after, x.before) : x.after - x.before;
  }
  return values;
}

namespace {

void check_numbers(const char* op, const Tensor& y, const Tensor* x = nullptr) {
  const bool bools = impl_of(y, op).dtype == kBool || (x && impl_of(*x, op).dtype == kBool);
  check(!bools, "{}: received a bool input for {}`y`, but bool is not supported", op, x ? "`x` or " : "");
}

// Of each pair of neighbours along dim, twice the height between them, and twice the area below y at the places x.
Tensor doubled_heights(const Tensor& y, int64_t dim) {
  const Neighbours height(y, dim);
  return height.before + height.after;
}
Tensor doubled_areas(const Tensor& y, const Tensor& x, int64_t dim) {
  const int64_t at = wrap_dim(dim, y.dim());
  Tensor steps = x.dim() == 1 ? diff(x) : diff(x, 1, dim);
  if (x.dim() == 1) {
    check(x.size(0) == y.size(at), "trapezoid: There must be one `x` value for each sample point");
    DimVector sizes(static_cast<size_t>(y.dim()), 1);
    sizes[static_cast<size_t>(at)] = -1;
    steps = steps.reshape(sizes);
  }
  return doubled_heights(y, at) * steps;
}

}  // namespace

// The integral of y along dim by the trapezoidal rule, at the places x or at a distance of dx.
Tensor trapezoid(const Tensor& y, const Tensor& x, int64_t dim) {
  check_numbers("trapezoid", y, &x);
  return doubled_areas(y, x, dim).sum({dim}) / 2;
}
Tensor trapezoid(const Tensor& y, const Scalar& dx, int64_t dim) {
  check_numbers("trapezoid", y);
  if (y.size(dim) == 0) return y.sum({dim}, false, y.scalar_type());
  const Tensor ends = y.select(dim, 0) + y.select(dim, -1);
  return (y.sum({dim}) - ends * 0.5) * dx.toDouble();
}

// The sums so far of trapezoid()'s areas.
Tensor cumulative_trapezoid(const Tensor& y, const Tensor& x, int64_t dim) {
  check_numbers("cumulative_trapezoid", y, &x);
  return doubled_areas(y, x, dim).cumsum(dim) / 2;
}
Tensor cumulative_trapezoid(const Tensor& y, const Scalar& dx, int64_t dim) {
  check_numbers("cumulative_trapezoid", y);
  return (doubled_heights(y, dim) * (dx.toDouble() / 2)).cumsum(dim);
}

// The covariance of each pair of rows [variables, observations], weighted by how often an observation counts (fweights)
// and how much it is trusted (aweights).
Tensor cov(const Tensor& self, int64_t correction, const Tensor& fweights, const Tensor& aweights) {
  check(impl_of(self, "cov").dim() <= 2,
        "cov(): expected input to have two or fewer dimensions but got an input with {} dimensions", self.dim());
  check(self.scalar_type() != kBool, "cov(): bool dtype is not supported for input");
  const Tensor rows = self.dim() == 2 ? self : self.reshape({1, self.numel()});
  const auto checked = [&](const char* name, const char* kind, const Tensor& weights) {
    check(weights.dim() <= 1, "cov(): expected {} to have one or fewer dimensions but got {} with {} dimensions", name,
          name, weights.dim());
    check(is_floating_point(weights.scalar_type()) == (kind[0] == 'f'),
          "cov(): expected {} to have {} dtype but got {} with {} dtype", name,
          kind[0] == 'f' ? "floating point" : "integral", name, to_string(weights.scalar_type()));
    check(weights.numel() == rows.size(1),
          "cov(): expected {} to have the same numel as there are observations in the input but got {} != {}", name,
          weights.numel(), rows.size(1));
    check(weights.numel() == 0 || weights.min().item().toDouble() >= 0, "cov(): {} cannot be negative", name);
    return weights;
  };
  Tensor weights;
  if (fweights.defined()) weights = checked("fweights", "integral", fweights);
  if (aweights.defined()) {
    const Tensor trust = checked("aweights", "floating point", aweights);
    weights = weights.defined() ? weights * trust : trust;
  }
  const auto weighted = [&](const Tensor& x) { return weights.defined() ? x * weights : x; };
  const Tensor total = weights.defined() ? weights.sum() : full({}, rows.size(1));
  check(!weights.defined() || total.item().toDouble() != 0, "cov(): weights sum to zero, can't be normalized");
  const Tensor centred = rows - weighted(rows).sum({1}, true) / total;
  Tensor freedom = total - correction;
  if (aweights.defined() && correction != 0) freedom = total - (weights * aweights).sum() / total * correction;
  if (freedom.item().toDouble() <= 0)
    warn("cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of observations.");
  return (matmul(weighted(centred), centred.t()) / clamp_min(freedom, 0)).squeeze();
}

// The correlation of each pair of rows [variables, observations], between -1 and 1.
Tensor corrcoef(const Tensor& self) {
  check(impl_of(self, "corrcoef").dim() <= 2,
        "corrcoef(): expected input to have two or fewer dimensions but got an input with {} dimensions", self.dim());
  const Tensor covariance = cov(self);
  if (covariance.dim() == 0) return covariance / covariance;
  const Tensor deviation = covariance.diagonal().sqrt();
  return clamp(covariance / deviation.unsqueeze(1) / deviation, -1, 1);
}

namespace {

// As PyTorch does, the part of an element is computed in its dtype.
template <class T>
void count_in_parts(const T* values, int64_t n, double low, double high, int64_t bins, int64_t* counts) {
  const auto rounded = [](auto x) {
    if constexpr (std::is_floating_point_v<T>) return static_cast<T>(x);
    return static_cast<T>(static_cast<float>(x));
  };
  const T first = rounded(low), last = rounded(high), width = rounded(high - low), parts = rounded(bins);
  for (int64_t i = 0; i < n; ++i) {
    if (!(values[i] >= first && values[i] <= last)) continue;
    const T place = rounded(rounded(rounded(values[i] - first) * parts) / width);
    ++counts[std::min(static_cast<int64_t>(static_cast<double>(place)), bins - 1)];
  }
}

}  // namespace

// How many elements fall into each of `bins` equal parts of [min, max]; of the elements' own range where those are
// equal. As in PyTorch, the part is computed in the dtype of the elements.
Tensor histc(const Tensor& self, int64_t bins, const Scalar& min, const Scalar& max) {
  const ScalarType dtype = impl_of(self, "histc").dtype;
  if (!is_floating_point(dtype)) fail_not_implemented("histogram_cpu", dtype);
  check(bins > 0, "torch.histogram(): bins must be > 0, but got {} for dimension 0", bins);
  const NoGradGuard unrecorded;
  Tensor values = self.reshape({-1});
  double low = min.toDouble(), high = max.toDouble();
  if (low == high && values.numel() > 0) {
    low = values.min().item().toDouble();
    high = values.max().item().toDouble();
  }
  if (low == high) low -= 1, high += 1;
  check(std::isfinite(low) && std::isfinite(high), "torch.histc: range of [{}, {}] is not finite", low, high);
  check(low < high, "torch.histc: max must be larger than min");
  const Tensor counts = zeros({bins}, kLong);
  values = values.contiguous();
  const auto count = [&](auto zero) {
    count_in_parts(values.data_ptr<decltype(zero)>(), values.numel(), low, high, bins, counts.data_ptr<int64_t>());
  };
  if (dtype == kFloat) count(float());
  if (dtype == kDouble) count(double());
  if (dtype == kHalf) count(Half());
  if (dtype == kBFloat16) count(BFloat16());
  return counts.to(dtype);
}

// The mean of what is not NaN.
Tensor nanmean(const Tensor& self, OptionalIntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) {
  check(is_floating_point(impl_of(self, "nanmean").dtype),
        "nanmean(): expected input to have floating point or complex dtype but got {}", to_string(self.scalar_type()));
  const Tensor there = logical_not(isnan(self.detach()));
  const IntArrayRef dims = dim.value_or(IntArrayRef());
  return nansum(self, dims, keepdim, dtype) / there.sum(dims, keepdim);
}

// Whether each element is among test_elements; with invert, whether it is not.
Tensor isin(const Tensor& elements, const Tensor& test_elements, bool, bool invert) {
  const NoGradGuard unrecorded;
  impl_of(elements, "isin");
  impl_of(test_elements, "isin");
  const ScalarType dtype = promote_types(elements.scalar_type(), test_elements.scalar_type());
  const Tensor sorted = std::get<0>(sort(test_elements.reshape({-1}).to(dtype), 0, false)), values = elements.to(dtype);
  Tensor found = zeros_like(elements, kBool);
  if (sorted.numel() > 0) {
    const Tensor place = clamp_max(searchsorted(sorted, values), sorted.numel() - 1);
    found = sorted.index_select(0, place.reshape({-1})).reshape(elements.sizes()) == values;
  }
  return invert ? logical_not(found) : found;
}
Tensor isin(const Tensor& elements, const Scalar& test_element, bool assume_unique, bool invert) {
  return isin(elements, scalar_tensor(test_element, test_element.type()), assume_unique, invert);
}
Tensor isin(const Scalar& element, const Tensor& test_elements, bool assume_unique, bool invert) {
  return isin(scalar_tensor(element, element.type()), test_elements, assume_unique, invert);
}

namespace {

void warn_of_copies(const Tensor& boundaries, const Tensor& values, const Tensor& sorter) {
  static std::atomic<bool> warned[3] = {};
  const auto warn_of_copy = [](const Tensor& x, std::atomic<bool>* flag, const char* text) {
    if (x.defined() && !x.is_contiguous()) warn_once(flag, text);
  };
#define RELUME_COPY_WARNING(name)                                                         \
  "torch.searchsorted(): " name                                                           \
  " tensor is non-contiguous, this will lower the performance due to extra data "         \
  "copy when converting non-contiguous tensor to contiguous, please use contiguous " name \
  " tensor if possible. This message will only appear once per program."
  warn_of_copy(values, &warned[0], RELUME_COPY_WARNING("input value"));
  warn_of_copy(boundaries, &warned[1], RELUME_COPY_WARNING("boundary"));
  warn_of_copy(sorter, &warned[2], RELUME_COPY_WARNING("sorter"));
#undef RELUME_COPY_WARNING
}

}  // namespace

// Where each value of self would have to stand in sorted_sequence [..., N] to keep it sorted: before equal elements, or
// after them with right (side="right"). The leading sizes agree, or the sequence is 1-D. `sorter` gives the order of a
// sequence that is not sorted.
Tensor searchsorted(const Tensor& sorted_sequence, const Tensor& self, bool out_int32, bool right,
                    std::optional<std::string_view> side, const Tensor& sorter) {
  const NoGradGuard unrecorded;
  const IntArrayRef given = impl_of(sorted_sequence, "searchsorted").sizes,
                    wanted = impl_of(self, "searchsorted").sizes;
  check(!side || *side == "left" || *side == "right",
        "torch.searchsorted(): side can only be 'left' or 'right' but got {}", side.value_or(""));
  check(!side || !right || *side == "right",
        "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True");
  check(!given.empty(), "torch.searchsorted(): boundaries tensor should have positive dimension, but got 0 dimension");
  bool fits = given.size() == 1;
  if (given.size() == wanted.size()) fits |= std::equal(given.begin(), given.end() - 1, wanted.begin());
  check(
      fits,
      "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor "
      "and input value tensor must match, but we got boundaries tensor {} and input value tensor {}",
      given, wanted);
  if (sorter.defined()) {
    check(sorter.sizes() == given,
          "torch.searchsorted(): boundary and sorter must have the same size, but got boundary tensor {}and got sorter "
          "tensor {}",
          given, sorter.sizes());
    check(sorter.scalar_type() == kLong, "torch.searchsorted(): sorter must be a tensor of long dtype but got dtype {}",
          to_string(sorter.scalar_type()));
    check(sorter.numel() == 0 || (sorter.min().item().toLong() >= 0 && sorter.max().item().toLong() < given.back()),
          "torch.searchsorted(): sorter index out of range");
  }
  warn_of_copies(sorted_sequence, self, sorter);
  const Tensor sequence = sorter.defined() ? sorted_sequence.gather(-1, sorter) : sorted_sequence;
  const bool floats = is_floating_point(sequence.scalar_type()) || is_floating_point(self.scalar_type());
  const bool narrow = sequence.scalar_type() == kFloat && self.scalar_type() == kFloat;
  const ScalarType dtype = narrow ? kFloat : floats ? kDouble : kLong;
  const Tensor rows = sequence.to(dtype).contiguous(), values = self.to(dtype).contiguous();
  const Tensor places = make_tensor(self.sizes(), kLong);
  if (places.numel() > 0)
    cpu::search_sorted(dtype, rows.data_ptr(), rows.size(-1), values.data_ptr(), values.numel(),
                       rows.dim() == 1 ? values.numel() : values.size(-1), right || side == "right",
                       places.data_ptr<int64_t>());
  return out_int32 ? places.to(kInt) : places;
}
Tensor searchsorted(const Tensor& sorted_sequence, const Scalar& self, bool out_int32, bool right,
                    std::optional<std::string_view> side, const Tensor& sorter) {
  check(impl_of(sorted_sequence, "searchsorted").dim() == 1,
        "torch.searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1, but we got "
        "boundaries tensor dim({}) and input value's dim(0) numel(1)",
        sorted_sequence.dim());
  return searchsorted(sorted_sequence, scalar_tensor(self, self.type()), out_int32, right, side, sorter);
}

// Into which of the intervals between the sorted boundaries each value falls: the i with boundaries[i - 1] < value <=
// boundaries[i], or with right boundaries[i - 1] <= value < boundaries[i].
Tensor bucketize(const Tensor& self, const Tensor& boundaries, bool out_int32, bool right) {
  check(impl_of(boundaries, "bucketize").dim() == 1, "boundaries tensor must be 1 dimension, but got dim({})",
        boundaries.dim());
  return searchsorted(boundaries, self, out_int32, right);
}
Tensor bucketize(const Scalar& self, const Tensor& boundaries, bool out_int32, bool right) {
  return bucketize(scalar_tensor(self, self.type()), boundaries, out_int32, right);
}

// nonzero() cut to, or filled with fill_value up to, a number of rows.
Tensor nonzero_static(const Tensor& self, int64_t size, int64_t fill_value) {
  check(size >= 0, "nonzero_static: 'size' must be an non-negative integer");
  const Tensor found = nonzero(self).slice(0, 0, size);
  return cat({found, full({size - found.size(0), found.size(1)}, fill_value, kLong)});
}

}  // namespace relume
