// Reductions into places that index tensors name: scatter_reduce, index_reduce, scatter with "add" and "multiply".
#include "core/warn_once.h"
#include "ops/composed.h"
#include "ops/element_index.h"
#include "ops/methods.h"

namespace relume {
namespace {

enum class Reduce { sum, prod, mean, amax, amin };

std::optional<Reduce> reduce_named(std::string_view name) {
  if (name == "sum") return Reduce::sum;
  if (name == "prod") return Reduce::prod;
  if (name == "mean") return Reduce::mean;
  if (name == "amax") return Reduce::amax;
  if (name == "amin") return Reduce::amin;
  return std::nullopt;
}

cpu::IndexedOp kernel_of(Reduce reduce) {
  switch (reduce) {
    case Reduce::prod:
      return cpu::IndexedOp::Multiply;
    case Reduce::amax:
      return cpu::IndexedOp::Max;
    case Reduce::amin:
      return cpu::IndexedOp::Min;
    default:
      return cpu::IndexedOp::Add;
  }
}

// What a reduction starts from where the elements of self do not count.
Tensor neutral(Reduce reduce, ScalarType dtype) {
  if (reduce != Reduce::amax && reduce != Reduce::amin) return scalar_tensor(reduce == Reduce::prod ? 1 : 0, dtype);
  const bool least = reduce == Reduce::amax;
  const double infinity = std::numeric_limits<double>::infinity();
  if (is_floating_point(dtype)) return scalar_tensor(least ? -infinity : infinity, dtype);
  const int64_t bits = 8 * element_size(dtype);
  if (dtype == kBool) return scalar_tensor(!least, dtype);
  if (dtype == kByte || dtype == kUInt16) return scalar_tensor(least ? 0 : (int64_t{1} << bits) - 1, dtype);
  const int64_t lowest = std::numeric_limits<int64_t>::min() >> (64 - bits);
  return scalar_tensor(least ? lowest : ~lowest, dtype);
}

// How many elements come to each place, and the elements of self, where they count; at least 1.
Tensor counts_of(const Tensor& self, int64_t dim, const Tensor& index, bool include_self) {
  const Tensor start = include_self ? ones_like(self) : zeros_like(self);
  const Tensor counts = start.scatter_add(dim, index, ones(index.sizes(), self.scalar_type()));
  return counts.masked_fill(counts == 0, 1);
}

// What the saved tensors of the backward are.
enum Saved : uint8_t { kSelf, kSource, kIndex, kResult };

struct Gradients {
  Tensor self, source;
};

// A factor that is the only 0 of its place has the product of the others for its gradient.
Gradients product_gradients(Backward& run, int64_t dim, bool include_self) {
  const Tensor self = run.saved(kSelf), source = run.saved(kSource), index = run.saved(kIndex), grad = run.grad();
  const Tensor without_zeros = where(self == 0, 1, self);
  const Tensor whole = without_zeros.scatter_reduce(dim, index, source, "prod", include_self);
  const Tensor zero = source == 0;
  const Tensor zeros_there = zeros_like(self).scatter_add(dim, index, zero.to(self.scalar_type())).gather(dim, index);
  const Tensor only_zero = logical_and(zero, zeros_there == 1);
  const Tensor others = self.scatter_reduce(dim, index, source.masked_fill(only_zero, 1), "prod", include_self);
  const Tensor by_division = (grad * run.saved(kResult)).gather(dim, index) / source.masked_fill(zero, 1);
  return {grad * whole / without_zeros, where(only_zero, (grad * others).gather(dim, index), by_division)};
}

// All that are equal to the extreme share its gradient.
Gradients extreme_gradients(Backward& run, int64_t dim) {
  const Tensor self = run.saved(kSelf), index = run.saved(kIndex), result = run.saved(kResult);
  const Tensor own = (self == result).to(self.scalar_type());
  const Tensor given = (run.saved(kSource) == result.gather(dim, index)).to(self.scalar_type());
  const Tensor share = run.grad() / own.scatter_add(dim, index, given);
  return {own * share, given * share.gather(dim, index)};
}

Tensor reduced(const char* grad_fn, const Tensor& self, const ElementIndex& places, const Tensor& source, Reduce reduce,
               bool include_self) {
  const int64_t dim = places.dim;
  const Tensor& index = places.index;
  if (reduce == Reduce::mean && self.scalar_type() == kBool)
    fail_not_implemented("scatter_gather_tensor_cpu_reduce_mean", kBool);
  Tensor result = [&] {
    const NoGradGuard unrecorded;
    Tensor values = include_self
                        ? self.detach().clone(MemoryFormat::Contiguous)
                        : self.detach().scatter(dim, index, neutral(reduce, self.scalar_type()).expand(index.sizes()));
    reduce_into(kernel_of(reduce), values, source.detach(), places);
    if (reduce != Reduce::mean) return values;
    const Tensor counts = counts_of(values, dim, index, include_self);
    return is_floating_point(values.scalar_type()) ? values / counts : floor_divide(values, counts);
  }();
  const bool saves = reduce != Reduce::sum && reduce != Reduce::mean;
  const Tensor none;
  return record(grad_fn, result, {self, source},
                {saves ? self : none, saves ? source : none, index, saves ? output(result) : autograd::Save(none)},
                [dim, reduce, include_self](Backward& run) {
                  const Tensor at = run.saved(kIndex);
                  Gradients gradients;
                  if (reduce == Reduce::prod) {
                    gradients = product_gradients(run, dim, include_self);
                  } else if (reduce == Reduce::amax || reduce == Reduce::amin) {
                    gradients = extreme_gradients(run, dim);
                  } else {
                    const Tensor share = reduce == Reduce::sum
                                             ? run.grad()
                                             : run.grad() / counts_of(run.grad().detach(), dim, at, include_self);
                    gradients = {share, share.gather(dim, at)};
                  }
                  if (run.needs(0)) run.set(0, include_self ? gradients.self : gradients.self.scatter(dim, at, 0));
                  if (run.needs(1)) run.set(1, gradients.source);
                });
}

}  // namespace

// self with src[i][j] reduced into self[index[i][j]][j] for dim 0, and so on: reduce is "sum", "prod", "mean", "amax"
// or "amin". Without include_self the elements of self that something comes to do not count.
Tensor scatter_reduce(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& src, std::string_view reduce,
                      bool include_self) {
  const std::optional<Reduce> how = reduce_named(reduce);
  check(how.has_value(), "reduce argument must be either sum, prod, mean, amax or amin, got {}", reduce);
  const ElementIndex places = element_index("scatter", "self", self, dim, index);
  return reduced("ScatterReduceBackward0", self, places, checked_scatter_source("scatter", places, src), *how,
                 include_self);
}
Tensor& scatter_reduce_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& src, std::string_view reduce,
                        bool include_self) {
  refuse_overlap(self, src, Overlap::None);
  return become_result("ScatterReduceBackward0", self,
                       scatter_reduce(kept(self), dim, index, src, reduce, include_self));
}

