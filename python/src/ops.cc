// The ops of src/ops/table.txt and the activations, callable from Python.
#include "relume/ops.h"

#include <algorithm>

#include "core/tensor_impl.h"
#include "ops/elementwise.h"
#include "ops/same_padding.h"
#include "relume/activations.h"
#include "relume/special.h"
#include "tables.h"

namespace relume::python {

namespace {

// What MORE_ROWS of tools/generate_python.py call.

// The number that is argument 0, beside the tensor that is argument 1: a tensor of the dtype that they have together.
Tensor first(Arguments& a) {
  const Scalar number = a.scalar(0);
  return relume::scalar_tensor(number, relume::result_type(a.tensor(1), number));
}

// The same beside a number.
Tensor first_of_numbers(Arguments& a) {
  const Scalar number = a.scalar(0);
  return relume::scalar_tensor(number, relume::result_type({number, a.scalar(1)}));
}

// The number in argument i of linspace or logspace, a tensor.
Scalar bound(Arguments& a, size_t i) {
  const Tensor& tensor = a.tensor(i);
  if (tensor.dim() == 0) return tensor.item();
  raise(PyExc_RuntimeError, "linspace only supports 0-dimensional start and end tensors, but got " +
                                std::string(i == 0 ? "start" : "end") + " with " + std::to_string(tensor.dim()) +
                                " dimension(s).");
}

// norm of argument 0 over the dims of argument 2, all where it is None, computed in the dtype of argument 4.
Tensor norm_over(Arguments& a, const Scalar& p) {
  const Tensor input = a.has(4) ? a.tensor(0).to(a.dtype(4)) : a.tensor(0);
  DimVector dims = a.integers(2);
  for (int64_t i = 0; !a.has(2) && i < input.dim(); ++i) dims.push_back(i);
  return relume::norm(input, p, dims, a.boolean(3, false));
}

// The same by the name of a norm of matrices; the Frobenius norm is the 2-norm of the elements.
PyObject* named_norm(Arguments& a) {
  const Tensor self = a.tensor(0);
  const std::string_view name = a.text(1);
  if (name == "fro") return wrap(norm_over(a, 2));
  DimVector dims = a.integers(2);
  if (!a.has(2))
    for (int64_t d = 0; d < self.dim(); ++d) dims.push_back(d);
  const bool keepdim = a.boolean(3, false);
  const std::optional<ScalarType> dtype = a.optional_dtype(4);
  return wrap(RELUME_RESULT(relume::linalg_matrix_norm(self, name, dims, keepdim, dtype)));
}

// conv1d, conv2d or conv3d with the name of a padding as argument 4.
template <size_t dims>
PyObject* convolution(Arguments& a) {
  constexpr auto valid = dims == 1 ? relume::conv1d : dims == 2 ? relume::conv2d : relume::conv3d;
  const Tensor input = a.tensor(0), weight = a.tensor(1), bias = a.optional_tensor(2);
  const DimVector stride = a.integers(3, DimVector{1}), dilation = a.integers(5, DimVector{1});
  const std::string_view name = a.text(4);
  const int64_t groups = a.integer(6, 1);
  if (name == "valid") return wrap(RELUME_RESULT(valid(input, weight, bias, stride, 0, dilation, groups)));
  if (name != "same") raise(PyExc_RuntimeError, "Invalid padding string: '" + std::string(name) + "'");
  return wrap(RELUME_RESULT(convolution_same(dims, input, weight, bias, stride, dilation, groups)));
}

PyObject* distances(Arguments& a) {
  constexpr std::string_view kModes[] = {"use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist",
                                         "donot_use_mm_for_euclid_dist"};
  const double p = a.number(2, 2);
  const std::string_view name = a.optional_text(3).value_or(kModes[0]);
  const auto* const mode = std::find(std::begin(kModes), std::end(kModes), name);
  if (mode == std::end(kModes)) raise(PyExc_ValueError, std::string(name) + " is not a valid value for compute_mode");
  return wrap(RELUME_RESULT(relume::cdist(a.tensor(0), a.tensor(1), p, mode - kModes)));
}

// var_mean or std_mean of the dims of argument `dim`, or of all with 0, where argument `unbiased` says how to divide.
template <class Op>
auto moments(Arguments& a, Op op, size_t dim, size_t unbiased) {
  const DimVector dims = dim ? a.integers(dim) : DimVector();
  const bool some = dim && a.has(dim);
  return op(a.tensor(0), some ? OptionalIntArrayRef(dims) : std::nullopt, Scalar(a.boolean(unbiased, true) ? 1 : 0),
            dim ? a.boolean(3, false) : false);
}

// The memory format that is asked for; Preserve is that of the tensor.
MemoryFormat format_like(const Tensor& tensor, MemoryFormat asked) {
  return asked == MemoryFormat::Preserve ? tensor.suggest_memory_format() : asked;
}

const Op kOps[] = {
#include "function_rows.inc"
#include "in_place_rows.inc"
#include "op_rows.inc"
};

}  // namespace

void append_ops(std::vector<OpEntry>& entries) { append_entries<kOps>(entries); }

}  // namespace relume::python
