// Linear algebra, order and statistics, splits and scatters, special functions and a schedule, as libtorch prints them.
#include <torch/torch.h>

#include <iostream>
#include <tuple>
#include <vector>

namespace {

using torch::Tensor;

// A warm-up by the number of steps that were taken before.
class WarmUp : public torch::optim::LRScheduler {
 public:
  explicit WarmUp(torch::optim::Optimizer& optimizer) : LRScheduler(optimizer) {}

 private:
  std::vector<double> get_lrs() override {
    return std::vector<double>(get_current_lrs().size(), 0.25 * (step_count_ + 1));
  }
};

void print_rates() {
  torch::optim::SGD optimizer({torch::ones({1})}, torch::optim::SGDOptions(1));
  const auto rate = [&] { return optimizer.param_groups()[0].options().get_lr(); };
  torch::optim::StepLR steps(optimizer, 2, 0.5);
  for (int i = 0; i < 6; ++i) steps.step(), std::cout << rate() << " ";
  WarmUp warm_up(optimizer);
  for (int i = 0; i < 3; ++i) warm_up.step(), std::cout << rate() << " ";
  std::cout << "\n";
}

void print_all(const std::vector<Tensor>& tensors) {
  for (const Tensor& tensor : tensors) std::cout << tensor << "\n";
}

}  // namespace

int main() {
  const Tensor a = torch::tensor({{4.0, 1.0}, {1.0, 3.0}}), b = torch::tensor({{1.0, 2.0, 5.0}, {3.0, 4.0, 0.5}});
  print_all({torch::inverse(a), torch::det(a), torch::logdet(a), a.cholesky(), torch::pinverse(b), a.matrix_power(-2),
             torch::matrix_exp(torch::zeros({2, 2})), torch::linalg_solve(a, torch::ones({2})), torch::linalg_norm(a),
             torch::linalg_norm(a, "nuc"), torch::linalg_matrix_norm(a, 1), torch::linalg_svdvals(a),
             torch::linalg_matrix_rank(a), std::get<0>(torch::linalg_eigh(a)), torch::linalg_cond(a),
             std::get<1>(torch::linalg_qr(a)).abs(), torch::linalg_multi_dot({a, a, b})});
  print_all({torch::kron(a, b), torch::inner(b, b), torch::cross(b, b.flip(0), 1), torch::cdist(b, b + 1),
             torch::pdist(b), torch::dist(b, b * 2), torch::renorm(b, 2, 0, 1)});
  print_all({torch::diff(b), torch::trapezoid(b), torch::cov(b), torch::corrcoef(b), torch::histc(b, 4),
             torch::quantile(b, 0.4, 1), torch::nanmedian(b), std::get<0>(torch::mode(b)), torch::logcumsumexp(b, 1),
             torch::searchsorted(torch::tensor({1.0, 3.0}), b), torch::isin(b, torch::tensor({2.0, 4.0})), b.var(1),
             torch::std(b, 0)});
  const Tensor rows = torch::tensor({{3, 1, 1}, {1, 2, 2}, {3, 1, 1}});
  const auto [slices, places, counts] = torch::unique_dim(rows, 0, true, true, true);
  const auto [values, inverse] = torch::_unique(rows);
  print_all({slices, places, counts, values, std::get<0>(torch::unique_consecutive(rows.flatten()))});
  print_all({torch::select_scatter(b, torch::zeros({2}), 1, 0), torch::block_diag({a, b}),
             torch::cartesian_prod({b[0], a[0]}), torch::combinations(b[0]), torch::column_stack({b[0], b[1]}),
             torch::hsplit(b, {1, 2})[1], torch::tensor_split(b, {1, 2}, 1)[2], torch::atleast_3d(b[0]),
             torch::pixel_shuffle(torch::arange(8.0).view({1, 4, 1, 2}), 2)});
  print_all({torch::sinc(b), torch::deg2rad(b), torch::logaddexp(b, b.flip(0)),
             torch::heaviside(b - 2, torch::full({1}, 0.5)), torch::gcd(rows, torch::full({3}, 6)),
             torch::nextafter(b, b + 1) - b, std::get<1>(torch::frexp(b)), torch::special::expit(b),
             torch::special::gammaln(b), torch::multiply(a, 2), torch::less_equal(b, 2),
             b.where(b > 2, torch::zeros({1})), b.type_as(rows), torch::poisson(torch::zeros({2}))});
  std::cout << torch::result_type(a, rows) << torch::result_type(rows, 2.5) << torch::is_complex(a) << torch::numel(b)
            << "\n";
  print_rates();
}
