// Tensors from numbers and nested sequences, and lists from tensors.
#include "creation.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "arguments.h"
#include "core/tensor_impl.h"
#include "core/warn_once.h"
#include "relume/ops.h"

namespace relume::python {

namespace {

bool is_sequence(PyObject* object) {
  if (is_tensor(object)) return false;  // a number among others, of one element
  return PySequence_Check(object) && !PyUnicode_Check(object) && !PyBytes_Check(object);
}

// Reads nested sequences into a flat list of doubles, int64s or bools: the first pass finds the shape and the kind, the
// second the values.
class Reader {
 public:
  explicit Reader(const char* function) : function_(function) {}

  Tensor read(PyObject* data, std::optional<ScalarType> dtype) {
    find_shape(data);
    warn_of_arrays(data);
    scan(data, 0);
    const ScalarType deduced = deduced_.value_or(ScalarType(get_default_dtype()));
    const ScalarType wide = is_floating_point(deduced) ? kDouble : deduced == kBool ? kBool : kLong;
    values_ = relume::empty(sizes_, wide);
    if (deduced_) store(data, 0);
    const ScalarType target = dtype.value_or(deduced);
    if (wide == kLong ? target != kLong : wide == kDouble) check_range(target);
    return target == wide ? values_ : values_.to(target);
  }

 private:
  // Each list is as long as the first of its depth.
  void find_shape(PyObject* data) {
    Ref at = Ref::borrow(data);
    while (is_sequence(at.get())) {
      const Py_ssize_t length = PySequence_Size(at.get());
      if (length < 0) throw PythonError();
      sizes_.push_back(length);
      if (length == 0) return;
      if (sizes_.size() > 64) raise(PyExc_ValueError, "too many dimensions: sequences nested deeper than 64");
      at = own(PySequence_GetItem(at.get(), 0));
    }
  }

  static void warn_of_arrays(PyObject* data) {
    if (!PyList_Check(data) || PyList_GET_SIZE(data) == 0) return;
    PyObject* const first = PyList_GET_ITEM(data, 0);
    static std::atomic<bool> warned = false;
    if (is_sequence(first) && has_buffer_of_numbers(first))
      warn_once(
          &warned,
          "Creating a tensor from a list of numpy.ndarrays is extremely slow. Please consider converting the list to "
          "a single numpy.ndarray with numpy.array() before converting to a tensor.");
  }

  template <class F>
  void each(PyObject* data, size_t depth, F body) {
    const Ref items = own(PySequence_Fast(data, "expected a sequence"));
    const Py_ssize_t length = PySequence_Fast_GET_SIZE(items.get());
    if (length != sizes_[depth])
      raise(PyExc_ValueError, "expected sequence of length " + std::to_string(sizes_[depth]) + " at dim " +
                                  std::to_string(depth) + " (got " + std::to_string(length) + ")");
    for (Py_ssize_t i = 0; i < length; ++i) body(PySequence_Fast_GET_ITEM(items.get(), i));
  }

  void scan(PyObject* data, size_t depth) {
    if (depth < sizes_.size()) {
      if (!is_sequence(data)) {
        if (is_number(data))
          raise(PyExc_TypeError, std::string("not a sequence: expected one of length ") +
                                     std::to_string(sizes_[depth]) + " at dim " + std::to_string(depth));
        refuse(data);
      }
      each(data, depth, [&](PyObject* item) { scan(item, depth + 1); });
      return;
    }
    const ScalarType found = dtype_of_item(data);
    if (found != deduced_) deduced_ = deduced_ ? promote_types(*deduced_, found) : found;
  }
  // Tensors and NumPy's numbers bring their dtype along.
  ScalarType dtype_of_item(PyObject* data) const {
    if (is_tensor(data)) {
      if (tensor_of(data).numel() != 1)
        raise(PyExc_ValueError, "only one element tensors can be converted to Python scalars");
      return tensor_of(data).scalar_type();
    }
    if (PyBool_Check(data)) return kBool;
    if (PyFloat_CheckExact(data)) return get_default_dtype();
    if (PyLong_CheckExact(data)) return kLong;
    if (is_sequence(data)) {  // beside numbers
      const std::string name = type_name_of(data);
      raise(PyExc_TypeError, deduced_ && is_floating_point(*deduced_)
                                 ? "must be real number, not " + name
                                 : "'" + name + "' object cannot be interpreted as an integer");
    }
    if (!is_number(data)) refuse(data);
    if (has_buffer_of_numbers(data)) return tensor_on_buffer(data, function_).scalar_type();
    const Scalar value = scalar_of(data);
    return value.isFloatingPoint() ? ScalarType(get_default_dtype()) : value.isBoolean() ? kBool : kLong;
  }
  [[noreturn]] void refuse(PyObject* data) const {
    const std::string type = type_name_of(data);
    if (PyUnicode_Check(data) && !sizes_.empty() && !deduced_) raise(PyExc_ValueError, "too many dimensions 'str'");
    if (PyUnicode_Check(data)) raise(PyExc_TypeError, "new(): invalid data type '" + type + "'");
    raise(PyExc_RuntimeError, "Could not infer dtype of " + type);
  }

