// Activations with a second operand: glu, whose halves gate each other; prelu, with learned slopes; rrelu, with random
// ones.
#include "core/random.h"
#include "kernels/random.h"
#include "ops/arithmetic.h"
#include "ops/autocast.h"
#include "relume/activations.h"
#include "relume/ops.h"

namespace relume {

// a * sigmoid(b), a and b the halves along dim.  Dauphin et al., 2017.
Tensor glu(const Tensor& self, int64_t dim) {
  const detail::TensorImpl& impl = impl_of(self, "glu");
  check(impl.dim() > 0, "glu does not support scalars because halving size must be even");
  const int64_t at = wrap_dim(dim, impl.dim());
  const int64_t size = self.size(at), half = size / 2;
  check(size % 2 == 0, "Halving dimension must be even, but dimension {} is size {}", at, size);
  if (!self.is_floating_point()) fail_not_implemented("glu_cpu", impl.dtype);
  const Tensor plain = self.detach();
  Tensor result = plain.narrow(at, 0, half) * sigmoid(plain.narrow(at, half, half));
  return record("GluBackward0", std::move(result), {self}, {self}, [at, half](Backward& run) {
    const Tensor x = run.saved(0);
    const Tensor a = x.narrow(at, 0, half), gate = sigmoid(x.narrow(at, half, half));
    const Tensor grad_a = run.grad() * gate;
    run.set(0, cat({grad_a, grad_a * a * (1 - gate)}, at));
  });
}

namespace {

// The slopes in a shape that broadcasts to the input: one for all, or one a channel (dimension 1).
Tensor slopes_for(const Tensor& self, const Tensor& weight) {
  const int64_t rank = impl_of(self, "prelu").dim(), count = impl_of(weight, "prelu").numel;
  check(self.scalar_type() == weight.scalar_type(), "prelu: Type promoting not supported. Got {} and {}",
        to_string(self.scalar_type()), to_string(weight.scalar_type()));
  check(weight.dim() <= 1, "prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {}", weight.dim());
  if (!self.is_floating_point()) fail_not_implemented("prelu_cpu", self.scalar_type());
  if (count != 1) {
    check(rank > 0, "Not allow zero-dim input tensor.");
    const int64_t channels = rank > 1 ? self.size(1) : 1;
    check(count == channels,
          "Mismatch of parameter numbers and input channel size. Found parameter numbers = {} and channel size = {}.",
          count, channels);
  }
  DimVector shape(static_cast<size_t>(rank), 1);
  if (rank > 1) shape[1] = count;
  return weight.reshape(shape);
}

constexpr ArithmeticRow kPrelu = {"prelu", nullptr, "prelu_cpu", cpu::ArithmeticOp::prelu};

}  // namespace

// x where x > 0, else weight * x.  He et al., 2015.
Tensor prelu(const Tensor& self, const Tensor& weight) {
  if (const Autocast cast(CastTo::ScopeDtype); cast) return prelu(cast(self), cast(weight));
  const Tensor slopes = slopes_for(self, weight);
  const ScalarType dtype = self.scalar_type();
  Tensor result = elementwise(arithmetic_kernel(kPrelu, dtype), {&self, &slopes}, dtype);
  return record("PreluKernelBackward0", std::move(result), {self, slopes}, {self, slopes}, [](Backward& run) {
    const Tensor x = run.saved(0);
    const Tensor positive = x > 0;
    if (run.needs(0))
      run.set_constant(0, "PreluKernelBackwardBackward0", where(positive, run.grad(), run.saved(1) * run.grad()));
    if (run.needs(1)) run.set(1, where(positive, 0, x * run.grad()));
  });
}

namespace {

struct RandomSlopes {
  double lower, upper;
  bool training;

  bool draws() const { return training && upper - lower > 1e-6; }
  double mean() const { return (lower + upper) / 2; }
};

RandomSlopes check_rrelu(const Tensor& self, const Scalar& lower, const Scalar& upper, bool training) {
  impl_of(self, "rrelu");
  const RandomSlopes slopes{lower.toDouble(), upper.toDouble(), training};
  check(slopes.lower <= slopes.upper, "Lower bound should be less than or equal to the upper bound");
  if (training && (!self.is_floating_point() || self.scalar_type() == kHalf))
    fail_not_implemented("rrelu_with_noise_out_cpu", self.scalar_type());
  return slopes;
}

// A slope for each element of the row-major x where x <= 0, else 1.
Tensor draw_slopes(const Tensor& x, const RandomSlopes& slopes, const std::optional<Generator>& generator) {
  Tensor noise = make_tensor(x.sizes(), x.scalar_type());
  if (noise.numel() == 0) return noise;
  const LockedStream stream(generator ? *generator : default_generator());
  random_fills().rrelu_noise(*stream, noise.data_ptr(), noise.scalar_type(), noise.numel(), x.data_ptr(), slopes.lower,
                             slopes.upper);
  return noise;
}

// saved(0): the slopes drawn, or, where none were, the input or the result, whose signs agree.
auto rrelu_backward(const RandomSlopes& slopes) {
  return [slopes](Backward& run) {
    const Tensor saved = run.saved(0);
    run.set_constant(0, "RreluWithNoiseBackwardBackward0",
                     slopes.draws() ? run.grad() * saved : where(saved > 0, run.grad(), run.grad() * slopes.mean()));
  };
}

}  // namespace

// x where x > 0, else x times a slope, uniform in [lower, upper) in training and their mean otherwise; the result is
// row-major.  Xu et al., 2015.
Tensor rrelu(const Tensor& self, const Scalar& lower, const Scalar& upper, bool training,
             std::optional<Generator> generator) {
  const RandomSlopes slopes = check_rrelu(self, lower, upper, training);
  const Tensor x = self.detach().contiguous();
  const Tensor noise = training ? draw_slopes(x, slopes, generator) : Tensor();
  Tensor result = training ? x * noise : leaky_relu(x, slopes.mean());
  return record("RreluWithNoiseBackward0", std::move(result), {self}, {slopes.draws() ? noise : self},
                rrelu_backward(slopes));
}

Tensor& rrelu_(Tensor& self, const Scalar& lower, const Scalar& upper, bool training,
               std::optional<Generator> generator) {
  const RandomSlopes slopes = check_rrelu(self, lower, upper, training);
  if (!training && slopes.mean() < 0) return leaky_relu_(self, slopes.mean());
  InPlace write("rrelu_", self);
  Tensor plain = self.variable_data();
  const Tensor noise = training ? draw_slopes(plain.contiguous(), slopes, generator) : Tensor();
  training ? plain.mul_(noise) : leaky_relu_(plain, slopes.mean());
  write.record("RreluWithNoiseBackward1", {slopes.draws() ? autograd::Save(noise) : output(self)},
               rrelu_backward(slopes));
  return self;
}

}  // namespace relume
