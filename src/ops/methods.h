// The ops that exist as methods of Tensor only, as functions that their methods call.
// Made from src/ops/table.txt by tools/generate_ops.py; not edited by hand.
#pragma once

#include "relume/ops.h"

namespace relume::method {

// Views.
Tensor view(const Tensor& self, IntArrayRef size);
Tensor view(const Tensor& self, ScalarType dtype);
Tensor view_as(const Tensor& self, const Tensor& other);
Tensor reshape_as(const Tensor& self, const Tensor& other);
Tensor numpy_T(const Tensor& self);
Tensor mT(const Tensor& self);
Tensor expand(const Tensor& self, IntArrayRef size, bool implicit = false);
Tensor expand_as(const Tensor& self, const Tensor& other);
Tensor sum_to_size(const Tensor& self, IntArrayRef size);
Tensor unfold(const Tensor& self, int64_t dimension, int64_t size, int64_t step);
Tensor& t_(Tensor& self);
Tensor& transpose_(Tensor& self, int64_t dim0, int64_t dim1);
Tensor& squeeze_(Tensor& self);
Tensor& squeeze_(Tensor& self, int64_t dim);
Tensor& squeeze_(Tensor& self, IntArrayRef dim);
Tensor& unsqueeze_(Tensor& self, int64_t dim);
Tensor& as_strided_(Tensor& self, IntArrayRef size, IntArrayRef stride, std::optional<int64_t> storage_offset = {});
Tensor& resize_(Tensor& self, IntArrayRef size);
Tensor& resize_as_(Tensor& self, const Tensor& other);

// Copies.
Tensor contiguous(const Tensor& self, MemoryFormat memory_format = MemoryFormat::Contiguous);
Tensor& copy_(Tensor& self, const Tensor& src, bool non_blocking = false);
Tensor& fill_diagonal_(Tensor& self, const Scalar& fill_value, bool wrap = false);
Tensor repeat(const Tensor& self, IntArrayRef repeats);

// Creation.
Tensor new_empty(const Tensor& self, IntArrayRef size, const TensorOptions& options = {});
Tensor new_empty_strided(const Tensor& self, IntArrayRef size, IntArrayRef stride, const TensorOptions& options = {});
Tensor new_zeros(const Tensor& self, IntArrayRef size, const TensorOptions& options = {});
Tensor new_ones(const Tensor& self, IntArrayRef size, const TensorOptions& options = {});
Tensor new_full(const Tensor& self, IntArrayRef size, const Scalar& fill_value, const TensorOptions& options = {});

// Random.
Tensor& uniform_(Tensor& self, double from = 0, double to = 1, std::optional<Generator> generator = {});
Tensor& normal_(Tensor& self, double mean = 0, double std = 1, std::optional<Generator> generator = {});
Tensor& bernoulli_(Tensor& self, double p = 0.5, std::optional<Generator> generator = {});
Tensor& bernoulli_(Tensor& self, const Tensor& p, std::optional<Generator> generator = {});
Tensor& exponential_(Tensor& self, double lambd = 1, std::optional<Generator> generator = {});
Tensor& cauchy_(Tensor& self, double median = 0, double sigma = 1, std::optional<Generator> generator = {});
Tensor& log_normal_(Tensor& self, double mean = 1, double std = 2, std::optional<Generator> generator = {});
Tensor& geometric_(Tensor& self, double p, std::optional<Generator> generator = {});
Tensor& random_(Tensor& self, std::optional<Generator> generator = {});
Tensor& random_(Tensor& self, int64_t to, std::optional<Generator> generator = {});
Tensor& random_(Tensor& self, int64_t from, std::optional<int64_t> to, std::optional<Generator> generator = {});

// Other names of the above.
Tensor& swapaxes_(Tensor& self, int64_t dim0, int64_t dim1);
Tensor& swapdims_(Tensor& self, int64_t dim0, int64_t dim1);

}  // namespace relume::method
