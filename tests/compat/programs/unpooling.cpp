// MaxUnpool, FractionalMaxPool, AdaptiveMaxPool3d, AdaptiveLogSoftmaxWithLoss, CrossMapLRN2d, cubic grid_sample.
#include "cases.h"

#include <cstdio>

using torch::Tensor;
namespace nn = torch::nn;
namespace F = torch::nn::functional;

namespace {

Tensor ramp(at::IntArrayRef sizes) {
  int64_t count = 1;
  for (const int64_t size : sizes) count *= size;
  return torch::arange(count).to(torch::kFloat).view(sizes);
}

}  // namespace

int main() {
  torch::manual_seed(0);
  run_case("print", [] {
    print(nn::MaxUnpool1d(3));
    print(nn::MaxUnpool2d(nn::MaxUnpool2dOptions(3).stride(2).padding(1)));
    print(nn::MaxUnpool3d(nn::MaxUnpool3dOptions({3, 2, 2}).stride({2, 1, 1})));
    print(nn::AdaptiveMaxPool3d(2));
    print(nn::FractionalMaxPool2d(nn::FractionalMaxPool2dOptions(2).output_size(3)));
    print(nn::FractionalMaxPool3d(nn::FractionalMaxPool3dOptions(2).output_ratio(0.5)));
    print(nn::CrossMapLRN2d(nn::CrossMapLRN2dOptions(3).alpha(0.1).beta(0.5).k(2)));
  });
  run_case("1-D", [] {
    auto [values, indices] = F::max_pool1d_with_indices(ramp({1, 2, 8}), F::MaxPool1dFuncOptions(2));
    print(nn::MaxUnpool1d(2)(values, indices));
    print(F::max_unpool1d(values, indices,
                          F::MaxUnpool1dFuncOptions(2).output_size(std::vector<int64_t>({1, 2, 9}))));
  });
  run_case("2-D", [] {
    Tensor x = torch::randn({2, 1, 5, 5}, torch::requires_grad());
    auto [values, indices] = nn::MaxPool2d(nn::MaxPool2dOptions(3).stride(2))->forward_with_indices(x);
    const Tensor result = nn::MaxUnpool2d(nn::MaxUnpool2dOptions(3).stride(2))(values, indices);
    result.pow(2).sum().backward();
    print(result);
    print(x.grad());
  });
  run_case("3-D", [] {
    auto [values, indices] = nn::MaxPool3d(2)->forward_with_indices(torch::randn({1, 4, 4, 4}));
    print(nn::MaxUnpool3d(2)(values, indices));
  });
  run_case("adaptive 3-D", [] {
    Tensor x = torch::randn({1, 2, 5, 4, 3}, torch::requires_grad());
    auto [values, indices] =
        nn::AdaptiveMaxPool3d(nn::AdaptiveMaxPool3dOptions({2, 2, torch::nullopt}))->forward_with_indices(x);
    values.pow(2).sum().backward();
    print(values);
    print(indices);
    std::printf("%.3f\n", x.grad().sum().item<double>());
    std::fflush(stdout);
    print(F::adaptive_max_pool3d(ramp({1, 3, 3, 3}), F::AdaptiveMaxPool3dFuncOptions({1, 2, 2})));
  });
  run_case("fractional", [] {
    nn::FractionalMaxPool2d pool(nn::FractionalMaxPool2dOptions(3).output_size(std::vector<int64_t>{3, 4}));
    auto [values, indices] = pool->forward_with_indices(torch::randn({1, 2, 9, 10}));
    print(values);
    print(indices);
    print(F::fractional_max_pool2d(ramp({1, 1, 7, 7}),
                                   F::FractionalMaxPool2dFuncOptions(2)
                                       .output_ratio(torch::ExpandingArray<2, double>({0.5, 0.6}))
                                       ._random_samples(torch::tensor({{{0.3, 0.8}}}).to(torch::kFloat))));
    print(nn::FractionalMaxPool3d(nn::FractionalMaxPool3dOptions(2).output_ratio(0.5))(ramp({1, 1, 5, 5, 5})));
  });
  run_case("adaptive softmax", [] {
    nn::AdaptiveLogSoftmaxWithLoss softmax(
        nn::AdaptiveLogSoftmaxWithLossOptions(8, 20, {4, 10}).div_value(2.).head_bias(true));
    print(softmax);
    for (const auto& item : softmax->named_parameters()) std::cout << item.key() << " " << item->sizes() << '\n';
    Tensor x = torch::randn({5, 8}, torch::requires_grad());
    const auto [output, loss] = softmax(x, torch::tensor({0, 4, 11, 19, 3}));
    (-output).mean().backward();
    print(output);
    std::printf("%.5f\n", loss);
    std::fflush(stdout);
    print(x.grad());
    print(softmax->predict(x));
    print(softmax->log_prob(x).exp().sum(1));
    softmax->forward(x, torch::tensor({0, 4, 11, 20, 3}));
  });
  run_case("cross-map norm", [] {
    print(nn::CrossMapLRN2d(nn::CrossMapLRN2dOptions(3).alpha(0.1).beta(0.5).k(2))(ramp({1, 5, 1, 2})));
  });
  run_case("cubic grid_sample", [] {
    for (const bool corners : {false, true}) {
      Tensor x = torch::randn({1, 1, 4, 4}, torch::requires_grad());
      const Tensor grid = torch::rand({1, 2, 3, 2}) * 2.4 - 1.2;
      auto options = F::GridSampleFuncOptions().mode(torch::kBicubic).align_corners(corners);
      print(F::grid_sample(x, grid, options));
      print(F::grid_sample(x, grid, F::GridSampleFuncOptions(options).padding_mode(torch::kBorder)));
      print(F::grid_sample(x, grid, F::GridSampleFuncOptions(options).padding_mode(torch::kReflection)));
      F::grid_sample(x, grid, options).pow(2).sum().backward();
      print(x.grad());
    }
  });
  const Tensor x = ramp({1, 1, 7, 7});
  auto [values, indices] = F::max_pool1d_with_indices(ramp({1, 1, 8}), F::MaxPool1dFuncOptions(2));
  const Tensor pooled = values, places = indices;
  run_case("size beyond", [&] {
    F::max_unpool1d(pooled, places, F::MaxUnpool1dFuncOptions(2).output_size(std::vector<int64_t>({1, 1, 12})));
  });
  run_case("indices of int", [&] { F::max_unpool1d(pooled, places.to(torch::kInt), F::MaxUnpool1dFuncOptions(2)); });
  run_case("index beyond", [&] { F::max_unpool1d(pooled, places + 20, F::MaxUnpool1dFuncOptions(2)); });
  run_case("rank", [&] { F::max_unpool2d(pooled[0], places[0], F::MaxUnpool2dFuncOptions(2)); });
  run_case("shape of indices", [&] {
    F::max_unpool2d(torch::ones({1, 1, 2, 2}), torch::zeros({1, 1, 2, 3}, torch::kLong), F::MaxUnpool2dFuncOptions(2));
  });
  run_case("no size", [&] { nn::FractionalMaxPool2d(nn::FractionalMaxPool2dOptions(3))->forward(x); });
  run_case("size and ratio", [&] {
    nn::FractionalMaxPool2d(nn::FractionalMaxPool2dOptions(3).output_size(2).output_ratio(0.5))->forward(x);
  });
  run_case("ratio", [&] { nn::FractionalMaxPool2d(nn::FractionalMaxPool2dOptions(3).output_ratio(1.5))->forward(x); });
  run_case("size too large", [&] {
    nn::FractionalMaxPool2d(nn::FractionalMaxPool2dOptions(3).output_size(6))->forward(x);
  });
  run_case("cubic 3-D", [&] {
    F::grid_sample(ramp({1, 1, 2, 2, 2}), torch::zeros({1, 1, 1, 1, 3}),
                   F::GridSampleFuncOptions().mode(torch::kBicubic).align_corners(false));
  });
  run_case("cutoffs", [] { nn::AdaptiveLogSoftmaxWithLoss(8, 20, std::vector<int64_t>{10, 4}); });
}
