// Convolutions against plain loops, forward and backward, over random shapes, layouts and dtypes.
#include "kernels/conv.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <sstream>
#include <vector>

#include "cpu/parallel.h"
#include "relume/error.h"

namespace relume::cpu {
namespace {

std::string describe(const Conv& c) {
  std::ostringstream text;
  text << c.spatial << "-D batch " << c.batch << " channels " << c.in_channels << "->" << c.out_channels << " groups "
       << c.groups << " layouts " << int(c.input_layout) << int(c.output_layout);
  for (int d = 0; d < kMaxSpatial; ++d)
    text << " | " << c.input[d] << " -> " << c.output[d] << " k " << c.kernel[d] << " s " << c.stride[d] << " p "
         << c.padding[d] << " d " << c.dilation[d];
  return text.str();
}

// Index of an element of an activation.
int64_t index_of(Layout layout, int64_t channels, int64_t pixels, int64_t n, int64_t c, int64_t p) {
  return layout == Layout::Plain ? (n * channels + c) * pixels + p : (n * pixels + p) * channels + c;
}

// Calls body(input index, weight index, output index) for every product of the convolution.
template <class Body>
void for_each_product(const Conv& c, const Body& body) {
  const int64_t in_group = c.in_channels / c.groups, out_group = c.out_channels / c.groups;
  for (int64_t n = 0; n < c.batch; ++n)
    for (int64_t o = 0; o < c.out_channels; ++o)
      for (int64_t p = 0; p < c.output_pixels(); ++p)
        for (int64_t i = 0; i < in_group; ++i)
          for (int64_t q = 0; q < c.kernel_pixels(); ++q) {
            const int64_t out[] = {p / (c.output[2] * c.output[1]), p / c.output[2] % c.output[1], p % c.output[2]};
            const int64_t tap[] = {q / (c.kernel[2] * c.kernel[1]), q / c.kernel[2] % c.kernel[1], q % c.kernel[2]};
            int64_t pixel = 0;
            bool inside = true;
            for (int d = 0; d < kMaxSpatial; ++d) {
              const int64_t x = out[d] * c.stride[d] - c.padding[d] + tap[d] * c.dilation[d];
              inside = inside && x >= 0 && x < c.input[d];
              pixel = pixel * c.input[d] + x;
            }
            if (!inside) continue;
            body(index_of(c.input_layout, c.in_channels, c.input_pixels(), n, o / out_group * in_group + i, pixel),
                 (o * in_group + i) * c.kernel_pixels() + q,
                 index_of(c.output_layout, c.out_channels, c.output_pixels(), n, o, p));
          }
}

// Operands of small multiples of 1/4, so that the sums are exact in every floating type of 24 bits.
template <class T>
struct Operands {
  Operands(const Conv& c, uint32_t seed) : engine(seed) {
    x = make(c.batch * c.in_channels * c.input_pixels());
    y = make(c.batch * c.out_channels * c.output_pixels());
    w = make(c.weight_count());
    input_bias = make(c.in_channels);
    output_bias = make(c.out_channels);
  }
  std::vector<T> make(int64_t count) {
    std::vector<T> list(static_cast<size_t>(count));
    for (T& e : list) e = static_cast<T>(static_cast<float>(static_cast<int>(engine() % 9) - 4) / (kExact ? 1 : 4));
    return list;
  }
  static constexpr bool kExact = std::is_integral_v<T>;
  std::mt19937 engine;
  std::vector<T> x, y, w, input_bias, output_bias;
};

template <class T>
using Wide = std::conditional_t<std::is_integral_v<T>, int64_t, double>;

template <class T>
std::vector<T> narrow(const std::vector<Wide<T>>& list) {
  std::vector<T> result;
  for (auto value : list) result.push_back(static_cast<T>(value));
  return result;
}

template <class T>
void expect_equal(const std::vector<T>& actual, const std::vector<T>& expected, const char* what, const Conv& c) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i)
    ASSERT_EQ(static_cast<double>(actual[i]), static_cast<double>(expected[i]))
        << what << " element " << i << " of " << describe(c);
}

