// Convolution on the CPU: which code does which dtype, what empty sizes mean, and biases.
#include "kernels/conv.h"

#include <algorithm>
#include <type_traits>

#include "cpu/conv_im2col.h"
#include "cpu/conv_onednn.h"
#include "cpu/convert.h"
#include "cpu/dispatch.h"
#include "cpu/norm_loops.h"
#include "cpu/parallel.h"
#include "cpu/scratch.h"

namespace relume::cpu {
namespace {

constexpr int64_t kGrain = 1 << 14;  // elements that a thread takes at least

int64_t input_count(const Conv& conv) { return conv.batch * conv.in_channels * conv.input_pixels(); }
int64_t output_count(const Conv& conv) { return conv.batch * conv.out_channels * conv.output_pixels(); }

// No product is left to be done: results are zero or the bias.
bool is_empty(const Conv& conv) {
  return input_count(conv) == 0 || output_count(conv) == 0 || conv.weight_count() == 0;
}

template <class To, class From>
void convert_all(const From* from, int64_t count, To* to) {
  parallel_for(count, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) to[i] = convert<To>(from[i]);
  });
}

// A float copy of an operand of half type; null stays null.
template <class T>
class FloatCopy {
 public:
  FloatCopy(const T* from, int64_t count)
      : scratch_(from ? count * 4 : 0), data_(from ? scratch_.as<float>() : nullptr) {
    if (from) convert_all(from, count, data_);
  }
  const float* data() const { return data_; }

 private:
  const Scratch scratch_;
  float* const data_;
};

Conv with_floats(Conv conv) {
  conv.dtype = kFloat;
  conv.kept_weight = nullptr;  // the copy in float32 is not kept
  return conv;
}

// Sets every element, or adds to it, the value of its channel.
template <class T>
void spread_bias(Layout layout, int64_t batch, int64_t channels, int64_t pixels, const T* bias, bool add, T* x) {
  const bool plain = layout == Layout::Plain;
  const int64_t rows = plain ? batch * channels : batch * pixels, columns = plain ? pixels : channels;
  parallel_for(rows, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, columns)), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      T* const row = x + r * columns;
      if (!add && !bias) {
        std::fill_n(row, columns, T(0));
        continue;
      }
      for (int64_t j = 0; j < columns; ++j) {
        const T value = bias[plain ? r % channels : j];
        row[j] = add ? static_cast<T>(row[j] + value) : value;
      }
    }
  });
}

// The types that oneDNN may know. Its bfloat16 gradients of weights read, and may write, memory that is not theirs, so
// these are computed in float32.
template <class T>
inline constexpr bool is_known = std::is_same_v<T, float> || std::is_same_v<T, BFloat16>;

template <class T>
void forward(const Conv& conv, const T* input, const T* weight, const T* bias, T* output) {
  const bool empty = is_empty(conv);
  if constexpr (is_known<T>)
    if (!empty && onednn::conv_forward(conv, input, weight, bias, output)) return;
  if constexpr (is_half_type<T>) {
    const FloatCopy<T> x(input, input_count(conv)), w(weight, conv.weight_count()), b(bias, conv.out_channels);
    const Scratch y(output_count(conv) * 4);
    forward<float>(with_floats(conv), x.data(), w.data(), b.data(), y.as<float>());
    return convert_all(y.as<float>(), output_count(conv), output);
  } else {
    spread_bias(conv.output_layout, conv.batch, conv.out_channels, conv.output_pixels(), bias, false, output);
    if (!empty) im2col::conv_forward(conv, input, weight, output);
  }
}

template <class T>
void backward_input(const Conv& conv, const T* grad_output, const T* weight, const T* bias, T* grad_input) {
  const bool empty = is_empty(conv);
  // A bias is added to float32, so that the sum is rounded once.
  if constexpr (is_half_type<T>) {
    if constexpr (is_known<T>)
      if (!empty && !bias && onednn::conv_backward_input(conv, grad_output, weight, grad_input)) return;
    const FloatCopy<T> gy(grad_output, output_count(conv)), w(weight, conv.weight_count()), b(bias, conv.in_channels);
    const Scratch gx(input_count(conv) * 4);
    backward_input<float>(with_floats(conv), gy.data(), w.data(), b.data(), gx.as<float>());
    return convert_all(gx.as<float>(), input_count(conv), grad_input);
  } else {
    const auto start = [&](bool add) {
      spread_bias(conv.input_layout, conv.batch, conv.in_channels, conv.input_pixels(), bias, add, grad_input);
    };
    if constexpr (std::is_same_v<T, float>)
      if (!empty && onednn::conv_backward_input(conv, grad_output, weight, grad_input)) {
        if (bias) start(true);
        return;
      }
    start(false);
    if (!empty) im2col::conv_backward_input(conv, grad_output, weight, grad_input);
  }
}

