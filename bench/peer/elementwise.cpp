// Rows of element-wise ops, and of those that go over rows of a matrix: softmax, sum, layer norm.
#include "rows.h"

namespace bench {
namespace {

const struct {
  const char* name;
  Tensor (*op)(const Tensor&);
} kOps[] = {
    {"relu", [](const Tensor& x) { return torch::relu(x); }},
    {"add", [](const Tensor& x) { return torch::add(x, x); }},
    {"leaky_relu", [](const Tensor& x) { return torch::leaky_relu(x); }},
    {"gelu", [](const Tensor& x) { return torch::gelu(x); }},
    {"sigmoid", [](const Tensor& x) { return torch::sigmoid(x); }},
    {"silu", [](const Tensor& x) { return torch::silu(x); }},
    {"tanh", [](const Tensor& x) { return torch::tanh(x); }},
};
const struct {
  const char* name;
  int64_t count;
} kSizes[] = {{"64K", 1 << 16}, {"1M", 1 << 20}, {"16.8M", 1 << 24}};

}  // namespace

void add_elementwise_rows(Rows& rows) {
  for (const auto& op : kOps)
    for (const auto& size : kSizes)
      add_row(rows, std::string(op.name) + ", " + size.name + " floats", false, [apply = op.op, count = size.count] {
        const Tensor x = torch::randn({count}) * 3;
        return repeat([apply, x] { return apply(x); });
      });
  for (const int64_t columns : {1 << 10, 1 << 14, 1 << 18})
    add_row(rows, "softmax, 64 x " + std::to_string(columns), false, [columns] {
      const Tensor x = torch::randn({64, columns});
      return repeat([x] { return torch::softmax(x, 1); });
    });
  for (const auto& size : kSizes)
    add_row(rows, std::string("sum, ") + size.name + " floats", false, [count = size.count] {
      const Tensor x = torch::rand({count});
      return repeat([x] { return torch::sum(x); });
    });
  for (const int64_t count : {64, 4096})
    add_model_rows(rows, "layer norm", std::to_string(count) + " x 1024",
                   [] { return nn::LayerNorm(nn::LayerNormOptions({1024})); }, {count, 1024});
}

}  // namespace bench
