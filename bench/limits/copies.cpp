// The limit of an element-wise op that does nearly nothing: a copy, by plain or by streaming stores.
#include <cstring>
#include <string>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "limits.h"

namespace bench {
namespace {

constexpr size_t kChunk = size_t{16} << 10;  // floats; small enough that memcpy itself does not stream

template <class Copy>
Run in_chunks(Floats from, Floats to, size_t count, Copy copy) {
  return [=] {
#pragma omp parallel for schedule(static)
    for (size_t at = 0; at < count; at += kChunk) copy(to.data() + at, from.data() + at, std::min(kChunk, count - at));
  };
}

void plain_copy(float* to, const float* from, size_t count) { std::memcpy(to, from, count * sizeof(float)); }

#if defined(__SSE2__)
void streaming_copy(float* to, const float* from, size_t count) {
  for (size_t i = 0; i < count; i += 16)
    for (size_t j = i; j < i + 16; j += 4) _mm_stream_ps(to + j, _mm_load_ps(from + j));
  _mm_sfence();
}
#else
constexpr auto streaming_copy = plain_copy;
#endif

}  // namespace

void add_copy_rows(Rows& rows) {
  const struct {
    const char* name;
    size_t count;
  } sizes[] = {{"1M", size_t{1} << 20}, {"16.8M", size_t{1} << 24}};
  for (const char* op : {"relu", "add", "leaky_relu"})
    for (const auto& size : sizes)
      rows.push_back(
          {std::string(op) + ", " + size.name + " floats", [count = size.count] {
             const Floats from(count), to(count);
             return Work{fastest({in_chunks(from, to, count, plain_copy), in_chunks(from, to, count, streaming_copy)}),
                         {}};
           }});
}

}  // namespace bench
