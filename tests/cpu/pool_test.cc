// Pooling against plain loops, forward and backward, over random windows, layouts and dtypes.
#include "kernels/pool.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <sstream>
#include <vector>

#include "relume/error.h"

namespace relume::cpu {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::string describe(const Pool& p) {
  std::ostringstream text;
  text << (p.adaptive ? "adaptive" : "fixed") << " batch " << p.batch << " channels " << p.channels << " layout "
       << int(p.layout);
  for (int d = 0; d < kMaxSpatial; ++d)
    text << " | " << p.input[d] << " -> " << p.output[d] << " k " << p.kernel[d] << " s " << p.stride[d] << " p "
         << p.padding[d] << " d " << p.dilation[d];
  return text.str();
}

// Positions of a window along one dimension; those outside the input are left out.
struct Line {
  std::vector<int64_t> taps, positions;
  int64_t padded;
};

Line line_of(const Pool& p, int d, int64_t o) {
  Line line;
  int64_t begin = o * p.stride[d] - p.padding[d], count = p.kernel[d], step = p.dilation[d];
  if (p.adaptive) {
    begin = static_cast<int64_t>(std::floor(static_cast<double>(o * p.input[d]) / static_cast<double>(p.output[d])));
    const auto end = std::ceil(static_cast<double>((o + 1) * p.input[d]) / static_cast<double>(p.output[d]));
    count = static_cast<int64_t>(end) - begin, step = 1;
  }
  for (int64_t k = 0; k < count; ++k)
    if (begin + k * step >= 0 && begin + k * step < p.input[d]) {
      line.taps.push_back(k);
      line.positions.push_back(begin + k * step);
    }
  line.padded = std::min(begin + count, p.input[d] + p.padding[d]) - begin;
  return line;
}

// Calls body(output index, channel offset, windows) for all outputs; pixels are turned into elements by `element`.
struct Walk {
  explicit Walk(const Pool& pool) : pool(pool) {}
  int64_t element(int64_t n, int64_t c, int64_t pixel, int64_t pixels) const {
    return pool.layout == Layout::Plain ? (n * pool.channels + c) * pixels + pixel
                                        : (n * pixels + pixel) * pool.channels + c;
  }
  int64_t input(int64_t n, int64_t c, int64_t pixel) const { return element(n, c, pixel, pool.input_pixels()); }

  template <class Body>
  void operator()(const Body& body) const {
    for (int64_t n = 0; n < pool.batch; ++n)
      for (int64_t c = 0; c < pool.channels; ++c)
        for (int64_t p = 0; p < pool.output_pixels(); ++p) {
          const Line lines[] = {line_of(pool, 0, p / (pool.output[2] * pool.output[1])),
                                line_of(pool, 1, p / pool.output[2] % pool.output[1]),
                                line_of(pool, 2, p % pool.output[2])};
          body(element(n, c, p, pool.output_pixels()), n, c, lines);
        }
  }
  template <class Body>
  void taps(const Line (&lines)[3], const Body& body) const {
    for (int64_t x0 : lines[0].positions)
      for (int64_t x1 : lines[1].positions)
        for (int64_t x2 : lines[2].positions) body((x0 * pool.input[1] + x1) * pool.input[2] + x2);
  }
  const Pool& pool;
};

template <class T>
std::vector<T> random_elements(int64_t count, std::mt19937& engine, bool special = false) {
  std::vector<T> list(static_cast<size_t>(count));
  for (T& e : list) {
    e = static_cast<T>(static_cast<float>(engine() % 9) - (std::is_same_v<T, uint8_t> ? 0.0f : 4.0f));
    if constexpr (!std::is_integral_v<T>)
      if (special && engine() % 12 == 0) e = engine() % 2 ? T(float(kNaN)) : T(-std::numeric_limits<float>::infinity());
  }
  return list;
}

template <class T>
void expect_same(const std::vector<T>& actual, const std::vector<double>& expected, const char* what, const Pool& p) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    const double value = static_cast<double>(actual[i]);
    ASSERT_TRUE(value == expected[i] || (std::isnan(value) && std::isnan(expected[i])))
        << what << " " << i << ": " << value << ", expected " << expected[i] << ", " << describe(p);
  }
}

