// Numbers, shapes and dtypes as text, and the options of repr.
#include "core/printing.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <mutex>
#include <sstream>

#include "core/check.h"

namespace relume {
namespace {

std::mutex g_mutex;
PrintOptions g_options;

void append(std::string& text, double value, std::chars_format format, int precision) {
  if (std::isnan(value)) {
    text += std::signbit(value) ? "-nan" : "nan";
    return;
  }
  char buffer[512];  // a double has at most 309 digits before the point
  char* const start = buffer;
  const auto result = std::to_chars(start, start + sizeof buffer, value, format, precision);
  if (result.ec == std::errc()) {
    text.append(start, result.ptr);
    return;
  }
  std::string longer(static_cast<size_t>(precision) + sizeof buffer, '\0');
  const auto end = std::to_chars(longer.data(), longer.data() + longer.size(), value, format, precision).ptr;
  text.append(longer.data(), end);
}

template <class T>
T load(const void* data, int64_t offset) {
  return static_cast<const T*>(data)[offset];
}

}  // namespace

void append_fixed(std::string& text, double value, int precision) {
  append(text, value, std::chars_format::fixed, precision);
}
void append_scientific(std::string& text, double value, int precision) {
  append(text, value, std::chars_format::scientific, precision);
}
void append_general(std::string& text, double value, int precision) {
  append(text, value, std::chars_format::general, precision);
}

std::string shortest(double value) {
  if (std::isnan(value)) return std::signbit(value) ? "-nan" : "nan";
  char buffer[64];
  const double magnitude = std::fabs(value);
  const bool fixed = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e16);
  const auto format = fixed ? std::chars_format::fixed : std::chars_format::scientific;
  return std::string(buffer, std::to_chars(buffer, buffer + sizeof buffer, value, format).ptr);
}

int64_t PrintSource::numel() const {
  int64_t count = 1;
  for (const int64_t size : sizes) count *= size;
  return count;
}

double PrintSource::value(int64_t offset) const {
  switch (dtype) {
#define RELUME_LOAD(type, name, python) \
  case ScalarType::name:                \
    return static_cast<double>(load<type>(data, offset));
    RELUME_FORALL_DTYPES(RELUME_LOAD)
#undef RELUME_LOAD
    default:
      return 0;
  }
}

int64_t PrintSource::integer(int64_t offset) const {
  switch (dtype) {
#define RELUME_LOAD(type, name, python) \
  case ScalarType::name:                \
    return static_cast<int64_t>(load<type>(data, offset));
    RELUME_FORALL_DTYPES(RELUME_LOAD)
#undef RELUME_LOAD
    default:
      return 0;
  }
}

PrintOptions get_printoptions() {
  const std::lock_guard lock(g_mutex);
  return g_options;
}

void set_printoptions(const PrintOptions& options) {
  check<ValueError>(
      options.precision >= 0 && options.threshold >= 0 && options.edgeitems >= 0 && options.linewidth >= 0,
      "set_printoptions: expected no negative number, got precision {}, threshold {}, edgeitems {}, "
      "linewidth {}",
      options.precision, options.threshold, options.edgeitems, options.linewidth);
  const std::lock_guard lock(g_mutex);
  g_options = options;
}

PrintOptions print_profile(std::string_view name) {
  PrintOptions options;
  if (name == "short") {
    options.precision = 2;
    options.edgeitems = 2;
  } else if (name == "full") {
    options.threshold = std::numeric_limits<int64_t>::max();
  } else {
    check<ValueError>(name == "default", "set_printoptions: expected the profile default, short or full, got {}", name);
  }
  return options;
}

std::string repr(double value) {
  if (std::isnan(value)) return "nan";
  std::string text = shortest(value);
  const bool whole = text.find_first_not_of("-0123456789") == std::string::npos;
  return whole ? text + ".0" : text;
}

std::string repr(int64_t value) { return std::to_string(value); }
std::string repr(bool value) { return value ? "True" : "False"; }
std::string repr(ScalarType dtype) { return std::string("torch.") + python_name(dtype); }
std::string size_repr(IntArrayRef sizes) { return "torch.Size(" + to_string(sizes) + ")"; }

std::string stream_text(double value) {
  std::string text;
  append_general(text, value, 6);
  return text;
}

namespace detail {

TextStream::TextStream() : stream_(new std::ostringstream) {}
TextStream::~TextStream() { delete stream_; }
std::string TextStream::str() const { return static_cast<const std::ostringstream*>(stream_)->str(); }

}  // namespace detail

}  // namespace relume
