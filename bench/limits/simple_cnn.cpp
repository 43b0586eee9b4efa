// The limit of SimpleCNN (examples/simple_cnn.h): oneDNN's convolutions, with activations that stay channels-last from
// the reordered input to the last pooling, and ReLU and its gradient done inside the pooling. Input, output, weights
// and gradients are in the layouts that a user has.
#include <cstring>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>

#include "cpu/onednn_versions.h"
#include "limits.h"

// Compiled for several instruction sets; the best is chosen when the program starts.
#if defined(__x86_64__)
#define BENCH_BEST_TARGET __attribute__((target_clones("default", "arch=haswell", "arch=skylake-avx512")))
#else
#define BENCH_BEST_TARGET
#endif

namespace bench {
namespace {

using dnnl::memory;
using namespace relume::cpu::onednn;
using Tag = memory::format_tag;

const dnnl::engine& engine() {
  static const dnnl::engine instance(dnnl::engine::kind::cpu, 0);
  return instance;
}

dnnl::stream& stream() {
  static dnnl::stream instance(engine());
  return instance;
}

memory::desc floats(const memory::dims& dims, Tag tag) { return memory::desc(dims, memory::data_type::f32, tag); }

// A 3x3 convolution with bias and padding 1, its forward and both backward passes.
class Conv {
 public:
  // `source` and `result` are channels-last; so are their gradients.
  Conv(int64_t batch, int64_t in, int64_t out, int64_t size, Floats source, Floats result, Floats source_grad,
       Floats result_grad)
      : keep_{source,     result, source_grad, result_grad, Floats(in * out * 9), Floats(out), Floats(in * out * 9),
              Floats(out)} {
    const memory::desc x = floats({batch, in, size, size}, Tag::nhwc), y = floats({batch, out, size, size}, Tag::nhwc);
    const memory::desc any = floats({out, in, 3, 3}, Tag::any), plain = floats({out, in, 3, 3}, Tag::oihw);
    const memory::desc b = floats({out}, Tag::x);
    const memory::dims stride{1, 1}, pad{1, 1};
    const auto direct = dnnl::algorithm::convolution_direct;

    const dnnl::primitive_attr none;
    dnnl::post_ops relu;
    append_relu(relu);
    dnnl::primitive_attr with_relu;
    with_relu.set_post_ops(relu);
    const auto described = [&](const dnnl::primitive_attr& attributes) {
      return describe<dnnl::convolution_forward>(engine(), attributes, dnnl::prop_kind::forward_training, direct, x,
                                                 any, b, y, stride, pad, pad);
    };
    const auto chosen = described(none);
    forward_ = dnnl::convolution_forward(chosen);
    forward_relu_ = dnnl::convolution_forward(described(with_relu));
    using BackwardWeights = dnnl::convolution_backward_weights;
    const auto to_weight =
        describe_backward<BackwardWeights>(engine(), none, chosen, direct, x, any, b, y, stride, pad, pad);
    backward_weight_ = BackwardWeights(to_weight);
    using BackwardData = dnnl::convolution_backward_data;
    const auto to_source = describe_backward<BackwardData>(engine(), none, chosen, direct, x, any, y, stride, pad, pad);
    backward_source_ = BackwardData(to_source);

    source_ = memory(x, engine(), source.data());
    result_ = memory(y, engine(), result.data());
    source_grad_ = memory(x, engine(), source_grad.data());
    result_grad_ = memory(y, engine(), result_grad.data());
    weight_ = memory(plain, engine(), keep_[4].data());
    bias_ = memory(b, engine(), keep_[5].data());
    weight_grad_ = memory(plain, engine(), keep_[6].data());
    bias_grad_ = memory(b, engine(), keep_[7].data());
    packed_ = memory(chosen.weights_desc(), engine());
    packed_for_source_ = memory(to_source.weights_desc(), engine());
    packed_grad_ = memory(to_weight.diff_weights_desc(), engine());
    pack_ = dnnl::reorder(weight_, packed_);
    pack_for_source_ = dnnl::reorder(weight_, packed_for_source_);
    unpack_grad_ = dnnl::reorder(packed_grad_, weight_grad_);
  }

