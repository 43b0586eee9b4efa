// The vectors of a problem that was divided: combined by products that leave out what is zero.
#include "cpu/merged_rows.h"

#include <algorithm>
#include <numeric>

#include "cpu/householder.h"
#include "cpu/vector_loops.h"

namespace relume::cpu {

void Merge::sort(const std::vector<double>& combined, const double* old) {
  std::vector<double> all(combined);
  for (const int64_t i : stay) all.push_back(old[i]);
  order.resize(all.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t i, int64_t j) { return all[i] < all[j]; });
  values.clear();
  for (const int64_t i : order) values.push_back(all[i]);
}

MergedRows::MergedRows(double* rows, int64_t row, int64_t n, int64_t split)
    : rows_(rows), row_(row), n_(n), split_(split), halves_(static_cast<size_t>(n), kSecond) {
  std::fill_n(halves_.begin(), split, kFirst);
}

void MergedRows::rotate(int64_t i, int64_t j, double c, double s) {
  vector_loops<double>().rotate((*this)[i], (*this)[j], c, s, n_);
  halves_[i] = halves_[j] = halves_[i] | halves_[j];
}

// One half of the columns of the new rows.
void MergedRows::combine(const Merge& merge, const double* factors, Half half, double* to) const {
  const auto count = static_cast<int64_t>(merge.kept.size());
  const int64_t begin = half == kFirst ? 0 : split_, width = half == kFirst ? split_ : n_ - split_;
  std::vector<int64_t> parts;  // of the kept rows, those that are not zero here
  for (int64_t i = 0; i < count; ++i)
    if (halves_[merge.kept[i]] & half) parts.push_back(i);
  const auto depth = static_cast<int64_t>(parts.size());
  const Scratch scratch(depth * (count + width) * static_cast<int64_t>(sizeof(double)));
  double *const chosen = scratch.as<double>(), *const gathered = chosen + depth * count;
  for (int64_t i = 0; i < count; ++i)
    for (int64_t k = 0; k < depth; ++k) chosen[i * depth + k] = factors[i * count + parts[k]];
  for (int64_t k = 0; k < depth; ++k)
    std::copy_n(rows_ + merge.kept[parts[k]] * row_ + begin, width, gathered + k * width);
  multiply<double>(1, {chosen, depth}, {gathered, width}, 0, to + begin, n_, count, width, depth);
}

void MergedRows::replace(const Merge& merge, const double* factors) {
  const auto count = static_cast<int64_t>(merge.kept.size()), all = static_cast<int64_t>(merge.order.size());
  const Scratch scratch(all * n_ * static_cast<int64_t>(sizeof(double)));
  double* const fresh = scratch.as<double>();
  combine(merge, factors, kFirst, fresh);
  combine(merge, factors, kSecond, fresh);
  for (int64_t i = count; i < all; ++i) std::copy_n((*this)[merge.stay[i - count]], n_, fresh + i * n_);
  for (int64_t i = 0; i < all; ++i) std::copy_n(fresh + merge.order[i] * n_, n_, (*this)[i]);
}

}  // namespace relume::cpu
