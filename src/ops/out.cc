// Results written into a tensor that is there.
#include "relume/out.h"

#include "autograd/record.h"
#include "ops/elementwise.h"
#include "relume/warning.h"

namespace relume {

Tensor& write_out(const char* op, Tensor& out, const Tensor& result) {
  impl_of(out, op);
  check(!result.requires_grad() && !(GradMode::is_enabled() && out.requires_grad()),
        "{}(): functions with out=... arguments don't support automatic differentiation, but one of the arguments "
        "requires grad.",
        op);
  const NoGradGuard unrecorded;
  check_can_cast(result.scalar_type(), out.scalar_type());
  if (out.sizes() != result.sizes()) {
    if (out.numel() > 0)
      warn(fmt::format(
          "An output with one or more elements was resized since it had shape {}, which does not match the required "
          "output shape {}. This behavior is deprecated, and in a future PyTorch release outputs will not be resized "
          "unless they have zero elements. You can explicitly reuse an out tensor t by resizing it, inplace, to zero "
          "elements with t.resize_(0).",
          out.sizes(), result.sizes()));
    out.resize_(result.sizes());
  }
  return out.copy_(result);
}

}  // namespace relume
