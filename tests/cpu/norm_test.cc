// Batch and layer normalisation against plain loops in double, forward and backward.
#include "kernels/norm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "cpu/convert.h"
#include "cpu/parallel.h"
#include "relume/error.h"

namespace relume::cpu {
namespace {

constexpr double kEps = 1e-5;

// Elements around `center`; far from 0 a one-pass variance in float would be lost.
template <class T>
std::vector<T> random_elements(int64_t count, std::mt19937& engine, double center = 0) {
  std::normal_distribution<double> normal(center, 1);
  std::vector<T> list(static_cast<size_t>(count));
  for (T& e : list) e = static_cast<T>(static_cast<compute_type<T>>(normal(engine)));
  return list;
}

template <class T>
std::vector<double> widen(const std::vector<T>& list) {
  std::vector<double> wide;
  for (T e : list) wide.push_back(static_cast<double>(static_cast<compute_type<T>>(e)));
  return wide;
}

// Relative to 1: the results are sums and quotients of numbers around 1.
template <class T>
double tolerance() {
  if (std::is_same_v<T, double>) return 1e-12;
  if (std::is_same_v<T, float>) return 1e-5;
  return std::is_same_v<T, Half> ? 4e-3 : 3e-2;
}

template <class T>
void expect_near(const std::vector<T>& actual, const std::vector<double>& expected, double limit, const char* what) {
  const std::vector<double> wide = widen(actual);
  ASSERT_EQ(wide.size(), expected.size());
  for (size_t i = 0; i < wide.size(); ++i)
    ASSERT_NEAR(wide[i], expected[i], limit * (1 + std::abs(expected[i]))) << what << " " << i;
}

// What batch norm and layer norm share: groups of elements with statistics each, and weights by another number.
struct Reference {
  std::vector<int64_t> group, column;  // of each element
  int64_t groups, columns;

  void moments(const std::vector<double>& x, std::vector<double>& mean, std::vector<double>& variance) const {
    std::vector<double> count(static_cast<size_t>(groups));
    mean.assign(static_cast<size_t>(groups), 0), variance = mean;
    for (size_t i = 0; i < x.size(); ++i) mean[group[i]] += x[i], ++count[group[i]];
    for (size_t g = 0; g < mean.size(); ++g) mean[g] /= count[g];
    for (size_t i = 0; i < x.size(); ++i) variance[group[i]] += std::pow(x[i] - mean[group[i]], 2);
    for (size_t g = 0; g < mean.size(); ++g) variance[g] /= count[g];
  }

