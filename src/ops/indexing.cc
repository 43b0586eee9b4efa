// Ops that take index tensors or masks: index_select, gather, scatter, masked_select, take, nonzero and their kin.
#include <algorithm>

#include "autograd/record.h"
#include "kernels/index.h"
#include "ops/advanced_index.h"
#include "ops/autocast.h"
#include "ops/composed.h"
#include "ops/element_index.h"
#include "ops/methods.h"
#include "ops/pick.h"

namespace relume {
namespace {

void check_index_dtype(const char* text, const Tensor& index) {
  check(index.scalar_type() == kLong || index.scalar_type() == kInt, "{}", text);
}

// A number in the dtype of a tensor, as what is put into it.
Tensor value_for(const Tensor& self, const Scalar& value) { return make_finite_scalar(value, self.scalar_type()); }

// ---- A vector of indices along a dimension -----------------------------------------------------------------------

struct VectorIndex {
  const Tensor& self;
  int64_t dim;
  Tensor index;
  const char* prefix = "";  // of the text about an index out of range
  bool wrap = false;
  const char* text = nullptr;  // the whole text, where it names no index
  bool plain = false;          // whether an index out of range is an Error and no IndexError

  // Rows of self along dim, one an index.
  PickedPlaces operator()(IntArrayRef strides) const {
    const size_t d = static_cast<size_t>(dim);
    const Tensor offsets = zeros({index.numel()}, kLong);
    if (self.sizes().empty()) {
      check_range(offsets, 1, 0);
      if (index.numel() == 1) return {{DimVector(), DimVector(), DimVector()}, offsets};
      return {{DimVector{index.numel()}, DimVector{0}, DimVector{1}}, offsets};
    }
    check_range(offsets, self.sizes()[d], strides[d]);
    Picks picks{self.sizes(), strides, DimVector(strides.size())};
    picks.sizes[d] = index.numel();
    picks.strides[d] = 0;
    picks.offset_strides[d] = 1;
    return {picks, offsets};
  }

