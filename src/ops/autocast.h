// How an op takes part in autocasting: one line at its start, which calls the op again with its arguments cast.
#pragma once

#include <vector>

#include "core/autocast_state.h"
#include "relume/tensor.h"

namespace relume {

// What an op's floating-point arguments are cast to.
enum class CastTo { ScopeDtype, Float };

// Converts where autocasting is on, and pauses it:
//   if (const Autocast cast(CastTo::ScopeDtype); cast) return mm(cast(self), cast(mat2));
class Autocast {
 public:
  explicit Autocast(CastTo to) : to_(to == CastTo::Float ? kFloat : t_autocast.dtype) {}
  // For an op that wants two arguments of one dtype: the wider one of theirs.
  static Autocast to_wider(const Tensor& a, const Tensor& b);
  explicit operator bool() const { return pause_.was_enabled(); }
  Tensor operator()(const Tensor& tensor) const;
  std::vector<Tensor> operator()(TensorList tensors) const;

 private:
  explicit Autocast(ScalarType to) : to_(to) {}
  const AutocastPause pause_;
  const ScalarType to_;
};

}  // namespace relume
