// The benchmark's work, one source for two libraries: built against Relume and against libtorch, it times each row of a
// table and prints one line of JSON a row, with a checksum by which bench/run.py sees that both computed the same.
//
// peer [--threads N] [--once] [--list] [NAME]: every row, or the one of that name; --list prints the names; --once runs
// a row a few times, untimed, so that a caller can measure its memory.
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace nn = torch::nn;
namespace F = torch::nn::functional;
using torch::Tensor;

// What is timed, and what must be the same in both libraries: the result of doing it for the first time.
struct Work {
  std::function<void()> run;
  std::function<Tensor()> result;
};

struct Row {
  std::string name;
  bool grad;
  std::function<Work()> prepare;
};

using Rows = std::vector<Row>;
using Optimizer = std::shared_ptr<torch::optim::Optimizer>;

template <class Op>
Work repeat(Op op) {
  return {[op]() mutable { op(); }, [op]() mutable { return op(); }};
}

template <class Model>
Work forward(Model model, Tensor x) {
  return repeat([model, x]() mutable { return model->forward(x); });
}

// Zero the gradients, forward, loss, backward, update. The result is all parameters after three steps.
template <class Model, class Loss>
Work training(Model model, Optimizer optimizer, Tensor x, Loss loss) {
  auto step = [=]() mutable {
    optimizer->zero_grad();
    loss(model->forward(x)).backward();
    optimizer->step();
  };
  auto result = [=]() mutable {
    for (int i = 0; i < 3; ++i) step();
    std::vector<Tensor> parts;
    for (const Tensor& p : model->parameters()) parts.push_back(p.detach().flatten());
    return torch::cat(parts);
  };
  return {step, result};
}

template <class Model>
Optimizer sgd(Model& model) {
  return std::make_shared<torch::optim::SGD>(model->parameters(), torch::optim::SGDOptions(0.01));
}

Tensor mean_of_squares(const Tensor& y) { return y.pow(2).mean(); }

struct SimpleCNNImpl : nn::Module {
  SimpleCNNImpl() {
    register_module("conv1", conv1);
    register_module("relu1", relu1);
    register_module("conv2", conv2);
    register_module("relu2", relu2);
    register_module("pool", pool);
  }
  Tensor forward(Tensor x) {
    x = pool(relu1(conv1(x)));
    return pool(relu2(conv2(x)));
  }
  nn::Conv2d conv1{nn::Conv2dOptions(3, 32, 3).padding(1)};
  nn::ReLU relu1;
  nn::Conv2d conv2{nn::Conv2dOptions(32, 64, 3).padding(1)};
  nn::ReLU relu2;
  nn::MaxPool2d pool{nn::MaxPool2dOptions(2).stride(2)};
};
TORCH_MODULE(SimpleCNN);

nn::Sequential mlp(int64_t in, int64_t hidden, int64_t out) {
  return nn::Sequential(nn::Linear(in, hidden), nn::ReLU(), nn::Linear(hidden, out));
}

nn::Sequential deep_mlp() {
  return nn::Sequential(nn::Linear(784, 512), nn::ReLU(), nn::Linear(512, 512), nn::ReLU(), nn::Linear(512, 10));
}

nn::Sequential conv_norm_block() {
  return nn::Sequential(nn::Conv2d(nn::Conv2dOptions(16, 32, 3).padding(1)), nn::BatchNorm2d(32), nn::ReLU(),
                        nn::Conv2d(nn::Conv2dOptions(32, 32, 3).padding(1)), nn::BatchNorm2d(32), nn::ReLU());
}

// Noise [N, 64, 4, 4] to images [N, 1, 32, 32].
nn::Sequential gan_generator() {
  const auto up = [](int64_t in, int64_t out) {
    return nn::ConvTranspose2d(nn::ConvTranspose2dOptions(in, out, 4).stride(2).padding(1));
  };
  return nn::Sequential(up(64, 64), nn::BatchNorm2d(64), nn::ReLU(), up(64, 32), nn::BatchNorm2d(32), nn::ReLU(),
                        up(32, 1), nn::Tanh());
}