  void check_range(const Tensor& offsets, int64_t size, int64_t stride) const {
    const std::optional<int64_t> bad = add_offsets(offsets, index, size, stride, wrap);
    check<IndexError>(!bad || !text, "{}", text ? text : "");
    check(!bad || !plain, "index {} is out of bounds for dimension {} with size {}", bad.value_or(0), dim, size);
    check<IndexError>(!bad, "{}index {} is out of bounds for dimension {} with size {}", prefix, bad.value_or(0), dim,
                      size);
  }
};

VectorIndex vector_index(const char* op, const char* prefix, const Tensor& self, int64_t dim, const Tensor& index) {
  const int64_t d = wrap_dim(dim, impl_of(self, op).dim());
  check<IndexError>(impl_of(index, op).dim() <= 1,
                    "{}(): Index is supposed to be a vector, but got dim: {} with type: {} and size: {}", op,
                    index.dim(), to_string(index.scalar_type()), index.sizes());
  check(index.scalar_type() == kLong || index.scalar_type() == kInt,
        "{}(): Expected dtype int32/int64 for index but got: {}", op, to_string(index.scalar_type()));
  return {self, d, dense_index(index), prefix};
}

}  // namespace

// The slices of self along dim that the vector `index` names, in its order.
Tensor index_select(const Tensor& self, int64_t dim, const Tensor& index) {
  const int64_t d = wrap_dim(dim, impl_of(self, "index_select").dim());
  check<IndexError>(impl_of(index, "index_select").dim() <= 1, "index_select(): Index is supposed to be a vector");
  check_index_dtype("index_select(): Expected dtype int32 or int64 for index", index);
  check<IndexError>(self.dim() > 0 || index.numel() == 1,
                    "index_select(): Index to scalar can have only 1 value, got {} value(s)", index.numel());
  return pick("IndexSelectBackward0", self,
              VectorIndex{self, d, dense_index(index), "", false, "index out of range in self"}, index);
}

namespace {

constexpr PutRow kIndexAdd = {"index_add_", "IndexAddBackward0", true};
constexpr PutRow kIndexCopy = {"index_copy_", "IndexCopyBackward0", false};
constexpr PutRow kIndexFill = {"index_fill_", "IndexFillBackward0", false, "tensor[mask] = scalar"};

Tensor scaled_source(const Tensor& self, const VectorIndex& index, const Tensor& source, const Scalar& alpha) {
  check(impl_of(source, "index_add").dtype == self.scalar_type(),
        "index_add_(): self ({}) and source ({}) must have the same scalar type", to_string(self.scalar_type()),
        to_string(source.scalar_type()));
  for (int64_t d = 0; d < std::max<int64_t>(self.dim(), 1); ++d)
    check(source.dim() == self.dim() && (d == index.dim || self.size(d) == source.size(d)),
          "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = {} "
          "source.shape = {}",
          self.sizes(), source.sizes());
  const int64_t given = source.dim() == 0 ? 1 : source.size(index.dim);
  check(index.index.numel() == given,
        "index_add_(): Number of indices ({}) should be equal to source.size(dim): ({}), for dim: {}",
        index.index.numel(), given, index.dim);
  if (alpha.toDouble() == 1) return source;
  return source * (is_integral(self.scalar_type(), false) ? Scalar(alpha.toLong()) : alpha);
}

const Tensor& checked_copy_source(const Tensor& self, const VectorIndex& index, const Tensor& source) {
  check(impl_of(source, "index_copy").dtype == self.scalar_type(),
        "index_copy_(): self and source expected to have the same dtype, but got (self) {} and (source) {}",
        to_string(self.scalar_type()), to_string(source.scalar_type()));
  check<IndexError>(source.dim() == self.dim(), "index_copy_(): expected a source of {} dimensions, got {}", self.dim(),
                    source.sizes());
  const int64_t given = source.dim() == 0 ? 1 : source.size(index.dim);
  check<IndexError>(index.index.numel() == given,
                    "index_copy_(): Number of indices ({}) should be equal to source.size(dim) ({})",
                    index.index.numel(), given);
  for (int64_t d = 0; d < self.dim(); ++d)
    check(d == index.dim || self.size(d) == source.size(d),
          "index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: {} at "
          "dimension {} "
          "and source slice shape: {} at dimension {}.",
          self.sizes(), index.dim, source.sizes(), index.dim);
  return source;
}

Tensor fill_value(const Tensor& self, const Tensor& value) {
  check(impl_of(value, "index_fill_").sizes.empty(),
        "index_fill_ only supports a 0-dimensional value tensor, but got tensor with {} dimension(s).", value.dim());
  return value.to(self.scalar_type());
}

// Which slices along dim the index names, however often, as a mask that broadcasts to self.
Tensor named_slices(const Tensor& self, int64_t dim, const Tensor& index) {
  const int64_t rank = impl_of(self, "index_fill_").dim(), d = wrap_dim(dim, rank);
  DimVector sizes(static_cast<size_t>(rank), 1);
  if (rank > 0) sizes[static_cast<size_t>(d)] = self.size(d);
  return index_fill(zeros(sizes, kBool), d, index, true);
}

// Where index_add, index_copy and index_fill write; each has texts and kinds of errors of its own.
VectorIndex places_of_add(const Tensor& self, int64_t dim, const Tensor& index) {
  VectorIndex places = vector_index("index_add_", "", self, dim, index);
  places.plain = self.dim() > 1 && index.scalar_type() == kLong;
  if (!places.plain) places.text = "index out of range in self";
  return places;
}

VectorIndex places_of_copy(const Tensor& self, int64_t dim, const Tensor& index) {
  check(impl_of(index, "index_copy_").dtype == kLong, "index_copy_(): Expected a long tensor for index, but got {}",
        to_string(index.scalar_type()));
  return vector_index("index_copy_", "index_copy_(): ", self, dim, index);
}

VectorIndex places_of_fill(const Tensor& self, int64_t dim, const Tensor& index) {
  check<IndexError>(impl_of(index, "index_fill_").dtype == kLong, "index_fill_(): Expected dtype int64 for index.");
  check(index.dim() <= 1, "Index has to be a vector/scalar");
  VectorIndex places = vector_index("index_fill_", "", self, dim, index);
  places.wrap = true;
  return places;
}

}  // namespace

// self with alpha times the slices of `source` added to those that `index` names; for each of several alike in turn.
Tensor index_add(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha) {
  const VectorIndex places = places_of_add(self, dim, index);
  return put(kIndexAdd, self, scaled_source(self, places, source, alpha), places, index);
}
Tensor& index_add_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha) {
  const VectorIndex places = places_of_add(self, dim, index);
  return put_into(kIndexAdd, self, scaled_source(self, places, source, alpha), places, index);
}