  void store(PyObject* data, size_t depth) {
    if (depth < sizes_.size()) {
      each(data, depth, [&](PyObject* item) { store(item, depth + 1); });
      return;
    }
    if (is_tensor(data)) warn_of_gradient(data);
    const Scalar value = PyLong_CheckExact(data) ? Scalar(integer_of(data)) : scalar_of(data);
    if (value.isFloatingPoint()) lowest_real_ = std::min(lowest_real_, value.toDouble());
    switch (values_.scalar_type()) {
      case kDouble:
        values_.data_ptr<double>()[count_++] = value.toDouble();
        break;
      case kLong:
        values_.data_ptr<int64_t>()[count_++] = value.toLong();
        break;
      default:
        values_.data_ptr<bool>()[count_++] = value.toBool();
        break;
    }
  }

  // Integers hold neither NaN nor infinities nor what lies out of their range, to which an integer's negative bits
  // belong.
  void check_range(ScalarType target) const {
    if (is_floating_point(target) || target == kBool) return;
    const int bits = static_cast<int>(element_size(target)) * 8 - (is_signed(target) ? 1 : 0);
    const double limit = std::ldexp(1.0, bits);  // the first that does not fit
    const double low = is_signed(target) ? -limit : lowest_real_ < 0 ? 0 : 1 - limit;
    const double high = bits == 63 ? std::nextafter(limit, 0) : limit - 1;
    const Tensor values = values_.to(kDouble);
    const auto* data = values.data_ptr<double>();
    for (int64_t i = 0; i < values.numel(); ++i)
      if (!(data[i] >= low && data[i] <= high))
        raise(PyExc_RuntimeError,
              std::string("value cannot be converted to type ") + python_name(target) + " without overflow");
  }

  const char* function_;
  DimVector sizes_;
  std::optional<ScalarType> deduced_;  // what holds every item; nothing where there is none
  Tensor values_;
  double lowest_real_ = 0;  // of the items that are no integers
  int64_t count_ = 0;
};

PyObject* element(const char* data, ScalarType dtype) {
  switch (dtype) {
    case kFloat:
      return PyFloat_FromDouble(*reinterpret_cast<const float*>(data));
    case kDouble:
      return PyFloat_FromDouble(*reinterpret_cast<const double*>(data));
    case kHalf:
      return PyFloat_FromDouble(*reinterpret_cast<const Half*>(data));
    case kBFloat16:
      return PyFloat_FromDouble(*reinterpret_cast<const BFloat16*>(data));
    case kLong:
      return PyLong_FromLongLong(*reinterpret_cast<const int64_t*>(data));
    case kInt:
      return PyLong_FromLong(*reinterpret_cast<const int32_t*>(data));
    case kShort:
      return PyLong_FromLong(*reinterpret_cast<const int16_t*>(data));
    case kChar:
      return PyLong_FromLong(*reinterpret_cast<const int8_t*>(data));
    case kByte:
      return PyLong_FromLong(*reinterpret_cast<const uint8_t*>(data));
    case ScalarType::UInt16:
      return PyLong_FromLong(*reinterpret_cast<const uint16_t*>(data));
    default:
      return boolean(*reinterpret_cast<const bool*>(data));
  }
}

PyObject* nested_list(const detail::TensorImpl& impl, const char* data, size_t dim) {
  const int64_t width = element_size(impl.dtype);
  if (dim == impl.sizes.size()) return element(data, impl.dtype);
  Ref list = own(PyList_New(impl.sizes[dim]));
  for (int64_t i = 0; i < impl.sizes[dim]; ++i)
    PyList_SET_ITEM(list.get(), i, checked(nested_list(impl, data + i * impl.strides[dim] * width, dim + 1)));
  return list.release();
}

}  // namespace

Tensor tensor_from(PyObject* data, std::optional<ScalarType> dtype, const char* function) {
  if (is_tensor(data)) {
    const Tensor copy = tensor_of(data).detach();
    return dtype ? copy.to(*dtype, false, true) : copy.clone();
  }
  if (!PyFloat_CheckExact(data) && !PyLong_CheckExact(data) && has_buffer_of_numbers(data)) {
    const Tensor view = tensor_on_buffer(data, function);
    return view.to(dtype.value_or(view.scalar_type()), false, true);
  }
  return Reader(function).read(data, dtype);
}

PyObject* list_of(const Tensor& tensor) { return nested_list(*tensor.impl(), tensor.impl()->data(), 0); }

PyObject* item_of(const Scalar& value) {
  if (value.isBoolean()) return boolean(value.toBool());
  return value.isFloatingPoint() ? PyFloat_FromDouble(value.toDouble()) : PyLong_FromLongLong(value.toLong());
}

}  // namespace relume::python
