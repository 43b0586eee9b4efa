// Elimination with row swaps, A = P L U: the factors of matrices [..., M, N], with gradients, and what they solve.
#include "core/warn_once.h"
#include "ops/composed.h"
#include "ops/decompositions.h"
#include "ops/dims.h"
#include "ops/factors.h"
#include "ops/methods.h"

namespace relume {
namespace {

// L, [..., M, K] with 1 on its diagonal, and U, [..., K, N], of matrices that hold both, K = min(M, N).
Tensor lower_of(const Tensor& packed) {
  const int64_t width = std::min(packed.size(-2), packed.size(-1));
  return tril(packed.narrow(-1, 0, width), -1) + eye(packed.size(-2), width, packed.scalar_type());
}
Tensor upper_of(const Tensor& packed) { return triu(packed.narrow(-2, 0, std::min(packed.size(-2), packed.size(-1)))); }

// P [..., M, M] of an order of M rows.
Tensor permutation_of(const Tensor& order, ScalarType dtype) {
  return (arange(order.size(-1), kLong).unsqueeze(-1) == order.unsqueeze(-2)).to(dtype);
}

// X with X T = B for triangular T.
Tensor right_solution(const Tensor& triangle, const Tensor& b, bool upper, bool unit) {
  return triangular_solution_of(triangle.mT(), b.mT(), !upper, unit).mT();
}

// The gradient of A = P L U from those of L and U, which the packed gradient holds. Where A is wide, U = (U1 U2) with
// U2 = L^-1 A2; where it is tall, L2 = A2 U^-1: what reaches L and U through these joins the gradients of the square
// part.
void lu_backward(Backward& run) {
  const Tensor packed = run.saved(0), order = run.saved(1), grad = run.grad(0);
  const int64_t rows = packed.size(-2), columns = packed.size(-1), width = std::min(rows, columns);
  const Tensor square = packed.narrow(-2, 0, width).narrow(-1, 0, width);
  const Tensor grad_square = grad.narrow(-2, 0, width).narrow(-1, 0, width);
  Tensor grad_lower = tril(grad_square, -1), grad_upper = triu(grad_square), rest;
  const Tensor lower_turned = lower_of(square).mT(), upper = triu(square);
  if (columns > rows) {
    const Tensor upper_rest = packed.narrow(-1, rows, columns - rows);
    rest = triangular_solution_of(lower_turned, grad.narrow(-1, rows, columns - rows), true, true);
    grad_lower = grad_lower - matmul(rest, upper_rest.mT());
  } else if (rows > columns) {
    const Tensor lower_rest = packed.narrow(-2, columns, rows - columns);
    rest = right_solution(upper.mT(), grad.narrow(-2, columns, rows - columns), false, false);
    grad_upper = grad_upper - matmul(lower_rest.mT(), rest);
  }
  const Tensor inner = tril(matmul(lower_turned, grad_lower), -1) + triu(matmul(grad_upper, upper.mT()));
  const Tensor left = triangular_solution_of(lower_turned, inner, true, true);
  const Tensor own = right_solution(upper.mT(), left, false, false);
  const Tensor whole = rest.defined() ? cat({own, rest}, columns > rows ? -1 : -2) : own;
  run.set(0, matmul(permutation_of(order, packed.scalar_type()), whole));
}

void check_pivots(const char* name, const Tensor& packed, const Tensor& pivots) {
  check(impl_of(pivots, name).dtype == kInt, "{}: pivots should be a Tensor of scalar type torch.int32, but got {}",
        name, pivots.dtype().name());
  DimVector wanted(batch_sizes(packed));
  wanted.push_back(std::min(packed.size(-2), packed.size(-1)));
  check(pivots.sizes() == wanted, "{}: expected pivots of the shape {}, but got {}", name, IntArrayRef(wanted),
        pivots.sizes());
  const bool inside = logical_and(pivots >= 1, pivots <= packed.size(-2)).all().item().toBool();
  check(inside, "{}: pivots must be between 1 and the number of rows ({})", name, packed.size(-2));
}

}  // namespace

// (LU, pivots, info): LU holds L, with ones on its diagonal, below the diagonal, and U on it and above; pivots, int32,
// from 1, with which row each step swapped; info, int32, is 0, or the place of the first pivot that is zero, from 1.
// With check_errors, throws LinAlgError instead.
std::tuple<Tensor, Tensor, Tensor> linalg_lu_factor_ex(const Tensor& A, bool pivot, bool check_errors) {
  check_matrices("torch.linalg.lu_factor_ex", A, false);
  check(pivot, "linalg.lu_factor: LU without pivoting is not implemented on the CPU");
  LuFactors factors;
  Tensor packed, info;
  {
    const NoGradGuard unrecorded;
    factors = lu_factors(A.detach());
    packed = factors.packed.to(A.scalar_type());
    info = zero_pivots(factors);
  }
  if (check_errors)
    check_info("torch.linalg.lu_factor_ex",
               "U[{0},{0}] is zero and using it on lu_solve would result in a division by zero.", info);
  record("LinalgLuFactorExBackward0", packed, {A}, {output(packed), factors.order}, lu_backward);
  return {packed, factors.swaps + 1, info};
}

// (LU, pivots); see linalg_lu_factor_ex. Throws Error where a pivot is zero.
std::tuple<Tensor, Tensor> linalg_lu_factor(const Tensor& A, bool pivot) {
  const auto [packed, pivots, info] = linalg_lu_factor_ex(A, pivot, false);
  check_info<Error>("torch.linalg.lu_factor",
                    "U[{0},{0}] is zero and using it on lu_solve would result in a division by zero. If you still want "
                    "to perform the factorization, consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, "
                    "pivot)",
                    info);
  return {packed, pivots};
}

// (P, L, U): a permutation, a lower triangular matrix with 1 on its diagonal and an upper one, whose product is A.
std::tuple<Tensor, Tensor, Tensor> linalg_lu(const Tensor& A, bool pivot) {
  const auto [packed, pivots, info] = linalg_lu_factor_ex(A, pivot, false);
  return lu_unpack(packed, pivots, true, true);
}

// (P, L, U) of what linalg_lu_factor gives; those that are not wanted are empty.
std::tuple<Tensor, Tensor, Tensor> lu_unpack(const Tensor& LU_data, const Tensor& LU_pivots, bool unpack_data,
                                             bool unpack_pivots) {
  check_matrices("torch.lu_unpack", LU_data, false);
  const Tensor none = empty({0}, LU_data.options());
  Tensor permutation = none;
  if (unpack_pivots) {
    check_pivots("torch.lu_unpack", LU_data, LU_pivots);
    permutation = permutation_of(row_order(LU_pivots - 1, LU_data.size(-2)), LU_data.scalar_type());
  }
  return {permutation, unpack_data ? lower_of(LU_data) : none, unpack_data ? upper_of(LU_data) : none};
}

// X with A X = B, or where `left` is not set X A = B, for the A [..., N, N] that was factored into LU and pivots; of
// A^T with adjoint.
Tensor linalg_lu_solve(const Tensor& LU, const Tensor& pivots, const Tensor& B, bool left, bool adjoint) {
  check_matrices("torch.linalg.lu_solve", LU, true);
  check_matrices("linalg.lu_solve", B, false);
  check_pivots("linalg.lu_solve", LU, pivots);
  if (!left) return linalg_lu_solve(LU, pivots, B.mT(), true, !adjoint).mT();
  check(B.size(-2) == LU.size(-1),
        "linalg.lu_solve: Incompatible shapes of A and B for the equation AX = B ({}x{} and "
        "{}x{})",
        LU.size(-2), LU.size(-1), B.size(-2), B.size(-1));
  const Tensor packed = with_batch_of(LU, B), right = with_batch_of(B, LU);
  const Tensor permutation = permutation_of(row_order(pivots - 1, LU.size(-2)), LU.scalar_type());
  if (adjoint) {
    const Tensor inner = triangular_solution_of(packed.mT(), right, false, false);
    return matmul(permutation, triangular_solution_of(packed.mT(), inner, true, true));
  }
  const Tensor inner = triangular_solution_of(packed, matmul(permutation.mT(), right), false, true);
  return triangular_solution_of(packed, inner, true, false);
}

// X with A X = self; see linalg_lu_solve.
Tensor lu_solve(const Tensor& self, const Tensor& LU_data, const Tensor& LU_pivots) {
  static std::atomic<bool> warned = false;
  warn_once(&warned,
            "torch.lu_solve is deprecated in favor of torch.linalg.lu_solveand will be removed in a future PyTorch "
            "release.\nNote that torch.linalg.lu_solve has its arguments reversed.\nX = torch.lu_solve(B, LU, pivots)\n"
            "should be replaced with\nX = torch.linalg.lu_solve(LU, pivots, B)");
  return linalg_lu_solve(LU_data, LU_pivots, self, true, false);
}

}  // namespace relume