// self with the slices that `index` names replaced by those of `source`.
Tensor index_copy(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& source) {
  if (const Autocast cast = Autocast::to_wider(self, source); cast)
    return index_copy(cast(self), dim, index, cast(source));
  const VectorIndex places = places_of_copy(self, dim, index);
  return put(kIndexCopy, self, checked_copy_source(self, places, source), places, index);
}
Tensor& index_copy_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& source) {
  const VectorIndex places = places_of_copy(self, dim, index);
  return put_into(kIndexCopy, self, checked_copy_source(self, places, source), places, index);
}

// self with the slices that `index` names filled with a value.
Tensor index_fill(const Tensor& self, int64_t dim, const Tensor& index, const Scalar& value) {
  return put(kIndexFill, self, value_for(self, value), places_of_fill(self, dim, index), index);
}
Tensor& index_fill_(Tensor& self, int64_t dim, const Tensor& index, const Scalar& value) {
  return put_into(kIndexFill, self, value_for(self, value), places_of_fill(self, dim, index));
}
Tensor index_fill(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& value) {
  return named("IndexFillBackward1", masked_fill(self, named_slices(self, dim, index), fill_value(self, value)));
}
Tensor& index_fill_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& value) {
  named("IndexFillBackward1", masked_fill_(self, named_slices(self, dim, index), fill_value(self, value)));
  return self;
}

// ---- An index for each element -----------------------------------------------------------------------------------

namespace {

void check_gather_sizes(const ElementIndex& places) {
  if (places.index.numel() == 0 || places.self.dim() != places.index.dim()) return;
  for (int64_t d = 0; d < places.self.dim(); ++d)
    check(d == places.dim || places.index.size(d) <= places.self.size(d),
          "Size does not match at dimension {} expected index {} to be no larger than self {} apart from dimension {}",
          d, places.index.sizes(), places.self.sizes(), places.dim);
}

constexpr PutRow kScatter = {"scatter_", "ScatterBackward0", false};
constexpr PutRow kScatterValue = {"scatter_", "ScatterBackward1", false};
constexpr PutRow kScatterAdd = {"scatter_add_", "ScatterAddBackward0", true};

ElementIndex scatter_places(const char* op, const Tensor& self, int64_t dim, const Tensor& index) {
  ElementIndex places = element_index(op, "self", self, dim, index);
  check_gather_sizes(places);
  return places;
}

}  // namespace

// out[i][j] = self[index[i][j]][j] for dim 0, and so on: one element for each index.
Tensor gather(const Tensor& self, int64_t dim, const Tensor& index, bool) {
  const ElementIndex places = element_index("gather", "input", self, dim, index);
  check_gather_sizes(places);
  return pick("GatherBackward0", self, places, index);
}

// self[index[i][j]][j] = src[i][j] for dim 0, and so on; of several for one place the last counts.
Tensor scatter(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& src) {
  const ElementIndex places = element_index("scatter", "self", self, dim, index);
  return put(kScatter, self, checked_scatter_source("scatter", places, src), places, index);
}
Tensor& scatter_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& src) {
  const ElementIndex places = element_index("scatter", "self", self, dim, index);
  return put_into(kScatter, self, checked_scatter_source("scatter", places, src), places, index);
}
Tensor scatter(const Tensor& self, int64_t dim, const Tensor& index, const Scalar& value) {
  return put(kScatterValue, self, value_for(self, value), scatter_places("scatter", self, dim, index), index);
}
Tensor& scatter_(Tensor& self, int64_t dim, const Tensor& index, const Scalar& value) {
  return put_into(kScatterValue, self, value_for(self, value), scatter_places("scatter", self, dim, index), index);
}

// The same, but elements are added to what is there.
Tensor scatter_add(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& src) {
  const ElementIndex places = element_index("scatter", "self", self, dim, index);
  return put(kScatterAdd, self, checked_scatter_source("scatter", places, src), places, index);
}
Tensor& scatter_add_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& src) {
  const ElementIndex places = element_index("scatter", "self", self, dim, index);
  return put_into(kScatterAdd, self, checked_scatter_source("scatter", places, src), places, index);
}

