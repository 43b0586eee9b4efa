// CTC loss: reductions, blanks, targets in rows and in one row, impossible targets, gradients, errors.
#include "cases.h"

#include <cstdio>

using torch::Tensor;
namespace F = torch::nn::functional;

namespace {

Tensor lengths(std::vector<int64_t> list) { return torch::tensor(list); }

// Rounded, as the last digit depends on the order of sums.
void print_rounded(const Tensor& loss) {
  std::printf("%.5f\n", loss.item<double>());
  std::fflush(stdout);
}

// Log-probabilities that require grad.
Tensor scores(int64_t steps, int64_t batch, int64_t classes) {
  return torch::randn({steps, batch, classes}, torch::kDouble).log_softmax(2).detach().requires_grad_();
}

}  // namespace

int main() {
  torch::manual_seed(0);
  const Tensor input = scores(8, 3, 5), target = torch::tensor({{1, 1, 2, 3}, {4, 3, 1, 2}, {2, 2, 2, 1}});
  const Tensor steps = lengths({8, 7, 5}), counts = lengths({3, 4, 2});
  run_case("module", [&] {
    torch::nn::CTCLoss loss;
    print(loss);
    const Tensor result = loss(input, target, steps, counts);
    result.backward();
    print_rounded(result);
    print(input.grad());
  });
  run_case("reductions", [&] {
    const auto options = F::CTCLossFuncOptions().blank(4);
    print_rounded(F::ctc_loss(input, target % 4, steps, counts, F::CTCLossFuncOptions(options).reduction(torch::kSum)));
    print(F::ctc_loss(input, target % 4, steps, counts, F::CTCLossFuncOptions(options).reduction(torch::kNone)));
    print_rounded(F::ctc_loss(input, target % 4, steps, counts, options));
  });
  run_case("impossible", [&] {
    const Tensor few = lengths({2, 8, 3}), all = lengths({4, 4, 4});
    print(F::ctc_loss(input, target, few, all, F::CTCLossFuncOptions().reduction(torch::kNone)));
    Tensor again = input.detach().requires_grad_();
    const Tensor result =
        F::ctc_loss(again, target, few, all, F::CTCLossFuncOptions().reduction(torch::kSum).zero_infinity(true));
    result.backward();
    print_rounded(result);
    print(again.grad().abs().sum(2) > 1e-6);
  });
  run_case("no labels", [&] {
    print(F::ctc_loss(input, target, lengths({8, 1, 0}), lengths({0, 0, 0}),
                      F::CTCLossFuncOptions().reduction(torch::kNone)));
  });
  run_case("one row of targets", [&] {
    Tensor other = scores(6, 2, 4);
    const Tensor result = torch::ctc_loss(other, lengths({1, 2, 2, 3, 1}), lengths({6, 5}), lengths({3, 2}));
    result.backward();
    print_rounded(result);
    print(other.grad());
    print_rounded(torch::ctc_loss(other, lengths({1, 2, 2, 3, 1}), {6, 5}, {3, 2}, 0, torch::Reduction::Sum));
  });
  run_case("one sequence", [&] {
    print_rounded(F::ctc_loss(input.detach().select(1, 0), lengths({1, 2}), torch::tensor(6), torch::tensor(2)));
  });
  run_case("float32", [&] {
    print_rounded(F::ctc_loss(input.detach().to(torch::kFloat), target.to(torch::kFloat), steps, counts));
  });
  run_case("lengths of too few", [&] { F::ctc_loss(input, target, lengths({8, 8}), counts); });
  run_case("length beyond the input", [&] { F::ctc_loss(input, target, lengths({9, 8, 8}), counts); });
  run_case("length beyond the targets", [&] { F::ctc_loss(input, target, steps, lengths({6, 2, 2})); });
  run_case("blank", [&] { F::ctc_loss(input, target, steps, counts, F::CTCLossFuncOptions().blank(5)); });
  run_case("lengths of floats", [&] { F::ctc_loss(input, target, steps.to(torch::kFloat), counts); });
  run_case("row of another length", [&] { F::ctc_loss(input, lengths({1, 2}), steps, counts); });
  run_case("negative length", [&] { F::ctc_loss(input, target, steps, lengths({-1, 2, 2})); });
}
