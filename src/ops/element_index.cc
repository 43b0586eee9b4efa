// An index for each element: what gather, scatter and their reductions share.
#include "ops/element_index.h"

#include "ops/elementwise.h"

namespace relume {

PickedPlaces ElementIndex::operator()(IntArrayRef strides) const {
  const size_t d = static_cast<size_t>(dim);
  const bool scalar = self.sizes().empty();
  const int64_t size = scalar ? 1 : self.sizes()[d], stride = scalar ? 0 : strides[d];
  // Offsets must not change while self is written.
  const Tensor offsets = index.is_alias_of(self) ? index.detach().clone() : index;
  const auto refuse = [this](int64_t bad) {
    fail("index {} is out of bounds for dimension {} with size {}", bad, dim,
         self.sizes().empty() ? 1 : self.sizes()[static_cast<size_t>(dim)]);
  };
  DimVector sizes(index.sizes()), own(index.sizes().size());
  for (size_t k = 0; k < own.size() && !scalar; ++k) own[k] = k == d ? 0 : strides[k];
  return {{sizes, own, contiguous_strides(sizes), {stride, size}}, offsets, refuse};
}

ElementIndex element_index(const char* op, const char* of, const Tensor& self, int64_t dim, const Tensor& index) {
  const int64_t d = wrap_dim(dim, impl_of(self, op).dim());
  impl_of(index, op);
  check(index.scalar_type() == kLong || index.scalar_type() == kInt || index.numel() == 0,
        "{}(): Expected dtype int32/int64 for index", op);
  const bool scalars = self.dim() <= 1 && index.dim() <= 1;
  check(index.numel() == 0 || scalars || self.dim() == index.dim(),
        "Index tensor must have the same number of dimensions as {} tensor", of);
  return {self, d, dense_index(index)};
}

Tensor checked_scatter_source(const char* op, const ElementIndex& places, const Tensor& source) {
  const Tensor& self = places.self;
  const Tensor& index = places.index;
  check(impl_of(source, op).dtype == self.scalar_type(), "scatter(): Expected self.dtype to be equal to src.dtype");
  if (index.numel() == 0) return source.reshape({-1}).narrow(0, 0, 0).reshape(index.sizes());
  const bool scalars = index.dim() <= 1 && source.dim() <= 1;
  check(scalars || index.dim() == source.dim(), "Index tensor must have the same number of dimensions as src tensor");
  Tensor covered = source;
  for (int64_t d = 0; d < index.dim(); ++d) {
    const int64_t given = source.dim() == 0 ? 1 : source.size(d), own = self.dim() == 0 ? 1 : self.size(d);
    check(index.size(d) <= given && (d == places.dim || index.size(d) <= own),
          "Expected index {} to be no larger than self {} apart from dimension {} and to be no larger size than src {}",
          index.sizes(), self.sizes(), places.dim, source.sizes());
    if (index.size(d) < given) covered = covered.narrow(d, 0, index.size(d));
  }
  return covered.dim() == index.dim() ? covered : covered.reshape(index.sizes());
}

}  // namespace relume