template <class T>
void expect_forward(Conv c, const Operands<T>& o, bool bias) {
  std::vector<Wide<T>> sum(o.y.size());
  for_each_product(c, [&](int64_t x, int64_t w, int64_t y) { sum[y] += Wide<T>(o.x[x]) * Wide<T>(o.w[w]); });
  for (int64_t n = 0; bias && n < c.batch; ++n)
    for (int64_t k = 0; k < c.out_channels; ++k)
      for (int64_t p = 0; p < c.output_pixels(); ++p)
        sum[index_of(c.output_layout, c.out_channels, c.output_pixels(), n, k, p)] += Wide<T>(o.output_bias[k]);
  std::vector<T> y(o.y.size(), T(99));
  conv_forward(c, o.x.data(), o.w.data(), bias ? o.output_bias.data() : nullptr, y.data());
  expect_equal(y, narrow<T>(sum), "output", c);
}

template <class T>
void expect_backward(Conv c, const Operands<T>& o, bool bias) {
  std::vector<Wide<T>> gx(o.x.size()), gw(o.w.size()), gb(static_cast<size_t>(c.out_channels));
  for_each_product(c, [&](int64_t x, int64_t w, int64_t y) {
    gx[x] += Wide<T>(o.y[y]) * Wide<T>(o.w[w]);
    gw[w] += Wide<T>(o.y[y]) * Wide<T>(o.x[x]);
  });
  for (int64_t n = 0; n < c.batch; ++n) {
    for (int64_t k = 0; k < c.out_channels; ++k)
      for (int64_t p = 0; p < c.output_pixels(); ++p)
        gb[k] += Wide<T>(o.y[index_of(c.output_layout, c.out_channels, c.output_pixels(), n, k, p)]);
    for (int64_t k = 0; bias && k < c.in_channels; ++k)
      for (int64_t p = 0; p < c.input_pixels(); ++p)
        gx[index_of(c.input_layout, c.in_channels, c.input_pixels(), n, k, p)] += Wide<T>(o.input_bias[k]);
  }
  std::vector<T> grad_x(gx.size(), T(99)), grad_w(gw.size(), T(99)), grad_b(gb.size(), T(99));
  conv_backward_input(c, o.y.data(), o.w.data(), bias ? o.input_bias.data() : nullptr, grad_x.data());
  expect_equal(grad_x, narrow<T>(gx), "input gradient", c);
  conv_backward_weight(c, o.x.data(), o.y.data(), grad_w.data(), bias ? grad_b.data() : nullptr);
  expect_equal(grad_w, narrow<T>(gw), "weight gradient", c);
  if (bias) expect_equal(grad_b, narrow<T>(gb), "bias gradient", c);
}

template <class T>
void expect_like_loops(Conv c, uint32_t seed, bool bias) {
  c.dtype = dtype_of<T>;
  const Operands<T> operands(c, seed);
  expect_forward<T>(c, operands, bias);
  if (!testing::Test::HasFatalFailure()) expect_backward<T>(c, operands, bias);
}

Conv random_conv(std::mt19937& engine, int spatial) {
  const auto pick = [&](int low, int high) { return static_cast<int64_t>(low + engine() % (high - low + 1)); };
  Conv c;
  c.spatial = spatial;
  c.batch = pick(1, 3);
  c.groups = pick(0, 2) == 0 ? pick(2, 4) : 1;
  c.in_channels = c.groups * pick(1, 5);
  c.out_channels = c.groups * pick(1, 9);
  if (pick(0, 3) == 0) c.in_channels = c.out_channels = 16 * c.groups;
  for (int d = 0; d < spatial; ++d) {
    c.kernel[d] = pick(1, 3), c.stride[d] = pick(1, 3), c.dilation[d] = pick(1, 2), c.padding[d] = pick(0, 3);
    c.input[d] = pick(1, 9);
    const int64_t reach = c.dilation[d] * (c.kernel[d] - 1) + 1;
    c.input[d] = std::max(c.input[d], reach - 2 * c.padding[d]);
    c.output[d] = (c.input[d] + 2 * c.padding[d] - reach) / c.stride[d] + 1;
  }
  c.input_layout = pick(0, 2) == 0 ? Layout::ChannelsLast : Layout::Plain;
  c.output_layout = pick(0, 4) == 0 ? Layout::Plain : c.input_layout;
  return c;
}

template <class T>
void expect_like_loops_over_shapes(int count) {
  std::mt19937 engine(5);
  for (int i = 0; i < count; ++i) {
    const Conv c = random_conv(engine, 1 + i % 3);
    expect_like_loops<T>(c, static_cast<uint32_t>(i), i % 2);
    if (testing::Test::HasFatalFailure()) return;
  }
}

