// Functions of tensors that libtorch has and Relume's table of ops has not: other forms and names of those that it has.
#pragma once

#include <torch/nn.h>
#include <torch/types.h>

namespace at {
namespace detail {

inline Tensor padded(const Tensor& self, IntArrayRef pad, std::string_view mode, size_t dims) {
  TORCH_CHECK(pad.size() == 2 * dims, "padding size is expected to be ", 2 * dims, ", but got: ", pad.size());
  return relume::pad(self, pad, mode);
}

}  // namespace detail

inline Tensor nll_loss_nd(const Tensor& self, const Tensor& target, const Tensor& weight = {},
                          int64_t reduction = Reduction::Mean, int64_t ignore_index = -100) {
  return relume::nll_loss(self, target, weight, reduction, ignore_index);
}

// ---- Padding: elements before and after, the last dimension first ------------------------------------------------

#define RELUME_PADDING(dims)                                                        \
  inline Tensor reflection_pad##dims##d(const Tensor& self, IntArrayRef padding) {  \
    return detail::padded(self, padding, "reflect", dims);                          \
  }                                                                                 \
  inline Tensor replication_pad##dims##d(const Tensor& self, IntArrayRef padding) { \
    return detail::padded(self, padding, "replicate", dims);                        \
  }
// clang-format off
RELUME_PADDING(1)
RELUME_PADDING(2)
RELUME_PADDING(3)
#undef RELUME_PADDING
// clang-format on
inline Tensor pad_sequence(TensorList sequences, bool batch_first = false, double padding_value = 0.0) {
  return relume::nn::utils::rnn::pad_sequence(sequences, batch_first, padding_value);
}

// ---- Others ------------------------------------------------------------------------------------------------------

// scale x where x > 0, else scale alpha (exp(input_scale x) - 1). An object, which hides relume::elu from calls without
// a namespace.
struct Elu {
  Tensor operator()(const Tensor& self, const Scalar& alpha = 1, const Scalar& scale = 1,
                    const Scalar& input_scale = 1) const {
    const Tensor result = input_scale.toDouble() == 1
                              ? relume::elu(self, alpha.toDouble())
                              : relume::where(self > 0, self, relume::expm1(self * input_scale) * alpha);
    return scale.toDouble() == 1 ? result : result * scale;
  }
};
inline constexpr Elu elu;

// The powers of each element of x from N - 1, or size(x) - 1, down to 0, or with `increasing` upwards.
inline Tensor vander(const Tensor& x, std::optional<int64_t> N = {}, bool increasing = false) {
  const Tensor powers = relume::linalg_vander(x, N);
  return increasing ? powers : powers.flip({-1});
}
inline Tensor index(const Tensor& self, ArrayRef<indexing::TensorIndex> indices) { return self.index(indices); }
inline Tensor fill(const Tensor& self, const Scalar& value) { return self.clone().fill_(value); }
inline std::vector<Tensor> unsafe_split(const Tensor& self, int64_t split_size, int64_t dim = 0) {
  return relume::split(self, split_size, dim);
}
inline std::vector<Tensor> unsafe_chunk(const Tensor& self, int64_t chunks, int64_t dim = 0) {
  return relume::chunk(self, chunks, dim);
}
inline const Tensor& as_strided_(const Tensor& self, IntArrayRef size, IntArrayRef stride,
                                 std::optional<int64_t> storage_offset = {}) {
  return self.as_strided_(size, stride, storage_offset);
}
inline const Tensor& resize_as_(const Tensor& self, const Tensor& the_template) {
  return self.resize_as_(the_template);
}

}  // namespace at