  memory& source() { return source_; }
  void pack() { pack_.execute(stream(), weight_, packed_); }
  void forward(bool relu) {
    (relu ? forward_relu_ : forward_)
        .execute(
            stream(),
            {{DNNL_ARG_SRC, source_}, {DNNL_ARG_WEIGHTS, packed_}, {DNNL_ARG_BIAS, bias_}, {DNNL_ARG_DST, result_}});
  }
  void backward_weight() {
    backward_weight_.execute(stream(), {{DNNL_ARG_SRC, source_},
                                        {DNNL_ARG_DIFF_DST, result_grad_},
                                        {DNNL_ARG_DIFF_WEIGHTS, packed_grad_},
                                        {DNNL_ARG_DIFF_BIAS, bias_grad_}});
    unpack_grad_.execute(stream(), packed_grad_, weight_grad_);
  }
  void backward_source() {
    pack_for_source_.execute(stream(), weight_, packed_for_source_);
    backward_source_.execute(
        stream(),
        {{DNNL_ARG_DIFF_DST, result_grad_}, {DNNL_ARG_WEIGHTS, packed_for_source_}, {DNNL_ARG_DIFF_SRC, source_grad_}});
  }

 private:
  std::vector<Floats> keep_;
  dnnl::convolution_forward forward_, forward_relu_;
  dnnl::convolution_backward_weights backward_weight_;
  dnnl::convolution_backward_data backward_source_;
  memory source_, result_, source_grad_, result_grad_, weight_, bias_, weight_grad_, bias_grad_;
  memory packed_, packed_for_source_, packed_grad_;
  dnnl::reorder pack_, pack_for_source_, unpack_grad_;
};

constexpr int64_t kMostChannels = 64;

// One pixel of 2x2 pooling of channels-last data: the largest of four and zero.
BENCH_BEST_TARGET void pool_pixels(const float* top, const float* bottom, int64_t width, int64_t channels,
                                   float* result) {
  for (int64_t j = 0; j < width; ++j, top += 2 * channels, bottom += 2 * channels, result += channels)
    for (int64_t c = 0; c < channels; ++c) {
      const float a = std::max(top[c], top[channels + c]), b = std::max(bottom[c], bottom[channels + c]);
      result[c] = std::max(std::max(a, b), 0.0f);
    }
}

// The same, noting which of the four it was, or 4 for zero: where the gradient goes.
BENCH_BEST_TARGET void pool_pixels_noting(const float* top, const float* bottom, int64_t width, int64_t channels,
                                          float* result, uint8_t* place) {
  for (int64_t j = 0; j < width;
       ++j, top += 2 * channels, bottom += 2 * channels, result += channels, place += channels)
    for (int64_t c = 0; c < channels; ++c) {
      float best = 0;
      int at = 4;
      const float values[] = {top[c], top[channels + c], bottom[c], bottom[channels + c]};
      for (int i = 0; i < 4; ++i) {
        at = values[i] > best ? i : at;
        best = values[i] > best ? values[i] : best;
      }
      result[c] = best;
      place[c] = static_cast<uint8_t>(at);
    }
}

// The gradient of both: each gradient to its place, zero everywhere else.
BENCH_BEST_TARGET void unpool_pixels(const float* grad, const uint8_t* place, int64_t width, int64_t channels,
                                     float* top, float* bottom) {
  for (int64_t j = 0; j < width; ++j, top += 2 * channels, bottom += 2 * channels, grad += channels, place += channels)
    for (int64_t c = 0; c < channels; ++c) {
      const int at = place[c];
      const float g = grad[c];
      top[c] = at == 0 ? g : 0;
      top[channels + c] = at == 1 ? g : 0;
      bottom[c] = at == 2 ? g : 0;
      bottom[channels + c] = at == 3 ? g : 0;
    }
}

// ReLU and 2x2 pooling of square channels-last images; the result is channels-last too, or plain.
struct Pool {
  int64_t batch, channels, size;
  bool plain_result;
  Floats source, result, source_grad, result_grad;
  std::shared_ptr<uint8_t[]> place{new uint8_t[batch * channels * size * size / 4]};

