// What element-wise ops share: broadcasting, promotion of dtypes, the layout of results, and calling a kernel.
#pragma once

#include <initializer_list>
#include <optional>

#include "core/check.h"
#include "core/tensor_impl.h"
#include "kernels/elementwise.h"
#include "relume/tensor.h"

namespace relume {

// The shape to which both broadcast. Throws Error where they do not.
DimVector broadcast_sizes(IntArrayRef a, IntArrayRef b);

// A tensor or a number, as an operand that takes part in promotion.
struct Operand {
  Operand(const Tensor& tensor) : tensor(&tensor) {}  // NOLINT: implicit, so that calls read as lists of operands
  Operand(const Scalar& scalar) : scalar(&scalar) {}  // NOLINT
  const Tensor* tensor = nullptr;
  const Scalar* scalar = nullptr;
};

// The dtype of a result of these operands. Tensors with dimensions decide, within their category (bool, integer,
// floating point); 0-dim tensors count only where they are of a higher category, and numbers after those, as dtypes
// bool, int64 and the default dtype.
ScalarType result_type(std::initializer_list<Operand> operands);
// The same, where integers and bools give the default dtype.
ScalarType float_result_type(std::initializer_list<Operand> operands);

// Up to so many elements a call without broadcasts and conversions is handed to the kernel as it is: planning would
// take as long as the work.
inline constexpr int64_t kFewElements = 1024;

// How a kernel is to be run.
struct ElementwiseKernel {
  cpu::ElementwiseLoop loop = nullptr;
  const void* options = nullptr;
  ScalarType dtype = ScalarType::Undefined;         // of the elements that the kernel reads
  ScalarType result_dtype = ScalarType::Undefined;  // of those that it writes; Undefined: the same
  int cost = 1;                                     // see kernels/elementwise.h
  bool masked = false;                              // the first input is a mask: the kernel reads it as bool
  // Where it is not Undefined: inputs are rounded to this half type before the kernel reads them as float, all but a
  // 0-dim one that stands at place `exact`.
  ScalarType rounds = ScalarType::Undefined;
  int exact = -1;
  // Those that read and write that half type itself, or null: the second reads what stands at place `exact` as float.
  cpu::ElementwiseLoop half_loop = nullptr;
  cpu::ElementwiseLoop half_loop_by_number = nullptr;
  int number = -1;  // the place of an input that is read as float
};

// kernel(inputs...) as a new tensor of dtype `dtype` (Undefined: what the kernel writes). Inputs are broadcast and
// converted; the result has the order of dimensions that the inputs have in memory.
Tensor elementwise(const ElementwiseKernel& kernel, std::initializer_list<const Tensor*> inputs,
                   ScalarType dtype = ScalarType::Undefined);
// The same, written into `out`, which may be one of the inputs; inputs that overlap with it in part are read first.
// Throws Error where the inputs do not broadcast to its shape.
void elementwise_into(const Tensor& out, const ElementwiseKernel& kernel, std::initializer_list<const Tensor*> inputs);

// A new tensor with undefined contents for a result of these sizes: dense, with dimensions in the order that the inputs
// have in memory.
Tensor make_result(IntArrayRef sizes, ScalarType dtype, std::initializer_list<const Tensor*> inputs);

// Whether nobody but the caller can see the elements of a tensor, which it is about to give up, so that a result may
// take their place.
bool may_overwrite(const Tensor& tensor);

// Whether the two show some of the same memory, but not the same elements at the same places: writing to one would
// change the other while it is read.
bool overlap_in_part(const Tensor& a, const Tensor& b);
// Throws Error where that is certain, since both lie in memory without gaps. Of tensors with gaps the elements of one
// may lie in those of the other; an op that reads while it writes copies the one that it reads. An op that writes
// elsewhere than it reads allows no overlap, not even one of the whole.
enum class Overlap { Whole, None };
void refuse_overlap(const Tensor& written, const Tensor& read, Overlap allowed = Overlap::Whole);

// A 0-dim tensor of the dtype with the value. Throws Error where an integer type cannot hold it.
Tensor make_scalar(const Scalar& value, ScalarType dtype);
// The same; throws Error where a finite number becomes an infinite one.
Tensor make_finite_scalar(const Scalar& value, ScalarType dtype);

// Throws where a result of dtype `from` cannot be written in place into a tensor of dtype `to`.
void check_can_cast(ScalarType from, ScalarType to);

// The names of element types in error texts about kernels: "Float", "Long"; `"elu_cpu" not implemented for 'Long'`.
[[noreturn]] void fail_not_implemented(const char* kernel, ScalarType dtype);

}  // namespace relume
