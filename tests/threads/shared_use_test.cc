// Several threads of a program use the library at once: different tensors, one module, one tensor. The thread sanitizer
// runs this with one OpenMP thread each (see HACKING.md); without it the numbers are checked.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "core/hidden_layout.h"
#include "relume/relume.h"

namespace relume {
namespace {

constexpr int kThreads = 4;

// body(0), body(1), ... each on a thread of its own, started together.
void on_threads(const std::function<void(int)>& body) {
  std::atomic<int> waiting{kThreads};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      --waiting;
      while (waiting > 0) std::this_thread::yield();
      body(t);
    });
  for (std::thread& thread : threads) thread.join();
}

class SharedUse : public testing::Test {
 protected:
  SharedUse() {
    manual_seed(1);
    set_hides_layouts(true);
    set_num_threads(1);
  }
  ~SharedUse() override {
    set_num_threads(threads_);
    set_hides_layouts(hides_);
  }

 private:
  const int threads_ = get_num_threads();
  const bool hides_ = hides_layouts();
};

nn::Sequential small_cnn() {
  return nn::Sequential(nn::Conv2d(nn::Conv2dOptions(3, 16, 3).padding(1)), nn::BatchNorm2d(16), nn::ReLU(),
                        nn::MaxPool2d(2), nn::Conv2d(nn::Conv2dOptions(16, 16, 3).padding(1)), nn::GELU(),
                        nn::Flatten(), nn::Linear(16 * 4 * 4, 5), nn::LogSoftmax(1));
}

bool same(const Tensor& a, const Tensor& b) { return relume::equal(a, b); }

TEST_F(SharedUse, OneModuleComputesOnAllThreads) {
  nn::Sequential model = small_cnn();
  model->eval();
  const Tensor input = randn({4, 3, 8, 8});
  Tensor expected;
  {
    const NoGradGuard unrecorded;
    expected = model->forward(input);
  }
  bool agree[kThreads] = {};
  on_threads([&](int t) {
    const NoGradGuard unrecorded;
    agree[t] = true;
    for (int i = 0; i < 5; ++i) agree[t] &= same(model->forward(input), expected);
  });
  for (const bool each : agree) EXPECT_TRUE(each);
}

TEST_F(SharedUse, GradientsOfOneModuleAreTakenOnAllThreads) {
  nn::Sequential model = small_cnn();
  model->eval();
  const std::vector<Tensor> parameters = model->parameters();
  const Tensor input = randn({2, 3, 8, 8});
  const auto gradients = [&] { return autograd::grad({model->forward(input).square().sum()}, parameters); };
  const std::vector<Tensor> expected = gradients();
  bool agree[kThreads] = {};
  on_threads([&](int t) {
    const std::vector<Tensor> found = gradients();
    agree[t] = true;
    for (size_t i = 0; i < found.size(); ++i) agree[t] &= same(found[i], expected[i]);
  });
  for (const bool each : agree) EXPECT_TRUE(each);
}

TEST_F(SharedUse, EachThreadTrainsAModuleOfItsOwn) {
  const Tensor input = randn({4, 3, 8, 8}), target = randint(0, 5, {4}, kLong);
  std::vector<nn::Sequential> models;
  const nn::Sequential first = small_cnn();
  for (int t = 0; t < kThreads; ++t) {
    models.push_back(small_cnn());
    const NoGradGuard unrecorded;
    for (size_t i = 0; i < first->parameters().size(); ++i) models[t]->parameters()[i].copy_(first->parameters()[i]);
  }
  double losses[kThreads] = {};
  on_threads([&](int t) {
    nn::Sequential& model = models[static_cast<size_t>(t)];
    optim::Adam adam(model->parameters(), optim::AdamOptions(1e-2));
    for (int i = 0; i < 4; ++i) {
      adam.zero_grad();
      const Tensor loss = nll_loss(model->forward(input), target);
      loss.backward();
      adam.step();
      losses[t] = loss.item<double>();
    }
  });
  for (const double loss : losses) EXPECT_EQ(loss, losses[0]);
}

TEST_F(SharedUse, PointersAreTakenWhileConvolutionsReadTheTensor) {
  const Tensor values = randn({2, 16, 6, 6}), weight = randn({16, 16, 3, 3}), next = randn({16, 16, 3, 3});
  const NoGradGuard unrecorded;
  for (int round = 0; round < 10; ++round) {
    const Tensor x = conv2d(values, weight), copy = conv2d(values, weight).clone();
    const Tensor expected = conv2d(copy, next);
    ASSERT_TRUE(x.impl()->storage->is_hidden());
    bool agree[kThreads] = {};
    on_threads([&](int t) {
      const NoGradGuard inside;
      if (t % 2 == 0)
        agree[t] = std::memcmp(x.data_ptr(), copy.data_ptr(), x.nbytes()) == 0;
      else
        agree[t] = same(conv2d(x, next), expected) || allclose(conv2d(x, next), expected);
    });
    for (const bool each : agree) EXPECT_TRUE(each);
  }
}

TEST_F(SharedUse, TensorsMoveBetweenThreads) {
  std::vector<Tensor> made(kThreads);
  on_threads([&](int t) {
    for (int i = 0; i < 300; ++i) {
      Tensor x = full({1 + i}, t);
      made[static_cast<size_t>(t)] = i % 3 == 0 ? empty({1 << 16}).fill_(t) : x + 0;
    }
  });
  for (int t = 0; t < kThreads; ++t) EXPECT_EQ(made[static_cast<size_t>(t)].max().item<int>(), t);
  on_threads([&](int t) { made[static_cast<size_t>((t + 1) % kThreads)] = Tensor(); });
}

TEST_F(SharedUse, RandomNumbersSettingsAndCountsMayBeUsedByAll) {
  profiler::start();
  on_threads([&](int t) {
    for (int i = 0; i < 20; ++i) {
      const Tensor x = randn({100}).exp();
      if (t == 0) memory::empty_cache();
      if (t == 1) {
        EXPECT_GT(memory::peak(), 0u);
      }
      if (t == 2) set_default_dtype(kFloat);
      if (t == 3) set_num_threads(1 + i % 2);
    }
  });
  const profiler::Profile profile = profiler::stop();
  int64_t count = 0;
  for (const profiler::KeyAverage& row : profile.key_averages())
    if (row.key == "exp") count = row.count;
  EXPECT_EQ(count, 20 * kThreads);
}

TEST_F(SharedUse, OneGraphIsRunBackwardOnSeveralThreads) {
  const Tensor x = randn({20}).set_requires_grad(true), y = (x.exp() * x.sigmoid()).sum();
  const Tensor expected = autograd::grad({y}, {x}, {}, true)[0];
  bool agree[kThreads] = {};
  on_threads([&](int t) { agree[t] = same(autograd::grad({y}, {x}, {}, true)[0], expected); });
  for (const bool each : agree) EXPECT_TRUE(each);
}

}  // namespace
}  // namespace relume
