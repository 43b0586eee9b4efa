// Matrix products against plain loops: every dtype, stride, batch and size class.
#include "kernels/matmul.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "cpu/parallel.h"
#include "relume/error.h"
#include "relume/threads.h"

namespace relume::cpu {
namespace {

struct Case {
  int64_t m, n, k;
  bool transpose_a = false, transpose_b = false, bias = false;
  double alpha = 1, beta = 0;
  int64_t batch = 1;
  bool share_b = false;
};

template <class T>
T random_element(std::mt19937& engine) {
  const int value = static_cast<int>(engine() % 15) - 7;
  if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16> || std::is_floating_point_v<T>)
    return static_cast<T>(static_cast<float>(value) / 4.0f);
  else
    return static_cast<T>(value);
}

template <class T>
std::vector<T> random_elements(int64_t count, std::mt19937& engine) {
  std::vector<T> list(static_cast<size_t>(count));
  for (T& element : list) element = random_element<T>(engine);
  return list;
}

// The sums of these small multiples of 1/16 are exact in every type that is wide enough, so results must be equal.
template <class T, class Wide>
void expect_like_loops(const Case& c, uint32_t seed) {
  std::mt19937 engine(seed);
  const int64_t pad = 3;
  Gemm g;
  g.dtype = dtype_of<T>;
  g.m = c.m, g.n = c.n, g.k = c.k, g.batch = c.batch, g.alpha = c.alpha, g.beta = c.beta;
  g.a_row = c.transpose_a ? 1 : c.k + pad, g.a_col = c.transpose_a ? c.m + pad : 1;
  g.b_row = c.transpose_b ? 1 : c.n + pad, g.b_col = c.transpose_b ? c.k + pad : 1;
  g.c_row = c.n + pad;
  g.a_batch = (c.m + pad) * (c.k + pad), g.b_batch = c.share_b ? 0 : (c.n + pad) * (c.k + pad);
  g.c_batch = c.m * (c.n + pad);
  const std::vector<T> a = random_elements<T>(c.batch * (c.m + pad) * (c.k + pad), engine);
  const std::vector<T> b = random_elements<T>(c.batch * (c.n + pad) * (c.k + pad), engine);
  const std::vector<T> bias = random_elements<T>(c.n, engine);
  std::vector<T> result = random_elements<T>(std::max<int64_t>(1, c.batch * g.c_batch), engine);
  std::vector<T> expected = result;
  g.a = a.data(), g.b = b.data(), g.c = result.data(), g.bias = c.bias ? bias.data() : nullptr;
  for (int64_t s = 0; s < c.batch; ++s)
    for (int64_t i = 0; i < c.m; ++i)
      for (int64_t j = 0; j < c.n; ++j) {
        Wide sum = 0;
        for (int64_t p = 0; p < c.k; ++p)
          sum += static_cast<Wide>(a[s * g.a_batch + i * g.a_row + p * g.a_col]) *
                 static_cast<Wide>(b[s * g.b_batch + p * g.b_row + j * g.b_col]);
        T& out = expected[s * g.c_batch + i * g.c_row + j];
        out = static_cast<T>(static_cast<Wide>(c.alpha) * sum + static_cast<Wide>(c.beta) * static_cast<Wide>(out) +
                             (c.bias ? static_cast<Wide>(bias[j]) : Wide(0)));
      }
  gemm(g);
  ASSERT_EQ(std::memcmp(result.data(), expected.data(), result.size() * sizeof(T)), 0)
      << "m " << c.m << " n " << c.n << " k " << c.k << " transposed " << c.transpose_a << c.transpose_b << " bias "
      << c.bias << " alpha " << c.alpha << " beta " << c.beta << " batch " << c.batch;
}

template <class T, class Wide>
void expect_like_loops_over_shapes() {
  const int64_t sizes[] = {1, 2, 3, 4, 5, 8, 13, 16, 31, 32, 33, 50, 67};
  std::mt19937 engine(7);
  const auto pick = [&] { return sizes[engine() % std::size(sizes)]; };
  for (uint32_t i = 0; i < 300; ++i) {
    Case c{pick(), pick(), pick()};
    c.transpose_a = engine() % 2, c.transpose_b = engine() % 2, c.bias = engine() % 3 == 0;
    c.alpha = engine() % 4 == 0 ? 2 : 1;
    c.beta = static_cast<double>(engine() % 3);
    c.batch = engine() % 4 == 0 ? 3 : 1;
    c.share_b = engine() % 2;
    expect_like_loops<T, Wide>(c, i);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(Matmul, AgreesWithLoopsInEveryDtype) {
  expect_like_loops_over_shapes<float, double>();
  expect_like_loops_over_shapes<double, double>();
  expect_like_loops_over_shapes<Half, float>();
  expect_like_loops_over_shapes<BFloat16, float>();
  expect_like_loops_over_shapes<uint8_t, int64_t>();
  expect_like_loops_over_shapes<int8_t, int64_t>();
  expect_like_loops_over_shapes<int16_t, int64_t>();
  expect_like_loops_over_shapes<int32_t, int64_t>();
  expect_like_loops_over_shapes<int64_t, int64_t>();
}

void expect_like_loops_over_large_shapes() {
  for (bool transpose_a : {false, true})
    for (bool transpose_b : {false, true}) {
      expect_like_loops<float, double>({130, 150, 801, transpose_a, transpose_b}, 1);
      expect_like_loops<double, double>({70, 131, 530, transpose_a, transpose_b}, 2);
      expect_like_loops<float, double>({300, 10, 512, transpose_a, transpose_b}, 3);
      expect_like_loops<float, double>({10, 300, 512, transpose_a, transpose_b, true}, 4);
      expect_like_loops<float, double>({1, 512, 784, transpose_a, transpose_b, true}, 5);
      expect_like_loops<float, double>({512, 1, 784, transpose_a, transpose_b}, 6);
      expect_like_loops<float, double>({64, 96, 100, transpose_a, transpose_b, true, 1, 0.5, 3, true}, 7);
      expect_like_loops<float, double>({512, 784, 1, transpose_a, transpose_b}, 10);
      expect_like_loops<float, double>({300, 130, 1, transpose_a, transpose_b, true, 2, 0.5}, 11);
      expect_like_loops<double, double>({130, 301, 1, transpose_a, transpose_b, false, 1, 0, 2}, 12);
      expect_like_loops<float, double>({32, 130, 4500, transpose_a, transpose_b, true, 2, 0.5}, 13);
      expect_like_loops<double, double>({46, 101, 784, transpose_a, transpose_b}, 14);
      expect_like_loops<BFloat16, float>({70, 130, 65, transpose_a, transpose_b, true}, 8);
      expect_like_loops<BFloat16, float>({1, 512, 784, transpose_a, transpose_b, true}, 9);
    }
}

TEST(Matmul, AgreesWithLoopsWhenBlockedAndThreaded) {
  const int threads = num_threads();
  for (int count : {1, 3})
    for (bool deterministic : {false, true}) {
      set_num_threads(count);
      use_deterministic_algorithms(deterministic);
      expect_like_loops_over_large_shapes();
    }
  use_deterministic_algorithms(false);
  set_num_threads(threads);
}

TEST(Matmul, SplitsLongSums) {
  expect_like_loops<double, double>({1, 1, 100000, false, true}, 1);
  expect_like_loops<float, double>({3, 5, 70000, true, false, true, 2, 1}, 2);
  expect_like_loops<int64_t, int64_t>({2, 2, 40000, false, false, false, 1, 1}, 3);
}

TEST(Matmul, GivesTheSameBitsForAnyNumberOfThreadsOnRequest) {
  const int threads = num_threads();
  use_deterministic_algorithms(true);
  for (const Case& c : {Case{129, 257, 300}, Case{33, 200, 1000, false, true}, Case{5, 6, 90000, true, false}}) {
    std::mt19937 engine(11);
    std::vector<float> a(static_cast<size_t>(c.m * c.k)), b(static_cast<size_t>(c.k * c.n));
    for (float& x : a) x = std::sin(static_cast<float>(engine() % 10000));
    for (float& x : b) x = std::cos(static_cast<float>(engine() % 10000));
    const auto run = [&](int count) {
      set_num_threads(count);
      std::vector<float> result(static_cast<size_t>(c.m * c.n));
      Gemm g;
      g.m = c.m, g.n = c.n, g.k = c.k, g.a = a.data(), g.b = b.data(), g.c = result.data(), g.c_row = c.n;
      g.a_row = c.transpose_a ? 1 : c.k, g.a_col = c.transpose_a ? c.m : 1;
      g.b_row = c.transpose_b ? 1 : c.n, g.b_col = c.transpose_b ? c.k : 1;
      gemm(g);
      return result;
    };
    const std::vector<float> once = run(1);
    for (int count : {2, 3, 7}) EXPECT_EQ(once, run(count)) << count << " threads";
  }
  use_deterministic_algorithms(false);
  set_num_threads(threads);
}

TEST(Matmul, DoesNotReadTheResultWhenBetaIsZero) {
  for (int64_t n : {3, 16, 40}) {
    const std::vector<float> ones(100, 1.0f);
    std::vector<float> result(static_cast<size_t>(2 * n), std::numeric_limits<float>::quiet_NaN());
    Gemm g;
    g.m = 2, g.n = n, g.k = 2, g.a = ones.data(), g.a_row = 2, g.b = ones.data(), g.b_row = n;
    g.c = result.data(), g.c_row = n;
    gemm(g);
    for (float x : result) EXPECT_EQ(x, 2.0f);
  }
}

TEST(Matmul, OfNothingIsTheBias) {
  std::vector<float> result = {7, 7, 7, 7};
  const std::vector<float> bias = {1, 2};
  Gemm g;
  g.m = 2, g.n = 2, g.k = 0, g.c = result.data(), g.c_row = 2, g.bias = bias.data();
  gemm(g);
  EXPECT_EQ(result, (std::vector<float>{1, 2, 1, 2}));
  g.bias = nullptr;
  gemm(g);
  EXPECT_EQ(result, (std::vector<float>{0, 0, 0, 0}));
  g.m = 0;
  gemm(g);  // nothing to write
}

TEST(Matmul, IntegersWrap) {
  const std::vector<int32_t> a = {std::numeric_limits<int32_t>::max(), 2};
  const std::vector<int32_t> b = {2, 1};
  int32_t result = 0;
  Gemm g;
  g.dtype = kInt, g.m = 1, g.n = 1, g.k = 2, g.a = a.data(), g.a_row = 2, g.b = b.data(), g.b_row = 1;
  g.c = &result, g.c_row = 1;
  gemm(g);
  EXPECT_EQ(result, 0);
}

TEST(Matmul, RefusesBool) {
  Gemm g;
  g.dtype = kBool;
  EXPECT_THROW(gemm(g), NotImplementedError);
}

}  // namespace
}  // namespace relume::cpu
