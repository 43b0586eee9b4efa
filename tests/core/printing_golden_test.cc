// Both formatters against PyTorch's texts of tensors that a formula makes; see tests/oracle/make_printing.py.
#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/printing.h"
#include "crc32.h"

namespace relume {
namespace {

using nlohmann::json;

uint64_t next_word(uint64_t& state) {  // splitmix64
  uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

double next_value(uint64_t& state, const json& c) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  constexpr double kSpecial[] = {std::numeric_limits<double>::quiet_NaN(), kInf, -kInf, 0.0, -0.0};
  const uint64_t x = next_word(state), y = next_word(state);
  if (c["special"] && y % 8 < 5) return kSpecial[y % 8];
  const int64_t modulus = c["modulus"];
  const double base = modulus
                          ? static_cast<double>(static_cast<int64_t>(x % static_cast<uint64_t>(modulus)) - modulus / 2)
                          : static_cast<double>(x >> 11) * 0x1p-52 - 1;
  const json& scales = c["scales"];
  return base * scales[(y >> 8) % scales.size()].get<double>();
}

void store(void* to, ScalarType dtype, double value) {
  switch (dtype) {
    case ScalarType::Float:
      *static_cast<float*>(to) = static_cast<float>(value);
      return;
    case ScalarType::Double:
      *static_cast<double*>(to) = value;
      return;
    case ScalarType::Half:
      *static_cast<Half*>(to) = Half(static_cast<float>(value));
      return;
    case ScalarType::BFloat16:
      *static_cast<BFloat16*>(to) = BFloat16(static_cast<float>(value));
      return;
    case ScalarType::Bool:
      *static_cast<bool*>(to) = value != 0;
      return;
    default: {
      const int64_t integer = static_cast<int64_t>(value);
      std::memcpy(to, &integer, static_cast<size_t>(element_size(dtype)));  // little endian: the low bytes
    }
  }
}

ScalarType dtype_named(const std::string& name) {
  for (int i = 0; i < kNumDtypes; ++i) {
    if (name == python_name(static_cast<ScalarType>(i))) return static_cast<ScalarType>(i);
  }
  return ScalarType::Undefined;
}

// A dense tensor made by a case's formula.
struct Made {
  PrintSource source;
  std::vector<char> bytes;

  explicit Made(const json& c) {
    source.dtype = dtype_named(c["dtype"]);
    source.sizes = DimVector(IntArrayRef(c["sizes"].get<std::vector<int64_t>>()));
    source.strides = source.sizes;
    int64_t stride = 1;
    for (size_t i = source.sizes.size(); i-- > 0;) {
      source.strides[i] = stride;
      stride *= source.sizes[i];
    }
    source.requires_grad = c["requires_grad"];
    const int64_t size = element_size(source.dtype);
    bytes.resize(static_cast<size_t>(stride * size));
    uint64_t state = c["seed"];
    for (int64_t i = 0; i < stride; ++i) store(bytes.data() + i * size, source.dtype, next_value(state, c));
    source.data = bytes.data();
  }
};

PrintOptions options_of(const json& c) {
  PrintOptions options;
  options.linewidth = c["linewidth"];
  if (c.contains("precision")) {
    options.precision = c["precision"];
    options.threshold = c["threshold"];
    options.edgeitems = c["edgeitems"];
    if (!c["sci_mode"].is_null()) options.sci_mode = c["sci_mode"].get<bool>();
  }
  return options;
}

void expect_text(const std::string& text, const json& golden, const json& c) {
  if (golden.is_string()) {
    EXPECT_EQ(text, golden.get<std::string>()) << c;
    return;
  }
  EXPECT_EQ(text.size(), golden[0].get<size_t>()) << c << '\n' << text.substr(0, 400);
  EXPECT_EQ(crc32(text.data(), text.size()), golden[1].get<uint32_t>()) << c << '\n' << text.substr(0, 400);
}

std::vector<json> cases() {
  std::ifstream file(RELUME_SOURCE_DIR "/tests/oracle/goldens/printing.jsonl");
  std::vector<json> list;
  std::string line;
  std::getline(file, line);  // the header
  while (std::getline(file, line)) list.push_back(json::parse(line));
  return list;
}

TEST(PythonText, IsPyTorchsForTensorsOfEveryKind) {
  for (const json& c : cases()) expect_text(python_text(Made(c).source, options_of(c)), c["python"], c);
}

TEST(LibtorchText, IsLibtorchsForTensorsOfEveryKind) {
  ASSERT_EQ(cases().size(), 500u);
  for (const json& c : cases()) expect_text(libtorch_text(Made(c).source, c["linewidth"]), c["libtorch"], c);
}

}  // namespace
}  // namespace relume