// self at the indices along dim, both broadcast against each other; of the flattened self where dim is left out.
Tensor take_along_dim(const Tensor& self, const Tensor& indices, std::optional<int64_t> dim) {
  impl_of(self, "take_along_dim");
  impl_of(indices, "take_along_dim");
  if (!dim) return take_along_dim(self.reshape({-1}), indices.reshape({-1}), 0);
  const int64_t d = wrap_dim(*dim, self.dim());
  check(self.dim() == indices.dim(),
        "torch.take_along_dim(): input and indices should have the same number of dimensions, but got {} dimensions "
        "for input, "
        "and {} dimensions for indices",
        self.dim(), indices.dim());
  check(indices.scalar_type() == kLong, "torch.take_along_dim(): dtype of indices should be Long but got {}",
        to_string(indices.scalar_type()));
  DimVector self_sizes(self.sizes()), index_sizes(indices.sizes());
  self_sizes[static_cast<size_t>(d)] = index_sizes[static_cast<size_t>(d)] = 1;
  DimVector common = broadcast_sizes(self_sizes, index_sizes), wanted = common;
  common[static_cast<size_t>(d)] = self.size(d);
  wanted[static_cast<size_t>(d)] = indices.size(d);
  const Tensor places = where(indices < 0, indices + self.size(d), indices);
  return self.expand(common).gather(d, places.expand(wanted));
}

namespace {

// The elements of the flattened self; indices below 0 count from the end.
PlacesFor flat_places(const char* op, const Tensor& self, const Tensor& index) {
  check(impl_of(index, op).dtype == kLong, "{}(): Expected a long tensor for index, but got {}", op,
        to_string(index.scalar_type()));
  return [self, places = dense_index(index)](IntArrayRef strides) -> PickedPlaces {
    const auto refuse = [numel = self.numel()](int64_t bad) {
      fail<IndexError>("out of range: tried to access index {} on a tensor of {} elements.", bad, numel);
    };
    const DimVector sizes(places.sizes());
    const Picks picks{sizes, DimVector(sizes.size()), contiguous_strides(sizes), {1, self.numel(), true}};
    if (strides == contiguous_strides(self.sizes()))
      return {picks, places.is_alias_of(self) ? places.detach().clone() : places, refuse};
    const Tensor offsets = zeros(places.sizes(), kLong);
    const std::optional<int64_t> bad = add_offsets(offsets, places, self.numel(), 1, true);
    if (bad) refuse(*bad);
    cpu::place_in_strides(offsets.data_ptr<int64_t>(), offsets.numel(), self.sizes(), strides.data());
    return {{sizes, picks.strides, picks.offset_strides}, offsets};
  };
}

constexpr PutRow kPut = {"put_", "PutBackward0", false}, kPutAdd = {"put_", "PutBackward0", true};

// The source for put, of the index's shape.
Tensor checked_put_source(const Tensor& self, const Tensor& index, const Tensor& source) {
  check(impl_of(source, "put_").dtype == impl_of(self, "put_").dtype,
        "put_(): self and source expected to have the same dtype, but got self.dtype = {} and source.dtype = {}",
        to_string(self.scalar_type()), to_string(source.scalar_type()));
  check<IndexError>(source.numel() == impl_of(index, "put_").numel,
                    "put_(): Expected source and index to have the same number of elements, but got source.numel() = "
                    "{}, index.numel() = {}",
                    source.numel(), index.numel());
  check<IndexError>(self.numel() != 0 || index.numel() == 0, "put_(): Tried to put elements into an empty tensor");
  return source.reshape(index.sizes());
}

}  // namespace

// The elements of the flattened self at the indices, which count from the end below 0.
Tensor take(const Tensor& self, const Tensor& index) {
  impl_of(self, "take");
  return pick("TakeBackward0", self, flat_places("take", self, index), index);
}

