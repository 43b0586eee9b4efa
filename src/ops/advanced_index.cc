// Tensor::operator[], Tensor::index and index_put_: what x[...] means.
#include "ops/advanced_index.h"

#include <algorithm>

#include "ops/elementwise.h"
#include "ops/methods.h"
#include "relume/autograd.h"
#include "relume/indexing.h"
#include "relume/warning.h"

namespace relume {
namespace {

using indexing::TensorIndex;
using indexing::TensorIndexType;

bool is_mask(const Tensor& index) { return index.scalar_type() == kBool || index.scalar_type() == kByte; }

// Appends the indices of the true elements of a mask over the dimensions from `dim` on.
void append_mask(std::vector<Tensor>& indices, const Tensor& self, const Tensor& mask) {
  const size_t dim = indices.size();
  for (size_t d = 0; d < mask.sizes().size(); ++d)
    check<IndexError>(
        dim + d < self.sizes().size() && mask.sizes()[d] == self.sizes()[dim + d],
        "The shape of the mask {} at index {} does not match the shape of the indexed tensor {} at index {}",
        mask.sizes(), d, self.sizes(), dim + d);
  const Tensor places = nonzero(mask);
  for (int64_t d = 0; d < mask.dim(); ++d) indices.push_back(places.select(1, d).contiguous());
}

// One int64 index, or none, for each dimension of self.
std::vector<Tensor> index_per_dim(const Tensor& self, const std::vector<Tensor>& indices) {
  std::vector<Tensor> result;
  for (const Tensor& index : indices) {
    if (index.defined() && is_mask(index)) {
      if (index.scalar_type() == kByte)
        warn("indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.");
      append_mask(result, self, index);
      continue;
    }
    check<IndexError>(!index.defined() || index.scalar_type() == kLong || index.scalar_type() == kInt,
                      "tensors used as indices must be long, int, byte or bool tensors");
    result.push_back(index.defined() ? index.to(kLong) : index);
  }
  check<IndexError>(result.size() <= self.sizes().size(), "too many indices for tensor of dimension {}", self.dim());
  result.resize(self.sizes().size());
  return result;
}

DimVector common_sizes(const std::vector<Tensor>& indices) {
  DimVector common;
  try {
    for (const Tensor& index : indices)
      if (index.defined()) common = broadcast_sizes(common, index.sizes());
  } catch (const Error&) {
    std::string shapes;
    for (const Tensor& index : indices)
      if (index.defined()) shapes += (shapes.empty() ? "" : ", ") + to_string(index.sizes());
    fail<IndexError>("shape mismatch: indexing tensors could not be broadcast together with shapes {}", shapes);
  }
  return common;
}

// Where the dimensions of the index tensors come in the result.
size_t index_position(const std::vector<Tensor>& indices) {
  const auto defined = [](const Tensor& index) { return index.defined(); };
  const auto first = std::find_if(indices.begin(), indices.end(), defined);
  const auto end = std::find_if(indices.rbegin(), indices.rend(), defined).base();
  const bool adjacent = std::all_of(first, end, defined);
  return adjacent ? static_cast<size_t>(first - indices.begin()) : 0;
}

PickedPlaces places_of(const Tensor& self, const std::vector<Tensor>& indices, const DimVector& common,
                       IntArrayRef strides) {
  const NoGradGuard unrecorded;
  const Tensor offsets = zeros(common, kLong);
  Picks picks;
  int64_t number = 0;  // of the index tensor, which is what PyTorch's message calls its dimension
  for (size_t d = 0; d < indices.size(); ++d) {
    if (!indices[d].defined()) {
      picks.sizes.push_back(self.sizes()[d]);
      picks.strides.push_back(strides[d]);
      picks.offset_strides.push_back(0);
      continue;
    }
    const Tensor index = indices[d].expand(common).contiguous();
    const std::optional<int64_t> bad = add_offsets(offsets, index, self.sizes()[d], strides[d], true);
    check<IndexError>(!bad || self.sizes()[d] != 0, "index is out of bounds for dimension with size 0");
    check<IndexError>(!bad, "index {} is out of bounds for dimension {} with size {}", bad.value_or(0), number,
                      self.sizes()[d]);
    ++number;
  }
  const DimVector offset_strides = contiguous_strides(common);
  const size_t at = std::min(index_position(indices), picks.sizes.size());
  for (size_t d = 0; d < common.size(); ++d) {
    picks.sizes.insert(at + d, common[d]);
    picks.strides.insert(at + d, 0);
    picks.offset_strides.insert(at + d, offset_strides[d]);
  }
  return {picks, offsets};
}

}  // namespace

PlacesFor index_places(const Tensor& self, std::vector<Tensor> indices) {
  const NoGradGuard unrecorded;
  indices = index_per_dim(self, indices);
  const DimVector common = common_sizes(indices);
  return [self, indices = std::move(indices), common](IntArrayRef strides) {
    return places_of(self, indices, common, strides);
  };
}

namespace {

// ---- What stands between the brackets ----------------------------------------------------------------------------

// A view that integers, slices, None and the ellipsis make, and the index tensors that are left to apply to it.
struct Indexed {
  Tensor view;
  std::vector<Tensor> indices;  // of the view, as index_places() takes them
  bool has_tensors = false;
};

// Dimensions of self that an index uses up.
int64_t dims_used(const TensorIndex& index) {
  switch (index.type()) {
    case TensorIndexType::Integer:
    case TensorIndexType::Slice:
      return 1;
    case TensorIndexType::Tensor:
      return impl_of(index.tensor(), "index").dim() > 0 && is_mask(index.tensor()) ? index.tensor().dim()
             : is_mask(index.tensor())                                             ? 0
                                                                                   : 1;
    default:
      return 0;
  }
}

class IndexReader {
 public:
  IndexReader(const Tensor& self, ArrayRef<TensorIndex> indices) : rank_(impl_of(self, "index").dim()) {
    result_.view = self;
    for (const TensorIndex& index : indices) used_ += dims_used(index);
    for (const TensorIndex& index : indices) read(index);
  }
  Indexed take() { return std::move(result_); }

