// The methods and functions of tensors that src/ops/table.txt does not have, as rows written by hand: what is about
// shape, kind and conversion, tensors from data, and autograd.
#include "arguments.h"
#include "autograd/variable.h"
#include "core/tensor_impl.h"
#include "creation.h"
#include "function.h"
#include "ops/patches.h"
#include "ops/pooling.h"
#include "relume/nn/init.h"
#include "relume/ops.h"
#include "relume/warning.h"
#include "tables.h"

namespace relume::python {

namespace {

PyObject* integer_object(int64_t value) { return checked(PyLong_FromLongLong(value)); }

PyObject* integers_object(IntArrayRef list) {
  Ref tuple = own(PyTuple_New(static_cast<Py_ssize_t>(list.size())));
  for (size_t i = 0; i < list.size(); ++i)
    PyTuple_SET_ITEM(tuple.get(), static_cast<Py_ssize_t>(i), integer_object(list[i]));
  return tuple.release();
}

PyObject* to(const Tensor& self, const TensorOptions& options, bool copy, std::optional<MemoryFormat> format) {
  Tensor result = self.to(options, false, copy);
  if (format && *format != MemoryFormat::Preserve) result = result.contiguous(*format);
  return wrap(result);
}

template <ScalarType dtype>
PyObject* converted(Arguments& a) {
  return to(a.tensor(0), TensorOptions(a.tensor(0).options()).dtype(dtype), false, a.optional_format(1));
}

void warn_of_copy(PyObject* data, const char* call) {
  if (!is_tensor(data)) return;
  warn(std::string("To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
                   "sourceTensor.detach().clone().requires_grad_(True), rather than ") +
       call + "(sourceTensor).");
}

// A new tensor, which requires grad if that is asked for. The text of the error is that of creation.
Tensor finished(const Tensor& made, bool requires_grad) {
  if (requires_grad && !made.is_floating_point())
    raise(PyExc_RuntimeError, "Only Tensors of floating point and complex dtype can require gradients");
  return requires_grad ? made.set_requires_grad(true) : made;
}

Tensor from_data(const Arguments& a, const char* function) {
  a.optional_device(2);
  warn_of_copy(a.object(0), "torch.tensor");
  return finished(tensor_from(a.object(0), a.optional_dtype(1), function), a.boolean(3, false));
}

// Shares the memory of a tensor or of an array where the dtype allows it.
PyObject* as_tensor(Arguments& a) {
  a.optional_device(2);
  PyObject* data = a.object(0);
  const std::optional<ScalarType> dtype = a.optional_dtype(1);
  if (is_tensor(data)) return wrap(dtype ? tensor_of(data).to(*dtype) : tensor_of(data));
  const bool is_array = PySequence_Check(data) && has_buffer_of_numbers(data);  // not one of NumPy's numbers
  if (!is_array) return wrap(tensor_from(data, dtype, "as_tensor"));
  const Tensor shared = tensor_sharing(data, "as_tensor");
  return wrap(dtype ? shared.to(*dtype) : shared);
}

PyObject* from_numpy(Arguments& a) {
  PyObject* array = a.object(0);
  auto* const type =
      reinterpret_cast<PyObject*>(Py_TYPE(array));  // asking the array itself makes it write the interface
  if (!PySequence_Check(array) || !has_buffer_of_numbers(array) || !PyObject_HasAttrString(type, "__array_interface__"))
    raise(PyExc_TypeError, "expected np.ndarray (got " + type_name_of(array) + ")");
  return wrap(tensor_sharing(array, "from_numpy"));
}

PyObject* backward(Arguments& a) {
  std::vector<Tensor> inputs;
  if (a.has(4)) inputs = is_tensor(a.object(4)) ? std::vector<Tensor>{a.tensor(4)} : a.tensors(4);
  if (a.has(4) && inputs.empty()) raise(PyExc_RuntimeError, "`inputs` argument to `backward` cannot be empty.");
  run_backward({a.tensor(0)}, a.has(1) ? std::vector<Tensor>{a.tensor(1)} : std::vector<Tensor>(),
               a.optional_boolean(2), a.boolean(3, false), inputs);
  return none();
}

PyTypeObject* subclass_of_tensor(PyObject* type) {
  if (!PyType_Check(type)) raise(PyExc_TypeError, "cls must be a type (got " + type_name_of(type) + ")");
  auto* const result = reinterpret_cast<PyTypeObject*>(type);
  if (!PyType_IsSubtype(result, tensor_type))
    raise(PyExc_TypeError,
          "Creating a Tensor subclass from a class that does not inherit from Tensor is not possible. Make sure your "
          "class "
          "inherits from Tensor.");
  return result;
}

PyObject* make_subclass(Arguments& a) {
  PyTypeObject* type = subclass_of_tensor(a.object(0));
  return wrap_as(type, finished(a.tensor(1).detach(), a.boolean(2, false)));
}

PyObject* orthogonal(Arguments& a) {
  return wrap(nn::init::orthogonal_(a.tensor(0), a.number(1, 1), a.optional_generator(2)));
}

// Kernel, dilation, padding and stride, from the argument at `first` on.
Patches patches_of(Arguments& a, size_t first) {
  const auto pair = [&](size_t i) {
    const DimVector both = a.integers(first + i);
    return std::array<int64_t, 2>{both[0], both[1]};
  };
  return {pair(0), pair(1), pair(2), pair(3)};
}

const char kToDocumentation[] =
    "to(dtype, non_blocking=False, copy=False, *, memory_format=None)\n"
    "to(device=None, dtype=None, non_blocking=False, copy=False, *, memory_format=None)\n"
    "to(other, non_blocking=False, copy=False, *, memory_format=None)\n\n"
    "The tensor with another dtype or memory format; itself where nothing changes, unless copy is set.\n";

const Op kTensorOps[] = {
    {"size",
     "size(dim=None)\n\nThe sizes, or that of one dimension.\n",
     {{kMethod, "Tensor input, int? dim=None",
       [](Arguments& a) -> PyObject* {
         return a.has(1) ? integer_object(a.tensor(0).size(a.integer(1))) : size_object(a.tensor(0).sizes());
       }}}},
    {"stride",
     "stride(dim=None)\n\nThe steps between elements, or that of one dimension.\n",
     {{kMethod, "Tensor input, int? dim=None",
       [](Arguments& a) -> PyObject* {
         return a.has(1) ? integer_object(a.tensor(0).stride(a.integer(1))) : integers_object(a.tensor(0).strides());
       }}}},
    {"dim",
     "dim()\n\nThe number of dimensions.\n",
     {{kMethod, "Tensor input", [](Arguments& a) -> PyObject* { return integer_object(a.tensor(0).dim()); }}}},
    {"ndimension",
     "ndimension()\n\nThe same as dim().\n",
     {{kMethod, "Tensor input", [](Arguments& a) -> PyObject* { return integer_object(a.tensor(0).dim()); }}}},
    {"numel",
     "numel()\n\nThe number of elements.\n",
     {{kFunction | kMethod, "Tensor input",
       [](Arguments& a) -> PyObject* { return integer_object(a.tensor(0).numel()); }}}},
    {"nelement",
     "nelement()\n\nThe same as numel().\n",
     {{kMethod, "Tensor input", [](Arguments& a) -> PyObject* { return integer_object(a.tensor(0).numel()); }}}},
    {"element_size",
     "element_size()\n\nBytes of an element.\n",
     {{kMethod, "Tensor input", [](Arguments& a) -> PyObject* { return integer_object(a.tensor(0).element_size()); }}}},
    {"storage_offset",
     "storage_offset()\n\nWhere the first element lies in the memory that tensors share.\n",
     {{kMethod, "Tensor input",
       [](Arguments& a) -> PyObject* { return integer_object(a.tensor(0).storage_offset()); }}}},
    {"data_ptr",
     "data_ptr()\n\nThe address of the first element.\n",
     {{kMethod, "Tensor input",
       [](Arguments& a) -> PyObject* { return checked(PyLong_FromVoidPtr(a.tensor(0).data_ptr())); }}}},
    {"const_data_ptr",
     "const_data_ptr()\n\nThe same as data_ptr().\n",
     {{kMethod, "Tensor input",
       [](Arguments& a) -> PyObject* { return checked(PyLong_FromVoidPtr(a.tensor(0).data_ptr())); }}}},
    {"_is_view",
     "_is_view()\n\nWhether autograd knows the tensor as a view of another.\n",
     {{kMethod, "Tensor input", [](Arguments& a) -> PyObject* { return boolean(a.tensor(0).is_view()); }}}},
    {"is_contiguous",
     "is_contiguous(memory_format=relume.contiguous_format)\n\nWhether the elements lie in order.\n",
     {{kMethod, "Tensor input, memory_format memory_format=torch.contiguous_format",
       [](Arguments& a) -> PyObject* {
         return boolean(a.tensor(0).is_contiguous(a.format(1, MemoryFormat::Contiguous)));
       }}}},
    {"is_floating_point",
     "is_floating_point(input)\n\nWhether the elements have a fraction.\n",
     {{kFunction | kMethod, "Tensor input",
       [](Arguments& a) -> PyObject* { return boolean(a.tensor(0).is_floating_point()); }}}},
    {"is_complex",
     "is_complex(input)\n\nAlways False.\n",
     {{kFunction | kMethod, "Tensor input",
       [](Arguments& a) -> PyObject* { return boolean(a.tensor(0).is_complex()); }}}},
    {"is_signed",
     "is_signed(input)\n\nWhether the elements can be negative.\n",
     {{kFunction | kMethod, "Tensor input",
       [](Arguments& a) -> PyObject* { return boolean(a.tensor(0).is_signed()); }}}},
    {"is_inference",
     "is_inference()\n\nWhether the tensor was made in inference mode.\n",
     {{kFunction | kMethod, "Tensor input",
       [](Arguments& a) -> PyObject* { return boolean(a.tensor(0).is_inference()); }}}},
    {"is_same_size",
     "is_same_size(other)\n\nWhether both have the same sizes.\n",
     {{kFunction | kMethod, "Tensor input, Tensor other",
       [](Arguments& a) -> PyObject* { return boolean(a.tensor(0).sizes() == a.tensor(1).sizes()); }}}},
    {"is_set_to",
     "is_set_to(tensor)\n\nWhether both show the same elements in the same way.\n",
     {{kMethod, "Tensor input, Tensor tensor",
       [](Arguments& a) -> PyObject* {
         const Tensor &x = a.tensor(0), &y = a.tensor(1);
         return boolean(x.is_alias_of(y) && x.storage_offset() == y.storage_offset() && x.sizes() == y.sizes() &&
                        x.strides() == y.strides());
       }}}},
    {"_shares_memory",
     "_shares_memory(other)\n\nWhether both lie in the same block of memory.\n",
     {{kMethod, "Tensor input, Tensor other",
       [](Arguments& a) -> PyObject* { return boolean(a.tensor(0).is_alias_of(a.tensor(1))); }}}},
    {"_storage",
     "_storage()\n\nThe address and the size in bytes of the memory that the tensor's elements lie in.\n",
     {{kMethod, "Tensor input",
       [](Arguments& a) -> PyObject* {
         auto* const storage = a.tensor(0).impl()->storage;
         return checked(Py_BuildValue("(Nn)", checked(PyLong_FromVoidPtr(storage->expose())),
                                      static_cast<Py_ssize_t>(storage->bytes())));
       }}}},
    {"get_device",
     "get_device()\n\nAlways -1: the CPU.\n",
     {{kFunction | kMethod, "Tensor input",
       [](Arguments& a) -> PyObject* { return integer_object(a.tensor(0).get_device()); }}}},
    {"item",
     "item()\n\nThe value of a tensor with one element, as a number of Python.\n",
     {{kMethod, "Tensor input", [](Arguments& a) -> PyObject* { return item_of(a.tensor(0).item()); }}}},
    {"tolist",
     "tolist()\n\nThe elements as nested lists; a number for a tensor without dimensions.\n",
     {{kMethod, "Tensor input", [](Arguments& a) -> PyObject* { return list_of(a.tensor(0)); }}}},
    {"to",
     kToDocumentation,
     {{kMethod,
       "Tensor input, dtype dtype, bool non_blocking=False, bool copy=False, *, memory_format? memory_format=None",
       [](Arguments& a) -> PyObject* {
         return to(a.tensor(0), a.dtype(1), a.boolean(3, false), a.optional_format(4));
       }},
      {kMethod,
       "Tensor input, device? device=None, dtype? dtype=None, bool non_blocking=False, bool copy=False, *, "
       "memory_format? memory_format=None",
       [](Arguments& a) -> PyObject* {
         TensorOptions options = a.tensor(0).options();
         if (a.has(1)) options = options.device(*a.optional_device(1));
         if (a.has(2)) options = options.dtype(a.dtype(2));
         return to(a.tensor(0), options, a.boolean(4, false), a.optional_format(5));
       }},
      {kMethod,
       "Tensor input, Tensor other, bool non_blocking=False, bool copy=False, *, memory_format? memory_format=None",
       [](Arguments& a) -> PyObject* {
         return to(a.tensor(0), a.tensor(1).scalar_type(), a.boolean(3, false), a.optional_format(4));
       }},
      {kMethod,
       "Tensor input, Number other, bool non_blocking=False, bool copy=False, *, memory_format? memory_format=None",
       [](Arguments& a) -> PyObject* {
         return to(a.tensor(0), a.scalar(1).type(), a.boolean(3, false), a.optional_format(4));
       }}}},
    {"type_as",
     "type_as(other)\n\nThe tensor with the dtype of another.\n",
     {{kMethod, "Tensor input, Tensor other",
       [](Arguments& a) -> PyObject* { return wrap(a.tensor(0).to(a.tensor(1).scalar_type())); }}}},
    {"float",
     "float(memory_format=relume.preserve_format)\n\nThe tensor as float32.\n",
     {{kMethod, "Tensor input, memory_format? memory_format=None", converted<kFloat>}}},
    {"double",
     "double(memory_format=relume.preserve_format)\n\nThe tensor as float64.\n",
     {{kMethod, "Tensor input, memory_format? memory_format=None", converted<kDouble>}}},
    {"half",
     "half(memory_format=relume.preserve_format)\n\nThe tensor as float16.\n",
     {{kMethod, "Tensor input, memory_format? memory_format=None", converted<kHalf>}}},
    {"bfloat16",
     "bfloat16(memory_format=relume.preserve_format)\n\nThe tensor as bfloat16.\n",
     {{kMethod, "Tensor input, memory_format? memory_format=None", converted<kBFloat16>}}},
    {"long",
     "long(memory_format=relume.preserve_format)\n\nThe tensor as int64.\n",
     {{kMethod, "Tensor input, memory_format? memory_format=None", converted<kLong>}}},
    {"int",
     "int(memory_format=relume.preserve_format)\n\nThe tensor as int32.\n",
     {{kMethod, "Tensor input, memory_format? memory_format=None", converted<kInt>}}},
    {"short",
     "short(memory_format=relume.preserve_format)\n\nThe tensor as int16.\n",
     {{kMethod, "Tensor input, memory_format? memory_format=None", converted<kShort>}}},
    {"char",
     "char(memory_format=relume.preserve_format)\n\nThe tensor as int8.\n",
     {{kMethod, "Tensor input, memory_format? memory_format=None", converted<kChar>}}},
    {"byte",
     "byte(memory_format=relume.preserve_format)\n\nThe tensor as uint8.\n",
     {{kMethod, "Tensor input, memory_format? memory_format=None", converted<kByte>}}},
    {"bool",
     "bool(memory_format=relume.preserve_format)\n\nThe tensor as bool.\n",
     {{kMethod, "Tensor input, memory_format? memory_format=None", converted<kBool>}}},
    {"cpu",
     "cpu()\n\nThe tensor itself.\n",
     {{kMethod, "Tensor input", [](Arguments& a) -> PyObject* { return wrap(a.tensor(0)); }}}},
    {"where",
     "where(condition, other)\n\nThe elements of self where condition holds, of other elsewhere.\n",
     {{kMethod, "Tensor input, Tensor condition, Tensor other",
       [](Arguments& a) -> PyObject* { return wrap(relume::where(a.tensor(1), a.tensor(0), a.tensor(2))); }},
      {kMethod, "Tensor input, Tensor condition, Number other",
       [](Arguments& a) -> PyObject* { return wrap(relume::where(a.tensor(1), a.tensor(0), a.scalar(2))); }}}},
    {"detach",
     "detach()\n\nThe same elements without history.\n",
     {{kFunction | kMethod, "Tensor input", [](Arguments& a) -> PyObject* { return wrap(a.tensor(0).detach()); }}}},
    {"detach_",
     "detach_()\n\nForgets the history of the tensor itself.\n",
     {{kFunction | kMethod, "Tensor input", [](Arguments& a) -> PyObject* { return wrap(a.tensor(0).detach_()); }}}},
    {"requires_grad_",
     "requires_grad_(requires_grad=True)\n\nSets requires_grad; returns the tensor.\n",
     {{kMethod, "Tensor input, bool requires_grad=True",
       [](Arguments& a) -> PyObject* { return wrap(a.tensor(0).set_requires_grad(a.boolean(1, true))); }}}},
    {"retain_grad",
     "retain_grad()\n\nKeeps grad of a tensor that is no leaf.\n",
     {{kMethod, "Tensor input",
       [](Arguments& a) -> PyObject* {
         a.tensor(0).retain_grad();
         return none();
       }}}},
    {"_register_hook",
     "_register_hook(hook)\n\nAdds hook(grad); returns its number.\n",
     {{kMethod, "Tensor input, object hook",
       [](Arguments& a) -> PyObject* { return integer_object(a.tensor(0).register_hook(PythonHook(a.object(1)))); }}}},
    {"_register_accumulated_hook",
     "_register_accumulated_hook(hook)\n\nAdds hook(tensor), called when grad has changed; returns its number.\n",
     {{kMethod, "Tensor input, object hook",
       [](Arguments& a) -> PyObject* {
         auto hook = std::make_shared<detail::TensorHookOf<PythonHook>>(PythonHook(a.object(1)));
         return integer_object(autograd::add_accumulated_hook(a.tensor(0), std::move(hook)));
       }}}},
    {"_remove_accumulated_hook",
     "_remove_accumulated_hook(number)\n\nTakes such a hook off.\n",
     {{kMethod, "Tensor input, int number",
       [](Arguments& a) -> PyObject* {
         autograd::remove_accumulated_hook(a.tensor(0), static_cast<unsigned>(a.integer(1)));
         return none();
       }}}},
    {"_remove_hook",
     "_remove_hook(number)\n\nTakes a hook off.\n",
     {{kMethod, "Tensor input, int number",
       [](Arguments& a) -> PyObject* {
         a.tensor(0).remove_hook(static_cast<unsigned>(a.integer(1)));
         return none();
       }}}},
    {"backward",
     "backward(gradient=None, retain_graph=None, create_graph=False, inputs=None)\n\nAccumulates into the leaves' grad "
     "the gradient of this tensor, which has one element, or is weighted by gradient.\n",
     {{kMethod,
       "Tensor input, Tensor? gradient=None, bool? retain_graph=None, bool create_graph=False, object inputs=None",
       backward}}},
    {"tensor",
     "tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False)\n\nA new tensor with a copy of "
     "data: a number, a nested list, an array.\n",
     {{kFunction,
       "object data, *, dtype? dtype=None, device? device=None, bool requires_grad=False, bool pin_memory=False",
       [](Arguments& a) -> PyObject* { return wrap(from_data(a, "tensor")); }}}},
    {"as_tensor",
     "as_tensor(data, dtype=None, device=None)\n\ndata as a tensor, without a copy where it is a tensor or an array of "
     "the right dtype.\n",
     {{kFunction, "object data, dtype? dtype=None, device? device=None", as_tensor}}},
    {"from_numpy",
     "from_numpy(ndarray)\n\nA tensor on the memory of an array.\n",
     {{kFunction, "object ndarray", from_numpy}}},
    {"_buffer_tensor",
     "_buffer_tensor(object)\n\nA tensor on the memory of an object with the buffer protocol.\n",
     {{kFunction, "object data",
       [](Arguments& a) -> PyObject* { return wrap(tensor_on_buffer(a.object(0), "frombuffer")); }}}},
    {"new_tensor",
     "new_tensor(data, *, dtype=None, device=None, requires_grad=False)\n\nA new tensor with a copy of data and, "
     "unless "
     "said otherwise, the dtype of self.\n",
     {{kMethod, "Tensor input, object data, *, dtype? dtype=None, device? device=None, bool requires_grad=False",
       [](Arguments& a) -> PyObject* {
         warn_of_copy(a.object(1), "tensor.new_tensor");
         const Tensor made = tensor_from(a.object(1), a.has(2) ? a.dtype(2) : a.tensor(0).scalar_type(), "new_tensor");
         return wrap(finished(made, a.boolean(4, false)));
       }}}},
    {"_make_subclass",
     "_make_subclass(cls, data, requires_grad=False)\n\nThe elements of data as an object of cls.\n",
     {{kFunction, "object cls, Tensor data, bool requires_grad=False", make_subclass}}},
    {"_orthogonal_",
     "_orthogonal_(input, gain=1, generator=None)\n\nnn.init.orthogonal_.\n",
     {{kFunction, "Tensor input, float gain=1, Generator? generator=None", orthogonal}}},
    {"as_subclass",
     "as_subclass(cls)\n\nThe tensor as an object of cls, in the same place of the graph.\n",
     {{kMethod, "Tensor input, object cls",
       [](Arguments& a) -> PyObject* {
         return wrap_as(subclass_of_tensor(a.object(1)), relume::alias(a.tensor(0)));
       }}}},
    {"_index_put",
     "_index_put(indices, values, accumulate)\n\nindex_put_ with a list of index tensors.\n",
     {{kMethod, "Tensor input, Tensor[] indices, Tensor values, bool accumulate=False",
       [](Arguments& a) -> PyObject* {
         const std::vector<Tensor> tensors = a.tensors(1);
         std::vector<indexing::TensorIndex> indices(tensors.begin(), tensors.end());
         return wrap(relume::index_put_(a.tensor(0), indices, a.tensor(2), a.boolean(3, false)));
       }}}},
    {"_adaptive_max_pool3d",
     "_adaptive_max_pool3d(input, output_size)\n\nMaxima over windows that divide [N, C, D, H, W] evenly, and their "
     "places.\n",
     {{kFunction, "Tensor input, int[] output_size",
       [](Arguments& a) -> PyObject* { return wrap(relume::adaptive_max_pool3d(a.tensor(0), a.integers(1))); }}}},
    {"_unique",
     "_unique(input, sorted, return_inverse, return_counts)\n\nThe values, the inverse and the counts.\n",
     {{kFunction, "Tensor input, bool sorted=True, bool return_inverse=False, bool return_counts=False",
       [](Arguments& a) -> PyObject* {
         return wrap(relume::unique(a.tensor(0), a.boolean(1, true), a.boolean(2, false), a.boolean(3, false)));
       }}}},
    {"_im2col",
     "_im2col(input, kernel_size, dilation, padding, stride)\n\nWindows as columns.\n",
     {{kFunction, "Tensor input, int[] kernel_size, int[] dilation, int[] padding, int[] stride",
       [](Arguments& a) -> PyObject* { return wrap(RELUME_RESULT(im2col(a.tensor(0), patches_of(a, 1)))); }}}},
    {"_col2im",
     "_col2im(input, output_size, kernel_size, dilation, padding, stride)\n\nColumns added up to images.\n",
     {{kFunction, "Tensor input, int[] output_size, int[] kernel_size, int[] dilation, int[] padding, int[] stride",
       [](Arguments& a) -> PyObject* {
         const DimVector size = a.integers(1);
         return wrap(RELUME_RESULT(col2im(a.tensor(0), {size[0], size[1]}, patches_of(a, 2))));
       }}}},
    {"_unique_consecutive",
     "_unique_consecutive(input, return_inverse, return_counts, dim)\n\nThe values, the inverse and the counts.\n",
     {{kFunction, "Tensor input, bool return_inverse, bool return_counts, int? dim",
       [](Arguments& a) -> PyObject* {
         return wrap(relume::unique_consecutive(a.tensor(0), a.boolean(1), a.boolean(2), a.optional_integer(3)));
       }}}},
};

}  // namespace

void append_tensor_ops(std::vector<OpEntry>& entries) { append_entries<kTensorOps>(entries); }

}  // namespace relume::python
