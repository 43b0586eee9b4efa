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
#include "relume/threads.h"

namespace relume {
namespace {

constexpr int64_t kGrain = 1 << 17;  // multiplications that are worth a thread
constexpr const char* kNotFinite =
    "The algorithm failed to converge because the input matrix contained non-finite values.";

// The matrices of a batch: contiguous rows of T, which is what `tensor` has.
template <class T>
struct Matrices {
  Tensor tensor;
  int64_t rows, columns, count;

  explicit Matrices(const Tensor& values) : tensor(values.contiguous()) {
    rows = tensor.size(-2);
    columns = tensor.size(-1);
    const int64_t size = rows * columns;
    count = size ? tensor.numel() / size : 0;
  }
  T* operator[](int64_t i) const { return tensor.data_ptr<T>() + i * rows * columns; }
  T* end(int64_t i) const { return (*this)[i] + rows * columns; }
  bool is_finite(int64_t i) const {
    return std::all_of((*this)[i], end(i), [](T x) { return std::isfinite(x); });
  }
  bool has_nan(int64_t i) const {
    return std::any_of((*this)[i], end(i), [](T x) { return std::isnan(x); });
  }
  // Calls body(i) for each matrix, on several threads where there are many.
  template <class F>
  void for_each(const F& body) const {
    const int64_t grain = std::max<int64_t>(1, kGrain / std::max<int64_t>(1, rows * columns * std::min(rows, columns)));
    parallel_for(0, count, grain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) body(i);
    });
  }
  // A tensor of zeros for each matrix, of the given sizes.
  Tensor results(std::initializer_list<int64_t> sizes, ScalarType type = kDouble) const {
    DimVector shape;
    for (int64_t d = 0; d + 2 < tensor.dim(); ++d) shape.push_back(tensor.size(d));
    for (const int64_t size : sizes) shape.push_back(size);
    return zeros(shape, type);
  }
};

// Calls body with a float or a double, which matrices of the dtype are computed in.
template <class F>
auto in_precision(ScalarType dtype, const F& body) {
  return dtype == kDouble ? body(0.0) : body(0.0f);
}
template <class T>
constexpr ScalarType kTypeOf = sizeof(T) == sizeof(double) ? kDouble : kFloat;

// Matrices that may be written to.
template <class T>
Tensor own(const Tensor& matrices) {
  return matrices.to(kTypeOf<T>, false, /*copy=*/true);
}

}  // namespace

LuFactors lu_factors(const Tensor& matrices) {
  const NoGradGuard unrecorded;
  return in_precision(matrices.scalar_type(), [&](auto zero) -> LuFactors {
    using T = decltype(zero);
    const Matrices<T> given(own<T>(matrices));
    const int64_t steps = std::min(given.rows, given.columns);
    const Tensor swaps = given.results({steps}, kInt), sign = ones_like(given.results({}, kTypeOf<T>));
    given.for_each([&](int64_t m) {
      int32_t* const swap = swaps.data_ptr<int32_t>() + m * steps;
      cpu::eliminate(given[m], given.rows, given.columns, swap);
      for (int64_t k = 0; k < steps; ++k)
        if (swap[k] != k) sign.data_ptr<T>()[m] *= -1;
    });
    return {given.tensor, swaps, row_order(swaps, given.rows), sign};
  });
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
  return in_precision(right.scalar_type(), [&](auto zero) {
    using T = decltype(zero);
    const Matrices<T> factor(triangles.to(kTypeOf<T>)), result(own<T>(right));
    result.for_each(
        [&](int64_t m) { cpu::substitute(factor[m], result[m], result.rows, result.columns, upper, unit); });
    return result.tensor;
  });
}

std::tuple<Tensor, Tensor> cholesky_factors(const Tensor& matrices) {
  const NoGradGuard unrecorded;
  return in_precision(matrices.scalar_type(), [&](auto zero) -> std::tuple<Tensor, Tensor> {
    using T = decltype(zero);
    const Matrices<T> lower(tril(matrices.to(kTypeOf<T>)));
    const Tensor failed = lower.results({}, kInt);
    lower.for_each([&](int64_t m) { failed.data_ptr<int32_t>()[m] = cpu::cholesky(lower[m], lower.rows); });
    return {lower.tensor, failed};
  });
}