 private:
  void read(const TensorIndex& index) {
    switch (index.type()) {
      case TensorIndexType::None:
        result_.view = result_.view.unsqueeze(dim_++);
        return;
      case TensorIndexType::Ellipsis:
        dim_ += std::max<int64_t>(0, rank_ - used_);
        return;
      case TensorIndexType::Integer:
        select(index.integer());
        return;
      case TensorIndexType::Boolean:
        result_.view = result_.view.unsqueeze(dim_);
        apply(make_scalar(index.boolean(), kBool).reshape({1}));
        return;
      case TensorIndexType::Slice:
        slice(index.slice());
        return;
      case TensorIndexType::Tensor:
        read_tensor(index.tensor());
        return;
    }
  }

  void check_dim() const {
    check<IndexError>(dim_ < result_.view.dim(), "too many indices for tensor of dimension {}", rank_);
  }

  void select(int64_t index) {
    check<IndexError>(rank_ > 0,
                      "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to "
                      "convert a 0-dim tensor to a number");
    check_dim();
    const int64_t size = result_.view.size(dim_);
    check<IndexError>(index >= -size && index < size, "index {} is out of bounds for dimension {} with size {}", index,
                      real_dim_, size);
    result_.view = result_.view.select(dim_, index);
    ++real_dim_;
  }

  void slice(const indexing::Slice& slice) {
    check<IndexError>(rank_ > 0, "slice() cannot be applied to a 0-dim tensor.");
    check_dim();
    check<ValueError>(slice.step() != 0, "slice step cannot be zero");
    check<ValueError>(slice.step() > 0, "step must be greater than zero");
    const bool whole = !slice.start() && !slice.stop() && slice.step() == 1;
    if (!whole) result_.view = result_.view.slice(dim_, slice.start(), slice.stop(), slice.step());
    ++dim_;
    ++real_dim_;
  }

  void read_tensor(const Tensor& index) {
    const bool integer = index.scalar_type() == kLong || index.scalar_type() == kInt;
    if (index.dim() == 0 && integer) {
      check_dim();
      return select(index.item().toLong());
    }
    if (index.dim() == 0 && is_mask(index)) {
      result_.view = result_.view.unsqueeze(dim_);
      return apply(index.reshape({1}));
    }
    apply(index);
  }

  // The tensor indexes the view from dim_ on; a mask stands for as many dimensions as it has.
  void apply(const Tensor& index) {
    check_dim();
    for (; covered_ < dim_; ++covered_) result_.indices.emplace_back();
    result_.indices.push_back(index);
    result_.has_tensors = true;
    const int64_t dims = is_mask(index) ? index.dim() : 1;
    covered_ += dims;
    dim_ += dims;
    real_dim_ += dims;
  }

