// The decompositions of matrices, matrix by matrix of a batch.
#include "ops/factors.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/check.h"
#include "core/tensor_impl.h"
#include "kernels/matrices.h"
#include "ops/decompositions.h"
#include "relume/autograd.h"
#include "relume/ops.h"

namespace relume {
namespace {

constexpr const char* kNotFinite =
    "The algorithm failed to converge because the input matrix contained non-finite values.";

// The matrices of a batch: contiguous rows of float64.
struct Matrices {
  Tensor tensor;
  int64_t rows, columns, count;

  explicit Matrices(const Tensor& values) : tensor(values.contiguous()) {
    rows = tensor.size(-2);
    columns = tensor.size(-1);
    const int64_t size = rows * columns;
    count = size ? tensor.numel() / size : 0;
  }
  double* operator[](int64_t i) const { return tensor.data_ptr<double>() + i * rows * columns; }
  double* end(int64_t i) const { return (*this)[i] + rows * columns; }
  bool is_finite(int64_t i) const {
    return std::all_of((*this)[i], end(i), [](double x) { return std::isfinite(x); });
  }
  bool has_nan(int64_t i) const {
    return std::any_of((*this)[i], end(i), [](double x) { return std::isnan(x); });
  }
  // A tensor of zeros for each matrix, of the given sizes.
  Tensor results(std::initializer_list<int64_t> sizes, ScalarType type = kDouble) const {
    DimVector shape;
    for (int64_t d = 0; d + 2 < tensor.dim(); ++d) shape.push_back(tensor.size(d));
    for (const int64_t size : sizes) shape.push_back(size);
    return zeros(shape, type);
  }
};

}  // namespace

LuFactors lu_factors(const Tensor& matrices) {
  const NoGradGuard unrecorded;
  const Matrices given(matrices.clone());
  const int64_t steps = std::min(given.rows, given.columns);
  const Tensor swaps = given.results({steps}, kInt), sign = ones_like(given.results({}));
  for (int64_t m = 0; m < given.count; ++m) {
    int32_t* const swap = swaps.data_ptr<int32_t>() + m * steps;
    cpu::eliminate(given[m], given.rows, given.columns, swap);
    for (int64_t k = 0; k < steps; ++k)
      if (swap[k] != k) sign.data_ptr<double>()[m] *= -1;
  }
  return {given.tensor, swaps, row_order(swaps, given.rows), sign};
}

Tensor row_order(const Tensor& swaps, int64_t rows) {
  const Tensor steps = swaps.contiguous();
  DimVector sizes(swaps.sizes());
  const int64_t count = sizes[sizes.size() - 1];
  sizes[sizes.size() - 1] = rows;
  const Tensor order = empty(sizes, kLong);
  const int64_t matrices = rows == 0 ? 0 : order.numel() / rows;
  for (int64_t m = 0; m < matrices; ++m) {
    const int32_t* const swap = steps.data_ptr<int32_t>() + m * count;
    int64_t* const places = order.data_ptr<int64_t>() + m * rows;
    std::iota(places, places + rows, 0);
    for (int64_t k = 0; k < count; ++k) std::swap(places[k], places[swap[k]]);
  }
  return order;
}

Tensor zero_pivots(const LuFactors& factors) {
  const Tensor zero = factors.pivots() == 0;
  if (zero.size(-1) == 0) return zero.sum({-1}).to(kInt);
  return where(zero.any(-1), argmax(zero.to(kInt), -1) + 1, 0).to(kInt);
}

Tensor lu_solution(const LuFactors& factors, const Tensor& right) {
  const Tensor rows = right.gather(-2, factors.order.unsqueeze(-1).expand(right.sizes()));
  return triangular_solution(factors.packed, triangular_solution(factors.packed, rows, false, true), true, false);
}

Tensor triangular_solution(const Tensor& triangles, const Tensor& right, bool upper, bool unit) {
  const NoGradGuard unrecorded;
  const Matrices factor(triangles), result(right.clone());
  for (int64_t m = 0; m < result.count; ++m)
    cpu::substitute(factor[m], result[m], result.rows, result.columns, upper, unit);
  return result.tensor;
}

std::tuple<Tensor, Tensor> cholesky_factors(const Tensor& matrices) {
  const NoGradGuard unrecorded;
  const Matrices given(matrices), lower(given.results({given.rows, given.rows}));
  const Tensor failed = given.results({}, kInt);
  for (int64_t m = 0; m < given.count; ++m)
    failed.data_ptr<int32_t>()[m] = cpu::cholesky(given[m], lower[m], given.rows);
  return {lower.tensor, failed};
}

std::tuple<Tensor, Tensor> eigh_factors(const Tensor& matrices) {
  const NoGradGuard unrecorded;
  const Matrices given(matrices.clone()), vectors(given.results({given.rows, given.rows}));
  const Tensor values = given.results({given.rows});
  for (int64_t m = 0; m < given.count; ++m) {
    double* const list = values.data_ptr<double>() + m * given.rows;
    if (given.is_finite(m)) {
      cpu::symmetric_eigen(given[m], given.rows, list, vectors[m]);
    } else {
      std::fill_n(list, given.rows, NAN);
      std::fill(vectors[m], vectors.end(m), NAN);
    }
  }
  return {values, vectors.tensor};
}

std::tuple<Tensor, Tensor, Tensor> svd_factors(const Tensor& matrices, bool square) {
  const NoGradGuard unrecorded;
  // The columns of the tall one of the matrix and its transpose, as rows.
  const bool wide = matrices.size(-1) > matrices.size(-2);
  const Matrices given(wide ? matrices : matrices.transpose(-2, -1));
  const int64_t count = given.rows, n = given.columns;
  const Matrices left(given.results({n, square ? n : count})), right(given.results({count, count}));
  const Tensor values = given.results({count}), failed = given.results({}, kInt);
  for (int64_t m = 0; m < given.count; ++m) {
    double* const list = values.data_ptr<double>() + m * count;
    if (given.is_finite(m)) {
      cpu::singular_values({given[m], given.end(m)}, count, n, square, left[m], list, right[m]);
    } else {
      failed.data_ptr<int32_t>()[m] = given.has_nan(m);
      std::fill_n(list, count, NAN);
      std::fill(left[m], left.end(m), NAN);
      std::fill(right[m], right.end(m), NAN);
    }
  }
  check_info("linalg.svd", kNotFinite, failed);
  if (given.count == 0 && square) left.tensor.diagonal(0, -2, -1).fill_(1);
  if (wide) return {right.tensor, values, left.tensor.transpose(-2, -1)};
  return {left.tensor, values, right.tensor.transpose(-2, -1)};
}

}  // namespace relume
