// Resampling, dimension by dimension, and its gradient.
#include "ops/resampling.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "autograd/record.h"
#include "kernels/resample.h"
#include "ops/spatial.h"
#include "relume/ops.h"

namespace relume {
namespace {

// Which element of a result each element goes to, in order.
Taps transposed(const ResampledAxis& axis) {
  const Taps& taps = axis.taps;
  std::vector<int64_t> count(static_cast<size_t>(axis.in));
  const auto for_each = [&](const auto& call) {
    for (int64_t o = 0; o < axis.out; ++o)
      for (int64_t t = 0; t < (taps.count.empty() ? taps.most : taps.count[static_cast<size_t>(o)]); ++t)
        call(o, static_cast<size_t>(o * taps.most + t));
  };
  for_each([&](int64_t, size_t at) { ++count[static_cast<size_t>(taps.index[at])]; });
  const auto [least, most] = std::minmax_element(count.begin(), count.end());
  Taps result(axis.in, std::max<int64_t>(1, *most));
  const bool alike = *least == result.most;
  std::fill(count.begin(), count.end(), 0);
  for_each([&](int64_t o, size_t at) {
    const int64_t i = taps.index[at];
    result.set(i, count[static_cast<size_t>(i)]++, o, taps.weights[at]);
  });
  if (!alike) result.count = std::move(count);
  return result;
}

std::shared_ptr<const ResamplePlan> transposed(const ResamplePlan& plan) {
  auto result = std::make_shared<ResamplePlan>();
  *result = {plan.backward_grad_fn, plan.grad_fn, false, plan.keeps_layout, false, {}};
  for (const ResampledAxis& axis : plan.axes)
    result->axes.push_back({axis.out, axis.in, axis.taps.empty() ? Taps() : transposed(axis)});
  return result;
}

// The dtype of the arithmetic; bytes are summed as whole numbers.
ScalarType precision(ScalarType dtype) { return dtype == kDouble || dtype == kByte ? kDouble : kFloat; }

// Weights as whole numbers of 16 bits and a power of 2 by which they are divided.
class WholeWeights {
 public:
  explicit WholeWeights(const std::vector<double>& weights) : weights_(weights) {
    const double largest = *std::max_element(weights.begin(), weights.end());
    while (power_ < 22 && std::floor(0.5 + std::ldexp(largest, power_ + 1)) < (1 << 15)) ++power_;
    for (double& weight : weights_) weight = std::trunc(std::ldexp(weight, power_) + std::copysign(0.5, weight));
  }
  const double* data() const { return weights_.data(); }
  // Sums of bytes times these as bytes.
  void divide(int64_t n, double* sums) const {
    for (int64_t i = 0; i < n; ++i) sums[i] = std::clamp(std::floor(std::ldexp(sums[i], -power_) + 0.5), 0.0, 255.0);
  }

 private:
  std::vector<double> weights_;
  int power_ = 0;
};

// The steps from a tensor to its result.
class Walk {
 public:
  Walk(const ResamplePlan& plan, const Tensor& input, bool last_first, bool rounds)
      : plan_(plan),
        input_(input),
        last_first_(last_first && !plan.chooses),  // elements that are chosen are the same in any order
        rounds_(rounds),
        first_(input.sizes().size() - plan.axes.size()) {}

  Tensor run() const {
    // Only images of a batch can have their channels as neighbours.
    const bool any_layout = plan_.keeps_layout && first_ == 2 && plan_.axes.size() > 1;
    const DenseActivation elements = any_layout ? DenseActivation(input_) : DenseActivation(input_, cpu::Layout::Plain);
    DimVector sizes(input_.sizes()), result_sizes(sizes);
    std::vector<size_t> steps;
    for (size_t i = 0; i < plan_.axes.size(); ++i) {
      const size_t d = last_first_ ? plan_.axes.size() - 1 - i : i;
      result_sizes[first_ + d] = plan_.axes[d].out;
      if (!plan_.axes[d].taps.empty()) steps.push_back(d);
    }
    const Tensor result = make_activation(result_sizes, input_.scalar_type(), elements.form());
    const DenseActivation made(result, elements.layout());
    if (steps.empty())
      std::memcpy(made.data(), elements.data(),
                  static_cast<size_t>(input_.numel() * element_size(input_.scalar_type())));
    const void* from = elements.data();
    Tensor between;
    const bool at_once = takes_two_at_once(steps, elements.layout());
    for (const size_t d : steps) {
      const DimVector before = sizes;
      sizes[first_ + d] = plan_.axes[d].out;
      if (at_once && d + 2 == plan_.axes.size()) continue;
      Tensor next;
      if (d != steps.back()) next = make_tensor(sizes, input_.scalar_type());
      void* const to = next.defined() ? next.data_ptr() : made.data();
      step(d, before, elements.layout(), at_once && d == steps.back() ? &plan_.axes[d - 1] : nullptr, from, to);
      between = next;
      from = to;
    }
    return result;
  }