// self with the elements at the indices, as in take, replaced by those of source, or with accumulate increased by them.
Tensor put(const Tensor& self, const Tensor& index, const Tensor& source, bool accumulate) {
  const Tensor values = checked_put_source(self, index, source);
  return put(accumulate ? kPutAdd : kPut, self, values, flat_places("put_", self, index), index);
}
Tensor& put_(Tensor& self, const Tensor& index, const Tensor& source, bool accumulate) {
  const Tensor values = checked_put_source(self, index, source);
  return put_into(accumulate ? kPutAdd : kPut, self, values, flat_places("put_", self, index), index);
}

// ---- Masks -------------------------------------------------------------------------------------------------------

// The indices of the elements that are not 0, one row an element: int64 [n, self.dim()].
Tensor nonzero(const Tensor& self) {
  const NoGradGuard unrecorded;
  const int64_t count = impl_of(self, "nonzero").numel > 0 ? count_nonzero(self).item().toLong() : 0;
  const Tensor result = make_strided({count, self.dim()}, {1, std::max<int64_t>(count, 1)}, kLong);
  if (count == 0 || self.dim() == 0) return result;
  const Tensor mask = self.to(kBool).contiguous();
  cpu::write_nonzero(result.data_ptr<int64_t>(), count, mask.data_ptr<bool>(), self.sizes());
  return result;
}
Tensor argwhere(const Tensor& self) { return nonzero(self); }

namespace {

void check_mask(const char* op, const Tensor& mask) {
  check(impl_of(mask, op).dtype == kBool, "{}: expected BoolTensor for mask", op);
}

// The elements where the mask is true, of a tensor of the mask's shape.
PlacesFor masked_places(const Tensor& self, const Tensor& mask) {
  if (mask.dim() > 0) return index_places(self, {mask});
  const int64_t count = is_nonzero(mask) ? 1 : 0;  // a tensor without dimensions has one element to choose or not
  return [count](IntArrayRef) {
    return PickedPlaces{{DimVector{count}, DimVector{0}, DimVector{0}}, zeros({1}, kLong)};
  };
}

}  // namespace

// The elements where the mask, broadcast, is true, as a vector.
Tensor masked_select(const Tensor& self, const Tensor& mask) {
  impl_of(self, "masked_select");
  check_mask("masked_select", mask);
  const DimVector sizes = broadcast_sizes(self.sizes(), mask.sizes());
  const Tensor whole = self.expand(sizes);
  return pick("MaskedSelectBackward0", whole, masked_places(whole, mask.expand(sizes)));
}

namespace {

constexpr PutRow kMaskedScatter = {"masked_scatter_", "MaskedScatterBackward0", false, nullptr, Overlap::Whole};

Tensor masked_source(const Tensor& self, const Tensor& mask, const Tensor& source) {
  check(impl_of(source, "masked_scatter").dtype == self.scalar_type(),
        "masked_scatter: expected self and source to have same dtypes but got {} and {}", to_string(self.scalar_type()),
        to_string(source.scalar_type()));
  const int64_t count = mask.numel() > 0 ? count_nonzero(mask).item().toLong() : 0;
  check(count <= source.numel(), "Number of elements of source < number of ones in mask");
  return source.reshape({-1}).narrow(0, 0, count);
}

}  // namespace

// self with its elements where the mask, broadcast, is true replaced by those of `source`, in order.
Tensor masked_scatter(const Tensor& self, const Tensor& mask, const Tensor& source) {
  impl_of(self, "masked_scatter");
  check(impl_of(mask, "masked_scatter").dtype == kBool,
        "masked_scatter_ only supports boolean masks, but got mask with dtype {}", to_string(mask.scalar_type()));
  const DimVector sizes = broadcast_sizes(self.sizes(), mask.sizes());
  const Tensor whole = self.expand(sizes), chosen = mask.expand(sizes);
  return put(kMaskedScatter, whole, masked_source(self, chosen, source), masked_places(whole, chosen));
}
Tensor& masked_scatter_(Tensor& self, const Tensor& mask, const Tensor& source) {
  check(impl_of(mask, "masked_scatter_").dtype == kBool,
        "masked_scatter_ only supports boolean masks, but got mask with dtype {}", to_string(mask.scalar_type()));
  impl_of(self, "masked_scatter_");
  const Tensor chosen = mask.expand(self.sizes());
  return put_into(kMaskedScatter, self, masked_source(self, chosen, source), masked_places(self, chosen));
}

}  // namespace relume
