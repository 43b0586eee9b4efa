// Rows whose work is so small that what counts is the cost of a call.
#include "rows.h"

namespace bench {

void add_small_rows(Rows& rows) {
  add_row(rows, "relu, 16 floats", false, [] {
    const Tensor x = torch::randn({16});
    return repeat([x] { return torch::relu(x); });
  });
  add_row(rows, "relu_, 16 floats", false, [] {
    const Tensor x = torch::randn({16});
    return repeat([x]() mutable { return x.relu_(); });
  });
  add_row(rows, "100 relu of 16 floats, forward and backward", true, [] {
    Tensor x = torch::randn({16}, torch::requires_grad());
    const Tensor ones = torch::ones({16});
    auto run = [x, ones] {
      Tensor y = x;
      for (int i = 0; i < 100; ++i) y = torch::relu(y);
      y.backward(ones);
    };
    return Job{run, [x, run] {
                 run();
                 return x.grad().clone();
               }};
  });
  for (const int64_t batch : {1, 32})
    add_row(rows, "MLP 8-16-4 training step, batch " + std::to_string(batch), true, [batch] {
      nn::Sequential model = mlp(8, 16, 4);
      const Tensor target = torch::randn({batch, 4});
      return training(model, sgd(model), torch::randn({batch, 8}),
                      [target](const Tensor& y) { return torch::mse_loss(y, target); });
    });
}

}  // namespace bench
