// Batch and layer normalisation, both directions, and that of groups.
#pragma once

#include <cstdint>

#include "kernels/layout.h"
#include "relume/dtype.h"

namespace relume::cpu {

// Activations [batch, channels, pixels] whose channels are normalised. `Statistic` below is the type of everything that
// has an element a channel (or a row, or a column): double when dtype is float64, else float. Sums are formed in
// double.
struct BatchNorm {
  ScalarType dtype = kFloat;
  int64_t batch = 0, channels = 0, pixels = 1;
  Layout layout = Layout::Plain;
};

// Mean and biased variance of each channel as they are in x: Statistic[channels] each.
void batch_norm_moments(const BatchNorm& norm, const void* x, void* mean, void* variance);

// y = (x - mean) * inverse_std * weight + bias; weight and bias may be null.
void batch_norm_apply(const BatchNorm& norm, const void* x, const void* mean, const void* inverse_std,
                      const void* weight, const void* bias, void* y);

// What of the gradient is wanted: null pointers are left out.
struct NormGradients {
  void* x = nullptr;
  void* weight = nullptr;
  void* bias = nullptr;
};

// The gradients of batch_norm_apply. With `of_batch` the mean and deviation came from x itself and take part. That of x
// may take the place of grad_y.
void batch_norm_backward(const BatchNorm& norm, bool of_batch, const void* grad_y, const void* x, const void* mean,
                         const void* inverse_std, const void* weight, const NormGradients& gradients);

// Rows of `columns` elements, each normalised by itself; weight and bias have an element a column.
struct LayerNorm {
  ScalarType dtype = kFloat;
  int64_t rows = 0, columns = 0;
};

// y = (x - mean) / sqrt(variance + eps) * weight + bias; saves mean and inverse deviation, Statistic[rows] each.
void layer_norm_forward(const LayerNorm& norm, double eps, const void* x, const void* weight, const void* bias, void* y,
                        void* mean, void* inverse_std);
void layer_norm_backward(const LayerNorm& norm, const void* grad_y, const void* x, const void* mean,
                         const void* inverse_std, const void* weight, const NormGradients& gradients);

// Groups of `channels` planes of `pixels` elements, each group normalised by itself, in float32 or float64.
struct GroupNorm {
  ScalarType dtype = kFloat;
  int64_t batch = 0, groups = 0, channels = 0, pixels = 1;
};

// y = (x - mean) / sqrt(variance + eps) * weight + bias; weight and bias have an element a channel of all the groups,
// or are null.
void group_norm_forward(const GroupNorm& norm, double eps, const void* x, const void* weight, const void* bias,
                        void* y);
void group_norm_backward(const GroupNorm& norm, double eps, const void* grad_y, const void* x, const void* weight,
                         const NormGradients& gradients);

}  // namespace relume::cpu
