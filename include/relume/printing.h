// How tensors, numbers, shapes and dtypes are written as text: as Python's torch does (repr), or as libtorch's streams
// do.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "relume/dtype.h"
#include "relume/shape.h"

namespace relume {

class Tensor;

// As Python prints a tensor: "tensor([1., 2.], grad_fn=<ReluBackward0>)", under the options below.
RELUME_API std::string repr(const Tensor& tensor);
// As libtorch prints one: all values, on lines of `linewidth` characters, then "[ CPUFloatType{2} ]". operator<< does
// the same; without a stream it goes to standard output.
RELUME_API std::ostream& print(std::ostream& stream, const Tensor& tensor, int64_t linewidth = 80);
RELUME_API void print(const Tensor& tensor, int64_t linewidth = 80);
// One tensor after another, with a space between.
RELUME_API std::ostream& operator<<(std::ostream& stream, ArrayRef<Tensor> tensors);

// How repr(tensor) abbreviates and rounds.
struct PrintOptions {
  int precision = 4;             // digits after the point
  int64_t threshold = 1000;      // a tensor of more elements is abbreviated
  int64_t edgeitems = 3;         // elements kept at each end of an abbreviated dimension
  int64_t linewidth = 80;        // characters a line
  std::optional<bool> sci_mode;  // forces scientific notation on or off
};

// The options in use, for all threads. Throws ValueError when a number is negative.
RELUME_API PrintOptions get_printoptions();
RELUME_API void set_printoptions(const PrintOptions& options);
// The options named "default", "short" (2 digits, 2 edge items) or "full" (nothing abbreviated); throws ValueError
// otherwise.
RELUME_API PrintOptions print_profile(std::string_view name);

// As Python writes it: 1.0, 0.3333333333333333, 1e-05, nan; True; torch.float32.
RELUME_API std::string repr(double value);
RELUME_API std::string repr(int64_t value);
inline std::string repr(int value) { return repr(int64_t{value}); }
RELUME_API std::string repr(bool value);
std::string repr(const void*) = delete;  // or a string would be taken for a bool
RELUME_API std::string repr(ScalarType dtype);
// "torch.Size([2, 3])".
RELUME_API std::string size_repr(IntArrayRef sizes);

// As a C++ stream writes it by default: 1, 0.333333, 1e-05.
RELUME_API std::string stream_text(double value);

namespace detail {

// A stream that keeps what is written to it: std::ostringstream for headers that stay without <sstream>.
class RELUME_API TextStream {
 public:
  TextStream();
  ~TextStream();
  TextStream(const TextStream&) = delete;
  TextStream& operator=(const TextStream&) = delete;
  std::ostream& stream() { return *stream_; }
  std::string str() const;

 private:
  std::ostream* stream_;
};

}  // namespace detail

}  // namespace relume
