// embedding: rows of a table by their numbers.
#include "ops/embedding.h"

#include "autograd/record.h"
#include "core/check.h"
#include "ops/elementwise.h"
#include "relume/ops.h"

namespace relume {
namespace {

void check_index_dtype(const char* name, ScalarType dtype) {
  check(dtype == kLong || dtype == kInt,
        "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
        "CPU{}Type instead (while checking arguments for {})",
        to_string(dtype), name);
}

}  // namespace

cpu::Embedding describe_embedding(const Tensor& indices, ScalarType dtype, int64_t rows, int64_t columns) {
  return {dtype, rows, columns, indices.scalar_type(), indices.data_ptr(), indices.numel()};
}

Tensor table_gradient(const Tensor& grad, const Tensor& indices, const Tensor& bag, TableGradient options) {
  Tensor result;
  {
    const NoGradGuard unrecorded;
    const Tensor dense = grad.contiguous(), index = indices.contiguous();
    const int64_t columns = grad.size(-1);
    result = make_tensor({options.rows, columns}, grad.scalar_type());
    cpu::embedding_backward(describe_embedding(index, grad.scalar_type(), options.rows, columns), dense.data_ptr(),
                            bag.defined() ? bag.data_ptr<int64_t>() : nullptr, options.padding,
                            options.scale_by_frequency, result.data_ptr());
  }
  const auto backward = [options, count = grad.size(0)](Backward& run) {
    check(!options.scale_by_frequency, "embedding double backwards does not support scale_grad_by_freq");
    const Tensor indices = run.saved(0), bag = run.saved(1);
    Tensor taken = embedding(run.grad(), indices);
    if (options.padding >= 0) taken = taken.masked_fill(indices.eq(options.padding).unsqueeze(-1), 0);
    run.set(0, bag.defined() ? zeros({count, taken.size(-1)}, taken.scalar_type()).index_add(0, bag, taken) : taken);
  };
  return record("EmbeddingDenseBackwardBackward0", std::move(result), {grad}, {indices, bag}, backward);
}

// result[..., :] = weight[indices[...], :]: weight [rows, columns], indices int64 or int32 of any shape. The row
// padding_idx gets no gradient; with scale_grad_by_freq gradients are divided by how often their row was taken. Throws
// IndexError for indices outside [0, rows).
Tensor embedding(const Tensor& weight, const Tensor& indices, int64_t padding_idx, bool scale_grad_by_freq,
                 bool sparse) {
  check(impl_of(weight, "embedding").dim() == 2, "'weight' must be 2-D");
  const ScalarType index_dtype = impl_of(indices, "embedding").dtype;
  check_index_dtype("embedding", index_dtype);
  check<NotImplementedError>(!sparse, "embedding: sparse gradients are not supported");
  DimVector sizes(indices.sizes());
  sizes.push_back(weight.size(1));
  Tensor result = make_tensor(sizes, weight.scalar_type());
  {
    const NoGradGuard unrecorded;
    const Tensor table = weight.contiguous(), index = indices.contiguous();
    cpu::embedding_forward(describe_embedding(index, weight.scalar_type(), weight.size(0), weight.size(1)),
                           table.data_ptr(), result.data_ptr());
  }
  return record("EmbeddingBackward0", std::move(result), {weight}, {indices},
                [options = TableGradient{weight.size(0), padding_idx, scale_grad_by_freq}](Backward& run) {
                  run.set(0, table_gradient(run.grad(), run.saved(0), Tensor(), options));
                });
}

// Scales down, in place, the rows that indices name, so that their norms of order norm_type are at most max_norm.
Tensor& embedding_renorm_(Tensor& self, const Tensor& indices, double max_norm, double norm_type) {
  check(impl_of(self, "embedding_renorm_").dim() == 2, "'self' must be 2-D");
  const ScalarType index_dtype = impl_of(indices, "embedding_renorm_").dtype;
  check_index_dtype("embedding_renorm_", index_dtype);
  autograd::check_in_place(self, recording({self}));
  const NoGradGuard unrecorded;
  const Tensor rows = std::get<0>(unique(indices.reshape({-1}))).to(kLong), values = self.index_select(0, rows);
  const Tensor norms = norm(values, norm_type, {1}, true);
  const Tensor factors = (max_norm / (norms.to(kDouble) + 1e-7)).to(self.scalar_type());
  return self.index_copy_(0, rows, where(norms > max_norm, values * factors, values));
}

}  // namespace relume
