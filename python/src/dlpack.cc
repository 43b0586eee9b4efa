// Memory shared by DLPack, the protocol of array libraries: to_dlpack and from_dlpack.
#include "dlpack.h"

#include <memory>

#include "core/tensor_impl.h"
#include "tensor_object.h"

namespace relume::python {

namespace {

// The structs of DLPack 0.8, as its specification lays them out.
struct DLDevice {
  int32_t type;  // 1: CPU
  int32_t id;
};
struct DLDataType {
  uint8_t code;  // 0 int, 1 uint, 2 float, 4 bfloat, 6 bool
  uint8_t bits;
  uint16_t lanes;
};
struct DLTensor {
  void* data;
  DLDevice device;
  int32_t ndim;
  DLDataType dtype;
  int64_t* shape;
  int64_t* strides;
  uint64_t byte_offset;
};
struct DLManagedTensor {
  DLTensor tensor;
  void* context;
  void (*deleter)(DLManagedTensor*);
};

constexpr int32_t kCpuDevice = 1;
constexpr const char* kName = "dltensor";
constexpr const char* kUsedName = "used_dltensor";

struct TypeCode {
  ScalarType dtype;
  uint8_t code;
};
constexpr TypeCode kTypes[] = {
    {kFloat, 2}, {kDouble, 2}, {kHalf, 2}, {kBFloat16, 4},          {kLong, 0}, {kInt, 0},
    {kShort, 0}, {kChar, 0},   {kByte, 1}, {ScalarType::UInt16, 1}, {kBool, 6},
};

// A tensor that was given out, with what points into it.
struct Export {
  DLManagedTensor managed;
  Tensor tensor;
  DimVector sizes, strides;
};

void delete_capsule(PyObject* capsule) {
  if (!PyCapsule_IsValid(capsule, kName)) return;  // taken over by its reader
  auto* managed = static_cast<DLManagedTensor*>(PyCapsule_GetPointer(capsule, kName));
  if (managed->deleter) managed->deleter(managed);
}

PyObject* to_dlpack(PyObject*, PyObject* object) {
  return guarded([&] {
    const Tensor& tensor = tensor_argument(object, "to_dlpack");
    auto made = std::make_unique<Export>();
    made->tensor = tensor.detach();
    made->sizes = DimVector(tensor.sizes());
    made->strides = DimVector(tensor.strides());
    const ScalarType dtype = tensor.scalar_type();
    uint8_t code = 0;
    for (const TypeCode& type : kTypes)
      if (type.dtype == dtype) code = type.code;
    made->managed.tensor = {tensor.data_ptr(),
                            {kCpuDevice, 0},
                            static_cast<int32_t>(tensor.dim()),
                            {code, static_cast<uint8_t>(8 * element_size(dtype)), 1},
                            made->sizes.data(),
                            made->strides.data(),
                            0};
    made->managed.context = made.get();
    made->managed.deleter = [](DLManagedTensor* managed) { delete static_cast<Export*>(managed->context); };
    PyObject* capsule = checked(PyCapsule_New(&made->managed, kName, delete_capsule));
    made.release();
    return capsule;
  });
}

ScalarType dtype_of_code(DLDataType type) {
  for (const TypeCode& known : kTypes)
    if (type.lanes == 1 && known.code == type.code && element_size(known.dtype) * 8 == type.bits) return known.dtype;
  raise(PyExc_RuntimeError, "from_dlpack: unsupported element type (code " + std::to_string(type.code) + ", " +
                                std::to_string(type.bits) + " bits, " + std::to_string(type.lanes) + " lanes)");
}

PyObject* from_dlpack(PyObject*, PyObject* capsule) {
  return guarded([&] {
    if (!PyCapsule_IsValid(capsule, kName))
      raise(PyExc_RuntimeError,
            "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so you "
            "might have already constructed a tensor from it once.");
    auto* managed = static_cast<DLManagedTensor*>(PyCapsule_GetPointer(capsule, kName));
    const DLTensor& source = managed->tensor;
    if (source.device.type != kCpuDevice) raise(PyExc_RuntimeError, "from_dlpack: the memory is not the CPU's");
    if (source.ndim < 0 || source.ndim > 64 || (source.ndim > 0 && !source.shape))
      raise(PyExc_RuntimeError, "from_dlpack: the capsule has no valid shape");
    const ScalarType dtype = dtype_of_code(source.dtype);
    const DimVector sizes(IntArrayRef(source.shape, static_cast<size_t>(source.ndim)));
    const int64_t elements = checked_numel(sizes, dtype);
    if (elements > 0 && !source.data) raise(PyExc_RuntimeError, "from_dlpack: the capsule has no data");
    const DimVector strides =
        source.strides ? DimVector(IntArrayRef(source.strides, sizes.size())) : contiguous_strides(sizes);
    for (const int64_t stride : strides)
      if (stride < 0) raise(PyExc_ValueError, "from_dlpack: negative strides are not supported");
    const auto release = [](void*, void* context) {
      auto* owner = static_cast<DLManagedTensor*>(context);
      if (!owner->deleter || !Py_IsInitialized()) return;
      const Locked lock;  // the deleter may belong to Python
      owner->deleter(owner);
    };
    const Tensor tensor =
        make_external(static_cast<char*>(source.data) + source.byte_offset, sizes, strides, dtype, release, managed);
    check_status(PyCapsule_SetName(capsule, kUsedName));
    return wrap(tensor);
  });
}

PyMethodDef functions[] = {
    {"to_dlpack", to_dlpack, METH_O, "to_dlpack(tensor, /)\n--\n\nThe tensor as a DLPack capsule on the same memory."},
    {"from_dlpack", from_dlpack, METH_O, "from_dlpack(capsule, /)\n--\n\nA tensor on the memory of a DLPack capsule."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

void add_dlpack(PyObject* module) { check_status(PyModule_AddFunctions(module, functions)); }

}  // namespace relume::python
