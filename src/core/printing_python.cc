// Tensors as Python's torch prints them: abbreviated, aligned, with dtype and grad_fn behind.
#include <algorithm>
#include <cmath>
#include <vector>

#include "core/printing.h"

namespace relume {
namespace {

constexpr std::string_view kPrefix = "tensor(";

// One format for all numbers of a tensor, found by looking at those that will be printed.
class NumberFormat {
 public:
  NumberFormat(const PrintSource& source, const PrintOptions& options) : source_(source), options_(options) {}

  // Looks at one printed element; call settle() when all were seen.
  void see(int64_t offset) {
    if (!is_floating_point(source_.dtype)) {
      width_ = std::max(width_, integer_text(offset).size());
      return;
    }
    const double value = source_.value(offset);
    if (value == 0 || !std::isfinite(value)) return;
    finite_.push_back(value);
    const double magnitude = std::fabs(value);
    smallest_ = finite_.size() == 1 ? magnitude : std::min(smallest_, magnitude);
    largest_ = std::max(largest_, magnitude);
    whole_ = whole_ && value == std::ceil(value);
  }

  void settle() {
    width_ = std::max<size_t>(width_, 1);
    if (finite_.empty()) return;
    const bool wide = largest_ / smallest_ > 1000 || largest_ > 1e8 || smallest_ < 1e-4;
    scientific_ = options_.sci_mode.value_or(wide);
    for (const double value : finite_) width_ = std::max(width_, float_text(value).size());
    finite_ = {};
  }

  size_t width() const { return width_; }

  void append(std::string& text, int64_t offset) const {
    const std::string number =
        is_floating_point(source_.dtype) ? float_text(source_.value(offset)) : integer_text(offset);
    if (number.size() < width_) text.append(width_ - number.size(), ' ');
    text += number;
  }

 private:
  std::string integer_text(int64_t offset) const {
    const int64_t value = source_.integer(offset);
    return source_.dtype == kBool ? repr(value != 0) : repr(value);
  }

  std::string float_text(double value) const {
    if (std::isnan(value)) return "nan";  // whatever its sign
    std::string text;
    if (scientific_) {
      append_scientific(text, value, options_.precision);
    } else if (whole_) {
      append_fixed(text, value, 0);
      if (std::isfinite(value)) text += '.';
    } else {
      append_fixed(text, value, options_.precision);
    }
    return text;
  }

  const PrintSource& source_;
  const PrintOptions& options_;
  std::vector<double> finite_;  // what decides the width: finite and not zero
  double smallest_ = 0, largest_ = 0;
  size_t width_ = 0;
  bool whole_ = true, scientific_ = false;
};

// Prints the nested brackets; abbreviates when there are more elements than the threshold.
class BodyWriter {
 public:
  BodyWriter(const PrintSource& source, const PrintOptions& options)
      : source_(source), options_(options), format_(source, options), abbreviate_(source.numel() > options.threshold) {}

  std::string write(int64_t indent) {
    visit(0, 0);
    format_.settle();
    if (source_.dim() == 0) {
      format_.append(text_, 0);
    } else {
      write_dim(0, 0, indent);
    }
    return std::move(text_);
  }

 private:
  // Whether the middle of a dimension is left out, and how many elements come before it.
  bool has_gap(int64_t size) const { return abbreviate_ && size > 2 * options_.edgeitems; }

  // Calls body(index) for each index of a dimension that is printed, and gap() between the two ends.
  template <class Body, class Gap>
  void for_each_kept(int64_t dim, Body&& body, Gap&& gap) const {
    const int64_t size = source_.sizes[dim];
    if (!has_gap(size)) {
      for (int64_t i = 0; i < size; ++i) body(i);
      return;
    }
    for (int64_t i = 0; i < options_.edgeitems; ++i) body(i);
    gap();
    for (int64_t i = size - options_.edgeitems; i < size; ++i) body(i);
  }

  void visit(int64_t dim, int64_t offset) {
    if (dim == source_.dim()) return format_.see(offset);
    const int64_t stride = source_.strides[dim];
    for_each_kept(
        dim, [&](int64_t i) { visit(dim + 1, offset + i * stride); }, [] {});
  }

  void write_dim(int64_t dim, int64_t offset, int64_t indent) {
    if (dim + 1 == source_.dim()) return write_vector(dim, offset, indent);
    const std::string separator =
        "," + std::string(static_cast<size_t>(source_.dim() - dim - 1), '\n') + std::string(indent + 1, ' ');
    bool first = true;
    const auto separate = [&] {
      if (!first) text_ += separator;
      first = false;
    };
    text_ += '[';
    for_each_kept(
        dim,
        [&](int64_t i) {
          separate();
          write_dim(dim + 1, offset + i * source_.strides[dim], indent + 1);
        },
        [&] {
          separate();
          text_ += "...";
        });
    text_ += ']';
  }

  void write_vector(int64_t dim, int64_t offset, int64_t indent) {
    const int64_t room = std::max<int64_t>(0, options_.linewidth - indent);
    const int64_t per_line = std::max<int64_t>(1, room / static_cast<int64_t>(format_.width() + 2));
    int64_t written = 0;
    const auto separate = [&] {
      if (written > 0) text_ += ',';
      if (written > 0 && written % per_line == 0)
        text_.append(1, '\n').append(indent + 1, ' ');
      else if (written > 0)
        text_ += ' ';
      ++written;
    };
    text_ += '[';
    for_each_kept(
        dim,
        [&](int64_t i) {
          separate();
          format_.append(text_, offset + i * source_.strides[dim]);
        },
        [&] {
          separate();
          text_ += options_.edgeitems == 0 ? "..." : " ...";
        });
    text_ += ']';
  }

  const PrintSource& source_;
  const PrintOptions& options_;
  NumberFormat format_;
  bool abbreviate_;
  std::string text_;
};

std::vector<std::string> suffixes(const PrintSource& source) {
  std::vector<std::string> list;
  const bool empty = source.numel() == 0;
  if (source.device != "cpu") list.push_back("device='" + source.device + "'");
  if (empty && source.dim() != 1) {
    std::string sizes = to_string(IntArrayRef(source.sizes));
    sizes.front() = '(';
    sizes.back() = ')';
    list.push_back("size=" + sizes);
  }
  const bool implied =
      source.dtype == source.default_dtype || (!empty && (source.dtype == kLong || source.dtype == kBool));
  if (!implied) list.push_back("dtype=" + repr(source.dtype));
  if (!source.grad_fn.empty()) {
    list.push_back("grad_fn=<" + source.grad_fn + ">");
  } else if (source.requires_grad) {
    list.push_back("requires_grad=True");
  }
  return list;
}

}  // namespace

std::string python_text(const PrintSource& source) { return python_text(source, get_printoptions()); }

std::string python_text(const PrintSource& source, const PrintOptions& options) {
  constexpr int64_t kIndent = kPrefix.size();
  std::string text(kPrefix);
  text += source.numel() == 0 ? "[]" : BodyWriter(source, options).write(kIndent);
  const size_t last_newline = text.rfind('\n');
  int64_t line =
      static_cast<int64_t>(last_newline == std::string::npos ? text.size() + 2 : text.size() - last_newline + 1);
  for (const std::string& suffix : suffixes(source)) {
    const int64_t length = static_cast<int64_t>(suffix.size());
    if (line + length + 2 > options.linewidth) {
      text.append(",\n").append(kIndent, ' ').append(suffix);
      line = kIndent + length;
    } else {
      text.append(", ").append(suffix);
      line += length + 2;
    }
  }
  return text + ")";
}

}  // namespace relume
