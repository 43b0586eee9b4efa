// A libFuzzer harness for one of the readers: RELUME_READER says which.
#include <algorithm>
#include <iterator>
#include <string_view>

#include "fuzz/readers.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const relume::fuzz::Reader* const reader =
      std::find_if(std::begin(relume::fuzz::kReaders), std::end(relume::fuzz::kReaders),
                   [](const auto& row) { return std::string_view(row.name) == RELUME_READER; });
  relume::fuzz::read_or_refuse(*reader, {data, size});
  return 0;
}