void add_elementwise_rows(Rows& rows) {
  const struct {
    const char* name;
    Tensor (*op)(const Tensor&);
  } ops[] = {
      {"relu", [](const Tensor& x) { return torch::relu(x); }},
      {"leaky_relu", [](const Tensor& x) { return torch::leaky_relu(x); }},
      {"add", [](const Tensor& x) { return torch::add(x, x); }},
      {"gelu", [](const Tensor& x) { return torch::gelu(x); }},
      {"sigmoid", [](const Tensor& x) { return torch::sigmoid(x); }},
      {"silu", [](const Tensor& x) { return torch::silu(x); }},
      {"tanh", [](const Tensor& x) { return torch::tanh(x); }},
  };
  const struct {
    const char* name;
    int64_t count;
  } sizes[] = {{"64K", 1 << 16}, {"1M", 1 << 20}, {"16.8M", 1 << 24}};

  rows.push_back({"relu, 16 floats", false, [] {
                    const Tensor x = torch::randn({16});
                    return repeat([x] { return torch::relu(x); });
                  }});
  rows.push_back({"relu_, 16 floats", false, [] {
                    Tensor x = torch::randn({16});
                    return Work{[x]() mutable { x.relu_(); }, [x]() mutable { return x.relu_(); }};
                  }});
  for (const auto& op : ops)
    for (const auto& size : sizes) {
      const std::string name = std::string(op.name) + ", " + size.name + " floats";
      rows.push_back({name, false, [apply = op.op, count = size.count] {
                        const Tensor x = torch::randn({count}) * 3;
                        return repeat([apply, x] { return apply(x); });
                      }});
    }
  for (const int64_t columns : {1 << 10, 1 << 14, 1 << 18})
    rows.push_back({"softmax, 64 x " + std::to_string(columns), false, [columns] {
                      const Tensor x = torch::randn({64, columns});
                      return repeat([x] { return torch::softmax(x, 1); });
                    }});
  for (const auto& size : sizes)
    rows.push_back({std::string("sum, ") + size.name + " floats", false, [count = size.count] {
                      const Tensor x = torch::rand({count});
                      return repeat([x] { return torch::sum(x); });
                    }});
}

void add_small_rows(Rows& rows) {
  rows.push_back({"100 relu of 16 floats, forward and backward", true, [] {
                    Tensor x = torch::randn({16}, torch::requires_grad());
                    const Tensor ones = torch::ones({16});
                    auto run = [x, ones] {
                      Tensor y = x;
                      for (int i = 0; i < 100; ++i) y = torch::relu(y);
                      y.backward(ones);
                    };
                    return Work{run, [x, run] {
                                  run();
                                  return x.grad().clone();
                                }};
                  }});
  for (const int64_t batch : {1, 32})
    rows.push_back({"MLP 8-16-4 training step, batch " + std::to_string(batch), true, [batch] {
                      nn::Sequential model = mlp(8, 16, 4);
                      const Tensor target = torch::randn({batch, 4});
                      return training(model, sgd(model), torch::randn({batch, 8}),
                                      [target](const Tensor& y) { return torch::mse_loss(y, target); });
                    }});
}

// A row for the forward pass of a model and one for its training step. `make` gives {model, input}.
template <class Make>
void add_model_rows(Rows& rows, const std::string& name, const std::string& size, Make make) {
  rows.push_back({name + " forward, " + size, false, [make] {
                    auto [model, x] = make();
                    return forward(model, x);
                  }});
  rows.push_back({name + " training step, " + size, true, [make] {
                    auto [model, x] = make();
                    return training(model, sgd(model), x, mean_of_squares);
                  }});
}

