// Tensors as libtorch's operator<< prints them: one format a matrix, no abbreviation, the type in the last line.
#include <algorithm>
#include <cctype>
#include <cmath>

#include "core/printing.h"

namespace relume {
namespace {

constexpr int kDigits = 4;

// Rows and columns of the elements from `offset` on. A vector is a matrix of one column.
struct Matrix {
  const PrintSource& source;
  int64_t offset, rows, row_stride, columns, column_stride;

  double at(int64_t row, int64_t column) const {
    return source.value(offset + row * row_stride + column * column_stride);
  }
  template <class F>
  void for_each_finite(F&& body) const {
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < columns; ++j) {
        if (const double value = at(i, j); std::isfinite(value)) body(value);
      }
    }
  }
};

// How the numbers of a matrix are written.
struct Format {
  enum Notation { kGeneral, kFixed, kScientific } notation = kGeneral;
  int64_t width = 0;
  double scale = 1;  // numbers are divided by it

  void append(std::string& text, double value) const {
    const size_t start = text.size();
    value /= scale;
    if (notation == kGeneral) append_general(text, value, 6);
    if (notation == kFixed) append_fixed(text, value, kDigits);
    if (notation == kScientific) append_scientific(text, value, kDigits);
    const size_t length = text.size() - start;
    if (length < static_cast<size_t>(width)) text.insert(start, static_cast<size_t>(width) - length, ' ');
  }
};

// Digits before the point; negative for small numbers.
int64_t exponent(double magnitude) {
  return magnitude == 0 ? 1 : static_cast<int64_t>(std::floor(std::log10(magnitude))) + 1;
}

Format format_of(const Matrix& matrix) {
  bool whole = true, any = false;
  double smallest = 0, largest = 0;
  matrix.for_each_finite([&](double value) {
    const double magnitude = std::fabs(value);
    smallest = any ? std::min(smallest, magnitude) : magnitude;
    largest = std::max(largest, magnitude);
    whole = whole && value == std::ceil(value);
    any = true;
  });
  const int64_t low = any ? exponent(smallest) : 1, high = any ? exponent(largest) : 1;

  if (whole && high > 9) return {Format::kScientific, 11};
  if (whole) return {Format::kGeneral, high + 1};
  if (high - low > 4) return {Format::kScientific, std::max(std::abs(low), std::abs(high)) > 99 ? 12 : 11};
  if (high > 5 || high < 0) return {Format::kFixed, 7, std::pow(10.0, static_cast<double>(high - 1))};
  return {Format::kFixed, high == 0 ? 7 : high + 6};
}

class Writer {
 public:
  Writer(const PrintSource& source, int64_t linewidth) : source_(source), linewidth_(linewidth) {}

  std::string write() {
    const int64_t dim = source_.dim();
    if (source_.numel() > 0) {
      if (dim == 0) text_ += shortest(source_.value(0)) + "\n";
      if (dim == 1) write_vector();
      if (dim == 2) write_matrix(matrix_at(0), 0);
      if (dim > 2) write_matrices();
    }
    write_type();
    return std::move(text_);
  }

 private:
  Matrix matrix_at(int64_t offset) const {
    const size_t row = source_.sizes.size() - 2, column = row + 1;
    return {source_, offset, source_.sizes[row], source_.strides[row], source_.sizes[column], source_.strides[column]};
  }

  void write_scale(const Format& format) {
    if (format.scale != 1) text_ += shortest(format.scale) + " *\n";
  }

  void write_vector() {
    const Matrix vector{source_, 0, source_.sizes[0], source_.strides[0], 1, 0};
    const Format format = format_of(vector);
    write_scale(format);
    for (int64_t i = 0; i < vector.rows; ++i) {
      format.append(text_, vector.at(i, 0));
      text_ += '\n';
    }
  }

  void write_matrix(const Matrix& matrix, int64_t indent) {
    const Format format = format_of(matrix);
    const std::string margin(static_cast<size_t>(indent), ' ');
    const std::string row_margin = format.scale != 1 ? margin + " " : margin;
    const int64_t at_once = std::max<int64_t>(1, (linewidth_ - indent) / (format.width + 1));
    for (int64_t first = 0; first < matrix.columns; first += at_once) {
      const int64_t last = std::min(first + at_once, matrix.columns);
      if (first > 0) text_ += '\n';
      if (at_once < matrix.columns) {
        text_ += "Columns " + std::to_string(first + 1) + " to " + std::to_string(last) + margin;
      }
      if (format.scale != 1) {
        write_scale(format);
        text_ += margin;
      }
      for (int64_t row = 0; row < matrix.rows; ++row) {
        if (row > 0) text_ += row_margin;
        for (int64_t column = first; column < last; ++column) {
          if (column > first) text_ += ' ';
          format.append(text_, matrix.at(row, column));
        }
        text_ += '\n';
      }
    }
  }

  // All matrices of the last two dimensions; the first index runs fastest.
  void write_matrices() {
    const size_t outer = source_.sizes.size() - 2;
    DimVector index(outer);
    bool first = true;
    for (size_t dim = 0; dim < outer;) {
      int64_t offset = 0;
      if (!first) text_ += '\n';
      first = false;
      text_ += '(';
      for (size_t i = 0; i < outer; ++i) {
        text_ += std::to_string(index[i] + 1) + ",";
        offset += index[i] * source_.strides[i];
      }
      text_ += ".,.) = \n";
      write_matrix(matrix_at(offset), 1);
      for (dim = 0; dim < outer && ++index[dim] == source_.sizes[dim]; ++dim) index[dim] = 0;
    }
  }

  void write_type() {
    text_ += "[ " + type_text(source_.dtype, source_.device) + "{";
    for (size_t i = 0; i < source_.sizes.size(); ++i) {
      if (i > 0) text_ += ',';
      text_ += std::to_string(source_.sizes[i]);
    }
    text_ += "} ]";
  }

  const PrintSource& source_;
  int64_t linewidth_;
  std::string text_;
};

}  // namespace

std::string libtorch_text(const PrintSource& source, int64_t linewidth) { return Writer(source, linewidth).write(); }

std::string type_text(ScalarType dtype, const std::string& device) {
  std::string text;
  for (const char c : device.substr(0, device.find(':'))) {
    text += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return text + to_string(dtype) + "Type";
}

}  // namespace relume