Conv image_conv(int64_t batch, int64_t in_channels, int64_t out_channels, int64_t size, int64_t kernel, int64_t pad) {
  Conv c;
  c.batch = batch, c.in_channels = in_channels, c.out_channels = out_channels;
  for (int d = 0; d < 2; ++d) {
    c.input[d] = size, c.kernel[d] = kernel, c.padding[d] = pad;
    c.output[d] = size + 2 * pad - kernel + 1;
  }
  return c;
}

TEST(Conv, AgreesWithLoopsInFloat) { expect_like_loops_over_shapes<float>(150); }
TEST(Conv, AgreesWithLoopsInDouble) { expect_like_loops_over_shapes<double>(200); }
TEST(Conv, AgreesWithLoopsInHalfTypes) {
  expect_like_loops_over_shapes<Half>(60);
  expect_like_loops_over_shapes<BFloat16>(60);
}
TEST(Conv, AgreesWithLoopsInIntegers) {
  expect_like_loops_over_shapes<int64_t>(60);
  expect_like_loops_over_shapes<int32_t>(60);
}

TEST(Conv, AgreesWithLoopsOnLayersOfRealNetworks) {
  for (const Layout layout : {Layout::Plain, Layout::ChannelsLast})
    for (Conv c : {image_conv(2, 3, 32, 32, 3, 1), image_conv(2, 32, 64, 16, 3, 1), image_conv(3, 64, 32, 7, 1, 0),
                   image_conv(1, 1, 16, 28, 5, 2), image_conv(2, 17, 33, 9, 3, 1)}) {
      c.input_layout = c.output_layout = layout;
      expect_like_loops<float>(c, 3, true);
      expect_like_loops<float>(c, 3, false);
      expect_like_loops<double>(c, 3, true);
    }
}

TEST(Conv, AgreesWithLoopsWhenDepthwise) {
  for (const Layout layout : {Layout::Plain, Layout::ChannelsLast}) {
    Conv c = image_conv(2, 32, 32, 8, 3, 1);
    c.groups = 32;
    c.input_layout = c.output_layout = layout;
    expect_like_loops<float>(c, 9, true);
    expect_like_loops<double>(c, 9, true);
  }
}

TEST(Conv, AcceptsPixelsThatNoWindowReaches) {
  Conv c = image_conv(2, 4, 5, 8, 3, 0);
  for (int d = 0; d < 2; ++d) c.stride[d] = 4, c.output[d] = 2;  // the last column and row of 8 are not read
  expect_like_loops<float>(c, 1, true);
  expect_like_loops<double>(c, 1, true);
}

TEST(Conv, AcceptsMorePaddingAfterThanBefore) {
  Conv c = image_conv(2, 3, 4, 6, 4, 1);
  for (int d = 0; d < 2; ++d) c.output[d] = 6;  // 1 before, 2 after
  expect_like_loops<float>(c, 1, true);
  expect_like_loops<double>(c, 1, true);
}

TEST(Conv, OfNoImagesHasZeroGradients) {
  expect_like_loops<float>(image_conv(0, 3, 4, 6, 3, 1), 1, true);
  expect_like_loops<double>(image_conv(0, 3, 4, 6, 3, 1), 1, true);
}

TEST(Conv, OfNoInputChannelsIsTheBias) { expect_like_loops<float>(image_conv(2, 0, 4, 6, 3, 1), 1, true); }

TEST(Conv, ToNoOutputChannelsWritesNothingButZeroGradients) {
  expect_like_loops<float>(image_conv(2, 3, 0, 6, 3, 1), 1, true);
}

TEST(Conv, RunsInsideParallelWork) {
  parallel_for(4, 1, [](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      expect_like_loops<float>(image_conv(2, 8, 16, 12, 3, 1), static_cast<uint32_t>(i), true);
  });
}

TEST(Conv, RefusesBool) {
  Conv c = image_conv(1, 1, 1, 1, 1, 0);
  c.dtype = kBool;
  EXPECT_THROW(conv_forward(c, nullptr, nullptr, nullptr, nullptr), NotImplementedError);
}

}  // namespace
}  // namespace relume::cpu
