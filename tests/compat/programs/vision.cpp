// Images in other sizes and arrangements, windows as columns, and images read at points.
#include "cases.h"

using torch::Tensor;
namespace nn = torch::nn;
namespace F = torch::nn::functional;

int main() {
  torch::manual_seed(0);
  run_case("print upsample", [] {
    print(nn::Upsample(nn::UpsampleOptions().scale_factor(std::vector<double>({2.0, 3.0}))));
    print(nn::Upsample(
        nn::UpsampleOptions().size(std::vector<int64_t>({4, 4})).mode(torch::kBilinear).align_corners(true)));
    print(nn::Upsample(nn::UpsampleOptions()
                           .scale_factor(std::vector<double>({1.5, 1.5}))
                           .mode(torch::kBicubic)
                           .align_corners(false)));
  });
  run_case("print shuffle", [] {
    print(nn::PixelShuffle(3));
    print(nn::PixelUnshuffle(2));
    print(nn::Fold(nn::FoldOptions({4, 5}, 2).stride(2)));
    print(nn::Fold(nn::FoldOptions({4, 5}, {2, 3}).dilation({1, 2}).padding(1)));
    print(nn::Unfold(2));
    print(nn::Unfold(nn::UnfoldOptions({2, 3}).padding(1)));
  });
  run_case("print norms", [] {
    print(nn::LocalResponseNorm(2));
    print(nn::LocalResponseNorm(nn::LocalResponseNormOptions(2).alpha(0.1).beta(0.2).k(0.3)));
    print(nn::LPPool1d(2, 3));
    print(nn::LPPool2d(nn::LPPool2dOptions(1, {2, 3}).stride(4).ceil_mode(true)));
    print(nn::LPPool3d(2, 2));
  });
  run_case("nearest", [] {
    auto x = torch::arange(6).to(torch::kFloat).view({1, 1, 2, 3}).requires_grad_();
    auto y = F::interpolate(x, F::InterpolateFuncOptions().scale_factor(std::vector<double>({2, 2})));
    print(y);
    y.pow(2).sum().backward();
    print(x.grad());
    print(F::interpolate(x, F::InterpolateFuncOptions().size(std::vector<int64_t>({3, 2}))));
    print(F::interpolate(x, F::InterpolateFuncOptions().size(std::vector<int64_t>({5, 4})).mode(torch::kNearestExact)));
  });
  run_case("nearest 1d 3d", [] {
    print(F::interpolate(torch::arange(3).to(torch::kFloat).view({1, 1, 3}),
                         F::InterpolateFuncOptions().size(std::vector<int64_t>({5}))));
    print(F::interpolate(torch::arange(8).to(torch::kFloat).view({1, 1, 2, 2, 2}),
                         F::InterpolateFuncOptions().size(std::vector<int64_t>({3, 2, 1}))));
  });
  run_case("bilinear", [] {
    auto x = torch::randn({1, 2, 3, 4}, torch::requires_grad());
    auto y = F::interpolate(
        x, F::InterpolateFuncOptions().size(std::vector<int64_t>({5, 6})).mode(torch::kBilinear).align_corners(false));
    print(y);
    y.pow(2).sum().backward();
    print(x.grad());
    print(F::interpolate(x, F::InterpolateFuncOptions()
                                .scale_factor(std::vector<double>({2, 0.5}))
                                .mode(torch::kBilinear)
                                .align_corners(true)));
  });
  run_case("linear trilinear", [] {
    print(F::interpolate(
        torch::randn({1, 2, 3}),
        F::InterpolateFuncOptions().size(std::vector<int64_t>({5})).mode(torch::kLinear).align_corners(false)));
    print(F::interpolate(
        torch::randn({1, 1, 2, 2, 2}),
        F::InterpolateFuncOptions().size(std::vector<int64_t>({3, 3, 3})).mode(torch::kTrilinear).align_corners(true)));
  });
  run_case("bicubic", [] {
    auto x = torch::randn({1, 1, 4, 4});
    print(F::interpolate(
        x, F::InterpolateFuncOptions().size(std::vector<int64_t>({6, 5})).mode(torch::kBicubic).align_corners(false)));
    print(F::interpolate(x, F::InterpolateFuncOptions()
                                .scale_factor(std::vector<double>({1.5, 1.5}))
                                .mode(torch::kBicubic)
                                .align_corners(true)));
  });
  run_case("area", [] {
    auto x = torch::randn({1, 1, 4, 4});
    print(F::interpolate(x, F::InterpolateFuncOptions().size(std::vector<int64_t>({2, 2})).mode(torch::kArea)));
  });
  run_case("module", [] {
    nn::Upsample u(
        nn::UpsampleOptions().scale_factor(std::vector<double>({2, 2})).mode(torch::kBilinear).align_corners(false));
    print(u(torch::randn({1, 1, 2, 2})));
    nn::Sequential s(nn::Conv2d(1, 1, 1),
                     nn::Upsample(nn::UpsampleOptions().scale_factor(std::vector<double>({2, 2}))));
    print(s->forward(torch::ones({1, 1, 2, 2})).sizes());
  });
  run_case("err none", [] { F::interpolate(torch::ones({1, 1, 2, 2})); });
  run_case("err both", [] {
    F::interpolate(
        torch::ones({1, 1, 2, 2}),
        F::InterpolateFuncOptions().size(std::vector<int64_t>({2, 2})).scale_factor(std::vector<double>({2, 2})));
  });
  run_case("err corners", [] {
    F::interpolate(torch::ones({1, 1, 2, 2}),
                   F::InterpolateFuncOptions().size(std::vector<int64_t>({2, 2})).align_corners(true));
  });
  run_case("err mode", [] {
    F::interpolate(
        torch::ones({1, 1, 2, 2}),
        F::InterpolateFuncOptions().size(std::vector<int64_t>({2})).mode(torch::kLinear).align_corners(true));
  });
  run_case("err dim",
           [] { F::interpolate(torch::ones({1, 2}), F::InterpolateFuncOptions().size(std::vector<int64_t>({2}))); });
  run_case("err zero", [] {
    F::interpolate(torch::ones({1, 1, 2, 2}), F::InterpolateFuncOptions().size(std::vector<int64_t>({0, 2})));
  });
  run_case("shuffle", [] {
    auto x = torch::arange(16).to(torch::kFloat).view({1, 4, 2, 2});
    auto y = nn::PixelShuffle(2)(x);
    print(y);
    print(nn::PixelUnshuffle(2)(y));
    print(F::pixel_shuffle(x, F::PixelShuffleFuncOptions(2)).sizes());
    print(F::pixel_unshuffle(y, 2).sizes());
  });
  run_case("shuffle err", [] { F::pixel_shuffle(torch::ones({1, 3, 2, 2}), 2); });
  run_case("unshuffle err", [] { F::pixel_unshuffle(torch::ones({1, 3, 3, 2}), 2); });
  run_case("unfold", [] {
    auto x = torch::arange(24).to(torch::kFloat).view({1, 2, 3, 4}).requires_grad_();
    auto y = nn::Unfold(nn::UnfoldOptions(2).padding(1).stride(2))(x);
    print(y);
    y.pow(2).sum().backward();
    print(x.grad());
    auto z = F::fold(y, F::FoldFuncOptions({3, 4}, 2).padding(1).stride(2));
    print(z);
    print(F::unfold(x, F::UnfoldFuncOptions({2, 3})).sizes());
  });
  run_case("unfold err", [] { F::unfold(torch::ones({2, 3}), F::UnfoldFuncOptions(2)); });
  run_case("unfold err2", [] { F::unfold(torch::ones({1, 1, 2, 3}), F::UnfoldFuncOptions(4)); });
  run_case("fold err", [] { F::fold(torch::ones({1, 3, 4}), F::FoldFuncOptions({3, 3}, 2)); });
  run_case("fold err2", [] { F::fold(torch::ones({1, 4, 5}), F::FoldFuncOptions({3, 3}, 2)); });
  run_case("lrn", [] {
    auto x = torch::randn({1, 4, 2}, torch::requires_grad());
    auto y = nn::LocalResponseNorm(nn::LocalResponseNormOptions(3).alpha(0.5))(x);
    print(y);
    y.sum().backward();
    print(x.grad());
    print(F::local_response_norm(torch::ones({1, 3, 2, 2}), F::LocalResponseNormFuncOptions(2)));
  });
  run_case("lrn err", [] { F::local_response_norm(torch::ones({3, 2}), F::LocalResponseNormFuncOptions(2)); });
  run_case("lppool", [] {
    auto x = torch::randn({1, 2, 4, 4}).abs();
    print(nn::LPPool2d(2, 2)(x));
    print(F::lp_pool2d(x, F::LPPool2dFuncOptions(3, {2, 1}).stride(1).ceil_mode(true)));
    print(nn::LPPool1d(2, 2)(x[0]));
    print(nn::LPPool3d(1, 2)(x.unsqueeze(0)));
  });
  run_case("grid", [] {
    auto x = torch::randn({1, 1, 3, 3}, torch::requires_grad());
    auto t = torch::tensor({{{0.5f, 0.1f, 0.2f}, {-0.1f, 0.8f, 0.0f}}});
    auto g = F::affine_grid(t, {1, 1, 2, 3});
    print(g);
    auto y = F::grid_sample(
        x, g, F::GridSampleFuncOptions().mode(torch::kBilinear).padding_mode(torch::kZeros).align_corners(false));
    print(y);
    y.pow(2).sum().backward();
    print(x.grad());
    print(F::grid_sample(
        x, g * 2, F::GridSampleFuncOptions().mode(torch::kNearest).padding_mode(torch::kBorder).align_corners(true)));
    print(F::grid_sample(x, g * 3, F::GridSampleFuncOptions().padding_mode(torch::kReflection).align_corners(true)));
  });
  run_case("grid err", [] { F::affine_grid(torch::ones({1, 2, 2}), {1, 1, 2, 2}); });
  run_case("grid err2", [] {
    F::grid_sample(torch::ones({1, 1, 2, 2}), torch::ones({2, 2, 2, 2}),
                   F::GridSampleFuncOptions().align_corners(true));
  });
}
