// Losses, padding and resizing by the functions of tensors that stand beside torch::nn::functional.
#include "cases.h"

namespace {

// In ten thousandths: the last digit depends on the order of sums.
void show(const char* name, const torch::Tensor& x) { std::cout << name << "\n" << (x * 1e4).round() << "\n"; }

}  // namespace

int main() {
  torch::manual_seed(0);
  const auto x = torch::randn({3, 4}), y = torch::randn({3, 4}), z = torch::randn({3, 4});
  const auto signs = torch::sign(torch::randn({3})), classes = torch::tensor({0, 2, 1});
  show("hinge", torch::hinge_embedding_loss(x, torch::sign(y)));
  show("soft margin", torch::soft_margin_loss(x, torch::sign(y), at::Reduction::Sum));
  show("multi margin", torch::multi_margin_loss(x, classes));
  show("multilabel margin",
       torch::multilabel_margin_loss(x, torch::tensor({{0, 1, -1, -1}, {2, -1, 0, 0}, {3, 0, -1, -1}})));
  show("ranking", torch::margin_ranking_loss(x[0], y[0], torch::sign(z[0]), 0.1));
  show("cosine", torch::cosine_embedding_loss(x, y, signs));
  show("triplet", torch::triplet_margin_loss(x, y, z));
  show("triplets", torch::triplet_margin_loss(x, y, z, 0.5, 1, 1e-6, true, at::Reduction::None));
  show("poisson", torch::poisson_nll_loss(x, y.abs(), true, false, 1e-8, at::Reduction::Mean));
  show("nll", torch::nll_loss_nd(torch::log_softmax(x, 1), classes));

  const auto image = torch::arange(16.).reshape({1, 1, 4, 4});
  show("pad reflect", torch::pad(image[0], {1, 1}, "reflect"));
  show("pad", torch::pad(image, {1, 0, 0, 1}));
  show("pad by 2", torch::pad(image, {1, 1, 1, 1}, "constant", 2.));
  show("reflection", torch::reflection_pad2d(image, {1, 1, 1, 1}));
  show("replication", torch::replication_pad2d(image, {0, 1, 0, 1}));
  show("nearest", torch::upsample_nearest2d(image, {6, 6}));
  show("bilinear", torch::upsample_bilinear2d(image, {5, 5}, true));
  show("bicubic", torch::upsample_bicubic2d(image, {3, 3}, false));
  const auto theta = torch::tensor({{{1.f, 0.f, 0.1f}, {0.f, 1.f, 0.f}}});
  const auto grid = torch::affine_grid_generator(theta, {1, 1, 2, 2}, false);
  show("affine grid", grid);
  show("sampled", torch::grid_sampler(image, grid, 0, 0, false));
  show("nearest sampled", torch::grid_sampler(image, grid, 1, 1, true));
  show("padded", torch::pad_sequence({x[0], y[0].slice(0, 0, 2)}, true));

  show("filled", torch::fill(x, 3));
  show("range", torch::range(0, 1, 0.25));
  std::cout << torch::range(1, 5, 2, torch::kInt) << "\n";
  show("special", torch::special_expit(x[0]) - torch::special::expit(x[0]));

  std::map<std::string, int> counts;  // whose header torch.h brings along, as libtorch's does
  const torch::PackedTensorAccessor32<float, 2> rows = x.packed_accessor32<float, 2>();
  for (int64_t i = 0; i < rows.size(0); ++i) ++counts[rows[i][0] > 0 ? "positive" : "negative"];
  for (const auto& [sign, count] : counts) std::cout << sign << " " << count << "\n";
  const torch::Tensor undefined;
  std::cout << undefined.requires_grad() << "\n";

  print_error([] { torch::range(5, 1, 1); });
  print_error([] { torch::pad(torch::ones({2}), {1, 1}, "mirror"); });
  print_error([] { torch::pad(torch::ones({2, 2, 2, 2}), {1, 1}, "reflect"); });
  print_error([] { torch::reflection_pad1d(torch::ones({1, 2}), {2, 2}); });
}
