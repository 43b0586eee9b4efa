// What every use of oneDNN shares: the engine, the stream, and how many threads it may use.
#pragma once

#include <cstdint>
#include <cstring>
#include <oneapi/dnnl/dnnl.hpp>

#include "cpu/onednn_versions.h"

namespace relume::cpu::onednn {

const dnnl::engine& engine();
dnnl::stream& stream();

// oneDNN plans for and uses the OpenMP setting of the calling thread: while one of these lives that is our own setting,
// or `limit` where that is less.
class ThreadCount {
 public:
  explicit ThreadCount(int64_t limit = INT32_MAX);
  ~ThreadCount();
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;
  int64_t count() const { return now_; }

 private:
  const int before_, now_;
};

// Whether the primitive runs generated code and not oneDNN's reference loops.
template <class Description>
bool is_fast(const Description& description) {
  return std::strstr(description.impl_info_str(), "ref") == nullptr;
}

}  // namespace relume::cpu::onednn
