// use_deterministic_algorithms(): a training step has the same bits for any number of threads.
#include <gtest/gtest.h>

#include <vector>

#include "relume/autograd.h"
#include "relume/nn/activation.h"
#include "relume/nn/containers.h"
#include "relume/nn/conv.h"
#include "relume/nn/linear.h"
#include "relume/nn/norm.h"
#include "relume/ops.h"
#include "relume/random.h"
#include "relume/threads.h"

namespace relume {
namespace {

class Deterministic : public testing::Test {
 protected:
  Deterministic() { use_deterministic_algorithms(true); }
  ~Deterministic() override {
    use_deterministic_algorithms(false);
    set_num_threads(threads_);
  }

  // The bits of make_results() with one thread are those with two, three and four.
  template <class F>
  void expect_same_bits(F make_results) {
    set_num_threads(1);
    const std::vector<Tensor> expected = make_results();
    for (const int count : {2, 3, 4}) {
      set_num_threads(count);
      const std::vector<Tensor> results = make_results();
      for (size_t i = 0; i < expected.size(); ++i)
        EXPECT_TRUE(results[i].equal(expected[i])) << "result " << i << ", " << count << " threads";
    }
  }

 private:
  const int threads_ = get_num_threads();
};

// The output of the model, and the gradients of its input and parameters.
std::vector<Tensor> training_step(nn::Sequential model, const Tensor& values) {
  model->zero_grad();
  const Tensor input = values.detach().clone().set_requires_grad(true);
  const Tensor output = model->forward(input);
  output.square().mean().backward();
  std::vector<Tensor> results = {output.detach(), input.grad()};
  for (const Tensor& parameter : model->parameters()) results.push_back(parameter.grad().clone());
  return results;
}

TEST_F(Deterministic, IsWhatWasSet) {
  EXPECT_TRUE(are_deterministic_algorithms_enabled());
  use_deterministic_algorithms(false);
  EXPECT_FALSE(are_deterministic_algorithms_enabled());
}

TEST_F(Deterministic, LinearLayersDoNotDependOnThreads) {
  manual_seed(1);
  for (const ScalarType dtype : {kFloat, kDouble, kBFloat16}) {
    nn::Sequential model(nn::Linear(300, 257), nn::ReLU(), nn::Linear(257, 33));
    model->to(dtype);
    for (const int64_t batch : {1, 65, 4100}) {
      const Tensor input = randn({batch, 300}).to(dtype);
      expect_same_bits([&] { return training_step(model, input); });
    }
  }
}

TEST_F(Deterministic, ConvolutionsDoNotDependOnThreads) {
  manual_seed(2);
  nn::Sequential model(nn::Conv2d(nn::Conv2dOptions(3, 16, 3).padding(1)), nn::BatchNorm2d(16), nn::ReLU(),
                       nn::Conv2d(nn::Conv2dOptions(16, 24, 3).stride(2).groups(2)),
                       nn::ConvTranspose2d(nn::ConvTranspose2dOptions(24, 5, 4).stride(2)));
  const Tensor input = randn({9, 3, 33, 31});
  expect_same_bits([&] { return training_step(model, input); });
}

TEST_F(Deterministic, BatchesOfProductsDoNotDependOnThreads) {
  manual_seed(3);
  const Tensor a = randn({6, 70, 300}), b = randn({6, 300, 90}), tall = randn({40000, 12});
  expect_same_bits([&] { return std::vector<Tensor>{bmm(a, b), matmul(a, b[0]), tall.t().mm(tall)}; });
}

}  // namespace
}  // namespace relume
