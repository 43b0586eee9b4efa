// Lines of parameters, read into what a call is compared with.
#pragma once

#include <string>
#include <vector>

#include "arguments.h"

namespace relume::python {

enum class Kind : uint8_t {
  Tensor,
  Tensors,
  Number,
  Int,
  Ints,
  Float,
  Bool,
  Text,
  Dtype,
  Layout,
  Device,
  Format,
  Generator,
  Object,
};

struct Parameter {
  Kind kind;
  bool needed = true;
  bool may_be_none = false;
  PyObject* name = nullptr;   // interned
  PyObject* alias = nullptr;  // NumPy's name for the same: axis for dim
};

// Why a call does not fit a line: the parameter or argument that it fails at, for the text of the error.
struct Misfit {
  enum Reason : uint8_t { None, WrongType, Missing, TooMany, UnknownKeyword, GivenTwice } reason = None;
  size_t parameter = 0;
  size_t argument = 0;
  PyObject* keyword = nullptr;
};

// The parameters of one overload.
struct Line {
  const Overload* overload;
  std::vector<Parameter> parameters;
  size_t positional = 0;  // how many may be given by position
  bool spreads = false;   // x.view(2, 3) for x.view((2, 3))

  explicit Line(const Overload& overload);
  // Puts the arguments into their slots; says why where they do not fit.
  Misfit match(Arguments& slots, PyObject* self, PyObject* const* arguments, size_t count, PyObject* keywords) const;
  size_t first(const PyObject* self) const { return self ? 1 : 0; }

 private:
  Misfit match_keywords(Arguments& slots, PyObject* const* values, PyObject* keywords) const;
  bool spread(Arguments& slots, size_t first, PyObject* const* arguments, size_t count) const;
};

struct Lines {
  std::vector<Line> lines;
};

bool fits(const Parameter& parameter, PyObject* object);

// A line as PyTorch shows it: "(Tensor input, tuple of ints dim, bool keepdim = False, *, torch.dtype dtype = None)".
std::string shown(const Line& line, Form form);

// Throws the TypeError for a call that fits none of the lines.
[[noreturn]] void raise_misfit(const Op& op, Form form, PyObject* self, PyObject* const* arguments, size_t count,
                               PyObject* keywords);

}  // namespace relume::python
