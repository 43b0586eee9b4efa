// Options that may be left out: set from values of other types, from optionals and nothing, read, copied, compared.
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "cases.h"

namespace F = torch::nn::functional;
using torch::Tensor;

int main() {
  const Tensor image = torch::arange(36.0).view({1, 1, 6, 6});

  run_case("interpolate", [&] {
    F::InterpolateFuncOptions options;
    print(options.size().has_value());
    options.size(std::vector<int64_t>{2, 3});
    print(F::interpolate(image, options).sizes());
    options.size(torch::nullopt).scale_factor(std::vector<double>({2, 0.5}));
    print(F::interpolate(image, options).sizes());
    const std::optional<std::vector<double>> factors = options.scale_factor();
    print(*factors);
    options.scale_factor(std::nullopt).size(std::optional<std::vector<int64_t>>({{1, 4}}));
    print(F::interpolate(image, options).sizes());
    print(options.size()->size());
    print(options.size().value());
    print((*options.size())[1]);
    print(options.scale_factor().value_or(std::vector<double>{7}));
    print(bool(options.size()) && !options.scale_factor() && options.size() != torch::nullopt);
    (*options.size())[0] = 5;
    const F::InterpolateFuncOptions copy = options;
    options.size().value()[0] = 6;
    print(*copy.size());
    print(F::interpolate(image, options).sizes());
    options.size() = std::nullopt;
    try {
      options.size().value();
    } catch (const std::bad_optional_access&) {
      print("no size");
    }
  });

  run_case("fractional pooling", [&] {
    const Tensor samples = torch::full({1, 1, 2}, 0.5);
    print(
        F::fractional_max_pool2d(image, F::FractionalMaxPool2dFuncOptions(2).output_size(3)._random_samples(samples)));
    print(F::fractional_max_pool2d(
        image,
        F::FractionalMaxPool2dFuncOptions({2, 2}).output_size(std::vector<int64_t>{3, 2})._random_samples(samples)));
    print(F::fractional_max_pool2d(image, F::FractionalMaxPool2dFuncOptions(2)
                                              .output_ratio(torch::ExpandingArray<2, double>({0.5, 0.4}))
                                              ._random_samples(samples)));
  });

  run_case("unpooling", [&] {
    const auto [values, indices] = F::max_pool2d_with_indices(image, F::MaxPool2dFuncOptions(2));
    torch::nn::MaxUnpool2d unpool(2);
    print(unpool->forward(values, indices).sizes());
    print(unpool->forward(values, indices, std::vector<int64_t>{1, 1, 7, 6}).sizes());
    print(unpool(values, indices, std::optional<std::vector<int64_t>>()).sizes());
  });

  run_case("recurrent states", [&] {
    torch::manual_seed(0);
    torch::nn::LSTM lstm(2, 3);
    const Tensor x = torch::ones({4, 1, 2}), h = torch::ones({1, 1, 3}), c = torch::zeros({1, 1, 3});
    const auto state = std::make_tuple(h, c);
    std::optional<std::tuple<Tensor, Tensor>> none, some = state;
    print(std::get<0>(lstm->forward(x)));
    print(std::get<0>(lstm->forward(x, state)));
    print(std::get<0>(lstm(x, some)));
    print(std::get<0>(lstm->forward(x, none)).equal(std::get<0>(lstm->forward(x, {}))));
    print(std::get<0>(lstm->forward(x, torch::nullopt)).equal(std::get<0>(lstm(x))));
    torch::nn::LSTMCell cell(2, 3);
    print(std::get<1>(cell->forward(x[0], std::make_tuple(h[0], c[0]))));
    print(std::get<1>(cell(x[0])));
  });

  run_case("distances", [&] {
    using Options = torch::nn::TripletMarginWithDistanceLossOptions;
    const Tensor a = torch::zeros({2, 3}), b = torch::ones({2, 3}), c = torch::full({2, 3}, 1.5);
    const auto loss = [&](const Options& options) {
      print((torch::nn::TripletMarginWithDistanceLoss(options)(a, b, c) * 1000).round());
    };
    Options options;
    loss(options);
    options.distance_function([](const Tensor& x, const Tensor& y) { return (x - y).abs().sum(-1); });
    loss(options);
    const Options copy = options;
    const std::function<Tensor(const Tensor&, const Tensor&)> largest = [](const Tensor& x, const Tensor& y) {
      return (x - y).abs().amax(-1);
    };
    options.distance_function(largest);
    loss(options);
    loss(copy);
    options.distance_function(torch::nullopt);
    loss(options);
    std::optional<Options::distance_function_t> held = copy.distance_function();
    options.distance_function(held);
    loss(options);
    print((*held)(a, b));
  });

  run_case("line search and timeouts", [&] {
    torch::optim::LBFGSOptions options(1);
    print(options.line_search_fn().has_value());
    options.line_search_fn("strong_wolfe");
    print(*options.line_search_fn());
    print(options.line_search_fn() == "strong_wolfe");
    print(options == torch::optim::LBFGSOptions(1));
    torch::data::DataLoaderOptions loader;
    print(loader.timeout().has_value());
    loader.timeout(std::chrono::milliseconds(1500));
    const std::optional<std::chrono::milliseconds> timeout = loader.timeout();
    print(timeout->count());
    print(loader.timeout()->count());
  });

  run_case("gradients of some inputs", [&] {
    const Tensor x = torch::ones({2}, torch::requires_grad()), y = torch::ones({2}, torch::requires_grad());
    const std::vector<Tensor> inputs = {x};
    (x * y).sum().backward({}, std::nullopt, false, inputs);
    print(x.grad().defined() && !y.grad().defined());
    (x * y).backward(torch::ones({2}), true);
    print(x.grad());
  });
}
