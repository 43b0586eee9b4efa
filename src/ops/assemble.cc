// Tensors put together from others, and views of parts, by other ops: blocks, stacks, combinations, splits, shuffles.
#include <algorithm>

#include "ops/composed.h"
#include "ops/dims.h"
#include "ops/methods.h"

namespace relume {
namespace {

template <class F>
std::vector<Tensor> each_of(TensorList tensors, const F& shaped) {
  std::vector<Tensor> results;
  for (const Tensor& tensor : tensors) results.push_back(shaped(tensor));
  return results;
}

}  // namespace

// The last two dimensions swapped: of real numbers, the conjugate transpose.
Tensor adjoint(const Tensor& self) {
  check(impl_of(self, "adjoint").dim() != 1,
        "tensor.adjoint() is only supported on matrices or batches of matrices. Got 1-D tensor.");
  return self.dim() == 0 ? self : self.transpose(-2, -1);
}

// The tensor with at least one dimension.
Tensor atleast_1d(const Tensor& self) {
  impl_of(self, "atleast_1d");
  return self.dim() == 0 ? self.reshape({1}) : self;
}
std::vector<Tensor> atleast_1d(TensorList tensors) {
  return each_of(tensors, [](const Tensor& tensor) { return atleast_1d(tensor); });
}

// The tensor with at least two dimensions: a vector [N] becomes [1, N].
Tensor atleast_2d(const Tensor& self) {
  impl_of(self, "atleast_2d");
  return self.dim() < 2 ? self.reshape({1, self.numel()}) : self;
}
std::vector<Tensor> atleast_2d(TensorList tensors) {
  return each_of(tensors, [](const Tensor& tensor) { return atleast_2d(tensor); });
}

// The tensor with at least three dimensions: [N] becomes [1, N, 1], [N, M] becomes [N, M, 1].
Tensor atleast_3d(const Tensor& self) {
  impl_of(self, "atleast_3d");
  if (self.dim() < 2) return self.reshape({1, self.numel(), 1});
  return self.dim() == 2 ? self.unsqueeze(-1) : self;
}
std::vector<Tensor> atleast_3d(TensorList tensors) {
  return each_of(tensors, [](const Tensor& tensor) { return atleast_3d(tensor); });
}

// A matrix with the tensors, of at most two dimensions, along its diagonal and 0 elsewhere.
Tensor block_diag(TensorList tensors) {
  const std::vector<Tensor> blocks = tensors.empty() ? std::vector<Tensor>{empty({1, 0})} : atleast_2d(tensors);
  int64_t width = 0, before = 0;
  for (size_t i = 0; i < blocks.size(); ++i) {
    check(blocks[i].dim() == 2,
          "torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {} has {} dimensions", i,
          blocks[i].dim());
    width += blocks[i].size(1);
  }
  std::vector<Tensor> rows;
  for (const Tensor& block : blocks) {
    const int64_t after = width - before - block.size(1);
    rows.push_back(constant_pad_nd(block, {before, after}));
    before += block.size(1);
  }
  return named("BlockDiagBackward0", cat(rows));
}

// Every combination of one element of each 1-D tensor, one row each.
Tensor cartesian_prod(TensorList tensors) {
  for (const Tensor& tensor : tensors)
    check(impl_of(tensor, "cartesian_prod").dim() == 1, "Expect a 1D vector, but got shape {}", tensor.sizes());
  if (tensors.size() == 1) return tensors[0];
  return stack(each_of(meshgrid(tensors, "ij"), [](const Tensor& grid) { return grid.flatten(); }), 1);
}

// Every combination of r elements of a 1-D tensor, in order, one row each.
Tensor combinations(const Tensor& self, int64_t r, bool with_replacement) {
  check(impl_of(self, "combinations").dim() == 1, "Expect a 1D vector, but got shape {}", self.sizes());
  check(r >= 0, "Expect a non-negative number, but got {}", r);
  const int64_t count = self.numel(), step = with_replacement ? 0 : 1;
  std::vector<int64_t> chosen(static_cast<size_t>(r)), places;
  for (size_t i = 1; i < chosen.size(); ++i) chosen[i] = chosen[i - 1] + step;
  for (bool more = r > 0 && chosen.back() < count; more;) {
    places.insert(places.end(), chosen.begin(), chosen.end());
    size_t at = chosen.size();  // the last one that can still move on, and those behind it as near as may be
    while (at > 0 && chosen[at - 1] == count - 1 - step * static_cast<int64_t>(chosen.size() - at)) --at;
    more = at > 0;
    if (more) ++chosen[at - 1];
    for (; more && at < chosen.size(); ++at) chosen[at] = chosen[at - 1] + step;
  }
  if (r == 0) return empty({0}, self.scalar_type());
  const auto rows = static_cast<int64_t>(places.size()) / r;
  return self.index_select(0, tensor(places, kLong)).reshape({rows, r});
}

// The tensors side by side; vectors are columns.
Tensor column_stack(TensorList tensors) {
  check(!tensors.empty(), "column_stack expects a non-empty TensorList");
  return hstack(each_of(tensors, [](const Tensor& tensor) {
    return impl_of(tensor, "column_stack").dim() < 2 ? tensor.reshape({tensor.numel(), 1}) : tensor;
  }));
}

// The tensors along the third dimension.
Tensor dstack(TensorList tensors) {
  check(!tensors.empty(), "dstack expects a non-empty TensorList");
  return cat(atleast_3d(tensors), 2);
}

// A matrix with the elements on a diagonal.
Tensor diagflat(const Tensor& self, int64_t offset) {
  impl_of(self, "diagflat");
  return diag(self.reshape({-1}), offset);
}

// Views of what lies before, between and after indices along dim.
std::vector<Tensor> tensor_split(const Tensor& self, IntArrayRef indices, int64_t dim) {
  check(impl_of(self, "tensor_split").dim() > 0,
        "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims");
  std::vector<Tensor> parts;
  for (size_t i = 0; i <= indices.size(); ++i)
    parts.push_back(
        self.slice(dim, i == 0 ? 0 : indices[i - 1], i == indices.size() ? std::optional<int64_t>() : indices[i]));
  return parts;
}

std::vector<Tensor> tensor_split(const Tensor& self, const Tensor& tensor_indices_or_sections, int64_t dim) {
  const Tensor& given = tensor_indices_or_sections;
  const ScalarType dtype = impl_of(given, "tensor_split").dtype;
  check(dtype == kLong, "tensor_split expected tensor_indices_or_sections to have dtype of long, but got {}",
        to_string(dtype));
  check(
      given.dim() <= 1,
      "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor, but got a "
      "tensor with {} dims",
      given.dim());
  if (given.dim() == 0) return tensor_split(self, given.item().toLong(), dim);
  const Tensor dense = given.contiguous();
  return tensor_split(self, IntArrayRef(dense.data_ptr<int64_t>(), static_cast<size_t>(dense.numel())), dim);
}

namespace {

// What hsplit, vsplit and dsplit share: the least rank, and the dimension.
int64_t split_dim(const char* name, const Tensor& self, int64_t least) {
  const int64_t rank = impl_of(self, name).dim();
  check(rank >= least, "torch.{} requires a tensor with at least {} dimension, but got a tensor with {} dimensions!",
        name, least, rank);
  return least == 1 ? std::min<int64_t>(rank - 1, 1) : least == 2 ? 0 : 2;
}
std::vector<Tensor> split_evenly(const char* name, const Tensor& self, int64_t least, int64_t sections) {
  const int64_t dim = split_dim(name, self, least), size = self.size(dim);
  check(sections != 0 && size % sections == 0,
        "torch.{} attempted to split along dimension {}, but the size of the dimension {} is not divisible by the "
        "split_size {}!",
        name, dim, size, sections);
  return tensor_split(self, sections, dim);
}

}  // namespace

// Equal parts side by side, or split at indices; of vectors along the first dimension.
std::vector<Tensor> hsplit(const Tensor& self, int64_t sections) { return split_evenly("hsplit", self, 1, sections); }
std::vector<Tensor> hsplit(const Tensor& self, IntArrayRef indices) {
  return tensor_split(self, indices, split_dim("hsplit", self, 1));
}

// Equal parts one above the other, or split at indices.
std::vector<Tensor> vsplit(const Tensor& self, int64_t sections) { return split_evenly("vsplit", self, 2, sections); }
std::vector<Tensor> vsplit(const Tensor& self, IntArrayRef indices) {
  return tensor_split(self, indices, split_dim("vsplit", self, 2));
}

// Equal parts along the third dimension, or split at indices.
std::vector<Tensor> dsplit(const Tensor& self, int64_t sections) { return split_evenly("dsplit", self, 3, sections); }
std::vector<Tensor> dsplit(const Tensor& self, IntArrayRef indices) {
  return tensor_split(self, indices, split_dim("dsplit", self, 3));
}

namespace {

// self with src written into the part of it that `part` gives.
template <class F>
Tensor with_part(const Tensor& self, const Tensor& src, const char* grad_fn, const F& part) {
  Tensor copy = clone(self), place = part(copy);
  check(place.sizes() == src.sizes(),
        "expected src to have a size equal to the slice of self. src size = {}, slice size = {}", src.sizes(),
        place.sizes());
  place.copy_(src);
  return named(grad_fn, copy);
}

}  // namespace

// A copy of self with src at one index of dim.
Tensor select_scatter(const Tensor& self, const Tensor& src, int64_t dim, int64_t index) {
  return with_part(self, src, "SelectScatterBackward0", [&](const Tensor& copy) { return copy.select(dim, index); });
}

// A copy of self with src at the indices start, start + step, ... before end of dim.
Tensor slice_scatter(const Tensor& self, const Tensor& src, int64_t dim, std::optional<int64_t> start,
                     std::optional<int64_t> end, int64_t step) {
  return with_part(self, src, "SliceScatterBackward0",
                   [&](const Tensor& copy) { return copy.slice(dim, start, end, step); });
}

// A copy of self with src on a diagonal.
Tensor diagonal_scatter(const Tensor& self, const Tensor& src, int64_t offset, int64_t dim1, int64_t dim2) {
  return with_part(self, src, "DiagonalScatterBackward0",
                   [&](const Tensor& copy) { return copy.diagonal(offset, dim1, dim2); });
}

// A copy of self with src where as_strided() looks.
Tensor as_strided_scatter(const Tensor& self, const Tensor& src, IntArrayRef size, IntArrayRef stride,
                          std::optional<int64_t> storage_offset) {
  return with_part(self, src, "AsStridedScatterBackward0",
                   [&](const Tensor& copy) { return copy.as_strided(size, stride, storage_offset); });
}

namespace method {

// The sum over what a tensor of the given size would be repeated along, to broadcast to this one.
Tensor sum_to_size(const Tensor& self, IntArrayRef size) {
  const IntArrayRef own = impl_of(self, "sum_to_size").sizes;
  if (size.empty()) return sum(self);
  const auto lead = static_cast<int64_t>(own.size()) - static_cast<int64_t>(size.size());
  bool fits = lead >= 0;
  DimVector dims;
  for (int64_t d = 0; fits && d < static_cast<int64_t>(own.size()); ++d) {
    const int64_t wanted = d < lead ? 1 : size[static_cast<size_t>(d - lead)], length = own[static_cast<size_t>(d)];
    fits = wanted == 1 || wanted == length;
    if (d < lead || wanted != length) dims.push_back(d);
  }
  check(fits, "size {{{}}} is not expandable to size {{{}}}.", size, own);
  return (dims.empty() ? self : self.sum(dims, true)).reshape(size);
}

}  // namespace method

// ---- Shuffles ----------------------------------------------------------------------------------------------------

namespace {

void check_shuffle(const char* name, const char* factor_name, const Tensor& input, int64_t factor) {
  check(impl_of(input, name).dim() >= 3,
        "{} expects input to have at least 3 dimensions, but got input with {} dimension(s)", name, input.dim());
  check(factor > 0, "{} expects a positive {}, but got {}", name, factor_name, factor);
}

}  // namespace

// [..., C r^2, H, W] to [..., C, H r, W r] with r the upscale_factor. Shi et al., 2016.
Tensor pixel_shuffle(const Tensor& self, int64_t upscale_factor) {
  const int64_t r = upscale_factor;
  check_shuffle("pixel_shuffle", "upscale_factor", self, r);
  const int64_t channels = self.size(-3), height = self.size(-2), width = self.size(-1);
  check(channels % (r * r) == 0,
        "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but "
        "input.size(-3)={} is not divisible by {}",
        channels, r * r);
  const Tensor parts = self.reshape(with_last(self, 3, {channels / (r * r), r, r, height, width}));
  return named(
      "PixelShuffleBackward0",
      parts.movedim({-4, -3}, {-3, -1}).reshape(with_last(self, 3, {channels / (r * r), height * r, width * r})));
}

// [..., C, H r, W r] to [..., C r^2, H, W] with r the downscale_factor. Shi et al., 2016.
Tensor pixel_unshuffle(const Tensor& self, int64_t downscale_factor) {
  const int64_t r = downscale_factor;
  check_shuffle("pixel_unshuffle", "downscale_factor", self, r);
  const int64_t channels = self.size(-3), height = self.size(-2), width = self.size(-1);
  for (const int64_t dim : {-2, -1})
    check(
        self.size(dim) % r == 0,
        "pixel_unshuffle expects {} to be divisible by downscale_factor, but input.size({})={} is not divisible by {}",
        dim == -2 ? "height" : "width", dim, self.size(dim), r);
  const Tensor parts = self.reshape(with_last(self, 3, {channels, height / r, r, width / r, r}));
  return named(
      "PixelUnshuffleBackward0",
      parts.movedim({-3, -1}, {-4, -3}).reshape(with_last(self, 3, {channels * r * r, height / r, width / r})));
}

// [N, C, ...] with the channels of all groups dealt out in turn. Zhang et al., 2018.
Tensor channel_shuffle(const Tensor& self, int64_t groups) {
  check(impl_of(self, "channel_shuffle").dim() > 2,
        "channel_shuffle expects input with > 2 dims, but got input with sizes {}", self.sizes());
  const int64_t channels = self.size(1);
  check(groups > 0, "Number of groups to divide channels in must be positive. Value of groups:{}", groups);
  check(channels % groups == 0, "Number of channels must be divisible by groups. Got {} channels and {} groups.",
        channels, groups);
  return named("ChannelShuffleBackward0", self.unflatten(1, {groups, channels / groups}).transpose(1, 2).flatten(1, 2));
}

}  // namespace relume
