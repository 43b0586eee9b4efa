// Results written into a tensor that is there: what functions with out= do.
#pragma once

#include <string>

#include "relume/export.h"
#include "relume/tensor.h"

namespace relume {

// What PyTorch warns of where writing the result would resize an out that has elements; empty where it would not.
RELUME_API std::string resize_warning(const Tensor& out, const Tensor& result);

// Gives out the result's sizes and elements. Throws Error, naming the op, where out or the result requires grad, or
// out's dtype cannot hold the result's.
RELUME_API Tensor& write_out(const char* op, Tensor& out, const Tensor& result);
// The same after writing the warning, where there is one, to standard error.
RELUME_API Tensor& write_out_with_warning(const char* op, Tensor& out, const Tensor& result);

}  // namespace relume
