// The readers of files from outside, as functions of bytes: what the fuzzers run, and the replay of their corpora.
#pragma once

#include <cstdint>
#include <string>

#include "data/idx.h"
#include "data/png.h"
#include "relume/error.h"
#include "relume/serialize/archive.h"
#include "serialize/safetensors.h"
#include "serialize/torch_file.h"
#include "zip_of.h"

namespace relume::fuzz {

using Input = ArrayRef<uint8_t>;

// A pickle as the part of one of PyTorch's files that says what is in it.
inline void read_pickle(Input input) {
  const std::string file = test::zip_of({{"a/data.pkl", std::string(input.begin(), input.end())},
                                         {"a/data/0", std::string(24, '\1')},
                                         {"a/data/1", std::string()}});
  serialize::InputArchive().load_from(file.data(), file.size());
}

struct Reader {
  const char* name;  // also of its corpus
  void (*read)(Input);
};

inline constexpr Reader kReaders[] = {
    {"idx", [](Input input) { data::parse_idx(input, "input"); }},
    {"png", [](Input input) { data::parse_png(input, "input"); }},
    {"safetensors", [](Input input) { serialize::parse_safetensors_index(input, "input"); }},
    {"archive",
     [](Input input) {
       serialize::InputArchive().load_from(reinterpret_cast<const char*>(input.data()), input.size());
     }},
    {"pickle", read_pickle},
};

// Any bytes are read or refused with an Error; anything else is a bug. Says whether they were read.
inline bool read_or_refuse(const Reader& reader, Input input) {
  try {
    reader.read(input);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace relume::fuzz