 private:
  // Whether elements are chosen along the last dimension and the one before it, which one step can do.
  bool takes_two_at_once(const std::vector<size_t>& steps, cpu::Layout layout) const {
    return plan_.chooses && layout == cpu::Layout::Plain && steps.size() > 1 && steps.back() + 1 == plan_.axes.size() &&
           steps[steps.size() - 2] + 1 == steps.back();
  }

  // Along axis d, and along that of `rows` before it where there is one.
  void step(size_t d, const DimVector& sizes, cpu::Layout layout, const ResampledAxis* rows, const void* from,
            void* to) const {
    const ResampledAxis& axis = plan_.axes[d];
    const size_t dim = first_ + d;
    cpu::Resample work;
    work.in = axis.in, work.out = axis.out;
    work.outer = work.inner = 1;
    for (size_t i = 0; i < sizes.size(); ++i) {
      const bool inside = i > dim || (i == 1 && layout == cpu::Layout::ChannelsLast);
      if (i != dim) (inside ? work.inner : work.outer) *= sizes[i];
    }
    work.taps = axis.taps.most;
    work.index = axis.taps.index.data();
    work.count = axis.taps.count.empty() ? nullptr : axis.taps.count.data();
    if (rows) work.rows = rows->taps.index.data(), work.rows_in = rows->in, work.rows_out = rows->out;
    const ScalarType dtype = input_.scalar_type();
    if (plan_.chooses) return cpu::resample_nearest(work, dtype, from, to);
    const std::vector<double>& weights = axis.taps.weights;
    if (rounds_) {
      const WholeWeights whole(weights);
      work.weights = whole.data();
      cpu::resample(work, dtype, from, to);
      return whole.divide(work.outer * work.out * work.inner, static_cast<double*>(to));
    }
    const std::vector<float> narrow(weights.begin(), weights.end());
    work.weights = dtype == kDouble ? static_cast<const void*>(weights.data()) : narrow.data();
    cpu::resample(work, dtype, from, to);
  }

  const ResamplePlan& plan_;
  const Tensor& input_;
  const bool last_first_, rounds_;
  const size_t first_;  // dimension of the plan's
};

Tensor spread(std::shared_ptr<const ResamplePlan> plan, const Tensor& grad);

// By the plan, or by its transpose, from the last dimension to the first or the other way round.
Tensor walk(const ResamplePlan& plan, const Tensor& self, bool last_first) {
  const ScalarType dtype = self.scalar_type(), wide = precision(dtype);
  if (plan.chooses || dtype == wide) return Walk(plan, self, last_first, false).run();
  return Walk(plan, self.detach().to(wide), last_first, dtype == kByte).run().to(dtype);
}

}  // namespace

void check_room(const Tensor& self, IntArrayRef result_sizes) { make_tensor(result_sizes, self.scalar_type()); }

Tensor resample(std::shared_ptr<const ResamplePlan> plan, const Tensor& self) {
  return record(plan->grad_fn, walk(*plan, self, true), {self}, {}, [plan](Backward& run) {
    const Tensor grad = spread(plan, run.grad());
    plan->gradient_of_input ? run.set_constant(0, plan->backward_grad_fn, grad) : run.set(0, grad);
  });
}

namespace {

Tensor spread(std::shared_ptr<const ResamplePlan> plan, const Tensor& grad) {
  return record(plan->backward_grad_fn, walk(*transposed(*plan), grad, false), {grad}, {},
                [plan](Backward& run) { run.set(0, resample(plan, run.grad())); });
}

}  // namespace
}  // namespace relume
