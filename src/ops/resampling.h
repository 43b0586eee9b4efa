// Tensors of which each element is a weighted sum of a few of another, along the last dimensions one after the other:
// images in other sizes, padding by elements. A linear map, whose transpose is its backward.
#pragma once

#include <memory>
#include <vector>

#include "kernels/layout.h"
#include "relume/tensor.h"

namespace relume {

inline constexpr size_t kMaxResampledDims = cpu::kMaxSpatial;

// Where the elements of a result come from along a dimension: up to `most` taps each.
struct Taps {
  Taps() = default;
  Taps(int64_t out, int64_t most_)
      : most(most_), index(static_cast<size_t>(out * most_)), weights(static_cast<size_t>(out * most_)) {}
  bool empty() const { return most == 0; }
  void set(int64_t o, int64_t t, int64_t from, double weight) {
    index[static_cast<size_t>(o * most + t)] = from;
    weights[static_cast<size_t>(o * most + t)] = weight;
  }

  int64_t most = 0;
  std::vector<int64_t> index;  // [out, most]
  std::vector<double> weights;
  std::vector<int64_t> count;  // [out], taps in use; empty where that is all of them
};

struct ResampledAxis {
  int64_t in, out;
  Taps taps;  // empty where the dimension stays as it is
};

struct ResamplePlan {
  const char* grad_fn;
  const char* backward_grad_fn;
  bool chooses;                     // one tap each, of weight 1: for every dtype
  bool keeps_layout;                // of an activation [batch, channels, ...]; else the result is row-major
  bool gradient_of_input;           // see Backward::set_constant
  std::vector<ResampledAxis> axes;  // of the last dimensions of a tensor, at most kMaxResampledDims
};

// Throws OutOfMemoryError, or Error where a size overflows, if there can be no such result: before lists are made that
// are as long.
void check_room(const Tensor& self, IntArrayRef result_sizes);

// Of floating dtypes and uint8, which is computed with weights of 16 bits and rounded after each dimension; where the
// plan chooses, of every dtype.
Tensor resample(std::shared_ptr<const ResamplePlan> plan, const Tensor& self);

}  // namespace relume
