// Automatic mixed precision: a scope in which matrix products and convolutions compute in bfloat16.
#pragma once

#include "relume/dtype.h"
#include "relume/export.h"
#include "relume/options.h"

namespace relume {

// Ops in the scope, on this thread, choose the dtype that they compute in:
//   matmul, mm, bmm, addmm, baddbmm, linear, einsum, tensordot, prelu and convolutions cast their arguments to `dtype`;
//   losses, prod, trace, quantile, 3-D pooling, padding by reflection and replication cast theirs to float32;
//   index_copy casts its arguments to the wider dtype of the two; all others take what they are given.
// float64 and what is not floating point is never cast. Casts are part of the graph: float32 parameters get float32
// gradients, computed in the dtype of the forward pass. Those of parameters are kept until the outermost guard ends or
// the parameter is written. enabled=false inside another guard switches casting off for the scope; in-place ops never
// cast. Micikevicius et al., Mixed Precision Training, 2018; the lists are those of PyTorch for the CPU.
// Throws ValueError unless dtype is bfloat16 or float16.
class RELUME_API AutocastGuard {
 public:
  explicit AutocastGuard(ScalarType dtype = kBFloat16, bool enabled = true, bool cache_enabled = true);
  ~AutocastGuard();
  AutocastGuard(const AutocastGuard&) = delete;
  AutocastGuard& operator=(const AutocastGuard&) = delete;

 private:
  ScalarType dtype_;
  bool enabled_, caches_;
};

// The guard's parts, by libtorch's names, for this thread. The only device that casts is the CPU: for others these
// throw Error.
namespace autocast {

RELUME_API bool is_autocast_enabled(DeviceType device_type = kCPU);
RELUME_API void set_autocast_enabled(DeviceType device_type, bool enabled);
RELUME_API ScalarType get_autocast_dtype(DeviceType device_type = kCPU);
// Throws ValueError unless dtype is bfloat16 or float16.
RELUME_API void set_autocast_dtype(DeviceType device_type, ScalarType dtype);
RELUME_API bool is_autocast_cache_enabled();
RELUME_API void set_autocast_cache_enabled(bool enabled);
// How many scopes this thread is in, after the change; leaving the outermost one clears the cache.
RELUME_API int increment_nesting();
RELUME_API int decrement_nesting();
// Forgets the casts of parameters.
RELUME_API void clear_cache();

}  // namespace autocast
}  // namespace relume
