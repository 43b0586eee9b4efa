// Convolution, pooling, normalisation and embedding as ops: derivatives, layouts, names, and what they leave alone.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "ops/numeric_gradient.h"

namespace relume {
namespace {

using Inputs = std::vector<Tensor>;

// ---- Derivatives -------------------------------------------------------------------------------------------------

TEST(Convolution, HasTheGradientsOfFiniteDifferences) {
  expect_gradients([](const Inputs& x) { return conv1d(x[0], x[1], x[2], 2, 1); },
                   {varied({2, 3, 7}), varied({4, 3, 3}, 1), varied({4}, 2)});
  expect_gradients(
      [](const Inputs& x) {
        return conv2d(x[0], x[1], x[2], {1, 2}, {1, 0}, {1, 2}, 2);
      },
      {varied({2, 4, 4, 5}), varied({4, 2, 2, 2}, 1), varied({4}, 2)});
  expect_gradients([](const Inputs& x) { return conv3d(x[0], x[1], {}, 1, 1); },
                   {varied({1, 2, 3, 2, 3}), varied({2, 2, 2, 2, 2}, 1)});
}

TEST(TransposedConvolution, HasTheGradientsOfFiniteDifferences) {
  expect_gradients([](const Inputs& x) { return conv_transpose1d(x[0], x[1], x[2], 2, 1, 1); },
                   {varied({2, 3, 4}), varied({3, 2, 3}, 1), varied({2}, 2)});
  expect_gradients(
      [](const Inputs& x) {
        return conv_transpose2d(x[0], x[1], x[2], 2, 0, 1, 2, {1, 2});
      },
      {varied({1, 4, 2, 3}), varied({4, 2, 2, 2}, 1), varied({4}, 2)});
  expect_gradients([](const Inputs& x) { return conv_transpose3d(x[0], x[1]); },
                   {varied({1, 2, 2, 1, 2}), varied({2, 2, 2, 2, 1}, 1)});
}

TEST(Pooling, HasTheGradientsOfFiniteDifferences) {
  expect_gradients([](const Inputs& x) { return max_pool1d(x[0], 3, 2, 1); }, {varied({2, 3, 7})});
  expect_gradients([](const Inputs& x) { return max_pool2d(x[0], 2); }, {varied({2, 3, 5, 4})});
  expect_gradients([](const Inputs& x) { return max_pool3d(x[0], 2, 1, 1, 1, true); }, {varied({1, 2, 3, 2, 3})});
  expect_gradients([](const Inputs& x) { return avg_pool1d(x[0], 3, 2, 1); }, {varied({2, 3, 7})});
  expect_gradients([](const Inputs& x) { return avg_pool2d(x[0], 3, 2, 1, true, false); }, {varied({2, 2, 5, 4})});
  expect_gradients([](const Inputs& x) { return avg_pool3d(x[0], 2, 1, 0, false, true, 3); },
                   {varied({1, 2, 3, 2, 3})});
  expect_gradients([](const Inputs& x) { return adaptive_avg_pool2d(x[0], {2, 3}); }, {varied({2, 2, 5, 4})});
  expect_gradients([](const Inputs& x) { return adaptive_avg_pool3d(x[0], 2); }, {varied({1, 2, 3, 2, 3})});
  expect_gradients(
      [](const Inputs& x) {
        return std::get<0>(adaptive_max_pool2d(x[0], {2, 3}));
      },
      {varied({2, 2, 5, 4})});
}

TEST(BatchNorm, HasTheGradientsOfFiniteDifferences) {
  const Tensor mean = varied({3}, 5).detach(), var = varied({3}, 6).detach().abs() + 0.5;
  for (bool training : {true, false})
    for (bool affine : {true, false}) {
      Inputs inputs = {varied({2, 3, 2, 2})};
      if (affine) inputs.insert(inputs.end(), {varied({3}, 1), varied({3}, 2)});
      expect_gradients(
          [&](const Inputs& x) {
            return batch_norm(x[0], affine ? x[1] : Tensor(), affine ? x[2] : Tensor(), training ? Tensor() : mean,
                              training ? Tensor() : var, training, 0.1, 1e-5);
          },
          inputs);
    }
}

TEST(OtherNorms, HaveTheGradientsOfFiniteDifferences) {
  expect_gradients(
      [](const Inputs& x) {
        return layer_norm(x[0], {2, 3}, x[1], x[2]);
      },
      {varied({3, 2, 3}), varied({2, 3}, 1), varied({2, 3}, 2)});
  expect_gradients([](const Inputs& x) { return layer_norm(x[0], {4}); }, {varied({3, 4})});
  expect_gradients([](const Inputs& x) { return group_norm(x[0], 2, x[1], x[2]); },
                   {varied({2, 4, 3}), varied({4}, 1), varied({4}, 2)});
  expect_gradients([](const Inputs& x) { return instance_norm(x[0], x[1], x[2], {}, {}, true, 0.1, 1e-5); },
                   {varied({2, 3, 4}), varied({3}, 1), varied({3}, 2)});
}

// Of rows for more than one thread; weights that need no gradient get none.
TEST(OtherNorms, OfManyRowsMayHaveFrozenWeights) {
  const Tensor x = randn({300, 128}).set_requires_grad(true), image = randn({16, 64, 32, 32}).set_requires_grad(true);
  const Tensor weight = randn({128}), bias = randn({64});
  layer_norm(x, {128}, weight).square().sum().backward();
  const Tensor wide = x.detach().to(kDouble).set_requires_grad(true);
  layer_norm(wide, {128}, weight.to(kDouble)).square().sum().backward();
  EXPECT_TRUE(allclose(x.grad().to(kDouble), wide.grad(), 1e-4, 1e-4));
  layer_norm(x, {128}).sum().backward();
  group_norm(image, 8, Tensor(), bias).sum().backward();
  EXPECT_TRUE(isfinite(image.grad()).all().item<bool>());
}

TEST(Embedding, HasTheGradientsOfFiniteDifferences) {
  const Tensor rows = tensor({1, 3, 1, 0});
  expect_gradients([&](const Inputs& x) { return embedding(x[0], rows); }, {varied({4, 3})});
}

TEST(Embedding, GivesThePaddingRowNoGradient) {
  Tensor table = varied({3, 2});
  embedding(table, tensor({0, 1, 1, 2}), /*padding_idx=*/1).sum().backward();
  EXPECT_TRUE(equal(table.grad(), tensor({{1.0, 1.0}, {0.0, 0.0}, {1.0, 1.0}}, kDouble)));
}

// ---- Layouts -----------------------------------------------------------------------------------------------------

// The op on a channels-last tensor gives the same values, channels-last.
void expect_same_channels_last(const std::function<Tensor(const Tensor&)>& op, IntArrayRef sizes) {
  const MemoryFormat format = sizes.size() == 5 ? MemoryFormat::ChannelsLast3d : MemoryFormat::ChannelsLast;
  const Tensor plain = varied(sizes).detach().to(kFloat).set_requires_grad(true);
  const Tensor last = plain.detach().contiguous(format).set_requires_grad(true);
  const Tensor expected = op(plain), result = op(last);
  EXPECT_TRUE(result.is_contiguous(format)) << result.strides();
  EXPECT_TRUE(allclose(result, expected, 1e-5, 1e-5));
  const Tensor flow = cos(expected.detach());
  expected.backward(flow);
  result.backward(flow);
  EXPECT_TRUE(allclose(last.grad(), plain.grad(), 1e-4, 1e-5));
}

TEST(ChannelsLast, IsKeptByLayers) {
  const Tensor w = varied({6, 4, 3, 3}, 1).detach().to(kFloat), w3 = varied({2, 2, 2, 2, 2}, 1).detach().to(kFloat);
  const Tensor t = varied({4, 5, 3, 3}, 1).detach().to(kFloat), ones4 = ones({4});
  expect_same_channels_last([&](const Tensor& x) { return conv2d(x, w, {}, 1, 1); }, {2, 4, 7, 6});
  expect_same_channels_last([&](const Tensor& x) { return conv_transpose2d(x, t, {}, 2); }, {2, 4, 5, 6});
  expect_same_channels_last([&](const Tensor& x) { return conv3d(x, w3, {}, 1, 1); }, {1, 2, 4, 3, 5});
  expect_same_channels_last([](const Tensor& x) { return max_pool2d(x, 2); }, {2, 4, 7, 6});
  expect_same_channels_last([](const Tensor& x) { return max_pool2d(x, 3, 2, 1); }, {2, 4, 7, 6});
  expect_same_channels_last([](const Tensor& x) { return avg_pool2d(x, 3, 2, 1); }, {2, 4, 7, 6});
  expect_same_channels_last([](const Tensor& x) { return adaptive_avg_pool2d(x, {3, 2}); }, {2, 4, 7, 6});
  expect_same_channels_last([&](const Tensor& x) { return batch_norm(x, ones4, ones4, {}, {}, true, 0.1, 1e-5); },
                            {2, 4, 3, 5});
}

TEST(Layers, AcceptStridedInputs) {
  const Tensor base = varied({2, 6, 8, 10}).detach();
  const Tensor strided = base.slice(2, 0, 8, 2).transpose(2, 3), dense = strided.contiguous();
  const Tensor w = varied({3, 6, 3, 3}, 1).detach();
  EXPECT_TRUE(allclose(conv2d(strided, w), conv2d(dense, w)));
  EXPECT_TRUE(equal(max_pool2d(strided, 2), max_pool2d(dense, 2)));
  EXPECT_TRUE(equal(avg_pool2d(strided, 2), avg_pool2d(dense, 2)));
  EXPECT_TRUE(allclose(layer_norm(strided, {4}), layer_norm(dense, {4})));
  EXPECT_TRUE(allclose(linear(strided, varied({5, 4}).detach()), linear(dense, varied({5, 4}).detach())));
}

// ---- Facts -------------------------------------------------------------------------------------------------------

TEST(Convolution, TakesOneImageWithoutABatch) {
  const Tensor x = varied({3, 8, 8}), w = varied({4, 3, 3, 3}, 1);
  EXPECT_TRUE(equal(conv2d(x, w), conv2d(x.unsqueeze(0), w).squeeze(0)));
}

TEST(Convolution, OfHalfTypesIsRoundedOnce) {
  const Tensor x = varied({1, 3, 6, 6}).detach(), w = varied({2, 3, 3, 3}, 1).detach();
  for (ScalarType dtype : {kHalf, kBFloat16}) {
    const Tensor expected = conv2d(x.to(dtype).to(kFloat), w.to(dtype).to(kFloat)).to(dtype);
    EXPECT_TRUE(equal(conv2d(x.to(dtype), w.to(dtype)), expected));
  }
}

TEST(MaxPool, LetsItsInputBeWrittenToAfterwards) {
  const Tensor x = varied({1, 1, 4, 4});
  Tensor y = x * 1;
  const Tensor pooled = max_pool2d(y, 2);
  y.zero_();
  pooled.sum().backward();
  EXPECT_EQ(x.grad().sum().item<double>(), 4);  // what was pooled is what y was before
}

TEST(MaxPool, ReturnsThePlacesOfMaxima) {
  const Tensor x = tensor({1.0, 5.0, 2.0, 3.0, 4.0, 0.0, 9.0, 8.0}).reshape({1, 1, 2, 4});
  const auto [largest, index] = max_pool2d_with_indices(x, 2);
  EXPECT_TRUE(equal(index, tensor({1, 6}).reshape({1, 1, 1, 2})));
  EXPECT_EQ(largest.select(3, 0).item<double>(), 5);
}

TEST(MaxPool, KeepsNaN) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor x = tensor({1.0, nan, 2.0, 3.0}).reshape({1, 1, 2, 2});
  EXPECT_TRUE(max_pool2d(x, 2).isnan().all().item<bool>());
  EXPECT_TRUE(max_pool2d(x, 2, 1, 1).isnan().any().item<bool>());
}

TEST(BatchNorm, MovesItsRunningStatistics) {
  const Tensor x = tensor({1.0f, 3.0f}).reshape({2, 1}), mean = zeros({1}), var = ones({1});
  batch_norm(x, {}, {}, mean, var, true, 0.1, 1e-5);
  EXPECT_FLOAT_EQ(mean.item<float>(), 0.2f);            // 0.9 * 0 + 0.1 * 2
  EXPECT_FLOAT_EQ(var.item<float>(), 0.9f + 0.1f * 2);  // the unbiased variance is 2
  batch_norm(x, {}, {}, mean, var, false, 0.1, 1e-5);
  EXPECT_FLOAT_EQ(mean.item<float>(), 0.2f);
}

TEST(BatchNorm, CanRunTwiceBeforeBackward) {
  const Tensor x = varied({4, 3}), mean = zeros({3}, kDouble), var = ones({3}, kDouble);
  const Tensor first = batch_norm(x, {}, {}, mean, var, false, 0.1, 1e-5);
  batch_norm(x, {}, {}, mean, var, true, 0.1, 1e-5);
  first.sum().backward();
  EXPECT_TRUE(allclose(x.grad(), full_like(x.detach(), 1 / std::sqrt(1 + 1e-5))));
}

TEST(Layers, HavePyTorchsNodeNames) {
  const Tensor x = varied({2, 3, 6, 6}), w = varied({4, 3, 3, 3}, 1);
  EXPECT_EQ(conv2d(x, w).grad_fn()->name(), "ConvolutionBackward0");
  EXPECT_EQ(max_pool2d(x, 2).grad_fn()->name(), "MaxPool2DWithIndicesBackward0");
  EXPECT_EQ(avg_pool2d(x, 2).grad_fn()->name(), "AvgPool2DBackward0");
  EXPECT_EQ(adaptive_avg_pool2d(x, 1).grad_fn()->name(), "MeanBackward1");
  EXPECT_EQ(batch_norm(x, {}, {}, {}, {}, true, 0.1, 1e-5).grad_fn()->name(), "NativeBatchNormBackward0");
  EXPECT_EQ(layer_norm(x, {6}).grad_fn()->name(), "NativeLayerNormBackward0");
  EXPECT_EQ(group_norm(x, 3).grad_fn()->name(), "NativeGroupNormBackward0");
  EXPECT_EQ(embedding(varied({4, 2}), tensor({1})).grad_fn()->name(), "EmbeddingBackward0");
}

// By the definition, in float64.
Tensor group_norm_by_hand(const Tensor& x, int64_t groups, const Tensor& weight, const Tensor& bias) {
  const Tensor rows = x.to(kDouble).reshape({x.size(0) * groups, -1});
  const Tensor centered = rows - rows.mean({1}, true);
  Tensor y = (centered / ((centered * centered).mean({1}, true) + 1e-5).sqrt()).reshape({x.size(0), x.size(1), -1});
  if (weight.defined()) y = y * weight.to(kDouble).unsqueeze(-1);
  if (bias.defined()) y = y + bias.to(kDouble).unsqueeze(-1);
  return y.reshape(x.sizes());
}

TEST(GroupNorm, ScalesAndShiftsEveryChannel) {
  const Tensor weight = arange(6, kDouble) * 0.3 + 0.5, bias = arange(6, kDouble) - 2.5;
  for (const auto& sizes : std::vector<std::vector<int64_t>>{{3, 6}, {2, 6, 1}, {2, 6, 5, 4}, {1, 6, 37}})
    for (const ScalarType dtype : {kDouble, kFloat, kHalf, kBFloat16})
      for (const bool scaled : {false, true})
        for (const bool shifted : {false, true}) {
          const Tensor x = varied(sizes, 0.3).detach().to(dtype);
          const Tensor w = scaled ? weight.to(dtype) : Tensor(), b = shifted ? bias.to(dtype) : Tensor();
          const double tolerance = dtype == kDouble ? 1e-12 : dtype == kFloat ? 1e-5 : dtype == kHalf ? 4e-3 : 3e-2;
          const Tensor y = group_norm(x, 2, w, b), expected = group_norm_by_hand(x, 2, w, b);
          EXPECT_EQ(y.scalar_type(), dtype);
          EXPECT_TRUE(allclose(y.to(kDouble), expected, tolerance, tolerance)) << dtype << ' ' << IntArrayRef(sizes);
          EXPECT_TRUE(equal(group_norm(x.transpose(0, 1).contiguous().transpose(0, 1), 2, w, b), y));
        }
}

// The gradients of every dtype are those of the definition in float64; a weight of 0 hides its channel alone.
TEST(GroupNorm, HasTheGradientsOfItsDefinition) {
  for (const auto& sizes : std::vector<std::vector<int64_t>>{{3, 6}, {2, 6, 5, 4}, {5, 6, 700}})
    for (const ScalarType dtype : {kDouble, kFloat, kHalf, kBFloat16})
      for (const bool affine : {false, true}) {
        const auto gradients = [&](ScalarType type, auto op) {
          const Tensor x = varied(sizes, 0.3).detach().to(dtype).to(type).set_requires_grad(true);
          Tensor w, b;
          if (affine) w = (arange(6, kDouble) * 0.5).to(type).set_requires_grad(true);
          if (affine) b = ones({6}, type).set_requires_grad(true);
          op(x, w, b).backward(varied(sizes, 0.7).detach().to(dtype).to(type));
          return affine ? Inputs{x.grad(), w.grad(), b.grad()} : Inputs{x.grad()};
        };
        const Inputs expected = gradients(kDouble, [](const Tensor& x, const Tensor& w, const Tensor& b) {
          return group_norm_by_hand(x, 3, w, b);
        });
        const Inputs found = gradients(dtype, [](const Tensor& x, const Tensor& w, const Tensor& b) {
          return group_norm(x, 3, w, b);
        });
        const double tolerance = dtype == kDouble ? 1e-11 : dtype == kFloat ? 1e-4 : dtype == kHalf ? 1e-2 : 6e-2;
        for (size_t i = 0; i < found.size(); ++i) {
          EXPECT_EQ(found[i].scalar_type(), dtype);
          EXPECT_TRUE(allclose(found[i].to(kDouble), expected[i], tolerance, tolerance)) << dtype << ' ' << i;
        }
      }
}

}  // namespace
}  // namespace relume
