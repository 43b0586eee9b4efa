// Solutions and decompositions of matrices [..., M, N] that are no ops of the table, with gradients.
#pragma once

#include <string>
#include <tuple>

#include "relume/error.h"
#include "relume/tensor.h"

namespace relume {

// Throws Error for what is no batch of matrices, or of square ones; check_matrices also where they are not of floats.
void check_square_matrices(const char* name, const Tensor& self);
void check_matrices(const char* name, const Tensor& self, bool square);

// Matrices repeated so that their batch is that to which it and the batch of others broadcast.
Tensor with_batch_of(const Tensor& matrices, const Tensor& others);

// What a solver gives, and of each matrix how it failed: 0 where it did not.
struct Solved {
  Tensor result, info;
};

// Says of the first matrix that failed that it did, by the text `failure` and the number in info; empty where none did.
std::string failure_of(const char* name, const char* failure, const Tensor& info);
template <class Kind = LinAlgError>
void check_info(const char* name, const char* failure, const Tensor& info) {
  if (const std::string text = failure_of(name, failure, info); !text.empty()) throw Kind(text);
}

// X with A X = B: A [..., N, N], B [..., N, K] of the same batch. Of singular matrices info is the place of the first
// zero pivot, from 1.
Solved solution(const Tensor& a, const Tensor& b);

// The same for triangular A, of which one half is read; with `unit`, its diagonal counts as 1.
Tensor triangular_solution_of(const Tensor& a, const Tensor& b, bool upper, bool unit);

// The eigenvalues, ascending, and the eigenvectors of symmetric matrices, of which one half is read. The gradient is
// that of the whole matrix.
std::tuple<Tensor, Tensor> symmetric_eigen(const Tensor& a, bool upper);
Tensor symmetric_eigenvalues(const Tensor& a, bool upper);

// The singular values, the largest of which is first.
Tensor singular_values_of(const Tensor& a);

// Which of the singular values, the largest of which is first, are above max(atol, rtol times the largest); atol and
// rtol broadcast to the batch.
Tensor counting(const Tensor& values, const Tensor& atol, const Tensor& rtol);

// The pseudoinverse (Moore and Penrose), where singular values that are not counting() are taken for 0; the singular
// values, float64; and how many count, int64. Only the first has a gradient.
struct Pseudoinverse {
  Tensor result, values, rank;
};
Pseudoinverse pseudoinverse(const Tensor& a, const Tensor& atol, const Tensor& rtol);

}  // namespace relume
