// What programs ask of the machine and set for it: at::globalContext(), generators of the CPU, seeds of devices.
#pragma once

#include <torch/types.h>

namespace at {

// The only kind of generator: what torch::make_generator<at::CPUGeneratorImpl>(seed) names.
struct CPUGeneratorImpl {};
template <class Impl = CPUGeneratorImpl>
relume::Generator make_generator(uint64_t seed = relume::kDefaultSeed) {
  return relume::Generator(seed);
}

namespace detail {
inline relume::Generator createCPUGenerator(uint64_t seed = relume::kDefaultSeed) { return relume::Generator(seed); }
inline const relume::Generator& getDefaultCPUGenerator() { return relume::default_generator(); }
}  // namespace detail

// Switches of libraries that Relume does not use are kept and change nothing.
class Context {
 public:
  const relume::Generator& defaultGenerator(relume::Device = relume::kCPU) const { return relume::default_generator(); }
  bool hasCUDA() const { return false; }
  bool hasMPS() const { return false; }
  bool hasMKL() const { return false; }
  bool hasOpenMP() const { return true; }
  bool userEnabledCuDNN() const { return cudnn_; }
  void setUserEnabledCuDNN(bool enabled) { cudnn_ = enabled; }
  bool benchmarkCuDNN() const { return benchmark_; }
  void setBenchmarkCuDNN(bool enabled) { benchmark_ = enabled; }
  bool deterministicCuDNN() const { return deterministic_; }
  void setDeterministicCuDNN(bool enabled) { deterministic_ = enabled; }
  bool deterministicAlgorithms() const { return relume::are_deterministic_algorithms_enabled(); }
  void setDeterministicAlgorithms(bool enabled, bool = false) { relume::use_deterministic_algorithms(enabled); }

 private:
  bool cudnn_ = true, benchmark_ = false, deterministic_ = false;
};
inline Context& globalContext() {
  static Context context;
  return context;
}
inline bool hasMPS() { return false; }
inline bool hasMKL() { return false; }
inline bool hasOpenMP() { return true; }

}  // namespace at

namespace torch {

// One thread: ops do not run beside each other.
inline int get_num_interop_threads() { return 1; }
inline void set_num_interop_threads(int) {}

namespace cuda {
// Seeds of devices that are not there change nothing.
inline void manual_seed(uint64_t) {}
inline void manual_seed_all(uint64_t) {}
}  // namespace cuda
namespace mps {
inline bool is_available() { return false; }
inline void manual_seed(uint64_t) {}
}  // namespace mps
namespace xpu {
inline bool is_available() { return false; }
inline int64_t device_count() { return 0; }
}  // namespace xpu

}  // namespace torch