std::tuple<Tensor, Tensor> qr_factors(const Tensor& matrices, int64_t width) {
  const NoGradGuard unrecorded;
  return in_precision(matrices.scalar_type(), [&](auto zero) -> std::tuple<Tensor, Tensor> {
    using T = decltype(zero);
    const Matrices<T> given(own<T>(matrices)), q(given.results({given.rows, width}, kTypeOf<T>));
    const int64_t steps = std::min(given.rows, given.columns);
    given.for_each([&](int64_t m) { cpu::qr(given[m], given.rows, given.columns, steps, q[m], width); });
    if (given.columns == 0) q.tensor.diagonal(0, -2, -1).fill_(1);
    return {q.tensor, given.tensor.narrow(-2, 0, width)};
  });
}

std::tuple<Tensor, Tensor> qr_reduced(const Tensor& matrices, const Tensor& right) {
  const NoGradGuard unrecorded;
  return in_precision(matrices.scalar_type(), [&](auto zero) -> std::tuple<Tensor, Tensor> {
    using T = decltype(zero);
    const int64_t columns = matrices.size(-1);
    const Matrices<T> given(cat({matrices, right}, -1).to(kTypeOf<T>));
    given.for_each(
        [&](int64_t m) { cpu::qr(given[m], given.rows, given.columns, columns, static_cast<T*>(nullptr), columns); });
    const Tensor top = given.tensor.narrow(-2, 0, columns);
    return {top.narrow(-1, 0, columns), top.narrow(-1, columns, right.size(-1))};
  });
}

std::tuple<Tensor, Tensor> eigh_factors(const Tensor& matrices, bool vectors) {
  const NoGradGuard unrecorded;
  const Matrices<double> given(triu(matrices.to(kDouble)));
  const Tensor values = given.results({given.rows}),
               rows = vectors ? given.results({given.rows, given.rows}) : Tensor();
  given.for_each([&](int64_t m) {
    double* const list = values.data_ptr<double>() + m * given.rows;
    double* const own_rows = vectors ? rows.data_ptr<double>() + m * given.rows * given.rows : nullptr;
    if (given.is_finite(m)) return cpu::symmetric_eigen(given[m], given.rows, list, own_rows);
    std::fill_n(list, given.rows, NAN);
    if (vectors) std::fill_n(own_rows, given.rows * given.rows, NAN);
  });
  return {values, vectors ? rows.mT() : rows};
}

std::tuple<Tensor, Tensor, Tensor> svd_factors(const Tensor& matrices, Vectors vectors) {
  const NoGradGuard unrecorded;
  // The tall one of the matrix and its transpose.
  const bool wide = matrices.size(-1) > matrices.size(-2), wanted = vectors != Vectors::kNone;
  const bool square = vectors == Vectors::kSquare;
  const Matrices<double> given(own<double>(wide ? matrices.mT() : matrices));
  const int64_t rows = given.rows, n = given.columns;
  const Matrices<double> left(given.results({wanted ? square ? rows : n : 0, rows}));
  const Matrices<double> right(given.results({wanted ? n : 0, n}));
  const Tensor values = given.results({n}), failed = given.results({}, kInt);
  given.for_each([&](int64_t m) {
    double* const list = values.data_ptr<double>() + m * n;
    if (given.is_finite(m))
      return cpu::singular_values(given[m], rows, n, wide, square, wanted ? left[m] : nullptr, list,
                                  wanted ? right[m] : nullptr);
    failed.data_ptr<int32_t>()[m] = given.has_nan(m);
    std::fill_n(list, n, NAN);
    std::fill(left[m], left.end(m), NAN);
    std::fill(right[m], right.end(m), NAN);
  });
  check_info("linalg.svd", kNotFinite, failed);
  if (!wanted) return {Tensor(), values, Tensor()};
  if (given.count == 0 && square) left.tensor.diagonal(0, -2, -1).fill_(1);
  if (wide) return {right.tensor.mT(), values, left.tensor};
  return {left.tensor.mT(), values, right.tensor};
}

}  // namespace relume