// The same with slices of source along dim, of which each has one index: reduce is "prod", "mean", "amax" or "amin".
Tensor index_reduce(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& source, std::string_view reduce,
                    bool include_self) {
  static std::atomic<bool> warned = false;
  warn_once(&warned, "index_reduce() is in beta and the API may change at any time.");
  const int64_t d = wrap_dim(dim, impl_of(self, "index_reduce").dim());
  const std::optional<Reduce> how = reduce_named(reduce);
  check(how && *how != Reduce::sum, "index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {}.",
        reduce);
  check<IndexError>(impl_of(index, "index_reduce").dim() <= 1,
                    "index_reduce_(): Index is supposed to be a vector, but got dim: {} with type: {} and size: {}",
                    index.dim(), to_string(index.scalar_type()), index.sizes());
  check(index.scalar_type() == kLong || index.scalar_type() == kInt,
        "index_reduce_(): Expected dtype int32/int64 for index but got: {}", to_string(index.scalar_type()));
  check(impl_of(source, "index_reduce").dtype == self.scalar_type(),
        "index_reduce_(): self ({}) and source ({}) must have the same scalar type", to_string(self.scalar_type()),
        to_string(source.scalar_type()));
  const int64_t given = source.dim() == 0 ? 1 : source.dim() > d ? source.size(d) : 0;
  check(index.numel() == given,
        "index_reduce_(): Number of indices ({}) should be equal to source.size(dim): ({}), for dim: {}", index.numel(),
        given, d);
  DimVector wanted(self.sizes()), shape(static_cast<size_t>(self.dim()), 1);
  if (self.dim() > 0) wanted[static_cast<size_t>(d)] = shape[static_cast<size_t>(d)] = given;
  check(source.sizes() == wanted,
        "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = {} "
        "source.shape = {}",
        self.sizes(), source.sizes());
  const Tensor places = index.to(kLong);
  const int64_t size = self.dim() == 0 ? 1 : self.size(d);
  check<IndexError>(!logical_or(places < 0, places >= size).any().item().toBool(), "index out of range in self");
  const Tensor each = places.reshape(shape).expand(source.sizes());
  return reduced("IndexReduceBackward0", self, element_index("index_reduce", "self", self, d, each), source, *how,
                 include_self);
}
Tensor& index_reduce_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& source, std::string_view reduce,
                      bool include_self) {
  refuse_overlap(self, source, Overlap::None);
  return become_result("IndexReduceBackward0", self,
                       index_reduce(kept(self), dim, index, source, reduce, include_self));
}

namespace {

std::string_view checked_scatter_reduce(std::string_view reduce) {
  check(reduce == "add" || reduce == "multiply", "reduce argument must be either add or multiply.");
  return reduce == "add" ? "sum" : "prod";
}
Tensor source_of(const Tensor& self, const Tensor& index, const Scalar& value) {
  return full(impl_of(index, "scatter").sizes, value, impl_of(self, "scatter").dtype);
}

}  // namespace

// self with src added ("add") or multiplied ("multiply") to what is there.
Tensor scatter(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& src, std::string_view reduce) {
  return scatter_reduce(self, dim, index, src, checked_scatter_reduce(reduce), true);
}
Tensor& scatter_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& src, std::string_view reduce) {
  return scatter_reduce_(self, dim, index, src, checked_scatter_reduce(reduce), true);
}
Tensor scatter(const Tensor& self, int64_t dim, const Tensor& index, const Scalar& value, std::string_view reduce) {
  return scatter(self, dim, index, source_of(self, index, value), reduce);
}
Tensor& scatter_(Tensor& self, int64_t dim, const Tensor& index, const Scalar& value, std::string_view reduce) {
  return scatter_(self, dim, index, source_of(self, index, value), reduce);
}

}  // namespace relume
