// What the two formatters of tensors share: what they print, and how a number becomes text.
#pragma once

#include <string>

#include "relume/printing.h"

namespace relume {

// A tensor as the formatters see it. `data` is the first element; strides count elements.
struct PrintSource {
  const void* data = nullptr;
  ScalarType dtype = ScalarType::Float;
  DimVector sizes;
  DimVector strides;
  std::string device = "cpu";
  ScalarType default_dtype = ScalarType::Float;
  bool requires_grad = false;
  std::string grad_fn;  // the name of its node, or empty

  int64_t dim() const { return static_cast<int64_t>(sizes.size()); }
  int64_t numel() const;
  double value(int64_t offset) const;     // any dtype, as double
  int64_t integer(int64_t offset) const;  // an integer dtype or bool
};

// "tensor([1., 2.])", as Python's repr, under the options in use or those given.
std::string python_text(const PrintSource& source);
std::string python_text(const PrintSource& source, const PrintOptions& options);

// The values and " [ CPUFloatType{2} ]", as libtorch's operator<< on a line of `linewidth` characters.
std::string libtorch_text(const PrintSource& source, int64_t linewidth = 80);
// What libtorch prints for a tensor that was never given a value.
inline constexpr const char* kUndefinedText = "[ Tensor (undefined) ]";
// "CPUFloatType".
std::string type_text(ScalarType dtype, const std::string& device);

// Appends as printf does: %.{precision}f, %.{precision}e, %.{precision}g.
void append_fixed(std::string& text, double value, int precision);
void append_scientific(std::string& text, double value, int precision);
void append_general(std::string& text, double value, int precision);
// The fewest digits that read back as `value`, with an exponent below 1e-4 and from 1e16.
std::string shortest(double value);

}  // namespace relume