  // d/dx of sum(grad * y), where y = (x - mean) / deviation * weight + bias and both come from x if `of_input`.
  std::vector<double> input_gradient(const std::vector<double>& x, const std::vector<double>& grad,
                                     const std::vector<double>& mean, const std::vector<double>& inverse,
                                     const std::vector<double>& weight, bool of_input) const {
    std::vector<double> sum(mean.size()), product(mean.size()), count(mean.size()), result(x.size());
    for (size_t i = 0; i < x.size(); ++i) {
      const auto g = static_cast<size_t>(group[i]);
      sum[g] += grad[i] * weight[column[i]];
      product[g] += grad[i] * weight[column[i]] * (x[i] - mean[g]) * inverse[g];
      ++count[g];
    }
    for (size_t i = 0; i < x.size(); ++i) {
      const auto g = static_cast<size_t>(group[i]);
      const double of_statistics = (sum[g] + (x[i] - mean[g]) * inverse[g] * product[g]) / count[g];
      result[i] = (grad[i] * weight[column[i]] - (of_input ? of_statistics : 0)) * inverse[g];
    }
    return result;
  }
};

template <class T>
void expect_batch_norm_like_loops(const BatchNorm& norm, bool of_batch, bool affine, uint32_t seed) {
  using C = compute_type<T>;
  std::mt19937 engine(seed);
  const int64_t count = norm.batch * norm.channels * norm.pixels;
  const auto x = random_elements<T>(count, engine, 20), grad = random_elements<T>(count, engine);
  auto weight = random_elements<C>(norm.channels, engine), bias = random_elements<C>(norm.channels, engine);
  if (!affine) weight.assign(weight.size(), C(1)), bias.assign(bias.size(), C(0));
  Reference reference{{}, {}, norm.channels, norm.channels};
  for (int64_t i = 0; i < count; ++i)
    reference.group.push_back(norm.layout == Layout::Plain ? i / norm.pixels % norm.channels : i % norm.channels);
  reference.column = reference.group;

  std::vector<double> expected_mean, expected_variance, inverse;
  reference.moments(widen(x), expected_mean, expected_variance);
  std::vector<C> mean(weight.size()), variance(weight.size()), inverse_std;
  batch_norm_moments(norm, x.data(), mean.data(), variance.data());
  expect_near(mean, expected_mean, std::is_same_v<T, double> ? 1e-12 : 1e-6, "mean");
  expect_near(variance, expected_variance, std::is_same_v<T, double> ? 1e-12 : 2e-6, "variance");
  if (!of_batch) mean = random_elements<C>(norm.channels, engine, 19);
  for (C v : variance) inverse_std.push_back(static_cast<C>(1 / std::sqrt(static_cast<double>(v) + kEps)));

  std::vector<double> y, grad_weight(weight.size()), grad_bias(weight.size());
  for (int64_t i = 0; i < count; ++i) {
    const auto c = static_cast<size_t>(reference.group[static_cast<size_t>(i)]);
    const double normal = (widen(x)[i] - static_cast<double>(mean[c])) * static_cast<double>(inverse_std[c]);
    y.push_back(normal * static_cast<double>(weight[c]) + static_cast<double>(bias[c]));
    grad_weight[c] += normal * widen(grad)[i];
    grad_bias[c] += widen(grad)[i];
  }
  std::vector<T> out(x.size()), grad_x(x.size());
  std::vector<C> out_weight(weight.size()), out_bias(weight.size());
  batch_norm_apply(norm, x.data(), mean.data(), inverse_std.data(), affine ? weight.data() : nullptr,
                   affine ? bias.data() : nullptr, out.data());
  expect_near(out, y, tolerance<T>(), "y");
  batch_norm_backward(norm, of_batch, grad.data(), x.data(), mean.data(), inverse_std.data(),
                      affine ? weight.data() : nullptr, {grad_x.data(), out_weight.data(), out_bias.data()});
  const auto expected_grad =
      reference.input_gradient(widen(x), widen(grad), widen(mean), widen(inverse_std), widen(weight), of_batch);
  expect_near(grad_x, expected_grad, tolerance<T>(), "input gradient");
  expect_near(out_weight, grad_weight, 1e-5, "weight gradient");
  expect_near(out_bias, grad_bias, 1e-5, "bias gradient");
}

template <class T>
void expect_layer_norm_like_loops(int64_t rows, int64_t columns, bool affine, uint32_t seed) {
  using C = compute_type<T>;
  std::mt19937 engine(seed);
  const LayerNorm norm{dtype_of<T>, rows, columns};
  const auto x = random_elements<T>(rows * columns, engine, 5), grad = random_elements<T>(rows * columns, engine);
  auto weight = random_elements<C>(columns, engine), bias = random_elements<C>(columns, engine);
  if (!affine) weight.assign(weight.size(), C(1)), bias.assign(bias.size(), C(0));
  Reference reference{{}, {}, rows, columns};
  for (int64_t i = 0; i < rows * columns; ++i) {
    reference.group.push_back(i / columns);
    reference.column.push_back(i % columns);
  }
  const std::vector<double> wide = widen(x), wide_grad = widen(grad);
  std::vector<T> out(x.size()), grad_x(x.size());
  const auto groups = static_cast<size_t>(rows);
  std::vector<C> out_mean(groups), out_inverse(groups), out_weight(weight.size()), out_bias(weight.size());
  layer_norm_forward(norm, kEps, x.data(), affine ? weight.data() : nullptr, affine ? bias.data() : nullptr, out.data(),
                     out_mean.data(), out_inverse.data());
  std::vector<double> mean, variance, inverse, y, grad_weight(weight.size()), grad_bias(weight.size());
  reference.moments(wide, mean, variance);
  for (double v : variance) inverse.push_back(1 / std::sqrt(v + kEps));
  expect_near(out_mean, mean, 1e-6, "mean");
  expect_near(out_inverse, inverse, 1e-6, "inverse deviation");
  mean = widen(out_mean), inverse = widen(out_inverse);  // what follows starts from the rounded ones
  for (size_t i = 0; i < wide.size(); ++i) {
    const auto r = static_cast<size_t>(reference.group[i]), j = static_cast<size_t>(reference.column[i]);
    const double normal = (wide[i] - mean[r]) * inverse[r];
    y.push_back(normal * static_cast<double>(weight[j]) + static_cast<double>(bias[j]));
    grad_weight[j] += normal * wide_grad[i];
    grad_bias[j] += wide_grad[i];
  }
  expect_near(out, y, tolerance<T>(), "y");
  layer_norm_backward(norm, grad.data(), x.data(), out_mean.data(), out_inverse.data(),
                      affine ? weight.data() : nullptr, {grad_x.data(), out_weight.data(), out_bias.data()});
  expect_near(grad_x, reference.input_gradient(wide, wide_grad, mean, inverse, widen(weight), true), tolerance<T>(),
              "input gradient");
  expect_near(out_weight, grad_weight, 2e-5, "weight gradient");
  expect_near(out_bias, grad_bias, 1e-5, "bias gradient");
}

template <class T>
void expect_batch_norm_over_shapes() {
  uint32_t seed = 0;
  for (Layout layout : {Layout::Plain, Layout::ChannelsLast})
    for (int64_t pixels : {1, 7, 36})
      for (int64_t channels : {1, 3, 20})
        for (bool of_batch : {true, false}) {
          expect_batch_norm_like_loops<T>({dtype_of<T>, 5, channels, pixels, layout}, of_batch, seed % 3 != 0, seed);
          if (testing::Test::HasFatalFailure()) return;
          ++seed;
        }
}

TEST(BatchNorm, AgreesWithLoops) {
  expect_batch_norm_over_shapes<float>();
  expect_batch_norm_over_shapes<double>();
  expect_batch_norm_over_shapes<Half>();
  expect_batch_norm_over_shapes<BFloat16>();
}

TEST(LayerNorm, AgreesWithLoops) {
  for (int64_t rows : {1, 5, 300})
    for (int64_t columns : {1, 2, 15, 16, 64, 129}) {
      const auto seed = static_cast<uint32_t>(rows * columns);
      expect_layer_norm_like_loops<float>(rows, columns, seed % 2, seed);
      expect_layer_norm_like_loops<double>(rows, columns, true, seed);
      expect_layer_norm_like_loops<Half>(rows, columns, true, seed);
      expect_layer_norm_like_loops<BFloat16>(rows, columns, false, seed);
    }
}

TEST(BatchNorm, GivesTheSameBitsForAnyNumberOfThreads) {
  const int threads = num_threads();
  std::mt19937 engine(1);
  for (Layout layout : {Layout::Plain, Layout::ChannelsLast}) {
    const BatchNorm norm{kFloat, 8, 24, 900, layout};
    const auto x = random_elements<float>(8 * 24 * 900, engine);
    const auto run = [&](int count) {
      set_num_threads(count);
      std::vector<float> moments(48);
      batch_norm_moments(norm, x.data(), moments.data(), moments.data() + 24);
      return moments;
    };
    const auto once = run(1);
    for (int count : {2, 5}) EXPECT_EQ(once, run(count));
  }
  set_num_threads(threads);
}

TEST(LayerNorm, OfNoRowsHasZeroWeightGradients) {
  std::vector<float> weight(3, 7.0f), bias(3, 7.0f);
  layer_norm_backward({kFloat, 0, 3}, nullptr, nullptr, nullptr, nullptr, nullptr,
                      {nullptr, weight.data(), bias.data()});
  EXPECT_EQ(weight, std::vector<float>(3, 0.0f));
  EXPECT_EQ(bias, std::vector<float>(3, 0.0f));
}

TEST(BatchNorm, RefusesIntegers) {
  EXPECT_THROW(batch_norm_moments({kInt, 1, 1, 1, Layout::Plain}, nullptr, nullptr, nullptr), NotImplementedError);
}

}  // namespace
}  // namespace relume::cpu
