// The vectors of two halves of a problem that was divided, while the halves are merged.
#pragma once

#include <cstdint>
#include <vector>

namespace relume::cpu {

// What becomes of the vectors of two halves: those that stay as they are, and those that are combined.
struct Merge {
  std::vector<int64_t> kept, stay;  // rows that are combined, and the others
  std::vector<int64_t> order;       // which of the new ones, then of those that stay, becomes row 0, 1, ...
  std::vector<double> values;       // of the rows in the new order

  // Sets order and values so that the values ascend: `combined` are those of the new rows.
  void sort(const std::vector<double>& combined, const double* old);
};

// Rows [n, n], `row` apart, of which the first `split` are zero from column `split` on and the others before it.
class MergedRows {
 public:
  MergedRows(double* rows, int64_t row, int64_t n, int64_t split);

  double* operator[](int64_t i) { return rows_ + i * row_; }
  // (i, j) = (c i - s j, s i + c j)
  void rotate(int64_t i, int64_t j, double c, double s);
  // Row i of what is combined is the sum of the kept rows times the row i of `factors`, [kept, kept]. Rows that are in
  // neither list stay in their place.
  void replace(const Merge& merge, const double* factors);

 private:
  enum Half : int { kFirst = 1, kSecond = 2 };
  void combine(const Merge& merge, const double* factors, Half half, double* to) const;

  double* const rows_;
  const int64_t row_, n_, split_;
  std::vector<int> halves_;  // of each row, those where it is not zero
};

}  // namespace relume::cpu
