// Every input that the fuzzers were started from or found worth keeping is read or refused, whatever the build.
#include <gmock/gmock.h>

#include <filesystem>

#include "fuzz/readers.h"
#include "temporary_folder.h"

namespace relume::fuzz {
namespace {

TEST(Corpus, IsReadOrRefused) {
  for (const Reader& reader : kReaders) {
    int read = 0, refused = 0;
    const std::string folder = std::string(RELUME_SOURCE_DIR "/tests/fuzz/corpus/") + reader.name;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
      SCOPED_TRACE(file.path().string());
      const std::string text = test::read_whole(file.path().string());
      ++(read_or_refuse(reader, {reinterpret_cast<const uint8_t*>(text.data()), text.size()}) ? read : refused);
    }
    EXPECT_GT(read, 0) << reader.name;
    EXPECT_GT(refused, 0) << reader.name;
  }
}

// What a few rounds of chance find without a fuzzer: each kept input with bytes changed, cut and repeated.
TEST(Corpus, IsReadOrRefusedWhenDamaged) {
  uint32_t state = 1;
  const auto next = [&](size_t bound) {
    state = state * 1664525 + 1013904223;
    return (state >> 8) % bound;
  };
  for (const Reader& reader : kReaders) {
    const std::string folder = std::string(RELUME_SOURCE_DIR "/tests/fuzz/corpus/") + reader.name;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
      const std::string whole = test::read_whole(file.path().string());
      if (whole.empty()) continue;
      for (int round = 0; round < 50; ++round) {
        std::string text = whole;
        for (size_t i = next(4); i-- > 0;) text[next(text.size())] = static_cast<char>(next(256));
        if (next(3) == 0) text.resize(next(text.size()));
        if (next(3) == 0) text += text.substr(next(text.size() + 1));
        read_or_refuse(reader, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
      }
    }
  }
}

}  // namespace
}  // namespace relume::fuzz
