// The safetensors format: named dense tensors behind a JSON header; nothing in it is executed.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/file.h"
#include "relume/dtype.h"
#include "relume/serialize/safetensors.h"

namespace relume::serialize {

// Where a tensor's bytes lie, counted from the start of the file.
struct TensorEntry {
  std::string name;
  ScalarType dtype = ScalarType::Undefined;
  std::vector<int64_t> sizes;
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

// What a file holds; the entries lie in the order of their offsets.
struct SafetensorsIndex {
  std::vector<TensorEntry> entries;
  Metadata metadata;
};

// Reads the index of a file that is open. Throws Error, which names the file and what is wrong, unless the header is
// JSON of the right form without a name twice, every dtype is one of ours, each tensor's offsets agree with its sizes,
// and the tensors fill the rest of the file without overlap or hole.
SafetensorsIndex read_safetensors_index(const InputFile& file);

// The same, of a whole file in memory.
SafetensorsIndex parse_safetensors_index(ArrayRef<uint8_t> file, const std::string& source);

// Copies a tensor's elements to `to`; throws Error where the file ends before or a bool is neither 0 nor 1.
void read_safetensors_elements(const InputFile& file, const TensorEntry& entry, void* to);

// The same, of a whole file in memory, whose index has been read.
void copy_safetensors_elements(ArrayRef<uint8_t> file, const std::string& source, const TensorEntry& entry, void* to);

// A tensor to write: contiguous elements that stay the caller's.
struct TensorSource {
  std::string name;
  ScalarType dtype = ScalarType::Undefined;
  std::vector<int64_t> sizes;
  const void* data = nullptr;
};

// Writes a file atomically: where it throws (a full disk, a name twice, a name that is not UTF-8), the old file stays.
// The layout is that of the safetensors package: largest element type first, then by name.
void write_safetensors(const std::string& path, std::vector<TensorSource> tensors,
                       const Metadata& metadata = Metadata());

// The same to anything that takes bytes; errors call it `name`.
using ByteSink = std::function<void(const void* from, size_t count)>;
void write_safetensors(const std::string& name, std::vector<TensorSource> tensors, const Metadata& metadata,
                       const ByteSink& write);

}  // namespace relume::serialize
