// Connectionist temporal classification: the loss of labels without their places in time.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "autograd/record.h"
#include "ops/autocast.h"
#include "ops/loss.h"

namespace relume {
namespace {

// One sequence of a batch: its log-probabilities [steps, classes], which lie `stride` apart, and its labels.
template <class T>
struct Sequence {
  const T* log_probs;
  int64_t stride, steps;
  const int64_t* labels;
  int64_t count;  // of labels
  int64_t blank;

  // The states are the labels with blanks before, between and after them.
  int64_t states() const { return 2 * count + 1; }
  int64_t label(int64_t state) const { return state % 2 == 0 ? blank : labels[state / 2]; }
  T log_prob(int64_t step, int64_t state) const { return log_probs[step * stride + label(state)]; }
  // Whether a path may go from `state` - 2 to `state`, past a blank.
  bool skips_to(int64_t state) const { return state >= 2 && state % 2 == 1 && label(state) != label(state - 2); }
};

template <class T>
T log_sum(T a, T b) {
  constexpr T kNever = -std::numeric_limits<T>::infinity();
  const T most = a > b ? a : b;
  return most == kNever ? kNever : most + std::log(std::exp(a - most) + std::exp(b - most));
}
template <class T>
T log_sum(T a, T b, T c) {
  constexpr T kNever = -std::numeric_limits<T>::infinity();
  const T most = std::max(std::max(a, b), c);
  return most == kNever ? kNever : most + std::log(std::exp(a - most) + std::exp(b - most) + std::exp(c - most));
}

// alpha[step, state]: the logarithm of the probability to be in a state after a step, on whatever way. Returns the
// loss.
template <class T>
T forward(const Sequence<T>& s, T* alpha) {
  constexpr T kNever = -std::numeric_limits<T>::infinity();
  const int64_t states = s.states();
  if (s.steps == 0) return s.count == 0 ? -T(0) : -kNever;  // -log(1), as PyTorch writes it
  for (int64_t i = 0; i < states; ++i) alpha[i] = i < 2 ? s.log_prob(0, i) : kNever;
  for (int64_t step = 1; step < s.steps; ++step) {
    const T* before = alpha + (step - 1) * states;
    for (int64_t i = 0; i < states; ++i)
      alpha[step * states + i] =
          log_sum(before[i], i >= 1 ? before[i - 1] : kNever, s.skips_to(i) ? before[i - 2] : kNever) +
          s.log_prob(step, i);
  }
  const T* last = alpha + (s.steps - 1) * states;
  return -(states == 1 ? last[0] : log_sum(last[states - 1], last[states - 2]));
}

// The gradient of the loss, [steps, classes], into `gradient`: each class's probability less its share in all ways,
// times `scale`. Differentiated through log_softmax, that is the same as the share alone.
template <class T>
void backward(const Sequence<T>& s, int64_t classes, const T* alpha, T loss, T scale, T* gradient) {
  constexpr T kNever = -std::numeric_limits<T>::infinity();
  const int64_t states = s.states();
  std::vector<T> beta(static_cast<size_t>(states), kNever), shares(static_cast<size_t>(classes));
  for (int64_t step = s.steps - 1; step >= 0; --step) {
    // From the first state on, so that what a state reads of the next step is still there.
    for (int64_t i = 0; i < states; ++i) {
      auto* b = beta.data() + i;
      if (step == s.steps - 1)
        *b = i >= states - 2 ? s.log_prob(step, i) : kNever;
      else
        *b = log_sum(b[0], i + 1 < states ? b[1] : kNever, i + 2 < states && s.skips_to(i + 2) ? b[2] : kNever) +
             s.log_prob(step, i);
    }
    std::fill(shares.begin(), shares.end(), kNever);
    for (int64_t i = 0; i < states; ++i) {
      T& share = shares[static_cast<size_t>(s.label(i))];
      share = log_sum(share, alpha[step * states + i] + beta[static_cast<size_t>(i)]);
    }
    for (int64_t c = 0; c < classes; ++c) {
      const T log_prob = s.log_probs[step * s.stride + c];
      gradient[step * s.stride + c] = (std::exp(log_prob) - std::exp(shares[c] + loss - log_prob)) * scale;
    }
  }
}

// What a batch is made of, with the labels in one row.
struct Batch {
  std::vector<int64_t> input_lengths, target_lengths, labels, starts;  // starts: of each sequence's labels
  int64_t longest = 0, blank = 0;
  bool zero_infinity = false;

