// Results written into a tensor that is there: what functions with out= do.
#pragma once

#include "relume/export.h"
#include "relume/tensor.h"

namespace relume {

// Gives out the result's sizes and elements, and warns where it had elements and gets others. Throws Error, naming the
// op, where out or the result requires grad, or out's dtype cannot hold the result's.
RELUME_API Tensor& write_out(const char* op, Tensor& out, const Tensor& result);

}  // namespace relume