template <class T>
void expect_max_like_loops(Pool p, uint32_t seed) {
  p.dtype = dtype_of<T>;
  std::mt19937 engine(seed);
  const int64_t inputs = p.batch * p.channels * p.input_pixels(), outputs = p.batch * p.channels * p.output_pixels();
  const auto x = random_elements<T>(inputs, engine, true), gy = random_elements<T>(outputs, engine);
  std::vector<double> best(static_cast<size_t>(outputs)), place(best), gx(static_cast<size_t>(inputs)), gathered(best);
  const Walk walk(p);
  walk([&](int64_t out, int64_t n, int64_t c, const Line(&lines)[3]) {
    int64_t winner = -1;
    walk.taps(lines, [&](int64_t pixel) {
      const double value = static_cast<double>(x[walk.input(n, c, pixel)]);
      if (winner < 0 || value > static_cast<double>(x[walk.input(n, c, winner)]) || std::isnan(value)) winner = pixel;
    });
    place[out] = static_cast<double>(winner);
    best[out] = gathered[out] = static_cast<double>(x[walk.input(n, c, winner)]);
    gx[walk.input(n, c, winner)] += static_cast<double>(gy[out]);
  });
  std::vector<T> y(gy.size(), T(7.0f)), grad(x.size(), T(7.0f)), again(y);
  std::vector<int64_t> pixels(gy.size());
  std::vector<uint8_t> taps(gy.size());
  max_pool_forward(p, x.data(), y.data(), {});
  expect_same(y, best, "max", p);
  const PoolIndex by_pixel{PoolIndex::Form::Pixel, pixels.data()}, by_tap{PoolIndex::Form::Tap, taps.data()};
  max_pool_forward(p, x.data(), y.data(), by_pixel);
  expect_same(pixels, place, "index", p);
  max_pool_backward(p, gy.data(), by_pixel, grad.data());
  expect_same(grad, gx, "gradient", p);
  max_pool_gather(p, x.data(), by_pixel, again.data());
  expect_same(again, gathered, "gathered", p);
  if (!taps_fit(p)) return;
  std::fill(grad.begin(), grad.end(), T(7.0f));
  max_pool_forward(p, x.data(), y.data(), by_tap);
  expect_same(y, best, "max", p);
  max_pool_backward(p, gy.data(), by_tap, grad.data());
  expect_same(grad, gx, "gradient by tap", p);
}

// Sums of small integers are exact; one division rounds, as in the loops here.
template <class T>
void expect_average_like_loops(Pool p, AverageDivisor rule, uint32_t seed) {
  using C = std::conditional_t<std::is_integral_v<T> || std::is_same_v<T, double>, T, float>;
  p.dtype = dtype_of<T>;
  std::mt19937 engine(seed);
  const int64_t inputs = p.batch * p.channels * p.input_pixels(), outputs = p.batch * p.channels * p.output_pixels();
  const auto x = random_elements<T>(inputs, engine), gy = random_elements<T>(outputs, engine);
  std::vector<double> mean(static_cast<size_t>(outputs));
  std::vector<C> gx(static_cast<size_t>(inputs));
  const Walk walk(p);
  const auto divided = [&](C sum, const Line(&l)[3]) -> C {
    if (p.adaptive) return sum / C(l[0].taps.size()) / C(l[1].taps.size()) / C(l[2].taps.size());
    const auto inside = static_cast<int64_t>(l[0].taps.size() * l[1].taps.size() * l[2].taps.size());
    if (inside == 0) return C(0);
    if (rule.override_with != 0) return sum / C(rule.override_with);
    return sum / C(rule.count_include_pad ? l[0].padded * l[1].padded * l[2].padded : inside);
  };
  walk([&](int64_t out, int64_t n, int64_t c, const Line(&lines)[3]) {
    C sum = 0;
    walk.taps(lines, [&](int64_t pixel) { sum += static_cast<C>(x[walk.input(n, c, pixel)]); });
    mean[out] = static_cast<double>(static_cast<T>(divided(sum, lines)));
  });
  walk([&](int64_t out, int64_t n, int64_t c, const Line(&lines)[3]) {
    walk.taps(lines, [&](int64_t pixel) { gx[walk.input(n, c, pixel)] += divided(static_cast<C>(gy[out]), lines); });
  });
  std::vector<T> y(gy.size(), T(7.0f)), grad(x.size(), T(7.0f));
  avg_pool_forward(p, rule, x.data(), y.data());
  expect_same(y, mean, "mean", p);
  avg_pool_backward(p, rule, gy.data(), grad.data());
  for (size_t i = 0; i < grad.size(); ++i)
    ASSERT_NEAR(static_cast<double>(grad[i]), static_cast<double>(static_cast<T>(gx[i])),
                1e-5 + (sizeof(T) == 2 ? 0.02 * std::abs(static_cast<double>(gx[i])) : 0))
        << describe(p);
}

Pool random_pool(std::mt19937& engine, bool adaptive, bool dilate) {
  const auto pick = [&](int low, int high) { return static_cast<int64_t>(low + engine() % (high - low + 1)); };
  Pool p;
  p.batch = pick(1, 3), p.channels = pick(1, 20);
  p.layout = pick(0, 1) ? Layout::Plain : Layout::ChannelsLast;
  for (int d = static_cast<int>(pick(0, 2)); d < kMaxSpatial; ++d) {
    p.input[d] = pick(1, 20);
    if (adaptive) {
      p.output[d] = pick(1, 9);
      continue;
    }
    p.kernel[d] = pick(1, 4), p.stride[d] = pick(1, 4), p.dilation[d] = dilate ? pick(1, 2) : 1;
    p.padding[d] = pick(0, static_cast<int>(p.kernel[d] / 2));
    const int64_t reach = p.dilation[d] * (p.kernel[d] - 1) + 1;
    p.input[d] = std::max(p.input[d], reach - 2 * p.padding[d]);
    const int64_t room = p.input[d] + 2 * p.padding[d] - reach;
    p.output[d] = (room + (pick(0, 1) ? p.stride[d] - 1 : 0)) / p.stride[d] + 1;
    if ((p.output[d] - 1) * p.stride[d] >= p.input[d] + p.padding[d]) --p.output[d];  // the last window starts inside
    // With dilation a window may miss the input altogether; the ops refuse nothing there, but a maximum needs one.
    for (int64_t o = 0; o < p.output[d]; ++o)
      if (line_of(p, d, o).taps.empty())
        p.dilation[d] = 1, p.padding[d] = 0, p.output[d] = (p.input[d] - p.kernel[d]) / p.stride[d] + 1;
  }
  if (adaptive) set_adaptive_windows(p);
  return p;
}

