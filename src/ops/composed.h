// What ops share that are made of other ops.
#pragma once

#include "autograd/record.h"
#include "ops/elementwise.h"
#include "relume/ops.h"

namespace relume {

// The result of other ops as that of one: its grad_fn, which must be a new one where a graph is recorded, shows this
// name.
inline Tensor named(const char* grad_fn, Tensor result) {
  if (!GradMode::is_enabled()) return result;  // a result in place may have an older grad_fn
  if (const autograd::NodePtr node = result.grad_fn()) static_cast<autograd::GraphNode&>(*node).name_ = grad_fn;
  return result;
}

// Writes the result of other ops into self. Throws Error where it has another shape, or a dtype that self cannot hold.
inline Tensor& become_result(Tensor& self, const Tensor& result) {
  check_can_cast(result.scalar_type(), self.scalar_type());
  check(result.sizes() == self.sizes(), "output with shape {} doesn't match the broadcast shape {}", self.sizes(),
        result.sizes());
  return self.copy_(result);
}
inline Tensor& become_result(const char* grad_fn, Tensor& self, const Tensor& result) {
  named(grad_fn, become_result(self, result));
  return self;
}

// The gradient of a value that was chosen from self over dims, which both keep: equal shares to all elements equal to
// it.
inline Tensor shared_by_equals(const Tensor& grad, const Tensor& self, const Tensor& value, IntArrayRef dims) {
  const Tensor equal = logical_or(self == value, logical_and(isnan(self), isnan(value))).to(self.scalar_type());
  return grad * equal / equal.sum(dims, true);
}

// The same for the elements equal to `value` among all.
inline Tensor shared_by_all_equals(const Tensor& grad, const Tensor& self, const Tensor& value) {
  const Tensor equal = logical_or(self == value, logical_and(isnan(self), isnan(value)));
  return where(equal, grad / equal.sum(), 0.0);
}

// self as it is now, in a tensor of its own where a graph is recorded: for ops that save what they then write to.
inline Tensor kept(const Tensor& self) { return recording({self}) ? clone(self) : self; }

}  // namespace relume
