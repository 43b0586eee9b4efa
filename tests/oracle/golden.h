// Reads goldens (README.md says how they are written) and compares with them what Relume computes.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "relume/ops.h"

namespace relume::oracle {

using nlohmann::json;

// A golden file: its header, and the cases with the number of the line that each stands on.
struct Golden {
  struct Row {
    int line;
    json data;
  };
  json header;
  std::vector<Row> rows;

  explicit Golden(const std::string& name) {
    const std::string path = RELUME_SOURCE_DIR "/tests/oracle/goldens/" + name + ".jsonl";
    std::ifstream file(path);
    std::string text;
    if (!std::getline(file, text)) throw std::runtime_error("cannot read " + path);
    header = json::parse(text);
    for (int line = 2; std::getline(file, text); ++line) rows.push_back({line, json::parse(text)});
  }

  // The text of a tensor: `$x` is the header's tensor x.
  std::string text(const json& value) const {
    const std::string text = value.get<std::string>();
    return text[0] == '$' ? header.at("inputs").at(text.substr(1)).get<std::string>() : text;
  }
};

inline std::optional<ScalarType> dtype_named(const std::string& name) {
  for (int i = 0; i < kNumDtypes; ++i)
    if (name == python_name(static_cast<ScalarType>(i))) return static_cast<ScalarType>(i);
  return std::nullopt;
}

// `x`, `float32[...`: whether a string of a golden means a tensor.
inline bool is_tensor(const json& value) {
  if (!value.is_string()) return false;
  const std::string text = value.get<std::string>();
  return text[0] == '$' || (text.find('[') != std::string::npos && dtype_named(text.substr(0, text.find('['))));
}

// Calls f(T()) with the element type.
template <class F>
void visit(ScalarType dtype, F f) {
  switch (dtype) {
#define RELUME_VISIT(type, name, python) \
  case ScalarType::name:                 \
    return f(type());
    RELUME_FORALL_DTYPES(RELUME_VISIT)
#undef RELUME_VISIT
    default:
      throw std::logic_error("no such dtype");
  }
}

template <class T>
T parse_number(const char* text, char** end) {
  if constexpr (std::is_same_v<T, double>) return std::strtod(text, end);
  if constexpr (is_floating_point(dtype_of<T>)) return T(std::strtof(text, end));
  return static_cast<T>(std::strtoll(text, end, 10));
}

// Calls f(offset) for the place of every element in logical order.
template <class F>
void for_each_offset(IntArrayRef sizes, IntArrayRef strides, F f) {
  std::vector<int64_t> index(sizes.size());
  int64_t count = 1, offset = 0;
  for (int64_t size : sizes) count *= size;
  for (; count > 0; --count) {
    f(offset);
    for (size_t d = sizes.size(); d-- > 0;) {
      offset += strides[d];
      if (++index[d] < sizes[d]) break;
      offset -= sizes[d] * strides[d];
      index[d] = 0;
    }
  }
}

// The sizes, or where `second` the strides (none: row-major), of `float32[2,3;1,2] ...`.
inline std::vector<int64_t> parse_shape(const std::string& text, bool second) {
  const size_t open = text.find('['), close = text.find(']'), middle = std::min(text.find(';'), close);
  std::stringstream list(second ? text.substr(middle, close - middle) : text.substr(open + 1, middle - open - 1));
  if (second) list.get();
  std::vector<int64_t> numbers;
  for (std::string word; std::getline(list, word, ',');) numbers.push_back(std::stoll(word));
  return numbers;
}

// The tensor that a golden describes, with its strides, in memory of its own.
inline Tensor parse_tensor(const std::string& text) {
  const ScalarType dtype = *dtype_named(text.substr(0, text.find('[')));
  const std::vector<int64_t> sizes = parse_shape(text, false);
  std::vector<int64_t> strides = parse_shape(text, true);
  const bool strided = strides.size() == sizes.size() && !sizes.empty();
  if (!strided) {
    strides.assign(sizes.size(), 1);
    for (size_t d = sizes.size(); d-- > 1;) strides[d - 1] = strides[d] * std::max<int64_t>(sizes[d], 1);
  }
  int64_t extent = 1;
  for (size_t d = 0; d < sizes.size(); ++d) extent += strides[d] * std::max<int64_t>(sizes[d] - 1, 0);
  const Tensor memory = strided ? empty({extent}, dtype) : empty(sizes, dtype);
  const char* rest = text.c_str() + text.find(']') + 1;
  visit(dtype, [&](auto zero) {
    using T = decltype(zero);
    T* data = memory.data_ptr<T>();
    for_each_offset(sizes, strides, [&](int64_t offset) {
      char* end = nullptr;
      data[offset] = parse_number<T>(rest, &end);
      rest = end;
    });
  });
  return strided ? memory.as_strided(sizes, strides) : memory;
}

// The gradient that the goldens let flow into every result: 0.5, 0.75, ..., 2, 0.5, ... in logical order.
inline Tensor weights(const Tensor& like) {
  const Tensor result = empty(like.sizes(), like.scalar_type());
  visit(like.scalar_type(), [&](auto zero) {
    using T = decltype(zero);
    T* data = result.data_ptr<T>();
    for (int64_t i = 0; i < result.numel(); ++i) data[i] = static_cast<T>(0.5f + 0.25f * static_cast<float>(i % 7));
  });
  return result;
}

template <class T>
constexpr double epsilon() {
  if (std::is_same_v<T, Half>) return 0x1p-10;
  if (std::is_same_v<T, BFloat16>) return 0x1p-7;
  return static_cast<double>(std::numeric_limits<T>::epsilon());
}

// What differs between two tensors, or nothing. Numbers may differ by `ulp` units in the last place, counted at the
// expected number or, for sums in which terms cancel, at the largest one of the tensor where that is below 1.
// Infinities, NaN, integers and the signs of zeros are exact.
inline std::string difference(const Tensor& got, const std::string& expected_text, double ulp, bool signed_zero) {
  std::ostringstream what;
  if (!got.defined()) return "undefined instead of " + expected_text;
  const Tensor expected = parse_tensor(expected_text);
  if (got.scalar_type() != expected.scalar_type())
    what << "dtype " << got.scalar_type() << " instead of " << expected.scalar_type();
  else if (got.sizes() != expected.sizes())
    what << "sizes " << got.sizes() << " instead of " << expected.sizes();
  if (!what.str().empty()) return what.str();
  for (int64_t d = 0; d < got.dim() && got.numel() > 0; ++d)
    if (got.size(d) != 1 && got.stride(d) != expected.stride(d)) {
      what << "strides " << got.strides() << " instead of " << expected.strides();
      return what.str();
    }
  visit(got.scalar_type(), [&](auto zero) {
    using T = decltype(zero);
    std::vector<T> a, b;
    for_each_offset(got.sizes(), got.strides(), [&, data = got.data_ptr<T>()](int64_t i) { a.push_back(data[i]); });
    for_each_offset(expected.sizes(), expected.strides(),
                    [&, data = expected.data_ptr<T>()](int64_t i) { b.push_back(data[i]); });
    double largest = 0;
    for (const T x : b)
      if (std::isfinite(static_cast<double>(x))) largest = std::max(largest, std::fabs(static_cast<double>(x)));
    for (size_t i = 0; i < a.size() && what.str().empty(); ++i) {
      const double x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
      if (a[i] == b[i] && (!signed_zero || std::signbit(x) == std::signbit(y))) continue;
      if (std::isnan(x) && std::isnan(y)) continue;
      const double allowed = ulp * epsilon<T>() * std::max(std::fabs(y), std::min(largest, 1.0));
      if (a[i] != b[i] && std::isfinite(x) && std::isfinite(y) && std::fabs(x - y) <= allowed) continue;
      what.precision(17);
      what << "element " << i << " is " << x << " instead of " << y;
    }
  });
  return what.str();
}

// Whether the text fits the pattern, in which * stands for any text.
inline bool fits(const char* text, const char* pattern) {
  if (*pattern == '*') return fits(text, pattern + 1) || (*text && fits(text + 1, pattern));
  if (!*text || !*pattern) return *text == *pattern;
  return *text == *pattern && fits(text + 1, pattern + 1);
}

// The name that Python gives an error of this type.
inline std::string python_type(const std::exception& error) {
  if (dynamic_cast<const IndexError*>(&error)) return "IndexError";
  if (dynamic_cast<const TypeError*>(&error)) return "TypeError";
  if (dynamic_cast<const ValueError*>(&error)) return "ValueError";
  if (dynamic_cast<const NotImplementedError*>(&error)) return "NotImplementedError";
  return dynamic_cast<const Error*>(&error) ? "RuntimeError" : "std::exception";
}

inline void replace_all(std::string* text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text->find(from, at)) != std::string::npos; at += to.size())
    text->replace(at, from.size(), to);
}

// Goldens have the texts that Python shows, where libtorch's CPUFloatType is torch.FloatTensor.
inline std::string libtorch_text(std::string text) {
#define RELUME_TRANSLATE(type, name, python) replace_all(&text, "torch." #name "Tensor", "CPU" #name "Type");
  RELUME_FORALL_DTYPES(RELUME_TRANSLATE)
#undef RELUME_TRANSLATE
  return text;
}

// What differs between an error and the golden's [type, text], or nothing.
inline std::string difference(const std::exception& error, const json& expected) {
  const std::string type = expected[0], text = libtorch_text(expected[1]);
  if (python_type(error) == type && fits(error.what(), text.c_str())) return "";
  return python_type(error) + ": " + error.what() + "\n  instead of " + type + ": " + text;
}

}  // namespace relume::oracle
