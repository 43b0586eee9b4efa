// Names of devices, layouts and formats, and the default dtype.
#include "relume/options.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <ostream>

#include "core/check.h"

namespace relume {
namespace {

std::atomic<ScalarType> g_default_dtype{ScalarType::Float};

// The devices that PyTorch has beside these.
constexpr const char* kOthers =
    ", ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, vulkan, mps, meta, hpu, mtia, "
    "privateuseone";

}  // namespace

Device::Device(const std::string& text) : type_(DeviceType::CPU), index_(-1) {
  const size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  check(!text.empty(), "Device string must not be empty");
  check(!name.empty() &&
            std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalpha(c) || c == '_'; }),
        "Invalid device string: '{}'", text);
  if (name != "cpu" && name != "cuda") {
    const bool known = (std::string(kOthers) + ",").find(" " + name + ",") != std::string::npos;
    fail("Expected one of cpu, cuda{} device type at start of device string: {}", known ? "" : kOthers, name);
  }
  if (name == "cuda") type_ = DeviceType::CUDA;
  if (colon == std::string::npos) return;
  const std::string digits = text.substr(colon + 1);
  check(!digits.empty() && digits.find_first_not_of("0123456789") == std::string::npos &&
            (digits[0] != '0' || digits.size() == 1),
        "Invalid device string: '{}'", text);
  check(digits.size() <= 3 && std::stoi(digits) <= INT8_MAX, "Could not parse device index '{}' in device string '{}'",
        digits, text);
  index_ = static_cast<int8_t>(std::stoi(digits));
}

std::string Device::str() const {
  std::string text = type_ == DeviceType::CPU ? "cpu" : "cuda";
  if (has_index()) text += ":" + std::to_string(index_);
  return text;
}

std::ostream& operator<<(std::ostream& stream, DeviceType type) {
  return stream << (type == DeviceType::CPU ? "cpu" : "cuda");
}
std::ostream& operator<<(std::ostream& stream, Device device) { return stream << device.str(); }
std::ostream& operator<<(std::ostream& stream, Layout) { return stream << "Strided"; }

std::ostream& operator<<(std::ostream& stream, MemoryFormat format) {
  switch (format) {
    case MemoryFormat::Contiguous:
      return stream << "Contiguous";
    case MemoryFormat::Preserve:
      return stream << "Preserve";
    case MemoryFormat::ChannelsLast:
      return stream << "ChannelsLast";
    default:
      return stream << "ChannelsLast3d";
  }
}

std::ostream& operator<<(std::ostream& stream, const TensorOptions& options) {
  const auto mark = [](bool set) { return set ? "" : " (default)"; };
  stream << "TensorOptions(dtype=" << options.dtype() << mark(options.has_dtype()) << ", device=" << options.device()
         << mark(options.has_device()) << ", layout=" << options.layout() << mark(options.has_layout())
         << ", requires_grad=" << std::boolalpha << options.requires_grad() << mark(options.has_requires_grad())
         << ", pinned_memory=false (default), memory_format=";
  if (options.has_memory_format()) return stream << *options.memory_format_opt() << ")";
  return stream << "(nullopt))";
}

TensorOptions TensorOptions::dtype(std::optional<ScalarType> dtype) const {
  TensorOptions copy = *this;
  copy.has_dtype_ = dtype.has_value();
  if (dtype) copy.dtype_ = *dtype;
  return copy;
}
TensorOptions TensorOptions::device(std::optional<Device> device) const {
  TensorOptions copy = *this;
  copy.has_device_ = device.has_value();
  if (device) copy.device_ = *device;
  return copy;
}
std::optional<ScalarType> TensorOptions::dtype_opt() const {
  return has_dtype_ ? std::optional<ScalarType>(dtype_) : std::nullopt;
}
std::optional<Device> TensorOptions::device_opt() const {
  return has_device_ ? std::optional<Device>(device_) : std::nullopt;
}
ScalarType TensorOptions::default_dtype() { return g_default_dtype.load(std::memory_order_relaxed); }
TypeMeta get_default_dtype() { return g_default_dtype.load(std::memory_order_relaxed); }

void set_default_dtype(TypeMeta dtype) {
  check<TypeError>(is_floating_point(dtype), "only floating-point types are supported as the default type");
  g_default_dtype.store(dtype, std::memory_order_relaxed);
}

}  // namespace relume
