// Losses: of differences, of probabilities, and of classes.
#include "ops/loss.h"

#include <cmath>

#include "autograd/record.h"
#include "kernels/loss.h"
#include "ops/arithmetic.h"
#include "ops/autocast.h"
#include "ops/elementwise.h"
#include "relume/activations.h"
#include "relume/autograd.h"

namespace relume {
namespace {

// What each element's derivative is multiplied by, before the gradient of the result.
double share(int64_t reduction, int64_t numel) { return reduction == kMean ? 1.0 / static_cast<double>(numel) : 1.0; }

// A loss of the difference d = self - target: `scale` times `derivative(d)` is that of the loss by d.
template <class F>
Tensor record_difference(const char* name, const Tensor& losses, const Tensor& self, const Tensor& target,
                         int64_t reduction, double scale, F derivative) {
  const double factor = scale * share(reduction, losses.numel());
  Tensor result;
  {
    const NoGradGuard no_grad;
    result = reduce(losses, reduction);
  }
  return record(name, std::move(result), {self, target}, {self, target}, [factor, derivative](Backward& run) {
    Tensor grad = derivative(run.saved(0) - run.saved(1));
    const Tensor scale = factor == 1 ? run.grad() : run.grad() * factor;
    if (GradMode::is_enabled() || grad.scalar_type() != scale.scalar_type() || grad.dim() < scale.dim())
      grad = grad * scale;
    else
      grad.mul_(scale);
    if (run.needs(1)) run.set(1, -grad);
    run.set(0, std::move(grad));
  });
}

void check_pair(const char* op, const Tensor& self, const Tensor& target, int64_t reduction) {
  impl_of(self, op);
  impl_of(target, op);
  check_reduction(op, reduction);
}

// Losses of whole numbers alone are refused, as PyTorch has no kernel for them.
void check_real(const char* kernel, const Tensor& self, const Tensor& target) {
  const ScalarType dtype = result_type({self, target});
  if (!is_floating_point(dtype)) fail_not_implemented(kernel, dtype);
}

constexpr ArithmeticRow kSmoothL1 = {"smooth_l1_loss", nullptr, "smooth_l1_cpu", cpu::ArithmeticOp::smooth_l1};
constexpr ArithmeticRow kHuber = {"huber_loss", nullptr, "huber_cpu", cpu::ArithmeticOp::huber};

// As PyTorch does it, smooth_l1_loss of float16 and huber_loss of bfloat16 round every step, and the scale first.
Tensor rounded_losses(const ArithmeticRow& row, const Tensor& self, const Tensor& target, const Scalar& scale) {
  const NoGradGuard no_grad;
  const Tensor d = (self - target).abs(), half_square = d * d * 0.5;
  const Tensor half = make_scalar(scale.toDouble() * 0.5, d.scalar_type());
  return row.op == kHuber.op ? where(d < scale, half_square, (d - half) * scale)
                             : where(d < scale, half_square / scale, d - half);
}

Tensor scaled_losses(const ArithmeticRow& row, const Tensor& self, const Tensor& target, double scale) {
  const ScalarType dtype = result_type({self, target});
  if (dtype == (row.op == kHuber.op ? kBFloat16 : kHalf))
    return rounded_losses(row, self, target, make_scalar(scale, dtype).item());
  const cpu::ScaleOptions options{scale, 0};
  return elementwise(arithmetic_kernel(row, dtype, &options), {&self, &target}, dtype);
}

bool all_from_0_to_1(const Tensor& tensor) { return logical_and(tensor >= 0, tensor <= 1).all().item<bool>(); }

// Whether one of the two is to become numbers first: `-` refuses bools.
bool mask_beside_numbers(const Tensor& self, const Tensor& target) {
  return (target.scalar_type() == kBool) != (self.scalar_type() == kBool);
}

}  // namespace

// (x - y)^2.
Tensor mse_loss(const Tensor& self, const Tensor& target, int64_t reduction) {
  if (const Autocast cast(CastTo::Float); cast) return mse_loss(cast(self), cast(target), reduction);
  check_pair("mse_loss", self, target, reduction);
  if (mask_beside_numbers(self, target)) {
    const ScalarType dtype = result_type({self, target});
    return mse_loss(self.to(dtype), target.to(dtype), reduction);
  }
  check_real("mse_cpu", self, target);
  Tensor losses;
  {
    const NoGradGuard no_grad;
    losses = self - target;
    losses.mul_(losses);
  }
  return record_difference("MseLossBackward0", losses, self, target, reduction, 2, [](Tensor d) { return d; });
}

// |x - y|.
Tensor l1_loss(const Tensor& self, const Tensor& target, int64_t reduction) {
  if (const Autocast cast(CastTo::Float); cast) return l1_loss(cast(self), cast(target), reduction);
  check_pair("l1_loss", self, target, reduction);
  return reduce((self - target).abs(), reduction);
}

// 0.5 d^2 / beta where d = |x - y| < beta, else d - 0.5 beta.  Girshick, 2015.
Tensor smooth_l1_loss(const Tensor& self, const Tensor& target, int64_t reduction, double beta) {
  if (const Autocast cast(CastTo::Float); cast) return smooth_l1_loss(cast(self), cast(target), reduction, beta);
  check_pair("smooth_l1_loss", self, target, reduction);
  check(beta >= 0, "smooth_l1_loss does not support negative values for beta.");
  if (mask_beside_numbers(self, target)) {
    const ScalarType dtype = result_type({self, target});
    return smooth_l1_loss(self.to(dtype), target.to(dtype), reduction, beta);
  }
  if (beta == 0) return l1_loss(self, target, reduction);
  check_real("smooth_l1_cpu", self, target);
  const Tensor losses = scaled_losses(kSmoothL1, self, target, beta);
  return record_difference("SmoothL1LossBackward0", losses, self, target, reduction, 1, [beta](const Tensor& d) {
    if (!GradMode::is_enabled()) return d.div_(beta).clamp_(-1, 1);
    return where(d.abs() >= beta, d.sign(), d / beta);
  });
}

// 0.5 d^2 where d = |x - y| < delta, else delta (d - 0.5 delta).  Huber, 1964.
Tensor huber_loss(const Tensor& self, const Tensor& target, int64_t reduction, double delta) {
  if (const Autocast cast(CastTo::Float); cast) return huber_loss(cast(self), cast(target), reduction, delta);
  check_pair("huber_loss", self, target, reduction);
  check(delta > 0, "huber_loss does not support non-positive values for delta.");
  check_can_cast(result_type({self, target}), self.scalar_type());  // the losses are of the dtype of self
  if (mask_beside_numbers(self, target)) {
    const ScalarType dtype = result_type({self, target});
    return huber_loss(self.to(dtype), target.to(dtype), reduction, delta);
  }
  check_real("huber_cpu", self, target);
  const Tensor losses = scaled_losses(kHuber, self, target, delta).to(self.scalar_type());
  return record_difference("HuberLossBackward0", losses, self, target, reduction, 1, [delta](const Tensor& d) {
    if (!GradMode::is_enabled()) return d.clamp_(-delta, delta);
    return where(d.abs() >= delta, d.sign() * delta, d);
  });
}

// Of probabilities.

namespace {

// Where log(x) is -infinity the loss takes -100, so that it stays finite.
constexpr double kLowestLog = -100;

Tensor weighted(const Tensor& tensor, const Tensor& weight) { return weight.defined() ? tensor * weight : tensor; }

}  // namespace

namespace {

// grad (x - y) / (x (1 - x)), finite at the ends. Its own derivative keeps away from them by adding a little.
Tensor binary_cross_entropy_backward(const Tensor& grad, const Tensor& self, const Tensor& target) {
  Tensor result;
  {
    const NoGradGuard no_grad;
    constexpr double kLowestVariance = 1e-12f;
    result = grad * (self - target) / ((1 - self) * self).clamp_min(kLowestVariance);
  }
  return record("BinaryCrossEntropyBackwardBackward0", std::move(result), {grad, self, target}, {grad, self, target},
                [](Backward& run) {
                  constexpr double kLittle = 1e-12;
                  const Tensor x = run.saved(1), y = run.saved(2);
                  const Tensor variance = (x + kLittle) * (1 - x + kLittle);
                  const Tensor product = run.grad() * run.saved(0);
                  if (run.needs(0)) run.set(0, run.grad() * (x - y) / variance);
                  if (run.needs(1)) run.set(1, product * (x * x - 2 * x * y + y) / variance.square());
                  if (run.needs(2)) run.set(2, -(product / variance));
                });
}

}  // namespace

// -w (y log(x) + (1 - y) log(1 - x)) for probabilities x; the logarithms are taken to be -100 at least.
Tensor binary_cross_entropy(const Tensor& self, const Tensor& target, const Tensor& weight, int64_t reduction) {
  if (const Autocast cast(CastTo::Float); cast)
    return binary_cross_entropy(cast(self), cast(target), cast(weight), reduction);
  check_pair("binary_cross_entropy", self, target, reduction);
  check<ValueError>(self.sizes() == target.sizes(),
                    "Using a target size (torch.Size({})) that is different to the input size (torch.Size({})) is "
                    "deprecated. Please ensure they "
                    "have the same size.",
                    target.sizes(), self.sizes());
  check_real("binary_cross_entropy", self, target);
  check(self.scalar_type() == target.scalar_type(), "Found dtype {} but expected {}", to_string(target.scalar_type()),
        to_string(self.scalar_type()));
  Tensor result;
  {
    const NoGradGuard no_grad;
    check(all_from_0_to_1(self), "all elements of input should be between 0 and 1");
    check(all_from_0_to_1(target), "all elements of target should be between 0 and 1");
    const Tensor losses =
        (target - 1) * self.neg().log1p().clamp_min(kLowestLog) - target * self.log().clamp_min(kLowestLog);
    result = reduce(weighted(losses, weight), reduction);
  }
  const double factor = share(reduction, self.numel());
  return record("BinaryCrossEntropyBackward0", std::move(result), {self, target}, {self, target, weight},
                [factor](Backward& run) {
                  const Tensor x = run.saved(0), y = run.saved(1), grad = weighted(run.grad() * factor, run.saved(2));
                  if (run.needs(0)) run.set(0, binary_cross_entropy_backward(grad, x, y));
                  if (run.needs(1)) run.set(1, grad * (x.neg().log1p() - x.log()));
                });
}

// The same for x = sigmoid(self), computed from self without a loss of precision; pos_weight multiplies y log(x).
Tensor binary_cross_entropy_with_logits(const Tensor& self, const Tensor& target, const Tensor& weight,
                                        const Tensor& pos_weight, int64_t reduction) {
  if (const Autocast cast(CastTo::Float); cast)
    return binary_cross_entropy_with_logits(cast(self), cast(target), cast(weight), cast(pos_weight), reduction);
  check_pair("binary_cross_entropy_with_logits", self, target, reduction);
  check<ValueError>(self.sizes() == target.sizes(),
                    "Target size (torch.Size({})) must be the same as input size (torch.Size({}))", target.sizes(),
                    self.sizes());
  check(is_floating_point(target.scalar_type()) || target.scalar_type() == kBool,
        "result type {} can't be cast to the desired output type {}", to_string(result_type({self, target})),
        to_string(target.scalar_type()));
  Tensor result;
  {
    const NoGradGuard no_grad;
    Tensor log_sigmoid = logsigmoid(self);
    if (pos_weight.defined()) log_sigmoid = log_sigmoid * ((pos_weight - 1) * target + 1);
    result = reduce(weighted((1 - target) * self - log_sigmoid, weight), reduction);
  }
  const double factor = share(reduction, self.numel());
  return record("BinaryCrossEntropyWithLogitsBackward0", std::move(result), {self, target},
                {self, target, weight, pos_weight}, [factor](Backward& run) {
                  const Tensor x = run.saved(0), y = run.saved(1), pos_weight = run.saved(3);
                  const Tensor grad = weighted(run.grad() * factor, run.saved(2));
                  if (run.needs(0)) {
                    const Tensor positive = weighted(y, pos_weight);
                    run.set(0, grad * (sigmoid(x) * (positive + 1 - y) - positive));
                  }
                  if (run.needs(1))
                    run.set(1,
                            pos_weight.defined() ? grad * (logsigmoid(-x) - pos_weight * logsigmoid(x)) : -(grad * x));
                });
}

// y (log(y) - x) for log-probabilities x, 0 where y is 0; with log_target exp(y) (y - x).
Tensor kl_div(const Tensor& self, const Tensor& target, int64_t reduction, bool log_target) {
  if (const Autocast cast(CastTo::Float); cast) return kl_div(cast(self), cast(target), reduction, log_target);
  check_pair("kl_div", self, target, reduction);
  check(is_floating_point(self.scalar_type()) && is_floating_point(target.scalar_type()),
        "kl_div: Integral inputs not supported.");
  return reduce(log_target ? target.exp() * (target - self) : xlogy(target, target) - target * self, reduction);
}

// Of classes.

namespace {

cpu::NllArguments nll_arguments(IntArrayRef sizes, const Tensor& target, const Tensor& weight, int64_t ignore_index) {
  int64_t inner = 1;
  for (size_t d = 2; d < sizes.size(); ++d) inner *= sizes[d];
  const bool one = sizes.size() == 1;
  return {one ? 1 : sizes[0],
          one ? sizes[0] : sizes[1],
          inner,
          target.data_ptr<int64_t>(),
          weight.defined() ? weight.data_ptr() : nullptr,
          ignore_index};
}

void check_nll(const Tensor& self, const Tensor& target, const Tensor& weight, int64_t reduction) {
  check_pair("nll_loss", self, target, reduction);
  check<ValueError>(self.dim() >= 1, "Expected 1 or more dimensions (got {})", self.dim());
  if (self.dim() > 1)
    check<ValueError>(target.dim() >= 1 && self.size(0) == target.size(0),
                      "Expected input batch_size ({}) to match target batch_size ({}).", self.size(0),
                      target.dim() >= 1 ? target.size(0) : 0);
  DimVector expected(self.sizes());
  expected.erase(self.dim() > 1 ? 1 : 0);
  if (self.dim() <= 2) {
    check<ValueError>(self.dim() == 2 || target.dim() != 1 || target.numel() == 1,
                      "For 1D input, 1D target must have size 1, but got target size: {}", target.numel());
    check(target.dim() <= 1 && target.numel() == (self.dim() == 2 ? self.size(0) : 1),
          "0D or 1D target tensor expected, multi-target not supported");
  } else if (self.dim() == 4) {
    check(target.dim() == 3, "only batches of spatial targets supported (3D tensors) but got targets of dimension: {}",
          target.dim());
    check(target.sizes() == expected, "size mismatch (got input: {} , target: {}", self.sizes(), target.sizes());
  } else {
    check(target.sizes() == expected, "Expected target size {}, got {}", IntArrayRef(expected), target.sizes());
  }
  check(target.scalar_type() == kLong || target.scalar_type() == kByte,
        "expected target dtype to be Long or Byte, but got {}", to_string(target.scalar_type()));
  if (!weight.defined()) return;
  const int64_t classes = self.size(self.dim() > 1 ? 1 : 0);
  check(weight.dim() == 1 && weight.numel() == classes,
        "weight tensor should be defined either for all {} classes or no classes but got weight tensor of shape: {}",
        classes, weight.sizes());
  check(weight.scalar_type() == self.scalar_type(), "expected scalar type {} but found {}",
        to_string(self.scalar_type()), to_string(weight.scalar_type()));
}

// The gradient of nll_loss: zero but at the targets. It is linear in grad, and is differentiated as such.
Tensor nll_backward(const Tensor& grad, const Tensor& target, const Tensor& weight, IntArrayRef sizes,
                    int64_t reduction, int64_t ignore_index, double scale) {
  Tensor result = zeros(sizes, grad.scalar_type());
  const Tensor dense = grad.contiguous();
  cpu::nll_backward(grad.scalar_type(), nll_arguments(sizes, target, weight, ignore_index), dense.data_ptr(),
                    reduction != kNone, scale, result.data_ptr());
  return record("NllLossBackwardBackward0", std::move(result), {grad}, {target, weight},
                [reduction, ignore_index](Backward& run) {
                  run.set(0, nll_loss(run.grad(), run.saved(0), run.saved(1), reduction, ignore_index));
                });
}

}  // namespace

// -w[y] x[y], x the log-probabilities [N, C, ...] or [C] and y the classes [N, ...] or []; the mean is over the weights
// of the targets, without those that equal ignore_index. Throws IndexError where a target is no class.
Tensor nll_loss(const Tensor& self, const Tensor& target, const Tensor& weight, int64_t reduction,
                int64_t ignore_index) {
  if (const Autocast cast(CastTo::Float); cast)
    return nll_loss(cast(self), cast(target), cast(weight), reduction, ignore_index);
  check_nll(self, target, weight, reduction);
  const Tensor x = self.detach().contiguous(), y = target.to(kLong).contiguous();
  const Tensor w = weight.defined() ? weight.detach().contiguous() : weight;
  const ScalarType dtype = self.scalar_type();
  Tensor losses = reduction == kNone ? make_tensor(y.sizes(), dtype) : Tensor();
  const cpu::NllSums sums = cpu::nll_forward(dtype, nll_arguments(x.sizes(), y, w, ignore_index), x.data_ptr(),
                                             losses.defined() ? losses.data_ptr() : nullptr);
  check<IndexError>(sums.bad_target < 0, "Target {} is out of bounds.",
                    sums.bad_target < 0 ? 0 : y.data_ptr<int64_t>()[sums.bad_target]);
  const double scale = reduction == kMean ? 1 / sums.weight : 1;
  if (reduction != kNone) losses = make_scalar(reduction == kMean ? sums.loss / sums.weight : sums.loss, dtype);
  const bool reshaped = self.dim() == 3 || self.dim() > 4;  // to images, in PyTorch, and back
  const char* const name = self.dim() <= 2                  ? "NllLossBackward0"
                           : reshaped && reduction == kNone ? "ViewBackward0"
                                                            : "NllLoss2DBackward0";
  const DimVector sizes(self.sizes());
  return record(name, losses, {self}, {y, w}, [sizes, reduction, ignore_index, scale](Backward& run) {
    run.set_constant(0, "NllLossBackwardBackward0",
                     nll_backward(run.grad(), run.saved(0), run.saved(1), sizes, reduction, ignore_index, scale));
  });
}

namespace {

// Weights of the classes as a factor of tensors of `rank` dimensions with the classes in `class_dim`.
Tensor along_classes(const Tensor& weight, int64_t rank, int64_t class_dim) {
  DimVector sizes(static_cast<size_t>(rank), 1);
  sizes[static_cast<size_t>(class_dim)] = weight.numel();
  return weight.view(sizes);
}

Tensor cross_entropy_of_probabilities(const Tensor& self, Tensor target, const Tensor& weight, int64_t reduction,
                                      double smoothing) {
  check(is_floating_point(target.scalar_type()),
        "Expected floating point type for target with class probabilities, got {}", to_string(target.scalar_type()));
  const int64_t class_dim = self.dim() == 1 ? 0 : 1, classes = self.size(class_dim);
  check(!weight.defined() || (weight.dim() == 1 && weight.numel() == classes),
        "cross_entropy: weight tensor should be defined either for all {} classes or no classes", classes);
  Tensor input = log_softmax(self, class_dim);
  if (smoothing > 0) target = target * (1 - smoothing) + smoothing / static_cast<double>(classes);
  if (weight.defined()) input = input * along_classes(weight, self.dim(), class_dim);
  const Tensor products = input * target;
  if (reduction == kNone) return -products.sum({class_dim});
  if (reduction == kSum) return -products.sum();
  return -products.sum() / (static_cast<double>(input.numel()) / static_cast<double>(classes));
}

// The mean of the losses of all classes takes the place of a share of the loss.  Szegedy et al., 2016.
Tensor cross_entropy_with_smoothing(const Tensor& self, const Tensor& target, const Tensor& weight, int64_t reduction,
                                    int64_t ignore_index, double smoothing) {
  const int64_t class_dim = self.dim() == 1 ? 0 : 1, classes = self.size(class_dim);
  const Tensor input = log_softmax(self, class_dim);
  const Tensor nll = nll_loss(input, target, weight, reduction, ignore_index);
  const Tensor all = weight.defined() ? input * along_classes(weight, self.dim(), class_dim) : input;
  const Tensor ignored = target == ignore_index;
  Tensor smooth = (-all.sum({class_dim})).masked_fill(ignored, 0);
  if (reduction == kSum) smooth = smooth.sum();
  if (reduction == kMean) {
    const Tensor counted = target.masked_select(ignored.logical_not());
    const Tensor total = weight.defined() ? weight.gather(0, counted.flatten()).sum()
                                          : make_scalar(counted.numel(), smooth.scalar_type());
    smooth = smooth.sum() / total;
  }
  return nll * (1 - smoothing) + smooth * (smoothing / static_cast<double>(classes));
}

}  // namespace

// nll_loss(log_softmax(x), y). Targets of the shape of x are probabilities of the classes. label_smoothing s mixes the
// target with the uniform distribution, s of the latter.
Tensor cross_entropy_loss(const Tensor& self, const Tensor& target, const Tensor& weight, int64_t reduction,
                          int64_t ignore_index, double label_smoothing) {
  if (const Autocast cast(CastTo::Float); cast)
    return cross_entropy_loss(cast(self), cast(target), cast(weight), reduction, ignore_index, label_smoothing);
  check_pair("cross_entropy", self, target, reduction);
  check(label_smoothing >= 0 && label_smoothing <= 1, "label_smoothing must be between 0.0 and 1.0. Got: {}",
        label_smoothing);
  if (self.sizes() == target.sizes()) {
    check(ignore_index < 0, "ignore_index is not supported for floating point target");
    return cross_entropy_of_probabilities(self, target, weight, reduction, label_smoothing);
  }
  if (label_smoothing > 0)
    return cross_entropy_with_smoothing(self, target, weight, reduction, ignore_index, label_smoothing);
  check<ValueError>(self.dim() >= 1, "Expected 1 or more dimensions (got {})", self.dim());
  return nll_loss(log_softmax(self, self.dim() == 1 ? 0 : 1), target, weight, reduction, ignore_index);
}

}  // namespace relume
