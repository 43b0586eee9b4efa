// Functions of tensors that are made of other ops: histogram, gradient, range.
#pragma once

#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "relume/export.h"
#include "relume/maybe.h"
#include "relume/options.h"
#include "relume/scalar.h"
#include "relume/shape.h"
#include "relume/tensor.h"

namespace relume {

// How many elements, or how much of `weight`, lie between neighbours of the edges `bins`, and those edges; the last
// bin has its upper edge. With density the integral is 1.
RELUME_API std::tuple<Tensor, Tensor> histogram(const Tensor& self, const Tensor& bins,
                                                const detail::Maybe<Tensor>& weight = {}, bool density = false);
// The same for a number of bins of one width, over `range` or from the least to the greatest element.
RELUME_API std::tuple<Tensor, Tensor> histogram(const Tensor& self, int64_t bins = 100);
RELUME_API std::tuple<Tensor, Tensor> histogram(const Tensor& self, int64_t bins, std::optional<ArrayRef<double>> range,
                                                const detail::Maybe<Tensor>& weight = {}, bool density = false);

// The derivatives along the dims by central differences, and at the ends by one-sided ones of order edge_order, 1
// or 2. `spacing` has the distance of neighbours along each dim, or is that along all.
RELUME_API std::vector<Tensor> gradient(const Tensor& self, ArrayRef<Scalar> spacing, IntArrayRef dim,
                                        int64_t edge_order = 1);
RELUME_API std::vector<Tensor> gradient(const Tensor& self, const Scalar& spacing, IntArrayRef dim,
                                        int64_t edge_order = 1);
RELUME_API std::vector<Tensor> gradient(const Tensor& self, IntArrayRef dim, int64_t edge_order = 1);
RELUME_API std::vector<Tensor> gradient(const Tensor& self, const std::optional<Scalar>& spacing = {},
                                        std::optional<int64_t> dim = {}, int64_t edge_order = 1);

// The numbers from start to end, which is among them; arange leaves it out.
RELUME_API Tensor range(const Scalar& start, const Scalar& end, const TensorOptions& options = {});
RELUME_API Tensor range(const Scalar& start, const Scalar& end, const Scalar& step, const TensorOptions& options = {});

}  // namespace relume
