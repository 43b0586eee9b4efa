// Products of vectors and matrices: dot, mv, mm, bmm, matmul, their fused sums (addmm and its like), and linear.
#include <cstring>
#include <numeric>
#include <string>

#include "autograd/record.h"
#include "core/check.h"
#include "core/profiler.h"
#include "core/tensor_impl.h"
#include "kernels/copy.h"
#include "kernels/matmul.h"
#include "ops/autocast.h"
#include "ops/elementwise.h"
#include "ops/linear.h"
#include "ops/methods.h"

namespace relume {
namespace {

std::string shape_text(const Tensor& matrix) { return fmt::format("{}x{}", matrix.size(0), matrix.size(1)); }

void check_matrices(const Tensor& a, const Tensor& b) {
  if (a.impl()->sizes[1] != b.impl()->sizes[0])
    fail("mat1 and mat2 shapes cannot be multiplied ({} and {})", shape_text(a), shape_text(b));
}

void check_same_dtype(const Tensor& a, const Tensor& b) {
  check(a.scalar_type() == b.scalar_type(), "expected m1 and m2 to have the same dtype, but got: {} != {}",
        a.dtype().name(), b.dtype().name());
}

// Whether a saved operand is needed: for the gradient of the other one.
const Tensor& saved_for(const Tensor& other, const Tensor& operand) {
  static const Tensor& none = *new Tensor;
  return recording({other}) ? operand : none;
}

// ---- Products without a graph ------------------------------------------------------------------------------------

// A 2-D tensor as the kernel sees it.
struct Matrix {
  Matrix(const Tensor& tensor)  // NOLINT: implicit, so that calls read as products of tensors
      : data(tensor.impl()->data()),
        rows(tensor.impl()->sizes[0]),
        columns(tensor.impl()->sizes[1]),
        row_stride(tensor.impl()->strides[0]),
        column_stride(tensor.impl()->strides[1]) {}
  Matrix transposed() const {
    Matrix other = *this;
    std::swap(other.rows, other.columns);
    std::swap(other.row_stride, other.column_stride);
    return other;
  }
  const void* data;
  int64_t rows, columns, row_stride, column_stride;
};

// alpha a b + bias into c, which is contiguous and new; bias null or as many neighbours as b has columns;
// kept_b as in Gemm.
void multiply_into(const Tensor& c, const Matrix& a, const Matrix& b, const void* bias = nullptr, double alpha = 1,
                   std::shared_ptr<const detail::Derived>* kept_b = nullptr) {
  cpu::Gemm gemm;
  gemm.dtype = c.impl()->dtype;
  gemm.m = a.rows, gemm.k = a.columns, gemm.n = b.columns;
  gemm.a = a.data, gemm.a_row = a.row_stride, gemm.a_col = a.column_stride;
  gemm.b = b.data, gemm.b_row = b.row_stride, gemm.b_col = b.column_stride;
  gemm.c = c.impl()->data(), gemm.c_row = gemm.n;
  gemm.alpha = alpha, gemm.bias = bias, gemm.kept_b = kept_b;
  cpu::gemm(gemm);
}

Tensor product_of(const Tensor& a, const Tensor& b) {
  Tensor result = make_tensor({a.impl()->sizes[0], b.impl()->sizes[1]}, a.scalar_type());
  multiply_into(result, a, b);
  return result;
}

// One stride for all batch dimensions of a tensor that was expanded to `rank`, if there is one.
std::optional<int64_t> batch_stride(const Tensor& matrices) {
  const IntArrayRef sizes = matrices.sizes(), strides = matrices.strides();
  if (matrices.numel() == 0) return 0;
  std::optional<int64_t> stride;
  int64_t next = 0;
  for (size_t d = sizes.size() - 2; d-- > 0;) {
    if (sizes[d] == 1) continue;
    if (!stride)
      stride = strides[d];
    else if (strides[d] != next)
      return std::nullopt;
    next = strides[d] * sizes[d];
  }
  return stride.value_or(0);
}

// A batch of products; the leading dimensions of a and b are equal. With `to_float` of bfloat16 matrices as float32,
// or undefined where that would not be faster than products of float32.
Tensor multiply_batch(const Tensor& a, const Tensor& b, bool to_float = false) {
  const Tensor left = batch_stride(a) ? a : a.contiguous(), right = batch_stride(b) ? b : b.contiguous();
  DimVector sizes(a.sizes());
  const size_t rank = sizes.size();
  sizes[rank - 1] = b.size(-1);
  Tensor result = make_tensor(sizes, to_float ? kFloat : a.scalar_type());
  cpu::Gemm gemm;
  gemm.dtype = a.scalar_type();
  gemm.m = a.size(-2), gemm.k = a.size(-1), gemm.n = b.size(-1);
  gemm.a = left.impl()->data(), gemm.a_row = left.stride(-2), gemm.a_col = left.stride(-1);
  gemm.b = right.impl()->data(), gemm.b_row = right.stride(-2), gemm.b_col = right.stride(-1);
  gemm.c = result.impl()->data(), gemm.c_row = gemm.n;
  for (size_t d = 0; d + 2 < rank; ++d) gemm.batch *= sizes[d];
  gemm.a_batch = *batch_stride(left), gemm.b_batch = *batch_stride(right), gemm.c_batch = gemm.m * gemm.n;
  if (to_float) return cpu::gemm_to_float(gemm) ? result : Tensor();
  cpu::gemm(gemm);
  return result;
}

}  // namespace

Tensor product_as_float(const Tensor& a, const Tensor& b) {
  const IntArrayRef first = a.sizes(), second = b.sizes();
  const size_t rank = first.size();
  const bool fits = rank >= 2 && rank == second.size() && first.slice(0, rank - 2) == second.slice(0, rank - 2) &&
                    first[rank - 1] == second[rank - 2];
  return fits && a.scalar_type() == kBFloat16 ? multiply_batch(a, b, /*to_float=*/true) : Tensor();
}

namespace {

// Whether a matrix is the transpose of a row-major one. Its gradient is then made in the same order, so that the
// gradient of what it was transposed from is row-major.
bool is_transposed(const Tensor& matrix) {
  const detail::TensorImpl& impl = *matrix.impl();
  return impl.dim() == 2 && impl.strides[0] == 1 && impl.strides[1] == impl.sizes[0] && impl.sizes[0] != 1;
}

Tensor product(bool transposed, const Tensor& a, const Tensor& b) {
  return transposed ? mm(b.t(), a.t()).t() : mm(a, b);
}

// The tensor as a matrix of its last dimension's rows.
Tensor as_rows(const Tensor& tensor) {
  if (tensor.dim() == 2) return tensor;
  int64_t rows = 1;
  for (int64_t d = 0; d + 1 < tensor.dim(); ++d) rows *= tensor.size(d);
  return tensor.reshape({rows, tensor.size(-1)});
}

// The same elements as a result of other sizes, as PyTorch's _unsafe_view.
Tensor unsafe_view(const Tensor& self, IntArrayRef sizes) {
  return record("UnsafeViewBackward0", make_alias(self, sizes, contiguous_strides(sizes), self.storage_offset()),
                {self}, {},
                [before = DimVector(self.sizes())](Backward& run) { run.set(0, run.grad().reshape(before)); });
}

}  // namespace

// ---- Products ----------------------------------------------------------------------------------------------------

Tensor mm(const Tensor& self, const Tensor& mat2) {
  if (const Autocast cast(CastTo::ScopeDtype); cast) return mm(cast(self), cast(mat2));
  check(impl_of(self, "mm").dim() == 2, "self must be a matrix");
  check(impl_of(mat2, "mm").dim() == 2, "mat2 must be a matrix");
  check_matrices(self, mat2);
  check_same_dtype(self, mat2);
  return record("MmBackward0", product_of(self, mat2), {self, mat2}, {saved_for(mat2, self), saved_for(self, mat2)},
                [first = is_transposed(self), second = is_transposed(mat2)](Backward& run) {
                  if (run.needs(0)) run.set(0, product(first, run.grad(), run.saved(1).t()));
                  if (run.needs(1)) run.set(1, product(second, run.saved(0).t(), run.grad()));
                });
}

Tensor bmm(const Tensor& self, const Tensor& mat2) {
  if (const Autocast cast(CastTo::ScopeDtype); cast) return bmm(cast(self), cast(mat2));
  check(impl_of(self, "bmm").dim() == 3, "batch1 must be a 3D tensor");
  check(impl_of(mat2, "bmm").dim() == 3, "batch2 must be a 3D tensor");
  check(self.size(0) == mat2.size(0) && self.size(2) == mat2.size(1),
        "Expected size for first two dimensions of batch2 tensor to be: [{}, {}] but got: [{}, {}].", self.size(0),
        self.size(2), mat2.size(0), mat2.size(1));
  check(self.scalar_type() == mat2.scalar_type(), "expected scalar type {} but found {}", to_string(self.scalar_type()),
        to_string(mat2.scalar_type()));
  return record("BmmBackward0", multiply_batch(self, mat2), {self, mat2},
                {saved_for(mat2, self), saved_for(self, mat2)}, [](Backward& run) {
                  if (run.needs(0)) run.set(0, bmm(run.grad(), run.saved(1).transpose(1, 2)));
                  if (run.needs(1)) run.set(1, bmm(run.saved(0).transpose(1, 2), run.grad()));
                });
}

Tensor mv(const Tensor& self, const Tensor& vec) {
  check(impl_of(self, "mv").dim() == 2 && impl_of(vec, "mv").dim() == 1,
        "vector + matrix @ vector expected, got 1, {}, {}", self.dim(), vec.dim());
  if (self.size(1) != vec.size(0))
    fail("size mismatch, got input ({}), mat ({}), vec ({})", self.size(0), shape_text(self), vec.size(0));
  check_same_dtype(self, vec);
  const auto product = [&] {
    const NoGradGuard unrecorded;
    return product_of(self, vec.unsqueeze(1)).squeeze(1);
  };
  return record("MvBackward0", make_alias(product()), {self, vec}, {saved_for(vec, self), saved_for(self, vec)},
                [](Backward& run) {
                  if (run.needs(0)) run.set(0, outer(run.grad(), run.saved(1)));
                  if (run.needs(1)) run.set(1, mv(run.saved(0).t(), run.grad()));
                });
}

namespace {

Tensor dot_named(const char* grad_fn, const Tensor& self, const Tensor& other) {
  check(impl_of(self, "dot").dim() == 1 && impl_of(other, "dot").dim() == 1,
        "1D tensors expected, but got {}D and {}D tensors", self.dim(), other.dim());
  check(self.scalar_type() == other.scalar_type(),
        "dot : expected both vectors to have same dtype, but found {} and {}", to_string(self.scalar_type()),
        to_string(other.scalar_type()));
  check(self.numel() == other.numel(),
        "inconsistent tensor size, expected tensor [{}] and src [{}] to have the same number of elements, but got {} "
        "and {} "
        "elements respectively",
        self.numel(), other.numel(), self.numel(), other.numel());
  if (self.scalar_type() == kBool || self.scalar_type() == kUInt16) fail_not_implemented("dot", self.scalar_type());
  Tensor result = make_tensor({}, self.scalar_type());
  {
    const NoGradGuard unrecorded;
    multiply_into(result, self.unsqueeze(0), other.unsqueeze(1));
  }
  return record(grad_fn, std::move(result), {self, other}, {saved_for(other, self), saved_for(self, other)},
                [](Backward& run) {
                  if (run.needs(0)) run.set(0, run.grad() * run.saved(1));
                  if (run.needs(1)) run.set(1, run.grad() * run.saved(0));
                });
}

}  // namespace

Tensor dot(const Tensor& self, const Tensor& other) { return dot_named("DotBackward0", self, other); }
Tensor vdot(const Tensor& self, const Tensor& other) { return dot_named("VdotBackward0", self, other); }

Tensor outer(const Tensor& self, const Tensor& vec2) {
  check(impl_of(self, "outer").dim() == 1, "outer: Expected 1-D argument self, but got {}-D", self.dim());
  check(impl_of(vec2, "outer").dim() == 1, "outer: Expected 1-D argument vec2, but got {}-D", vec2.dim());
  return self.unsqueeze(1) * vec2;
}

// ---- matmul ------------------------------------------------------------------------------------------------------

namespace {

// Tensors of matrices whose leading dimensions broadcast.
Tensor matmul_broadcast(const Tensor& self, const Tensor& other) {
  const IntArrayRef a = self.sizes(), b = other.sizes();
  const DimVector batch = broadcast_sizes(a.slice(0, a.size() - 2), b.slice(0, b.size() - 2));
  const int64_t matrices = std::accumulate(batch.begin(), batch.end(), int64_t{1}, std::multiplies<>());
  check(a[a.size() - 1] == b[b.size() - 2],
        "Expected size for first two dimensions of batch2 tensor to be: [{}, {}] but got: [{}, {}].", matrices,
        a[a.size() - 1], matrices, b[b.size() - 2]);
  const auto expanded = [&batch](const Tensor& tensor) {
    DimVector sizes(batch);
    sizes.push_back(tensor.size(-2));
    sizes.push_back(tensor.size(-1));
    return tensor.expand(sizes);
  };
  Tensor result;
  {
    const NoGradGuard unrecorded;
    result = multiply_batch(expanded(self), expanded(other));
  }
  return record("UnsafeViewBackward0", std::move(result), {self, other},
                {saved_for(other, self), saved_for(self, other)}, [](Backward& run) {
                  if (run.needs(0)) run.set(0, matmul(run.grad(), run.saved(1).transpose(-2, -1)));
                  if (run.needs(1)) run.set(1, matmul(run.saved(0).transpose(-2, -1), run.grad()));
                });
}

}  // namespace

// The product over the last dimension of `self` and the one before the last of `other` (its only one, if it is a
// vector); other leading dimensions are batches and broadcast. A vector on the left is a row, which the result lacks.
Tensor matmul(const Tensor& self, const Tensor& other) {
  if (const Autocast cast(CastTo::ScopeDtype); cast) return matmul(cast(self), cast(other));
  const int64_t a = impl_of(self, "matmul").dim(), b = impl_of(other, "matmul").dim();
  check(a > 0 && b > 0, "both arguments to matmul need to be at least 1D, but they are {}D and {}D", a, b);
  if (a == 1 && b == 1) return dot(self, other);
  if (a == 2 && b == 1) return mv(self, other);
  if (a == 1 && b == 2) return mm(self.unsqueeze(0), other).squeeze(0);
  if (a == 2 && b == 2) return mm(self, other);
  check_same_dtype(self, other);
  if (b <= 2) {  // many rows against one matrix or vector
    DimVector sizes(self.sizes());
    const Tensor rows = as_rows(self);
    sizes.resize(sizes.size() - 1);
    if (b == 1) return unsafe_view(mv(rows, other), sizes);
    sizes.push_back(other.size(1));
    return unsafe_view(mm(rows, other), sizes);
  }
  return a == 1 ? matmul_broadcast(self.unsqueeze(0), other).squeeze(-2) : matmul_broadcast(self, other);
}

// ---- Fused sums --------------------------------------------------------------------------------------------------

namespace {

// A sum beta * self + alpha * product(a, b): what four ops share. The gradients of a and b are products too;
// `transposed` says of the one that is asked for in which order it is wanted.
struct FusedRow {
  const char* name;
  const char* in_place;
  const char* grad_fn;
  bool autocasts;
  bool rounds_once;  // half types are computed in float
  Tensor (*product)(const Tensor& a, const Tensor& b);
  Tensor (*first_gradient)(const Tensor& grad, const Tensor& b, bool transposed);
  Tensor (*second_gradient)(const Tensor& grad, const Tensor& a, bool transposed);
};

constexpr FusedRow kAddmm = {
    "addmm",
    "addmm_",
    "AddmmBackward0",
    true,
    true,
    mm,
    [](const Tensor& grad, const Tensor& b, bool transposed) { return product(transposed, grad, b.t()); },
    [](const Tensor& grad, const Tensor& a, bool transposed) { return product(transposed, a.t(), grad); }};
constexpr FusedRow kAddmv = {"addmv",
                             "addmv_",
                             "AddmvBackward0",
                             false,
                             false,
                             mv,
                             [](const Tensor& grad, const Tensor& b, bool) { return outer(grad, b); },
                             [](const Tensor& grad, const Tensor& a, bool) { return mv(a.t(), grad); }};
constexpr FusedRow kAddr = {"addr",
                            "addr_",
                            "AddrBackward0",
                            false,
                            false,
                            outer,
                            [](const Tensor& grad, const Tensor& b, bool) { return mv(grad, b); },
                            [](const Tensor& grad, const Tensor& a, bool) { return mv(grad.t(), a); }};
constexpr FusedRow kBaddbmm = {"baddbmm",
                               "baddbmm_",
                               "BaddbmmBackward0",
                               true,
                               true,
                               bmm,
                               [](const Tensor& grad, const Tensor& b, bool) { return bmm(grad, b.transpose(1, 2)); },
                               [](const Tensor& grad, const Tensor& a, bool) { return bmm(a.transpose(1, 2), grad); }};

bool is_one(const Scalar& factor) { return factor.toDouble() == 1; }
Tensor scaled(const Tensor& tensor, const Scalar& factor) { return is_one(factor) ? tensor : tensor * factor; }

auto fused_backward(const FusedRow& row, const Tensor& a, const Tensor& b, const Scalar& beta, const Scalar& alpha) {
  return [&row, beta, alpha, first = is_transposed(a), second = is_transposed(b)](Backward& run) {
    const Tensor grad = run.grad();
    if (run.needs(0)) run.set(0, scaled(grad, beta));
    if (run.needs(1)) run.set(1, scaled(row.first_gradient(grad, run.saved(1), first), alpha));
    if (run.needs(2)) run.set(2, scaled(row.second_gradient(grad, run.saved(0), second), alpha));
  };
}

// A factor in the dtype of the tensors: among integers it loses its fraction.
Scalar factor_for(const Tensor& self, const Scalar& factor) {
  const ScalarType dtype = self.scalar_type();
  if (is_floating_point(dtype)) return factor;
  return dtype == kBool ? Scalar(factor.toDouble() != 0) : Scalar(factor.toLong());
}

// The result, not recorded. A self that broadcasts along rows, as a bias does, goes through the kernel.
Tensor fused_value(const FusedRow& row, const Tensor& self, const Tensor& a, const Tensor& b, const Scalar& beta,
                   const Scalar& alpha) {
  const NoGradGuard unrecorded;
  if (&row == &kAddmm && self.dim() == 1 && self.size(0) == b.size(1) && self.stride(0) == 1 && is_one(beta)) {
    check_matrices(a, b);
    Tensor result = make_tensor({a.size(0), b.size(1)}, a.scalar_type());
    multiply_into(result, a, b, self.impl()->data(), alpha.toDouble());
    return result;
  }
  Tensor product;
  if (row.rounds_once && is_reduced_floating_point(a.scalar_type())) {
    product = product_as_float(a, b);
    if (!product.defined())
      return fused_value(row, self.to(kFloat), a.to(kFloat), b.to(kFloat), beta, alpha).to(a.scalar_type());
  } else {
    product = row.product(a, b);
  }
  Tensor result = scaled(product, alpha);
  if (beta.toDouble() != 0) result.add_(self.expand(result.sizes()), beta);
  return result.to(a.scalar_type());
}

void check_fused(const FusedRow& row, const Tensor& self, const Tensor& a, const Tensor& b) {
  impl_of(self, row.name), impl_of(a, row.name), impl_of(b, row.name);
  if (&row == &kAddmm) {
    check(a.dim() == 2, "mat1 must be a matrix, got {}-D tensor", a.dim());
    check(b.dim() == 2, "mat2 must be a matrix, got {}-D tensor", b.dim());
  }
  check(a.scalar_type() == b.scalar_type(), "mat1 and mat2 must have the same dtype, but got {} and {}",
        to_string(a.scalar_type()), to_string(b.scalar_type()));
  check(self.scalar_type() == b.scalar_type(), "self and mat2 must have the same dtype, but got {} and {}",
        to_string(self.scalar_type()), to_string(b.scalar_type()));
}

Tensor fused(const FusedRow& row, const Tensor& self, const Tensor& a, const Tensor& b, const Scalar& beta,
             const Scalar& alpha) {
  if (const Autocast cast(CastTo::ScopeDtype); cast && row.autocasts)
    return fused(row, cast(self), cast(a), cast(b), beta, alpha);
  check_fused(row, self, a, b);
  return record(row.grad_fn, fused_value(row, self, a, b, factor_for(self, beta), factor_for(self, alpha)),
                {self, a, b}, {saved_for(b, a), saved_for(a, b)}, fused_backward(row, a, b, beta, alpha));
}

Tensor& fused_into(const FusedRow& row, Tensor& self, const Tensor& a, const Tensor& b, const Scalar& beta,
                   const Scalar& alpha) {
  const AutocastPause pause;  // the result has self's dtype
  check_fused(row, self, a, b);
  const Tensor value = fused_value(row, self, a, b, factor_for(self, beta), factor_for(self, alpha));
  check(value.sizes() == self.sizes(), "{}: expected self to have the shape {} of the product, got {}", row.in_place,
        value.sizes(), self.sizes());
  InPlace write(row.in_place, self, {a, b});
  cpu::copy_strided(self.sizes(), self.impl()->data(), self.strides().data(), self.scalar_type(), value.impl()->data(),
                    value.strides().data(), value.scalar_type());
  write.record(row.grad_fn, {saved_for(b, a), saved_for(a, b)}, fused_backward(row, a, b, beta, alpha));
  return self;
}

}  // namespace

#define RELUME_FUSED(name, row, first, second)                                                                        \
  Tensor name(const Tensor& self, const Tensor& first, const Tensor& second, const Scalar& beta,                      \
              const Scalar& alpha) {                                                                                  \
    return fused(row, self, first, second, beta, alpha);                                                              \
  }                                                                                                                   \
  Tensor& name##_(Tensor& self, const Tensor& first, const Tensor& second, const Scalar& beta, const Scalar& alpha) { \
    return fused_into(row, self, first, second, beta, alpha);                                                         \
  }
