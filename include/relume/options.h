// Where and how a tensor is made: Device, Layout, MemoryFormat, and TensorOptions, which gathers them.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

#include "relume/dtype.h"
#include "relume/export.h"

namespace relume {

enum class DeviceType : int8_t { CPU = 0, CUDA = 1 };
inline constexpr DeviceType kCPU = DeviceType::CPU;
inline constexpr DeviceType kCUDA = DeviceType::CUDA;

// A kind of device and which one of it: -1 is the current one. Relume computes on the CPU.
class Device {
 public:
  using Type = DeviceType;
  constexpr Device(DeviceType type = DeviceType::CPU, int8_t index = -1) : type_(type), index_(index) {}  // NOLINT
  // From "cpu", "cuda" or "cuda:1". Throws Error otherwise.
  RELUME_API Device(const std::string& text);              // NOLINT: implicit, as in libtorch
  Device(const char* text) : Device(std::string(text)) {}  // NOLINT

  constexpr DeviceType type() const { return type_; }
  constexpr int8_t index() const { return index_; }
  constexpr bool has_index() const { return index_ >= 0; }
  constexpr void set_index(int8_t index) { index_ = index; }
  constexpr bool is_cpu() const { return type_ == DeviceType::CPU; }
  constexpr bool is_cuda() const { return type_ == DeviceType::CUDA; }
  RELUME_API std::string str() const;
  friend constexpr bool operator==(Device a, Device b) { return a.type_ == b.type_ && a.index_ == b.index_; }
  friend constexpr bool operator!=(Device a, Device b) { return !(a == b); }

 private:
  DeviceType type_;
  int8_t index_;
};
RELUME_API std::ostream& operator<<(std::ostream& stream, DeviceType type);
RELUME_API std::ostream& operator<<(std::ostream& stream, Device device);

}  // namespace relume

template <>
struct std::hash<relume::Device> {
  size_t operator()(relume::Device device) const noexcept {
    return static_cast<size_t>(device.type()) << 16 | static_cast<size_t>(static_cast<uint8_t>(device.index()));
  }
};

namespace relume {

enum class Layout : int8_t { Strided };
inline constexpr Layout kStrided = Layout::Strided;
RELUME_API std::ostream& operator<<(std::ostream& stream, Layout layout);

// How the elements of a tensor lie in memory. Preserve keeps the strides of a dense input.
enum class MemoryFormat : int8_t { Contiguous, Preserve, ChannelsLast, ChannelsLast3d };
RELUME_API std::ostream& operator<<(std::ostream& stream, MemoryFormat format);

// dtype, device, layout, requires_grad and memory format of a tensor to be made; what is not set is the default.
class TensorOptions {
 public:
  TensorOptions() = default;
  TensorOptions(ScalarType dtype) : dtype_(dtype), has_dtype_(true) {}               // NOLINT: implicit, as in libtorch
  TensorOptions(TypeMeta dtype) : TensorOptions(dtype.toScalarType()) {}             // NOLINT
  TensorOptions(Device device) : device_(device), has_device_(true) {}               // NOLINT
  TensorOptions(DeviceType type) : TensorOptions(Device(type)) {}                    // NOLINT
  TensorOptions(Layout) : has_layout_(true) {}                                       // NOLINT
  TensorOptions(MemoryFormat format) : memory_format_(format), has_format_(true) {}  // NOLINT

  RELUME_API TensorOptions dtype(std::optional<ScalarType> dtype) const;
  template <class T>
  TensorOptions dtype() const {
    return dtype(dtype_of<T>);
  }
  RELUME_API TensorOptions device(std::optional<Device> device) const;
  TensorOptions device(DeviceType type, int8_t index = -1) const { return device(Device(type, index)); }
  TensorOptions layout(Layout) const {
    TensorOptions copy = *this;
    copy.has_layout_ = true;
    return copy;
  }
  TensorOptions requires_grad(bool requires_grad) const {
    TensorOptions copy = *this;
    copy.requires_grad_ = requires_grad;
    copy.has_requires_grad_ = true;
    return copy;
  }
  TensorOptions pinned_memory(bool) const { return *this; }
  TensorOptions memory_format(MemoryFormat format) const {
    TensorOptions copy = *this;
    copy.memory_format_ = format;
    copy.has_format_ = true;
    return copy;
  }

  // The dtype, or the default dtype where none was set.
  TypeMeta dtype() const { return has_dtype_ ? dtype_ : default_dtype(); }
  Device device() const { return device_; }
  Layout layout() const { return Layout::Strided; }
  bool requires_grad() const { return requires_grad_; }
  bool pinned_memory() const { return false; }
  bool has_dtype() const { return has_dtype_; }
  bool has_device() const { return has_device_; }
  bool has_layout() const { return has_layout_; }
  bool has_requires_grad() const { return has_requires_grad_; }
  bool has_memory_format() const { return has_format_; }
  RELUME_API std::optional<ScalarType> dtype_opt() const;
  RELUME_API std::optional<Device> device_opt() const;
  std::optional<MemoryFormat> memory_format_opt() const {
    return has_format_ ? std::optional<MemoryFormat>(memory_format_) : std::nullopt;
  }

 private:
  RELUME_API static ScalarType default_dtype();

  Device device_;
  ScalarType dtype_ = ScalarType::Float;
  MemoryFormat memory_format_ = MemoryFormat::Contiguous;
  bool requires_grad_ = false;
  bool has_dtype_ = false, has_device_ = false, has_layout_ = false, has_requires_grad_ = false, has_format_ = false;
};
RELUME_API std::ostream& operator<<(std::ostream& stream, const TensorOptions& options);

// Options that set one thing.
inline TensorOptions dtype(ScalarType type) { return TensorOptions(type); }
template <class T>
TensorOptions dtype() {
  return TensorOptions(dtype_of<T>);
}
inline TensorOptions device(Device where) { return TensorOptions(where); }
inline TensorOptions device_index(int8_t index) { return TensorOptions(Device(DeviceType::CUDA, index)); }
inline TensorOptions layout(Layout how) { return TensorOptions(how); }
inline TensorOptions requires_grad(bool requires_grad = true) { return TensorOptions().requires_grad(requires_grad); }

// The dtype of floating-point tensors that are made without one; float32 at first. Only floating dtypes are accepted.
RELUME_API TypeMeta get_default_dtype();
RELUME_API void set_default_dtype(TypeMeta dtype);

}  // namespace relume
