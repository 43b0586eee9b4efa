// Memory shared with other libraries: the buffer protocol, in both directions.
#include <algorithm>
#include <memory>

#include "core/tensor_impl.h"
#include "core/warn_once.h"
#include "creation.h"
#include "relume/ops.h"
#include "tensor_object.h"
#include "tensor_type.h"

namespace relume::python {

namespace {

struct Format {
  char letter[2];  // a text of its own
  ScalarType dtype;
};
// The letters of the struct module. Where two have the same size, the first is given out.
// clang-format off
constexpr Format kFormats[] = {
    {"f", kFloat}, {"d", kDouble}, {"e", kHalf}, {"l", kLong}, {"q", kLong}, {"i", kInt},
    {"h", kShort}, {"b", kChar}, {"B", kByte}, {"?", kBool}, {"H", ScalarType::UInt16},
};
// clang-format on

std::optional<ScalarType> dtype_of_format(const char* format, Py_ssize_t item_size) {
  if (!format) return kByte;
  const bool little = *format == '@' || *format == '=' || *format == '<';
  if (little) ++format;
  if (format[0] == '\0' || format[1] != '\0') return std::nullopt;
  for (const Format& known : kFormats)
    if (known.letter[0] == *format && element_size(known.dtype) == item_size) return known.dtype;
  return std::nullopt;
}

void release_view(void*, void* context) {
  auto* view = static_cast<Py_buffer*>(context);
  if (Py_IsInitialized()) {
    const Locked lock;
    PyBuffer_Release(view);
  }
  delete view;
}

[[noreturn]] void refuse_type(PyObject* object) {
  const Ref dtype = Ref::steal(PyObject_GetAttrString(object, "dtype"));
  PyErr_Clear();
  const Ref type = dtype ? own(PyObject_GetAttrString(dtype.get(), "type"))
                         : Ref::borrow(reinterpret_cast<PyObject*>(Py_TYPE(object)));
  const Ref name = own(PyObject_GetAttrString(type.get(), "__name__"));
  raise(PyExc_TypeError, "can't convert np.ndarray of type numpy." + std::string(text_of(name.get())) +
                             ". The only supported types are: float64, float32, float16, int64, int32, int16, int8, "
                             "uint16, uint8, and bool.");
}

// Sizes and strides, in elements, of a buffer that is checked to be one that a tensor can lie on.
void read_geometry(const Py_buffer& view, DimVector& sizes, DimVector& strides) {
  for (int i = 0; i < view.ndim; ++i) {
    const Py_ssize_t stride = view.strides[i];
    if (stride < 0)
      raise(PyExc_ValueError,
            "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
            "currently supported. (You can probably work around this by making a copy of your array  with "
            "array.copy().) ");
    if (stride % view.itemsize != 0 && view.shape[i] > 1)
      raise(PyExc_ValueError,
            "given numpy array strides not a multiple of the element byte size. Copy the numpy array to reallocate "
            "the memory.");
    if (view.shape[i] < 0) raise(PyExc_ValueError, "the buffer has a negative size");
    sizes.push_back(view.shape[i]);
    strides.push_back(stride / view.itemsize);
  }
}

// Sizes and strides, in bytes, of a view that was given out.
struct Geometry {
  std::vector<Py_ssize_t> shape, strides;
};

}  // namespace

bool has_buffer_of_numbers(PyObject* object) {
  return PyObject_CheckBuffer(object) && !PyBytes_Check(object) && !is_tensor(object);
}

Tensor tensor_sharing(PyObject* array, const char* function) {
  bool writable = true;
  const Tensor tensor = tensor_on_buffer(array, function, &writable);
  if (writable) return tensor;
  static std::atomic<bool> warned = false;
  warn_once(
      &warned,
      "The given NumPy array is not writable, and PyTorch does not support non-writable tensors. This means writing "
      "to this tensor will result in undefined behavior. You may want to copy the array to protect its data or make "
      "it writable before converting it to a tensor. This type of warning will be suppressed for the rest of this "
      "program.");
  return tensor;
}

Tensor tensor_on_buffer(PyObject* object, const char* function, bool* writable) {
  // NumPy's dates are no numbers, and one by itself has a buffer that must not be asked for its format.
  if (const std::string type = type_name_of(object); type.ends_with("datetime64") || type.ends_with("timedelta64"))
    refuse_type(object);
  auto view = std::make_unique<Py_buffer>();
  const bool got = PyObject_GetBuffer(object, view.get(), PyBUF_WRITABLE | PyBUF_STRIDES | PyBUF_FORMAT) == 0;
  if (writable) *writable = got;
  if (!got) PyErr_Clear();
  if (!got && PyObject_GetBuffer(object, view.get(), PyBUF_STRIDES | PyBUF_FORMAT) < 0) {
    PyErr_Clear();
    if (PyObject_HasAttrString(object, "dtype")) refuse_type(object);
    raise(PyExc_TypeError,
          std::string(function) + "(): the buffer of this " + type_name_of(object) + " cannot be read");
  }
  struct Released {
    Py_buffer* view;
    ~Released() {
      if (view) PyBuffer_Release(view);
    }
  } guard{view.get()};
  const std::optional<ScalarType> dtype = dtype_of_format(view->format, view->itemsize);
  if (!dtype) refuse_type(object);
  DimVector sizes, strides;
  read_geometry(*view, sizes, strides);
  const Tensor tensor = make_external(view->buf, sizes, strides, *dtype, release_view, view.get());
  view.release();
  guard.view = nullptr;
  return tensor;
}

int get_buffer(PyObject* self, Py_buffer* view, int flags) {
  view->obj = nullptr;
  return guarded_status([&] {
    const Tensor& tensor = tensor_of(self);
    if (!tensor.defined()) raise(PyExc_RuntimeError, "this tensor is gone");
    if (tensor.requires_grad())
      raise(PyExc_RuntimeError,
            "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.");
    const detail::TensorImpl& impl = *tensor.impl();
    const Format* format = std::find_if(std::begin(kFormats), std::end(kFormats),
                                        [&](const Format& known) { return known.dtype == impl.dtype; });
    if (format == std::end(kFormats))
      raise(PyExc_TypeError, std::string("Got unsupported ScalarType ") + to_string(impl.dtype));
    if (!(flags & PyBUF_STRIDES) && !impl.contiguous)
      raise(PyExc_BufferError, "the tensor is not contiguous, and the reader of the buffer wants it to be");
    auto geometry = std::make_unique<Geometry>();
    const Py_ssize_t width = element_size(impl.dtype);
    for (size_t i = 0; i < impl.sizes.size(); ++i) {
      geometry->shape.push_back(impl.sizes[i]);
      geometry->strides.push_back(impl.strides[i] * width);
    }
    static char empty[8];
    view->buf = impl.numel > 0 ? impl.data() : empty;
    view->len = impl.numel * width;
    view->itemsize = width;
    view->readonly = 0;
    view->format = flags & PyBUF_FORMAT ? const_cast<char*>(format->letter) : nullptr;
    view->ndim = static_cast<int>(impl.sizes.size());
    view->shape = flags & PyBUF_ND ? geometry->shape.data() : nullptr;
    view->strides = flags & PyBUF_STRIDES ? geometry->strides.data() : nullptr;
    view->suboffsets = nullptr;
    view->internal = geometry.release();
    view->obj = Py_NewRef(self);
  });
}

void release_buffer(PyObject*, Py_buffer* view) { delete static_cast<Geometry*>(view->internal); }

}  // namespace relume::python
