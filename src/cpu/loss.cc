// The negative log-likelihood: one number is picked for each sample, so that gathering it is all the work.
#include "kernels/loss.h"

#include <type_traits>

#include "cpu/dispatch.h"

namespace relume::cpu {
namespace {

// Calls body(place in [batch, inner], place of the target in the input, class) for every target that counts. Returns
// the place of a target that is no class, or -1.
template <class F>
int64_t for_each_target(const NllArguments& a, F body) {
  for (int64_t n = 0; n < a.batch; ++n) {
    for (int64_t i = 0; i < a.inner; ++i) {
      const int64_t place = n * a.inner + i, t = a.target[place];
      if (t == a.ignore_index) continue;
      if (t < 0 || t >= a.classes) return place;
      body(place, (n * a.classes + t) * a.inner + i, t);
    }
  }
  return -1;
}

template <class T>
using Wide = std::conditional_t<std::is_same_v<T, double>, double, float>;

template <class T>
NllSums forward(const NllArguments& a, const void* input, void* losses) {
  const auto* x = static_cast<const T*>(input);
  const auto* weights = static_cast<const T*>(a.weight);
  auto* out = static_cast<T*>(losses);
  if (out)
    for (int64_t i = 0; i < a.batch * a.inner; ++i) out[i] = T(0);
  NllSums sums;
  sums.bad_target = for_each_target(a, [&](int64_t place, int64_t at, int64_t t) {
    const auto w = weights ? static_cast<Wide<T>>(weights[t]) : Wide<T>(1);
    const Wide<T> loss = -w * static_cast<Wide<T>>(x[at]);
    if (out) out[place] = T(loss);
    sums.loss += loss;
    sums.weight += w;
  });
  return sums;
}

template <class T>
void backward(const NllArguments& a, const void* grad, bool grad_is_one, double scale, void* result) {
  const auto* g = static_cast<const T*>(grad);
  const auto* weights = static_cast<const T*>(a.weight);
  auto* out = static_cast<T*>(result);
  for_each_target(a, [&](int64_t place, int64_t at, int64_t t) {
    const auto w = weights ? static_cast<Wide<T>>(weights[t]) : Wide<T>(1);
    out[at] = T(-w * static_cast<Wide<T>>(g[grad_is_one ? 0 : place]) * static_cast<Wide<T>>(scale));
  });
}

}  // namespace

NllSums nll_forward(ScalarType dtype, const NllArguments& arguments, const void* input, void* losses) {
  NllSums sums;
  dispatch_floating("nll_loss_out_frame", dtype,
                    [&](auto type) { sums = forward<decltype(type)>(arguments, input, losses); });
  return sums;
}

void nll_backward(ScalarType dtype, const NllArguments& arguments, const void* grad, bool grad_is_one, double scale,
                  void* result) {
  dispatch_floating("nll_loss_backward_out_frame", dtype,
                    [&](auto type) { backward<decltype(type)>(arguments, grad, grad_is_one, scale, result); });
}

}  // namespace relume::cpu