void add_network_rows(Rows& rows) {
  const auto batch_name = [](int64_t batch) { return "batch " + std::to_string(batch); };
  for (const int64_t batch : {1, 32, 256})
    add_model_rows(rows, "SimpleCNN", batch_name(batch), [batch] {
      return std::make_pair(SimpleCNN(), torch::randn({batch, 3, 32, 32}));
    });
  for (const int64_t batch : {1, 32, 256})
    add_model_rows(rows, "MLP 784-512-512-10", batch_name(batch), [batch] {
      return std::make_pair(deep_mlp(), torch::randn({batch, 784}));
    });
  for (const int64_t sequences : {1, 8})
    add_model_rows(rows, "FFN 512-2048-512", "128 tokens x " + std::to_string(sequences), [=] {
      return std::make_pair(mlp(512, 2048, 512), torch::randn({sequences, 128, 512}));
    });
  for (const int64_t batch : {1, 32})
    add_model_rows(rows, "2 x (conv, batch norm, relu)", batch_name(batch), [batch] {
      return std::make_pair(conv_norm_block(), torch::randn({batch, 16, 32, 32}));
    });
  add_model_rows(rows, "GAN generator", "batch 16", [] {
    return std::make_pair(gan_generator(), torch::randn({16, 64, 4, 4}));
  });
  rows.push_back({"MLP 784-512-10, Adam and cross-entropy step, batch 64", true, [] {
                    nn::Sequential model = mlp(784, 512, 10);
                    const Optimizer adam =
                        std::make_shared<torch::optim::Adam>(model->parameters(), torch::optim::AdamOptions(1e-3));
                    const Tensor label = torch::arange(64) % 10;
                    return training(model, adam, torch::randn({64, 784}),
                                    [label](const Tensor& y) { return F::cross_entropy(y, label); });
                  }});
}

// A weighted sum of the absolute values, so that values in the wrong place show as well as wrong values.
double checksum(const Tensor& result) {
  const Tensor values = result.detach().to(torch::kFloat64).flatten().abs();
  return values.dot(torch::linspace(1, 2, values.numel(), torch::kFloat64)).item<double>();
}

// Microseconds a run: the best mean of several blocks of about 20 ms.
double best_microseconds(const std::function<void()>& run) {
  using Clock = std::chrono::steady_clock;
  const auto block = [&run](int64_t times) {
    const auto start = Clock::now();
    for (int64_t i = 0; i < times; ++i) run();
    return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
  };
  int64_t times = 1;
  double spent = block(times);
  while (spent < 5e3) {
    times *= 2;
    spent = block(times);
  }
  times = std::max<int64_t>(1, static_cast<int64_t>(static_cast<double>(times) * 2e4 / spent));
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 15; ++i) best = std::min(best, block(times) / static_cast<double>(times));
  return best;
}

void measure(const Row& row, bool once) {
  torch::manual_seed(0);
  torch::AutoGradMode grad_mode(row.grad);
  const Work work = row.prepare();
  const double sum = checksum(work.result());
  if (once) {
    for (int i = 0; i < 3; ++i) work.run();
    std::printf("{\"name\": \"%s\", \"checksum\": %.9g}\n", row.name.c_str(), sum);
  } else {
    std::printf("{\"name\": \"%s\", \"us\": %.6g, \"checksum\": %.9g}\n", row.name.c_str(), best_microseconds(work.run),
                sum);
  }
  std::fflush(stdout);
}

int main(int argc, char** argv) {
  int threads = 2;
  bool once = false;
  bool list = false;
  std::string wanted;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--threads" && i + 1 < argc) {
      threads = std::atoi(argv[++i]);
    } else if (argument == "--once") {
      once = true;
    } else if (argument == "--list") {
      list = true;
    } else {
      wanted = argument;
    }
  }
  torch::set_num_threads(threads);

  Rows rows;
  add_small_rows(rows);
  add_elementwise_rows(rows);
  add_network_rows(rows);
  for (const Row& row : rows) {
    if (!wanted.empty() && row.name != wanted) continue;
    if (list) {
      std::printf("%s\n", row.name.c_str());
    } else {
      measure(row, once);
    }
  }
}
