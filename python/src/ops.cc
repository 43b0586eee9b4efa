// The ops of src/ops/table.txt and the activations, callable from Python.
#include "relume/ops.h"

#include "core/tensor_impl.h"
#include "relume/activations.h"
#include "tables.h"

namespace relume::python {

namespace {

// What MORE_ROWS of tools/generate_python.py call.

// The number of a norm that has a name: the Frobenius norm of a matrix is the 2-norm of its elements.
Scalar named_norm(std::string_view name) {
  if (name != "fro")
    raise(PyExc_NotImplementedError, "norm(): p='" + std::string(name) + "' needs singular values, which Relume lacks");
  return 2;
}

// norm of argument 0 over the dims of argument 2, all where it is None, computed in the dtype of argument 4.
Tensor norm_over(Arguments& a, const Scalar& p) {
  const Tensor input = a.has(4) ? a.tensor(0).to(a.dtype(4)) : a.tensor(0);
  DimVector dims = a.integers(2);
  for (int64_t i = 0; !a.has(2) && i < input.dim(); ++i) dims.push_back(i);
  return relume::norm(input, p, dims, a.boolean(3, false));
}

// The number of argument 3 where the index of argument 2 says.
Tensor scattered_value(Arguments& a) {
  return relume::full_like(a.tensor(2), a.scalar(3), TensorOptions(a.tensor(0).scalar_type()));
}

Tensor scatter_reduced(Arguments& a, Tensor target, const Tensor& source) {
  if (a.text(4) != "add")
    raise(PyExc_NotImplementedError, "scatter(): reduce='" + std::string(a.text(4)) + "' is not supported, 'add' is");
  return target.scatter_add_(a.integer(1), a.tensor(2), source);
}

// The memory format that is asked for; Preserve is that of the tensor.
MemoryFormat format_like(const Tensor& tensor, MemoryFormat asked) {
  return asked == MemoryFormat::Preserve ? tensor.suggest_memory_format() : asked;
}

const Op kOps[] = {
#include "op_rows.inc"
};

}  // namespace

void append_ops(std::vector<OpEntry>& entries) { append_entries<kOps>(entries); }

}  // namespace relume::python
