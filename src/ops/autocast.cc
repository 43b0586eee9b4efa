// Autocasting: its guard and settings, the conversion of arguments, and the casts of parameters that are kept.
#include "relume/autocast.h"

#include <unordered_map>
#include <utility>

#include "core/check.h"
#include "core/tensor_impl.h"
#include "ops/autocast.h"
#include "relume/autograd.h"

namespace relume {

constinit thread_local AutocastState t_autocast;

namespace {

// A parameter in the dtype of the scope, and of which contents it was made.
struct KeptCast {
  Tensor parameter;  // keeps the address, which is the key, from being used again
  Tensor cast;
  const detail::Storage* storage;
  uint32_t version;

  bool serves(const Tensor& wanted, ScalarType dtype) const {
    const bool recorded = GradMode::is_enabled() && wanted.requires_grad();
    return cast.scalar_type() == dtype && cast.requires_grad() == recorded && storage == wanted.impl()->storage &&
           version == wanted.impl()->current_version();
  }
};
using Cache = std::unordered_map<const detail::TensorImpl*, KeptCast>;

Cache& cache() {
  if (!t_autocast.cache) t_autocast.cache = new Cache;
  return *static_cast<Cache*>(t_autocast.cache);
}

// Parameters are used several times in a scope. Those whose memory was handed out may change without notice.
bool can_keep(const Tensor& tensor) {
  return t_autocast.caches && t_autocast.nesting > 0 && tensor.scalar_type() == kFloat && tensor.requires_grad() &&
         tensor.is_leaf() && !tensor.is_view() && tensor.impl()->storage->can_keep();
}

Tensor kept_cast(const Tensor& parameter, ScalarType dtype) {
  const auto found = cache().find(parameter.impl());
  if (found != cache().end() && found->second.serves(parameter, dtype)) return found->second.cast;
  Tensor cast = parameter.to(dtype);
  cache().insert_or_assign(parameter.impl(), KeptCast{parameter, cast, parameter.impl()->storage,
                                                      parameter.impl()->current_version()});
  return cast;
}

void check_device(DeviceType device_type) {
  check(device_type == kCPU, "autocast: expected the device type cpu, got {}", Device(device_type).str());
}

void check_dtype(ScalarType dtype) {
  check<ValueError>(dtype == kBFloat16 || dtype == kHalf, "autocast: expected the dtype bfloat16 or float16, got {}",
                    to_string(dtype));
}

}  // namespace

Tensor Autocast::operator()(const Tensor& tensor) const {
  if (!tensor.defined() || !tensor.is_floating_point() || tensor.scalar_type() == to_ ||
      tensor.scalar_type() == kDouble)
    return tensor;
  return to_ != kFloat && can_keep(tensor) ? kept_cast(tensor, to_) : tensor.to(to_);
}

Autocast Autocast::to_wider(const Tensor& a, const Tensor& b) {
  if (!a.defined() || !b.defined()) return Autocast(CastTo::Float);
  const ScalarType wider = promote_types(a.scalar_type(), b.scalar_type());
  return wider == kDouble ? Autocast(CastTo::Float) : Autocast(wider);
}

std::vector<Tensor> Autocast::operator()(TensorList tensors) const {
  std::vector<Tensor> result;
  for (const Tensor& tensor : tensors) result.push_back((*this)(tensor));
  return result;
}

AutocastGuard::AutocastGuard(ScalarType dtype, bool enabled, bool cache_enabled)
    : dtype_(t_autocast.dtype), enabled_(t_autocast.enabled), caches_(t_autocast.caches) {
  check_dtype(dtype);
  t_autocast.dtype = dtype;
  t_autocast.enabled = enabled;
  t_autocast.caches = cache_enabled;
  autocast::increment_nesting();
}

AutocastGuard::~AutocastGuard() {
  autocast::decrement_nesting();
  t_autocast.dtype = dtype_;
  t_autocast.enabled = enabled_;
  t_autocast.caches = caches_;
}

namespace autocast {

bool is_autocast_enabled(DeviceType device_type) {
  check_device(device_type);
  return t_autocast.enabled;
}
void set_autocast_enabled(DeviceType device_type, bool enabled) {
  check_device(device_type);
  t_autocast.enabled = enabled;
}
ScalarType get_autocast_dtype(DeviceType device_type) {
  check_device(device_type);
  return t_autocast.dtype;
}
void set_autocast_dtype(DeviceType device_type, ScalarType dtype) {
  check_device(device_type);
  check_dtype(dtype);
  t_autocast.dtype = dtype;
}
bool is_autocast_cache_enabled() { return t_autocast.caches; }
void set_autocast_cache_enabled(bool enabled) { t_autocast.caches = enabled; }

int increment_nesting() { return ++t_autocast.nesting; }
int decrement_nesting() {
  if (--t_autocast.nesting == 0) clear_cache();
  return t_autocast.nesting;
}

void clear_cache() { delete static_cast<Cache*>(std::exchange(t_autocast.cache, nullptr)); }

}  // namespace autocast
}  // namespace relume