RELUME_FUSED(addmm, kAddmm, mat1, mat2)
RELUME_FUSED(addmv, kAddmv, mat, vec)
RELUME_FUSED(baddbmm, kBaddbmm, batch1, batch2)
#undef RELUME_FUSED

namespace {

// The dtype of beta * self + alpha * outer(vec1, vec2), which unlike the other sums takes several.
ScalarType addr_dtype(const Tensor& self, const Tensor& vec1, const Tensor& vec2, const Scalar& beta,
                      const Scalar& alpha) {
  impl_of(self, "addr"), impl_of(vec1, "addr"), impl_of(vec2, "addr");
  const ScalarType dtype = result_type({self, vec1, vec2});
  for (const auto& [name, factor] : {std::pair("beta", &beta), std::pair("alpha", &alpha)})
    check(is_floating_point(dtype) || !factor->isFloatingPoint(),
          "For integral input tensors, argument {} must not be a floating point number.", name);
  return dtype;
}

}  // namespace

// beta * self + alpha * outer(vec1, vec2)
Tensor addr(const Tensor& self, const Tensor& vec1, const Tensor& vec2, const Scalar& beta, const Scalar& alpha) {
  const ScalarType dtype = addr_dtype(self, vec1, vec2, beta, alpha);
  return fused(kAddr, self.to(dtype), vec1.to(dtype), vec2.to(dtype), beta, alpha);
}
Tensor& addr_(Tensor& self, const Tensor& vec1, const Tensor& vec2, const Scalar& beta, const Scalar& alpha) {
  const ScalarType dtype = self.scalar_type();
  check_can_cast(addr_dtype(self, vec1, vec2, beta, alpha), dtype);
  return fused_into(kAddr, self, vec1.to(dtype), vec2.to(dtype), beta, alpha);
}

