// nn::utils: clipping of gradients, and parameters as one vector.
#pragma once

#include <initializer_list>
#include <vector>

#include "relume/export.h"
#include "relume/tensor.h"

namespace relume {
namespace nn {
namespace utils {

// Scales the gradients of all parameters together by max_norm / norm, where their p-norm (p = norm_type; infinity takes
// the largest) is above max_norm. Returns the norm before. Throws Error where it is not finite, if asked to.
RELUME_API double clip_grad_norm_(const std::vector<Tensor>& parameters, double max_norm, double norm_type = 2.0,
                                  bool error_if_nonfinite = false);
RELUME_API double clip_grad_norm_(std::initializer_list<Tensor> parameters, double max_norm, double norm_type = 2.0,
                                  bool error_if_nonfinite = false);
RELUME_API double clip_grad_norm_(Tensor parameter, double max_norm, double norm_type = 2.0,
                                  bool error_if_nonfinite = false);
// Clamps every element of the gradients to [-clip_value, clip_value].
RELUME_API void clip_grad_value_(const std::vector<Tensor>& parameters, double clip_value);
RELUME_API void clip_grad_value_(std::initializer_list<Tensor> parameters, double clip_value);
RELUME_API void clip_grad_value_(Tensor parameter, double clip_value);
// All parameters one after the other, and back.
RELUME_API Tensor parameters_to_vector(const std::vector<Tensor>& parameters);
RELUME_API void vector_to_parameters(const Tensor& vec, const std::vector<Tensor>& parameters);

}  // namespace utils
}  // namespace nn
}  // namespace relume
