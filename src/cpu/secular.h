// What dividing and conquering solves where two halves meet: the roots of a secular equation, and numbers from which
// orthogonal vectors follow.
#pragma once

#include <cstdint>

#include "cpu/scratch.h"

namespace relume::cpu {

// The roots x of 1 / rho + sum_i z[i]^2 / (p[i] - x) = 0 for rho > 0, z[i] != 0 and poles p ascending: one in each gap
// between poles, and one behind the last. The poles are d or, if `squared`, the squares of d >= 0; differences of
// either are exact but for rounding, whatever the size of d.
class Secular {
 public:
  Secular(const double* d, const double* z, int64_t count, double rho, bool squared);

  // The square root of the j-th root, or with poles that are not squared the root itself.
  double value(int64_t j) const { return values_[j]; }
  // p[i] - the j-th root, for all i.
  double* distances(int64_t j) const { return distances_ + j * count_; }
  // Numbers close to z, with its signs, of whose equation the roots found are the exact ones.
  const double* weights() const { return weights_; }

 private:
  double difference(int64_t i, int64_t j) const { return squared_ ? (d_[i] - d_[j]) * (d_[i] + d_[j]) : d_[i] - d_[j]; }
  void find_root(int64_t j);
  void find_weights(const double* z);

  const double* const d_;
  const int64_t count_;
  const double one_over_rho_;
  const bool squared_;
  const Scratch scratch_;
  double *const distances_, *const values_, *const weights_, *const squares_;
};

}  // namespace relume::cpu
