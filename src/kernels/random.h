// The table of random fills through which the random ops reach a device.
#pragma once

#include <cstdint>

#include "relume/dtype.h"

namespace relume {

struct RandomStream;

// Every fill is one serial loop over `count` contiguous elements of `dtype`, so that a seed decides every number. The
// caller holds the stream's lock and has checked the arguments; a dtype that a fill does not take throws
// NotImplementedError.
struct RandomFills {
  using Fill = void (*)(RandomStream&, void* out, ScalarType dtype, int64_t count);
  using FillWithOne = void (*)(RandomStream&, void* out, ScalarType dtype, int64_t count, double parameter);
  using FillWithTwo = void (*)(RandomStream&, void* out, ScalarType dtype, int64_t count, double a, double b);

  // Uniform in [from, to).
  FillWithTwo uniform;
  // Normal with a mean and a standard deviation: in blocks of 16 for 16 or more elements, else as normal_one_by_one.
  FillWithTwo normal;
  FillWithTwo normal_one_by_one;
  // exp of a normal number with a mean and a standard deviation.
  FillWithTwo log_normal;
  // Median and scale.
  FillWithTwo cauchy;
  // Rate.
  FillWithOne exponential;
  // Number of trials up to the first success, each with this probability.
  FillWithOne geometric;
  // A number of Poisson's distribution for each of the rates, which are of `dtype`. Throws Error where one is negative.
  void (*poisson)(RandomStream&, void* out, ScalarType dtype, int64_t count, const void* rates);
  // `value` with the given probability, else 0.
  void (*bernoulli)(RandomStream&, void* out, ScalarType dtype, int64_t count, double probability, double value);
  // 1 with the probability that `probabilities` (a floating dtype) has for the element, else 0. Throws Error where one
  // is outside [0, 1].
  void (*bernoulli_each)(RandomStream&, void* out, ScalarType dtype, int64_t count, const void* probabilities,
                         ScalarType probabilities_dtype);
  // Integers in [from, from + range); range 0 stands for all that 64 bits can be.
  void (*integers)(RandomStream&, void* out, ScalarType dtype, int64_t count, int64_t from, uint64_t range);
  // Integers from 0 to the largest that the dtype holds (floating dtypes: all that they hold exactly).
  Fill all_integers;
  // A permutation of 0 .. count - 1.
  Fill permutation;
  // Where x <= 0 a slope, uniform in [lower, upper), else 1.
  void (*rrelu_noise)(RandomStream&, void* out, ScalarType dtype, int64_t count, const void* x, double lower,
                      double upper);
  // For each row of weights (rows x categories, a floating dtype) `samples` category indices, drawn by weight with
  // replacement. Throws Error where a row is no distribution.
  void (*multinomial)(RandomStream&, int64_t* out, const void* weights, ScalarType dtype, int64_t rows,
                      int64_t categories, int64_t samples);
};

const RandomFills& random_fills();

}  // namespace relume