  Indexed result_;
  const int64_t rank_;
  int64_t used_ = 0;
  int64_t dim_ = 0;       // of the view
  int64_t covered_ = 0;   // dimensions of the view that result_.indices stand for
  int64_t real_dim_ = 0;  // of the tensor, for messages
};

// The values without leading dimensions of 1 that the places do not have.
Tensor without_leading_ones(const Tensor& values, size_t rank) {
  const IntArrayRef sizes = values.sizes();
  size_t drop = 0;
  while (sizes.size() - drop > rank && sizes[drop] == 1) ++drop;
  return drop == 0 ? values : values.reshape(sizes.slice(drop));
}

constexpr PutRow kIndexPut = {"index_put_", "IndexPutBackward0", false, "tensor[indices] = tensor"};
constexpr PutRow kIndexAdd = {"index_put_", "IndexPutBackward0", true, "tensor[indices] = tensor"};

void put_at(const Indexed& indexed, const Tensor& source, bool accumulate = false) {
  Tensor view = indexed.view;
  if (!indexed.has_tensors) {
    const Tensor fitting = without_leading_ones(source, view.sizes().size()).expand(view.sizes());
    if (accumulate)
      view.add_(fitting);
    else
      view.copy_(fitting);
    return;
  }
  check(source.scalar_type() == view.scalar_type(),
        "Index put requires the source and destination dtypes match, got {} for the destination and {} for the source.",
        to_string(view.scalar_type()), to_string(source.scalar_type()));
  const PlacesFor places = index_places(view, indexed.indices);
  const DimVector wanted = places(view.strides()).picks.sizes;
  Tensor fitting = without_leading_ones(source, wanted.size());
  bool fits = fitting.sizes().size() <= wanted.size();
  for (size_t d = 0; fits && d < fitting.sizes().size(); ++d) {
    const int64_t size = fitting.sizes()[fitting.sizes().size() - 1 - d];
    fits = size == 1 || size == wanted[wanted.size() - 1 - d];
  }
  check(fits, "shape mismatch: value tensor of shape {} cannot be broadcast to indexing result of shape {}",
        source.sizes(), IntArrayRef(wanted));
  bool masks = true;
  for (const Tensor& index : indexed.indices) {
    if (!index.defined()) continue;
    refuse_overlap(view, index, Overlap::None);
    masks = masks && is_mask(index);
  }
  if (masks && fitting.numel() == 1 && fitting.is_alias_of(view)) fitting = fitting.clone();  // a mask may fill with it
  put_into(accumulate ? kIndexAdd : kIndexPut, view, fitting, places);
}

}  // namespace

static void check_not_empty(ArrayRef<TensorIndex> indices, const char* name) {
  check(indices.size() > 0, "Passing an empty index list to Tensor::{}() is not valid syntax", name);
}

Tensor Tensor::index(ArrayRef<TensorIndex> indices) const {
  check_not_empty(indices, "index");
  const Indexed indexed = IndexReader(*this, indices).take();
  if (!indexed.has_tensors) return indexed.view.is_same(*this) ? relume::alias(*this) : indexed.view;
  return pick("IndexBackward0", indexed.view, index_places(indexed.view, indexed.indices));
}
Tensor Tensor::index(std::initializer_list<TensorIndex> indices) const {
  return index(ArrayRef<TensorIndex>(indices.begin(), indices.size()));
}

Tensor& index_put_(Tensor& self, ArrayRef<TensorIndex> indices, const Tensor& values, bool accumulate) {
  impl_of(values, "index_put_");
  put_at(IndexReader(self, indices).take(), values, accumulate);
  return self;
}
Tensor index_put(const Tensor& self, ArrayRef<TensorIndex> indices, const Tensor& values, bool accumulate) {
  impl_of(self, "index_put");
  Tensor result = self.clone();
  return index_put_(result, indices, values, accumulate);
}
Tensor Tensor::index_put(ArrayRef<TensorIndex> indices, const Tensor& values, bool accumulate) const {
  return relume::index_put(*this, indices, values, accumulate);
}
Tensor& Tensor::index_put_(ArrayRef<TensorIndex> indices, const Tensor& values, bool accumulate) {
  check_not_empty(indices, "index_put_");
  return relume::index_put_(*this, indices, values, accumulate);
}
Tensor& Tensor::index_put_(ArrayRef<TensorIndex> indices, const Scalar& value) {
  check_not_empty(indices, "index_put_");
  const Indexed indexed = IndexReader(*this, indices).take();
  for (const Tensor& index : indexed.indices)
    check(!index.defined() || index.scalar_type() != kByte,
          "masked_fill_ only supports boolean masks, but got mask with dtype unsigned char");
  // The number becomes an element first, and half types may overflow: h[0] = 1e5.
  const bool overflows = is_reduced_floating_point(scalar_type());
  put_at(indexed, overflows ? make_scalar(value, scalar_type()) : make_finite_scalar(value, scalar_type()));
  return *this;
}
Tensor& Tensor::index_put_(std::initializer_list<TensorIndex> indices, const Tensor& values, bool accumulate) {
  return index_put_(ArrayRef<TensorIndex>(indices.begin(), indices.size()), values, accumulate);
}
Tensor& Tensor::index_put_(std::initializer_list<TensorIndex> indices, const Scalar& value) {
  return index_put_(ArrayRef<TensorIndex>(indices.begin(), indices.size()), value);
}

Tensor Tensor::operator[](int64_t position) const { return select(0, position); }
Tensor Tensor::operator[](const Scalar& position) const { return select(0, position.toLong()); }
Tensor Tensor::operator[](const Tensor& positions) const { return index({TensorIndex(positions)}); }

}  // namespace relume
