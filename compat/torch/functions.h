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

inline Tensor fill(const Tensor& self, const Scalar& value) { return self.clone().fill_(value); }
inline std::vector<Tensor> unsafe_split(const Tensor& self, int64_t split_size, int64_t dim = 0) {
  return relume::split(self, split_size, dim);
}
inline std::vector<Tensor> unsafe_chunk(const Tensor& self, int64_t chunks, int64_t dim = 0) {
  return relume::chunk(self, chunks, dim);
}
// The numbers from start to end, which is among them; arange leaves it out.
inline Tensor range(const Scalar& start, const Scalar& end, const Scalar& step, const TensorOptions& options = {}) {
  const double first = start.toDouble(), distance = step.toDouble();
  TORCH_CHECK(distance != 0, "step must be nonzero");
  TORCH_CHECK((end.toDouble() - first) * distance >= 0, "upper bound and lower bound inconsistent with step sign");
  const auto count = static_cast<int64_t>((end.toDouble() - first) / distance) + 1;
  const Tensor places = relume::arange(count, relume::kDouble) * distance + first;
  return places.to(options.has_dtype() ? options : options.dtype(relume::get_default_dtype()));
}

inline Tensor range(const Scalar& start, const Scalar& end, const TensorOptions& options = {}) {
  return range(start, end, 1, options);
}

// The special functions under the names that are not in torch::special.
inline Tensor special_expit(const Tensor& self) { return relume::sigmoid(self); }
inline Tensor special_gammaln(const Tensor& self) { return relume::lgamma(self); }
inline Tensor special_psi(const Tensor& self) { return relume::digamma(self); }
// clang-format off
#define RELUME_SPECIAL(name) \
  inline Tensor special_##name(const Tensor& self) { return relume::name(self); }
RELUME_SPECIAL(digamma)
RELUME_SPECIAL(erf)
RELUME_SPECIAL(erfc)
RELUME_SPECIAL(erfinv)
RELUME_SPECIAL(exp2)
RELUME_SPECIAL(expm1)
RELUME_SPECIAL(log1p)
RELUME_SPECIAL(sinc)
#undef RELUME_SPECIAL
// clang-format on

}  // namespace at
