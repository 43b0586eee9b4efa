// Convolutions and poolings that are put off give the numbers of those that are computed at once, whatever is written
// in between.
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <thread>
#include <vector>

#include "core/hidden_layout.h"
#include "relume/relume.h"

namespace relume {
namespace {

// Images enough for two threads to have two pieces each, and one that is left over.
Tensor images() { return randn({33, 3, 16, 16}); }
nn::Conv2d convolution(int64_t in, int64_t out, bool bias = true) {
  return nn::Conv2d(nn::Conv2dOptions(in, out, 3).padding(1).bias(bias));
}
Tensor pooled(const Tensor& x, int64_t kernel, int64_t stride, int64_t padding) {
  return max_pool2d(x, {kernel}, {stride}, {padding});
}
bool is_put_off(const Tensor& x) { return static_cast<bool>(PendingElements(*x.impl()->storage)); }

class PutOff : public testing::Test {
 protected:
  void SetUp() override {
    threads_ = get_num_threads();
    set_num_threads(2);
    manual_seed(0);
    scope_.emplace();
  }
  void TearDown() override {
    scope_.reset();
    set_num_threads(threads_);
  }

  // What the layers compute while they record, and so at once.
  template <class Run>
  static Tensor at_once(const Run& run) {
    const AutoGradMode on(true);
    return run().detach();
  }

  std::optional<detail::PutOffScope> scope_;
  nn::ReLU relu_;
  nn::Conv2d first_ = convolution(3, 32), second_ = convolution(32, 48);

 private:
  int threads_ = 0;
};

TEST_F(PutOff, IsWhatItWouldBeAtOnce) {
  for (const auto& [kernel, stride, padding] : std::vector<std::array<int64_t, 3>>{{2, 2, 0}, {3, 2, 1}, {3, 1, 1}})
    for (const bool relus : {true, false}) {
      const Tensor x = images();
      const auto run = [&] {
        Tensor y = first_(x);
        if (relus) y = relu_(std::move(y));
        y = second_(pooled(y, kernel, stride, padding));
        return pooled(relus ? relu_(std::move(y)) : y, kernel, stride, padding);
      };
      const Tensor expected = at_once(run);
      const NoGradGuard unrecorded;
      const Tensor y = run();
      EXPECT_EQ(is_put_off(y), hides_layouts());
      EXPECT_TRUE(allclose(y, expected, 1e-5, 1e-6)) << kernel << stride << padding << relus;
    }
}

// Large enough for Winograd's algorithm, on planes that its tiles fit and that they do not.
TEST_F(PutOff, IsAccurateWithFewerProducts) {
  for (const auto& [channels, height, width] :
       std::vector<std::array<int64_t, 3>>{{64, 16, 16}, {64, 13, 18}, {96, 9, 8}, {128, 28, 7}})
    for (const int64_t padding : {0, 1}) {
      const Tensor x = randn({65, 32, height, width});
      const nn::Conv2d layer(nn::Conv2dOptions(32, channels, 3).padding(padding));
      const NoGradGuard unrecorded;
      const Tensor y = layer(x);
      EXPECT_EQ(is_put_off(y), hides_layouts());
      const Tensor exact = conv2d(x.to(kDouble), layer->weight.to(kDouble), layer->bias.to(kDouble), {1}, {padding});
      EXPECT_LE((y - exact).abs().max().item<double>(), 1e-5) << channels << ' ' << height << ' ' << width;
    }
}

TEST_F(PutOff, DoesNotSeeWhatIsWrittenLater) {
  Tensor x = images();
  const Tensor expected = at_once([&] { return second_(relu_(first_(x))); });
  const NoGradGuard unrecorded;
  Tensor between = relu_(first_(x));
  const Tensor y = second_(between);
  x.zero_();
  between.fill_(7);
  for (const Tensor& written : {first_->weight, first_->bias, second_->weight, second_->bias}) Tensor(written).zero_();
  EXPECT_TRUE(allclose(y, expected, 1e-5, 1e-6));
  EXPECT_TRUE(equal(between, full_like(between, 7)));
}

TEST_F(PutOff, MayBeUsedTwice) {
  const NoGradGuard unrecorded;
  const Tensor x = images();
  nn::Conv2d same = convolution(32, 32, /*bias=*/false);
  const auto run = [&] {
    const Tensor y = pooled(first_(x), 2, 2, 0), z = same(y);
    return y + z;
  };
  const Tensor expected = at_once(run);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(allclose(run(), expected, 1e-5, 1e-6));
  EXPECT_FALSE(is_put_off(first_(x)));  // it would have been computed twice
}

TEST_F(PutOff, GivesTheSameBitsForAnyNumberOfThreads) {
  const NoGradGuard unrecorded;
  const Tensor x = images();
  Tensor y = pooled(relu_(first_(x)), 2, 2, 0);
  set_num_threads(1);
  y.data_ptr<float>();
  set_num_threads(2);
  EXPECT_TRUE(equal(y, pooled(relu_(first_(x)), 2, 2, 0)));
}

TEST_F(PutOff, MayBeReadBySeveralThreads) {
  const Tensor x = images();
  const Tensor expected = at_once([&] { return pooled(relu_(first_(x)), 2, 2, 0); });
  const NoGradGuard unrecorded;
  const Tensor y = pooled(relu_(first_(x)), 2, 2, 0);
  bool same[2] = {false, false};
  std::vector<std::thread> readers;
  for (bool& result : same) readers.emplace_back([&] { result = allclose(y, expected, 1e-5, 1e-6); });
  for (std::thread& reader : readers) reader.join();
  EXPECT_TRUE(same[0] && same[1]);
}

TEST_F(PutOff, IsMadeAtTheEndOfTheScope) {
  const Tensor x = images();
  const Tensor expected = at_once([&] { return pooled(first_(x), 2, 2, 0); });
  const NoGradGuard unrecorded;
  const Tensor y = pooled(first_(x), 2, 2, 0);
  scope_.reset();
  EXPECT_FALSE(is_put_off(y));
  EXPECT_TRUE(allclose(y, expected, 1e-5, 1e-6));
  EXPECT_FALSE(is_put_off(first_(x)));
}

TEST_F(PutOff, IsMadeAtTheEndOfACompiledForward) {
  const Tensor x = images();
  const NoGradGuard unrecorded;
  scope_.reset();
  nn::Sequential net(first_, nn::ReLU(), nn::MaxPool2d(2), second_, nn::ReLU(), nn::MaxPool2d(2));
  const Tensor expected = net->forward(x), y = compile_for_inference(net)->forward(x);
  EXPECT_FALSE(is_put_off(y));
  EXPECT_TRUE(allclose(y, expected, 1e-5, 1e-6));
}

TEST_F(PutOff, MayBeDroppedUnread) {
  const NoGradGuard unrecorded;
  const Tensor y = relu_(first_(images()));
  EXPECT_EQ(y.sizes(), (IntArrayRef{33, 32, 16, 16}));
}

}  // namespace
}  // namespace relume
