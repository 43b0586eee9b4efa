// What the library knows of an activation beside its formula: names, dtypes and accuracy. See relume/activations.inc.
#pragma once

namespace relume {

// What an activation does with an integer tensor.
enum class Integers {
  Refuse,   // throws NotImplementedError, naming ActivationTraits::kernel
  Keep,     // computes in the integer type, options truncated
  Promote,  // computes in float32
};

// The second form of GELU replaces the normal distribution function by a tanh.
enum class GeluApproximate : int { None, Tanh };

struct ActivationTraits {
  const char* grad_fn;                     // name of the autograd node
  const char* grad_fn_in_place = nullptr;  // its name after the in-place form, where that differs
  const char* kernel;                      // the name in "... not implemented for 'Long'"
  Integers integers = Integers::Refuse;
  bool masks = false;  // where the derivative is 0, the gradient is 0 even if the incoming one is inf or NaN
  bool twice_differentiable = true;  // false: double backward is an error
  double max_ulp = 0.5;              // float32 accuracy on [-10, 10]: an error within max_ulp units in the last place,
  double max_error = 0;              // or within max_error, whichever is larger
};

}  // namespace relume