  template <class T>
  Sequence<T> sequence(const Tensor& log_probs, int64_t i) const {
    const auto at = static_cast<size_t>(i);
    return {log_probs.data_ptr<T>() + i * log_probs.size(2),
            log_probs.size(1) * log_probs.size(2),
            input_lengths[at],
            labels.data() + starts[at],
            target_lengths[at],
            blank};
  }
};

constexpr const char* kWhere = "(while checking arguments for ctc_loss_allocate_outputs)";

void check_lengths(const char* name, const std::vector<int64_t>& lengths, int64_t batch, int64_t most) {
  check(static_cast<int64_t>(lengths.size()) == batch, "{} must be of size batch_size", name);
  for (const int64_t length : lengths) {
    check(length >= 0, "Expected {} to have value at least 0, but got value {} {}", name, length, kWhere);
    check(length <= most, "Expected {} to have value at most {}, but got value {} {}", name, most, length, kWhere);
  }
}

Batch read_batch(const Tensor& log_probs, const Tensor& targets, IntArrayRef input_lengths, IntArrayRef target_lengths,
                 int64_t blank) {
  const int64_t batch = log_probs.size(1), classes = log_probs.size(2);
  Batch read;
  read.input_lengths = input_lengths.vec();
  read.target_lengths = target_lengths.vec();
  read.blank = blank;
  check(blank >= 0 && blank < classes, "blank must be in label range");
  check(targets.dim() == 1 || targets.dim() == 2, "ctc_loss: expected 1-D or 2-D targets, got {}-D", targets.dim());
  check_lengths("input_lengths", read.input_lengths, batch, log_probs.size(0));
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  check_lengths("target_lengths", read.target_lengths, batch, kMost);
  const bool in_rows = targets.dim() == 2;
  int64_t total = 0;
  for (int64_t i = 0; i < batch; ++i) {
    const int64_t length = read.target_lengths[static_cast<size_t>(i)];
    read.starts.push_back(in_rows ? i * targets.size(1) : total);
    read.longest = std::max(read.longest, length);
    total = length > kMost - total ? kMost : total + length;
  }
  if (in_rows)
    check(targets.size(0) == batch && targets.size(1) >= read.longest,
          "Expected tensor to have size at least {} at dimension 1, but got size {} for argument #2 'targets' {}",
          read.longest, targets.size(1), kWhere);
  else
    check(targets.size(0) == total,
          "Expected tensor to have size {} at dimension 0, but got size {} for argument #2 'targets' {}", total,
          targets.size(0), kWhere);
  const Tensor labels = targets.to(kLong).contiguous();
  read.labels.assign(labels.data_ptr<int64_t>(), labels.data_ptr<int64_t>() + labels.numel());
  for (int64_t i = 0; i < batch; ++i)
    for (int64_t j = 0; j < read.target_lengths[static_cast<size_t>(i)]; ++j) {
      const int64_t label = read.labels[static_cast<size_t>(read.starts[static_cast<size_t>(i)] + j)];
      check<IndexError>(label >= 0 && label < classes, "ctc_loss: expected targets from 0 to {}, got {}", classes - 1,
                        label);
    }
  return read;
}

template <class T>
Tensor gradient_of(const Batch& batch, const Tensor& grad, const Tensor& log_probs, const Tensor& losses,
                   const Tensor& alpha) {
  const Tensor result = zeros(log_probs.sizes(), log_probs.options());
  const Tensor scales = grad.contiguous();
  for (int64_t i = 0; i < log_probs.size(1); ++i) {
    const T loss = losses.data_ptr<T>()[i];
    if (batch.zero_infinity && loss == std::numeric_limits<T>::infinity()) continue;
    backward(batch.sequence<T>(log_probs, i), log_probs.size(2), alpha.data_ptr<T>() + alpha.stride(0) * i, loss,
             scales.data_ptr<T>()[i], result.data_ptr<T>() + i * log_probs.size(2));
  }
  return result;
}

// `result`, which was computed from `grad`, as the result of an op without a derivative.
Tensor refuse_derivative(const Tensor& grad, Tensor result) {
  return autograd::record("CtcLossBackwardBackward0", std::move(result), {grad}, {}, [](autograd::Backward&) {
    fail<NotImplementedError>("the derivative for '_ctc_loss_backward' is not implemented.");
  });
}

// The loss of each sequence, [N].
template <class T>
Tensor losses_of(Batch batch, const Tensor& input) {
  const Tensor log_probs = input.contiguous().detach();
  const int64_t count = log_probs.size(1);
  const Tensor alpha = empty({count, log_probs.size(0), 2 * batch.longest + 1}, log_probs.options());
  Tensor losses = empty({count}, log_probs.options());
  for (int64_t i = 0; i < count; ++i)
    losses.data_ptr<T>()[i] = forward(batch.sequence<T>(log_probs, i), alpha.data_ptr<T>() + alpha.stride(0) * i);
  const Tensor raw = losses.clone();
  if (batch.zero_infinity) losses.masked_fill_(losses.isinf(), 0);
  return autograd::record("CtcLossBackward0", losses, {input}, {log_probs, raw, alpha},
                          [batch = std::move(batch)](autograd::Backward& run) {
                            const Tensor grad = run.grad();
                            run.set(0, refuse_derivative(grad, gradient_of<T>(batch, grad.detach(), run.saved(0),
                                                                              run.saved(1), run.saved(2))));
                          });
}

std::vector<int64_t> list_of(const char* name, const Tensor& lengths) {
  check(!is_floating_point(lengths.scalar_type()) && lengths.scalar_type() != kBool, "{} must be integral", name);
  const Tensor flat = lengths.to(kLong).reshape({-1}).contiguous();
  return {flat.data_ptr<int64_t>(), flat.data_ptr<int64_t>() + flat.numel()};
}

}  // namespace

// -log of the probability that log_probs [T, N, C] or [T, C], which come from log_softmax, give the targets in whatever
// alignment: targets [N, S], or all in one row, and the lengths of each sequence. Between the labels may stand
// `blank`. reduction is 0 none, 1 mean (after each loss is divided by its target's length), 2 sum; with zero_infinity
// targets that are too long for their input count 0.  Graves et al., 2006. Differentiable once.
Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets, IntArrayRef input_lengths, IntArrayRef target_lengths,
                int64_t blank, int64_t reduction, bool zero_infinity) {
  if (const Autocast cast(CastTo::Float); cast)
    return ctc_loss(cast(log_probs), targets, input_lengths, target_lengths, blank, reduction, zero_infinity);
  check_reduction("ctc_loss", reduction);
  const bool batched = log_probs.dim() == 3;
  check(batched || log_probs.dim() == 2, "ctc_loss: expected log_probs [T, N, C] or [T, C], got {}", log_probs.sizes());
  const ScalarType dtype = log_probs.scalar_type();
  check(dtype == kFloat || dtype == kDouble, "\"ctc_loss_cpu\" not implemented for '{}'", to_string(dtype));
  const Tensor input = batched ? log_probs : log_probs.unsqueeze(1);
  Batch batch = read_batch(input, targets, input_lengths, target_lengths, blank);
  batch.zero_infinity = zero_infinity;
  const Tensor lengths = tensor(batch.target_lengths).clamp_min(1).to(dtype);
  const Tensor losses = dtype == kFloat ? losses_of<float>(batch, input) : losses_of<double>(batch, input);
  if (reduction == kMean) return (losses / lengths).mean();
  return reduction == kNone && !batched ? losses.squeeze(0) : reduce(losses, reduction);
}

Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                const Tensor& target_lengths, int64_t blank, int64_t reduction, bool zero_infinity) {
  return ctc_loss(log_probs, targets, list_of("input_lengths", input_lengths),
                  list_of("target_lengths", target_lengths), blank, reduction, zero_infinity);
}

}  // namespace relume