// ---- linear ------------------------------------------------------------------------------------------------------

namespace {

void check_linear(const Tensor& input, const Tensor& weight, const Tensor& bias) {
  impl_of(input, "linear"), impl_of(weight, "linear");
  check(input.dim() > 0, "linear: expected an input with at least 1 dimension, got a 0-D tensor");
  check(weight.dim() == 2, "mat2 must be a matrix, got {}-D tensor", weight.dim());
  // As in mm and addmm: sizes before dtypes, and dtypes before sizes.
  if (bias.defined())
    check(input.scalar_type() == weight.scalar_type(), "mat1 and mat2 must have the same dtype, but got {} and {}",
          to_string(input.scalar_type()), to_string(weight.scalar_type()));
  if (input.impl()->sizes.back() != weight.impl()->sizes[1])
    fail("mat1 and mat2 shapes cannot be multiplied ({} and {})", shape_text(as_rows(input)), shape_text(weight.t()));
  if (!bias.defined()) return check_same_dtype(input, weight);
  check(bias.scalar_type() == weight.scalar_type(), "self and mat2 must have the same dtype, but got {} and {}",
        to_string(bias.scalar_type()), to_string(weight.scalar_type()));
  check(bias.dim() <= 1 && (bias.numel() == 1 || bias.impl()->sizes[0] == weight.impl()->sizes[0]),
        "linear: expected a bias of {} elements, one a row of the weight {}, got {}", weight.size(0), weight.sizes(),
        bias.sizes());
}

// The name of the last op in the chain that linear is in PyTorch.
const char* linear_grad_fn(const Tensor& input, const Tensor& bias) {
  if (input.dim() == 2) return bias.defined() ? "AddmmBackward0" : "MmBackward0";
  if (bias.defined()) return "ViewBackward0";
  return input.dim() == 1 ? "SqueezeBackward4" : "UnsafeViewBackward0";
}

// A bias as n neighbours; one element counts for all.
Tensor as_row(const Tensor& bias, int64_t n) {
  return bias.numel() == n && bias.is_contiguous() ? bias : bias.expand({n}).contiguous();
}

// `constant` says that the weight stays as it is for many calls: products may then keep it in an order of their own.
Tensor linear_value(const Tensor& input, const Tensor& weight, const Tensor& bias, bool constant) {
  const NoGradGuard unrecorded;
  DimVector sizes(input.sizes());
  sizes.back() = weight.impl()->sizes[0];
  Tensor result = make_tensor(sizes, input.scalar_type());
  const Tensor row = bias.defined() ? as_row(bias, sizes.back()) : bias;
  const void* const bias_data = row.defined() ? row.impl()->data() : nullptr;
  if (!constant) {
    multiply_into(result, as_rows(input), Matrix(weight).transposed(), bias_data);
    return result;
  }
  detail::Storage& storage = *weight.impl()->storage;
  const std::shared_ptr<const detail::Derived> before = storage.derived();
  std::shared_ptr<const detail::Derived> kept = before;
  multiply_into(result, as_rows(input), Matrix(weight).transposed(), bias_data, 1, &kept);
  if (kept != before) storage.keep_derived(std::move(kept));
  return result;
}

// The sum of the rows, as a new tensor.
Tensor sum_of_rows(const Tensor& rows) {
  const detail::TensorImpl& impl = *rows.impl();
  if (impl.sizes[0] != 1 || !impl.contiguous) return rows.sum(0);
  Tensor result = make_tensor(impl.sizes[1], impl.dtype);
  const auto bytes = static_cast<size_t>(impl.numel * element_size(impl.dtype));
  if (bytes > 0) std::memcpy(result.impl()->data(), impl.data(), bytes);
  return result;
}

// The gradients of bias, input and weight as a graph of their own is recorded for them, too.
void differentiable_gradients(Backward& run) {
  const Tensor& grad = run.grad();
  if (run.needs(0)) run.set(0, grad);
  if (run.needs(1)) run.set(1, matmul(grad, run.saved(1)));
  if (run.needs(2)) run.set(2, mm(as_rows(grad).t(), as_rows(run.saved(0))));
}

// The same numbers, straight into new tensors.
void linear_backward(Backward& run) {
  const Tensor input = run.needs(2) ? run.saved(0) : Tensor(), weight = run.needs(1) ? run.saved(1) : Tensor();
  const Tensor& known = input.defined() ? input : weight;
  const Tensor& grad = run.grad();
  const ScalarType dtype = grad.scalar_type();
  if (GradMode::is_enabled() || (known.defined() && known.scalar_type() != dtype)) return differentiable_gradients(run);
  const Tensor rows = as_rows(grad);
  if (run.needs(0)) run.set(0, sum_of_rows(rows));
  if (run.needs(1)) {
    DimVector sizes(grad.impl()->sizes);
    sizes.back() = weight.impl()->sizes[1];
    Tensor result = make_tensor(sizes, dtype);
    multiply_into(result, rows, weight);
    run.set(1, std::move(result));
  }
  if (run.needs(2)) {
    const Tensor input_rows = as_rows(input);
    Tensor result = make_tensor({rows.impl()->sizes[1], input_rows.impl()->sizes[1]}, dtype);
    multiply_into(result, Matrix(rows).transposed(), input_rows);
    run.set(2, std::move(result));
  }
}

Tensor linear_of(const Tensor& input, const Tensor& weight, const Tensor& bias, bool by_module) {
  if (const Autocast cast(CastTo::ScopeDtype); cast) return linear_of(cast(input), cast(weight), cast(bias), by_module);
  if (impl_of(weight, "linear").dim() == 1)
    return bias.defined() ? matmul(input, weight) + bias : matmul(input, weight);
  check_linear(input, weight, bias);
  const bool records = recording({input, weight, bias});
  Tensor result = linear_value(input, weight, bias, by_module && !records && weight.impl()->storage->can_keep());
  if (records)
    record_history(linear_grad_fn(input, bias), result, {bias, input, weight},
                   {saved_for(weight, input), {saved_for(input, weight), autograd::Save::Kind::Transposed}},
                   linear_backward);
  return result;
}

}  // namespace

// input weight^T + bias: input [..., in], weight [out, in], bias [out] or undefined; result [..., out]. A weight [in]
// gives a result [...].
Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias) {
  return linear_of(input, weight, bias, false);
}

Tensor linear_of_module(const Tensor& input, const Tensor& weight, const Tensor& bias) {
  return profiler::call("linear", linear_of, input, weight, bias, true);
}

}  // namespace relume
