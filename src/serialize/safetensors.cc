// Safetensors: eight bytes with the length of the header, the header in JSON, then the tensors without gaps.
#include "serialize/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>
#include <set>
#include <tuple>

#include "core/check.h"
#include "serialize/json.h"

namespace relume::serialize {
namespace {

constexpr uint64_t kLengthSize = 8;
constexpr uint64_t kLongestHeader = 100'000'000;  // the safetensors package's limit
constexpr size_t kAlignment = 8;
constexpr const char* kMetadataKey = "__metadata__";

struct Named {
  ScalarType dtype;
  const char* name;
};
// In the order in which the format ranks them, smallest first.
constexpr Named kDtypes[] = {{kBool, "BOOL"},  {kByte, "U8"},    {kChar, "I8"},       {kShort, "I16"},
                             {kUInt16, "U16"}, {kHalf, "F16"},   {kBFloat16, "BF16"}, {kInt, "I32"},
                             {kFloat, "F32"},  {kDouble, "F64"}, {kLong, "I64"}};
static_assert(std::size(kDtypes) == kNumDtypes);

const Named* find_dtype(ScalarType dtype) {
  return std::find_if(std::begin(kDtypes), std::end(kDtypes), [&](const Named& row) { return row.dtype == dtype; });
}

const Named* find_dtype(const std::string& name) {
  return std::find_if(std::begin(kDtypes), std::end(kDtypes), [&](const Named& row) { return row.name == name; });
}

Json parse_json(ArrayRef<uint8_t> text, const std::string& file) {
  check(!text.empty() && text[0] == '{', "{}: expected a safetensors header that starts with {{", file);
  try {
    return Json::parse({reinterpret_cast<const char*>(text.data()), text.size()});
  } catch (const Error& error) {
    fail("{}: the header is wrong: {}", file, error.what());
  }
}

Metadata parse_metadata(const Json& json, const std::string& file) {
  check(json.kind == Json::Kind::Object, "{}: expected __metadata__ to be an object", file);
  Metadata metadata;
  for (const auto& [key, value] : json.members) {
    check(value.kind == Json::Kind::Text, "{}: expected __metadata__ \"{}\" to be a string", file, key);
    metadata.insert(key, value.text);
  }
  return metadata;
}

// A list of numbers from 0 to the largest int64.
std::vector<int64_t> parse_numbers(const Json& json, const std::string& file, const std::string& name,
                                   const char* key) {
  check(json.kind == Json::Kind::List, "{}: tensor \"{}\": expected {} to be a list", file, name, key);
  std::vector<int64_t> numbers;
  for (const Json& item : json.items) {
    constexpr auto kLargest = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
    check(item.kind == Json::Kind::Count && item.count <= kLargest,
          "{}: tensor \"{}\": expected {} to be integers from 0 to 2^63 - 1", file, name, key);
    numbers.push_back(static_cast<int64_t>(item.count));
  }
  return numbers;
}

const Json& member(const Json& json, const char* key, const std::string& file, const std::string& name) {
  const Json* found = json.find(key);
  check(found != nullptr, "{}: tensor \"{}\" has no {}", file, name, key);
  return *found;
}

// Element size times sizes; throws where that overflows.
uint64_t byte_count(const TensorEntry& entry, const std::string& file) {
  auto count = static_cast<int64_t>(element_size(entry.dtype));
  bool overflow = false;
  for (const int64_t size : entry.sizes) overflow |= __builtin_mul_overflow(count, size, &count);
  check(!overflow, "{}: tensor \"{}\": the sizes {} overflow", file, entry.name, IntArrayRef(entry.sizes));
  return static_cast<uint64_t>(count);
}

TensorEntry parse_entry(const std::string& name, const Json& json, uint64_t data_start, const std::string& file) {
  check(json.kind == Json::Kind::Object, "{}: tensor \"{}\": expected an object", file, name);
  const Json& dtype = member(json, "dtype", file, name);
  check(dtype.kind == Json::Kind::Text, "{}: tensor \"{}\": expected dtype to be a string", file, name);
  const Named* row = find_dtype(dtype.text);
  check(row != std::end(kDtypes), "{}: tensor \"{}\": dtype {} is not supported", file, name, dtype.text);

  TensorEntry entry{name, row->dtype, parse_numbers(member(json, "shape", file, name), file, name, "shape"), 0, 0};
  const auto range = parse_numbers(member(json, "data_offsets", file, name), file, name, "data_offsets");
  check(range.size() == 2 && range[0] <= range[1], "{}: tensor \"{}\": expected data_offsets [begin, end], got {}",
        file, name, IntArrayRef(range));
  entry.offset = data_start + static_cast<uint64_t>(range[0]);
  entry.bytes = static_cast<uint64_t>(range[1] - range[0]);
  check(entry.bytes == byte_count(entry, file), "{}: tensor \"{}\": {} of sizes {} does not take {} bytes", file, name,
        row->name, IntArrayRef(entry.sizes), entry.bytes);
  return entry;
}

// The tensors must tile the file from the end of the header to its last byte.
void check_tiling(std::vector<TensorEntry>* entries, uint64_t position, uint64_t file_size, const std::string& file) {
  std::sort(entries->begin(), entries->end(), [](const TensorEntry& a, const TensorEntry& b) {
    return std::tie(a.offset, a.bytes, a.name) < std::tie(b.offset, b.bytes, b.name);
  });
  for (const TensorEntry& entry : *entries) {
    check(entry.offset == position, "{}: tensor \"{}\" starts at byte {}, expected {}", file, entry.name, entry.offset,
          position);
    check(entry.bytes <= file_size - position, "{}: tensor \"{}\" needs {} bytes, the file has {} left", file,
          entry.name, entry.bytes, file_size - position);
    position += entry.bytes;
  }
  check(position == file_size, "{}: {} bytes after the last tensor", file, file_size - position);
}

// The header's length, checked against the file's.
uint64_t header_length(const uint8_t (&bytes)[kLengthSize], uint64_t file_size, const std::string& file) {
  const uint64_t length = little_endian(bytes, kLengthSize);
  check(length <= kLongestHeader, "{}: a header of {} bytes is too long", file, length);
  check(length <= file_size - kLengthSize, "{}: expected a header of {} bytes, the file has {}", file, length,
        file_size - kLengthSize);
  return length;
}

SafetensorsIndex parse_header(ArrayRef<uint8_t> text, uint64_t file_size, const std::string& file) {
  const uint64_t data_start = kLengthSize + text.size();
  const Json header = parse_json(text, file);
  SafetensorsIndex index;
  for (const auto& [name, value] : header.members) {
    if (name == kMetadataKey) {
      index.metadata = parse_metadata(value, file);
    } else {
      index.entries.push_back(parse_entry(name, value, data_start, file));
    }
  }
  check_tiling(&index.entries, data_start, file_size, file);
  return index;
}

void check_length(uint64_t file_size, const std::string& file) {
  check(file_size >= kLengthSize, "{}: expected a safetensors file of at least {} bytes, got {}", file, kLengthSize,
        file_size);
}

// Text for the header of a file of this name.
std::string quoted(const std::string& text, const std::string& path) {
  const std::optional<std::string> result = json_text(text);
  check(result.has_value(), "cannot write {}: a name is not UTF-8", path);
  return *result;
}

// The header, whose members keep the order of the tensors; `lengths` gets the bytes of each.
std::string header_text(const std::string& path, const std::vector<TensorSource>& tensors, const Metadata& metadata,
                        std::vector<uint64_t>* lengths) {
  std::set<std::string> taken = {kMetadataKey};
  std::vector<std::string> members;
  if (!metadata.is_empty()) {
    std::vector<std::string> texts;
    for (const auto& item : metadata) texts.push_back(quoted(item.key(), path) + ":" + quoted(item.value(), path));
    members.push_back(fmt::format("\"{}\":{{{}}}", kMetadataKey, fmt::join(texts, ",")));
  }
  uint64_t end = 0;
  for (const TensorSource& tensor : tensors) {
    const Named* row = find_dtype(tensor.dtype);
    check(row != std::end(kDtypes), "cannot write {}: tensor \"{}\" has no dtype", path, tensor.name);
    check(taken.insert(tensor.name).second, "cannot write {}: the name \"{}\" is taken", path, tensor.name);
    const uint64_t begin = end;
    lengths->push_back(byte_count({tensor.name, tensor.dtype, tensor.sizes, 0, 0}, path));
    end += lengths->back();
    members.push_back(fmt::format("{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}",
                                  quoted(tensor.name, path), row->name, fmt::join(tensor.sizes, ","), begin, end));
  }
  return fmt::format("{{{}}}", fmt::join(members, ","));
}

void check_elements(const TensorEntry& entry, const void* elements, const std::string& file) {
  if (entry.dtype != kBool) return;
  const auto* bytes = static_cast<const uint8_t*>(elements);
  const auto* wrong = std::find_if(bytes, bytes + entry.bytes, [](uint8_t byte) { return byte > 1; });
  check(wrong == bytes + entry.bytes, "{}: tensor \"{}\" has a bool that is neither 0 nor 1", file, entry.name);
}

}  // namespace

SafetensorsIndex read_safetensors_index(const InputFile& file) {
  const uint64_t size = file.size();
  check_length(size, file.path());
  uint8_t length[kLengthSize];
  file.read_at(0, length, sizeof length);
  Bytes text(header_length(length, size, file.path()));
  file.read_at(kLengthSize, text.data(), text.size());
  return parse_header(text, size, file.path());
}

SafetensorsIndex parse_safetensors_index(ArrayRef<uint8_t> file, const std::string& source) {
  check_length(file.size(), source);
  uint8_t length[kLengthSize];
  std::copy_n(file.data(), kLengthSize, length);
  return parse_header(file.slice(kLengthSize, header_length(length, file.size(), source)), file.size(), source);
}

void read_safetensors_elements(const InputFile& file, const TensorEntry& entry, void* to) {
  file.read_at(entry.offset, to, entry.bytes);
  check_elements(entry, to, file.path());
}

void copy_safetensors_elements(ArrayRef<uint8_t> file, const std::string& source, const TensorEntry& entry, void* to) {
  std::copy_n(file.data() + entry.offset, entry.bytes, static_cast<uint8_t*>(to));
  check_elements(entry, to, source);
}

void write_safetensors(const std::string& path, std::vector<TensorSource> tensors, const Metadata& metadata) {
  AtomicFile file(path);
  write_safetensors(path, std::move(tensors), metadata,
                    [&](const void* from, size_t count) { file.write(from, count); });
  file.commit();
}

void write_safetensors(const std::string& name, std::vector<TensorSource> tensors, const Metadata& metadata,
                       const ByteSink& write) {
  std::sort(tensors.begin(), tensors.end(), [](const TensorSource& a, const TensorSource& b) {
    const Named *row_a = find_dtype(a.dtype), *row_b = find_dtype(b.dtype);
    return std::tie(row_b, a.name) < std::tie(row_a, b.name);
  });
  std::vector<uint64_t> lengths;
  std::string header = header_text(name, tensors, metadata, &lengths);
  header.resize((header.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');
  uint8_t length[kLengthSize];
  for (size_t i = 0; i < kLengthSize; ++i) length[i] = static_cast<uint8_t>(uint64_t{header.size()} >> (8 * i));

  write(length, sizeof length);
  write(header.data(), header.size());
  for (size_t i = 0; i < tensors.size(); ++i) write(tensors[i].data, lengths[i]);
}

}  // namespace relume::serialize