  void forward(bool note) const {
    each_row(
        [this, note](int64_t row, const float* source_row, float* pixels, int64_t at) {
          const int64_t line = size * channels;
          if (note) {
            pool_pixels_noting(source_row, source_row + line, size / 2, channels, pixels, place.get() + at);
          } else {
            pool_pixels(source_row, source_row + line, size / 2, channels, pixels);
          }
          if (plain_result)
            exchange(
                row, [](float& plain, float& pixel) { plain = pixel; }, result.data(), pixels);
        },
        result);
  }
  void backward() const {
    each_row(
        [this](int64_t row, const float* source_row, float* pixels, int64_t at) {
          if (plain_result)
            exchange(
                row, [](float& plain, float& pixel) { pixel = plain; }, result_grad.data(), pixels);
          float* to = source_grad.data() + (source_row - source.data());
          unpool_pixels(pixels, place.get() + at, size / 2, channels, to, to + size * channels);
        },
        result_grad);
  }

 private:
  // Calls body(row of the result, the first of its two source rows, its pixels, their place in channels-last order).
  template <class Body>
  void each_row(Body body, const Floats& small) const {
    const int64_t half = size / 2, line = half * channels;
#pragma omp parallel for schedule(static) if (batch * size * size * channels > 20000)
    for (int64_t row = 0; row < batch * half; ++row) {
      alignas(64) float buffer[16 * kMostChannels];
      float* pixels = plain_result ? buffer : small.data() + row * line;
      body(row, source.data() + 4 * row * line, pixels, row * line);
    }
  }
  // Calls move(element of the plain tensor, the same in `pixels`) for a row.
  template <class Move>
  void exchange(int64_t row, Move move, float* plain, float* pixels) const {
    const int64_t half = size / 2, image = row / half, i = row % half;
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t j = 0; j < half; ++j)
        move(plain[((image * channels + c) * half + i) * half + j], pixels[j * channels + c]);
  }
};

class Chain {
 public:
  explicit Chain(int64_t batch)
      : input_(batch * 3 * 1024),
        input_memory_(floats({batch, 3, 32, 32}, Tag::nchw), engine(), input_.data()),
        pool1_{batch,
               32,
               32,
               false,
               Floats(batch * 32768),
               Floats(batch * 8192),
               Floats(batch * 32768),
               Floats(batch * 8192)},
        pool2_{batch,
               64,
               16,
               true,
               Floats(batch * 16384),
               Floats(batch * 4096),
               Floats(batch * 16384),
               Floats(batch * 4096)},
        conv1_(batch, 3, 32, 32, Floats(batch * 3 * 1024), pool1_.source, Floats(batch * 3 * 1024), pool1_.source_grad),
        conv2_(batch, 32, 64, 16, pool1_.result, pool2_.source, pool1_.result_grad, pool2_.source_grad),
        reorder_input_(input_memory_, conv1_.source()) {
    conv1_.pack();
    conv2_.pack();
  }

  // Weights are packed already; ReLU is applied by the convolution, or by the pooling.
  void forward(bool relu_in_conv) {
    reorder_input_.execute(stream(), input_memory_, conv1_.source());
    conv1_.forward(relu_in_conv);
    pool1_.forward(false);
    conv2_.forward(relu_in_conv);
    pool2_.forward(false);
  }

  void train() {
    reorder_input_.execute(stream(), input_memory_, conv1_.source());
    conv1_.pack();
    conv2_.pack();
    conv1_.forward(false);
    pool1_.forward(true);
    conv2_.forward(false);
    pool2_.forward(true);
    pool2_.backward();
    conv2_.backward_weight();
    conv2_.backward_source();
    pool1_.backward();
    conv1_.backward_weight();
  }

 private:
  Floats input_;
  memory input_memory_;
  Pool pool1_, pool2_;
  Conv conv1_, conv2_;
  dnnl::reorder reorder_input_;
};

}  // namespace

void add_simple_cnn_rows(Rows& rows) {
  for (const int64_t batch : {1, 32, 256}) {
    const std::string size = "batch " + std::to_string(batch);
    rows.push_back({"SimpleCNN forward, " + size, [batch] {
                      const auto chain = std::make_shared<Chain>(batch);
                      return Work{fastest({[chain] { chain->forward(true); }, [chain] { chain->forward(false); }}), {}};
                    }});
    rows.push_back({"SimpleCNN training step, " + size, [batch] {
                      const auto chain = std::make_shared<Chain>(batch);
                      return Work{[chain] { chain->train(); }, {}};
                    }});
  }
}

}  // namespace bench
