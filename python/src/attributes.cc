// The attributes of tensors: x.shape, x.dtype, x.grad, x.T.
#include "arguments.h"
#include "autograd/variable.h"
#include "core/tensor_impl.h"
#include "core/warn_once.h"
#include "function.h"
#include "overrides.h"
#include "relume/ops.h"
#include "relume/warning.h"
#include "tensor_type.h"

namespace relume::python {

namespace {

template <class F>
PyObject* with_tensor(PyObject* self, F body) {
  return guarded([&]() -> PyObject* {
    const Tensor& tensor = tensor_of(self);
    if (!tensor.defined()) raise(PyExc_RuntimeError, "this tensor is gone: it was freed with its last owner");
    return body(tensor);
  });
}

// A getter that is one expression of `x`.
#define RELUME_GETTER(expression)                                                                       \
  [](PyObject* self, void*) {                                                                           \
    return with_tensor(self, []([[maybe_unused]] const Tensor& x) -> PyObject* { return expression; }); \
  }
// The same for a view of `x`, which is of the class of `x`.
#define RELUME_VIEW_GETTER(expression)                                                                      \
  [](PyObject* self, void*) {                                                                               \
    return with_tensor(self, [self](const Tensor& x) -> PyObject* { return wrap_like(self, expression); }); \
  }

int set_requires_grad(PyObject* self, PyObject* value, void*) {
  return guarded_status([&] {
    if (!value) raise(PyExc_TypeError, "requires_grad cannot be deleted");
    if (!PyBool_Check(value)) raise(PyExc_RuntimeError, "requires_grad must be a bool");
    const Tensor& tensor = tensor_of(self);
    if (value == Py_True && !tensor.is_floating_point())
      raise(PyExc_RuntimeError, "only Tensors of floating point and complex dtype can require gradients");
    tensor.set_requires_grad(value == Py_True);
  });
}

PyObject* grad_of(PyObject* self, void*) {
  return guarded([&] {
    const Tensor& x = tensor_of(self);
    if (x.grad_fn() && !x.retains_grad() && !x.grad().defined()) [[unlikely]]
      warn(
          "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be "
          "populated during autograd.backward(). If you indeed want the .grad field to be populated for a non-leaf "
          "Tensor, use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by mistake, make sure "
          "you access the leaf Tensor instead. See github.com/pytorch/pytorch/pull/30531 for more information.");
    return wrap(x.grad());
  });
}

int set_grad(PyObject* self, PyObject* value, void*) {
  return guarded_status([&] {
    const Tensor& tensor = tensor_of(self);
    if (!value || value == Py_None) {
      if (tensor.impl()->autograd) {
        const Tensor old = std::exchange(tensor.mutable_grad(), Tensor());
      }
      return;
    }
    if (!is_tensor(value))
      raise(PyExc_TypeError,
            std::string("assigned grad expected to be a Tensor or None but got grad of type ") + type_name_of(value));
    const Tensor& grad = tensor_of(value);
    if (value == self) raise(PyExc_RuntimeError, "can't assign Variable as its own grad");
    if (grad.scalar_type() != tensor.scalar_type())
      raise(PyExc_RuntimeError, std::string("attempting to assign a gradient with dtype '") +
                                    to_string(grad.scalar_type()) + "' to a tensor with grad_dtype '" +
                                    to_string(tensor.scalar_type()) + "'. The gradient must match the tensor's dtype.");
    if (grad.sizes() != tensor.sizes())
      raise(PyExc_RuntimeError, "attempting to assign a gradient of size '" + to_string(grad.sizes()) +
                                    "' to a tensor of size '" + to_string(tensor.sizes()) +
                                    "'. Please ensure that the gradient and the tensor are the same size");
    tensor.mutable_grad() = grad;
  });
}

int set_data(PyObject* self, PyObject* value, void*) {
  return guarded_status([&] {
    if (!value) raise(PyExc_RuntimeError, "Deleting tensor data is not allowed. Delete tensor instead!");
    if (!is_tensor(value)) raise(PyExc_TypeError, "Variable data has to be a tensor, but got " + type_name_of(value));
    tensor_of(self).set_data(tensor_of(value));
  });
}

PyObject* refuse_imaginary_part(const Tensor&) {
  raise(PyExc_RuntimeError, "imag is not implemented for tensors with non-complex dtypes.");
}

// The conjugate transpose of a matrix, or of matrices: that of real numbers, and of one by itself without moving any.
Tensor hermitian(const Tensor& x) {
  static std::atomic<bool> warned = false;
  if (x.dim() == 1)
    raise(PyExc_RuntimeError, "tensor.mH is only supported on matrices or batches of matrices. Got 1-D tensor.");
  if (x.dim() > 0) return x.transpose(-2, -1);
  warn_once(&warned, "Tensor.mH is deprecated on 0-D tensors. Consider using x.conj().");
  return x;
}
Tensor matrix_hermitian(const Tensor& x) {
  static std::atomic<bool> warned = false;
  if (x.dim() == 2) return x.t();
  if (x.dim() > 0)
    raise(PyExc_RuntimeError, "tensor.H is only supported on matrices (2-D tensors). Got " + std::to_string(x.dim()) +
                                  "-D tensor." +
                                  (x.dim() > 2 ? " For batches of matrices, consider using tensor.mH" : ""));
  warn_once(&warned, "Tensor.H is deprecated on 0-D tensors. Consider using x.conj().");
  return x;
}

}  // namespace

PyGetSetDef tensor_attributes[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, nullptr, nullptr},
    {"shape", RELUME_GETTER(size_object(x.sizes())), nullptr, "The sizes, as a Size.", nullptr},
    {"dtype", RELUME_GETTER(Py_NewRef(dtype_object(x.scalar_type()))), nullptr, "The type of the elements.", nullptr},
    {"device", RELUME_GETTER(device_object(x.device())), nullptr, "Where the tensor is: the CPU.", nullptr},
    {"layout", RELUME_GETTER(Py_NewRef(layout_object())), nullptr, "How the tensor is stored: strided.", nullptr},
    {"ndim", RELUME_GETTER(PyLong_FromLongLong(x.dim())), nullptr, "The number of dimensions.", nullptr},
    {"itemsize", RELUME_GETTER(PyLong_FromLongLong(x.element_size())), nullptr, "Bytes of an element.", nullptr},
    {"nbytes", RELUME_GETTER(PyLong_FromSize_t(x.nbytes())), nullptr, "Bytes of all elements.", nullptr},
    {"requires_grad", RELUME_GETTER(boolean(x.requires_grad())), set_requires_grad,
     "Whether backward computes the gradient with respect to this tensor.", nullptr},
    {"grad", grad_of, set_grad, "The gradient that backward has accumulated, or None.", nullptr},
    {"_grad", RELUME_GETTER(wrap(x.grad())), set_grad, "The same as grad.", nullptr},
    {"grad_fn", RELUME_GETTER(node_object(x.grad_fn())), nullptr, "The function that made this tensor, or None.",
     nullptr},
    {"data", RELUME_VIEW_GETTER(x.data()), set_data, "The same elements, unknown to autograd.", nullptr},
    {"is_leaf", RELUME_GETTER(boolean(x.is_leaf())), nullptr, "Whether no recorded function made this tensor.",
     nullptr},
    {"retains_grad", RELUME_GETTER(boolean(x.retains_grad())), nullptr, "Whether a tensor that is no leaf keeps grad.",
     nullptr},
    {"output_nr", RELUME_GETTER(PyLong_FromLongLong(x.output_nr())), nullptr, "Which output of grad_fn this is.",
     nullptr},
    {"_version", RELUME_GETTER(PyLong_FromLongLong(x._version())), nullptr, "How often it was written to in place.",
     nullptr},
    {"_base", RELUME_GETTER(x.is_view() ? wrap(x._base()) : none()), nullptr, "The tensor that a view shows, or None.",
     nullptr},
    {"T", RELUME_VIEW_GETTER(x.numpy_T()), nullptr, "The tensor with its dimensions reversed.", nullptr},
    {"mT", RELUME_VIEW_GETTER(x.mT()), nullptr, "The tensor with its last two dimensions swapped.", nullptr},
    {"mH", RELUME_VIEW_GETTER(hermitian(x)), nullptr, "The same as mT, as elements are real numbers.", nullptr},
    {"H", RELUME_VIEW_GETTER(matrix_hermitian(x)), nullptr, "The transpose of a matrix.", nullptr},
    {"real", RELUME_GETTER(wrap(x)), nullptr, "The tensor itself.", nullptr},
    {"imag", RELUME_GETTER(refuse_imaginary_part(x)), nullptr, "Refused: only complex numbers have one.", nullptr},
    {"is_cpu", RELUME_GETTER(boolean(x.is_cpu())), nullptr, "Always True.", nullptr},
    {"is_cuda", RELUME_GETTER(boolean(x.is_cuda())), nullptr, "Always False.", nullptr},
    {"is_mps", RELUME_GETTER(boolean(false)), nullptr, "Always False.", nullptr},
    {"is_meta", RELUME_GETTER(boolean(false)), nullptr, "Always False.", nullptr},
    {"is_sparse", RELUME_GETTER(boolean(false)), nullptr, "Always False.", nullptr},
    {"is_sparse_csr", RELUME_GETTER(boolean(false)), nullptr, "Always False.", nullptr},
    {"is_nested", RELUME_GETTER(boolean(false)), nullptr, "Always False.", nullptr},
    {"is_mkldnn", RELUME_GETTER(boolean(false)), nullptr, "Always False.", nullptr},
    {"is_xla", RELUME_GETTER(boolean(false)), nullptr, "Always False.", nullptr},
    {"is_xpu", RELUME_GETTER(boolean(false)), nullptr, "Always False.", nullptr},
    {"is_quantized", RELUME_GETTER(boolean(false)), nullptr, "Always False.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

}  // namespace relume::python