template <class T>
void expect_max_over_shapes(int count) {
  std::mt19937 engine(3);
  for (int i = 0; i < count && !testing::Test::HasFatalFailure(); ++i)
    expect_max_like_loops<T>(random_pool(engine, i % 3 == 0, true), static_cast<uint32_t>(i));
}

template <class T>
void expect_average_over_shapes(int count) {
  std::mt19937 engine(4);
  for (int i = 0; i < count && !testing::Test::HasFatalFailure(); ++i) {
    const Pool p = random_pool(engine, i % 3 == 0, false);
    expect_average_like_loops<T>(p, {i % 2 == 0, i % 5 == 0 ? 3 : 0}, static_cast<uint32_t>(i));
  }
}

TEST(MaxPool, AgreesWithLoopsInEveryDtype) {
  expect_max_over_shapes<float>(150);
  expect_max_over_shapes<double>(60);
  expect_max_over_shapes<Half>(40);
  expect_max_over_shapes<BFloat16>(40);
  expect_max_over_shapes<uint8_t>(40);
  expect_max_over_shapes<int8_t>(40);
  expect_max_over_shapes<int16_t>(40);
  expect_max_over_shapes<int32_t>(40);
  expect_max_over_shapes<int64_t>(40);
}

TEST(AveragePool, AgreesWithLoopsInEveryDtype) {
  expect_average_over_shapes<float>(150);
  expect_average_over_shapes<double>(60);
  expect_average_over_shapes<Half>(40);
  expect_average_over_shapes<BFloat16>(40);
  expect_average_over_shapes<int64_t>(40);
}

Pool halving_pool(int64_t batch, int64_t channels, int64_t size) {
  Pool p;
  p.batch = batch, p.channels = channels;
  for (int d = 1; d < kMaxSpatial; ++d) p.input[d] = size, p.output[d] = size / 2, p.kernel[d] = p.stride[d] = 2;
  return p;
}

// Channels and sizes that fill vectors of every length, and such that leave a rest.
template <class T>
void expect_max_over_halves() {
  uint32_t seed = 1;
  for (Layout layout : {Layout::Plain, Layout::ChannelsLast})
    for (const auto& [channels, size] : {std::pair<int64_t, int64_t>{32, 32}, {64, 16}, {61, 13}, {9, 70}}) {
      Pool p = halving_pool(2, channels, size);
      p.layout = layout;
      expect_max_like_loops<T>(p, seed++);
    }
}

TEST(MaxPool, AgreesWithLoopsOnLayersOfRealNetworks) {
  expect_max_over_halves<float>();
  expect_max_over_halves<double>();
  expect_max_over_halves<Half>();
  expect_max_over_halves<BFloat16>();
}

TEST(MaxPool, KeepsTheFirstOfEqualValuesAndTheLastNaN) {
  Pool p = halving_pool(1, 1, 2);
  const auto index_of_winner = [&](std::vector<float> x) {
    float y;
    int64_t index;
    max_pool_forward(p, x.data(), &y, {PoolIndex::Form::Pixel, &index});
    return index;
  };
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(index_of_winner({1, 1, 1, 1}), 0);
  EXPECT_EQ(index_of_winner({-inf, -inf, -inf, -inf}), 0);
  EXPECT_EQ(index_of_winner({1, nan, 3, 2}), 1);
  EXPECT_EQ(index_of_winner({1, nan, 3, nan}), 3);
}

TEST(Pool, OfNoImagesDoesNothing) {
  const Pool p = halving_pool(0, 4, 8);
  max_pool_forward(p, nullptr, nullptr, {});
  avg_pool_forward(p, {}, nullptr, nullptr);
  avg_pool_backward(p, {}, nullptr, nullptr);
}

TEST(Pool, RefusesBool) {
  Pool p = halving_pool(1, 1, 2);
  p.dtype = kBool;
  EXPECT_THROW(max_pool_forward(p, nullptr, nullptr, {}), NotImplementedError);
  EXPECT_THROW(avg_pool_forward(p, {}, nullptr, nullptr), NotImplementedError);
}

}  // namespace
}  // namespace relume::cpu