// out[c] = the sum of x over images and pixels: the gradient of a bias.
template <class T>
void sum_channels(Layout layout, int64_t batch, int64_t channels, int64_t pixels, const T* x, T* out) {
  using Sum = std::conditional_t<std::is_integral_v<T>, uint64_t, double>;
  const bool plain = layout == Layout::Plain;
  const int64_t channel_step = plain ? pixels : 1, pixel_step = plain ? 1 : channels;
  parallel_for(channels, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, batch * pixels)),
               [&](int64_t begin, int64_t end) {
                 for (int64_t c = begin; c < end; ++c) {
                   Sum total = 0;
                   for (int64_t n = 0; n < batch; ++n) {
                     const T* const plane = x + n * channels * pixels + c * channel_step;
                     if constexpr (std::is_floating_point_v<T>)
                       if (plain) {
                         total += norm_loops<T>().sum(plane, pixels);
                         continue;
                       }
                     for (int64_t p = 0; p < pixels; ++p) total += static_cast<Sum>(plane[p * pixel_step]);
                   }
                   out[c] = static_cast<T>(total);
                 }
               });
}

template <class T>
void backward_weight(const Conv& conv, const T* input, const T* grad_output, T* grad_weight, T* grad_bias) {
  const bool empty = is_empty(conv);
  if constexpr (std::is_same_v<T, float>)
    if (!empty && onednn::conv_backward_weight(conv, input, grad_output, grad_weight, grad_bias)) return;
  if constexpr (is_half_type<T>) {
    const FloatCopy<T> x(input, input_count(conv)), gy(grad_output, output_count(conv));
    const Scratch gw(conv.weight_count() * 4), gb(conv.out_channels * 4);
    backward_weight<float>(with_floats(conv), x.data(), gy.data(), gw.as<float>(),
                           grad_bias ? gb.as<float>() : nullptr);
    convert_all(gw.as<float>(), conv.weight_count(), grad_weight);
    if (grad_bias) convert_all(gb.as<float>(), conv.out_channels, grad_bias);
  } else {
    std::fill_n(grad_weight, conv.weight_count(), T(0));
    if (!empty) im2col::conv_backward_weight(conv, input, grad_output, grad_weight);
    if (grad_bias)
      sum_channels(conv.output_layout, conv.batch, conv.out_channels, conv.output_pixels(), grad_output, grad_bias);
  }
}

}  // namespace

std::shared_ptr<const detail::Derived> no_packed_weights() { return onednn::no_packed_weights(); }
bool are_packed_weights(const detail::Derived* derived) { return onednn::are_packed_weights(derived); }

bool conv_pack(const Conv& conv, const void* weight, bool with_bias) {
  return !is_empty(conv) && onednn::conv_pack(conv, weight, with_bias);
}
void conv_forward_packed(const Conv& conv, const void* input, const void* bias, void* output) {
  onednn::conv_forward_packed(conv, input, bias, output);
}
void conv_pack_no_more(const detail::Derived& kept) { onednn::conv_pack_no_more(kept); }

bool conv_likes_channels_last(const Conv& conv, bool forward) {
  return !is_empty(conv) && onednn::likes_channels_last(conv, forward);
}

void conv_forward(const Conv& conv, const void* input, const void* weight, const void* bias, void* output) {
  dispatch_numbers("slow_conv2d_cpu", conv.dtype, [&](auto zero) {
    using T = decltype(zero);
    forward(conv, static_cast<const T*>(input), static_cast<const T*>(weight), static_cast<const T*>(bias),
            static_cast<T*>(output));
  });
}

void conv_backward_input(const Conv& conv, const void* grad_output, const void* weight, const void* bias,
                         void* grad_input) {
  dispatch_numbers("slow_conv2d_cpu", conv.dtype, [&](auto zero) {
    using T = decltype(zero);
    backward_input(conv, static_cast<const T*>(grad_output), static_cast<const T*>(weight), static_cast<const T*>(bias),
                   static_cast<T*>(grad_input));
  });
}

void conv_backward_weight(const Conv& conv, const void* input, const void* grad_output, void* grad_weight,
                          void* grad_bias) {
  dispatch_numbers("slow_conv2d_cpu", conv.dtype, [&](auto zero) {
    using T = decltype(zero);
    backward_weight(conv, static_cast<const T*>(input), static_cast<const T*>(grad_output),
                    static_cast<T*>(grad_weight), static_cast<T*>(grad_bias));
  });
}

}  // namespace relume::cpu
