// Results written into a tensor that is there: what functions with out= do.
#pragma once

#include "relume/export.h"
#include "relume/tensor.h"

namespace relume {

// Gives out the result's sizes and elements, and warns where it had elements and gets others. Throws Error, naming the
// op, where out or the result requires grad, where the op does not write results into tensors of out's dtype, or where
// out shows some of the memory of an input, the arguments of the op, that the op would still have to read.
RELUME_API Tensor& write_out(const char* op, Tensor& out, const Tensor& result, TensorList inputs = {});

}  // namespace relume
