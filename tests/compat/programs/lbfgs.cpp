// LBFGS: with and without line search, its limits, its state in a file, its errors.
#include "cases.h"

#include <cstdio>

namespace optim = torch::optim;

namespace {

// Some calls of step() on Rosenbrock's function.
void climb_down(const optim::LBFGSOptions& options) {
  auto x = torch::tensor({-1.5, 2.0}, torch::dtype(torch::kDouble).requires_grad(true));
  optim::LBFGS optimizer({x}, options);
  int evaluations = 0;
  auto closure = [&]() {
    ++evaluations;
    optimizer.zero_grad();
    auto loss = (1 - x[0]).pow(2) + 100 * (x[1] - x[0].pow(2)).pow(2);
    loss.backward();
    return loss;
  };
  for (int i = 0; i < 4; ++i) {
    const auto loss = optimizer.step(closure).item<double>();
    std::printf("%.5f at %.5f %.5f after %d\n", loss, x[0].item<double>(), x[1].item<double>(), evaluations);
  }
  std::fflush(stdout);
}

torch::Tensor constant_loss() { return torch::zeros({}); }

}  // namespace

int main() {
  run_case("strong Wolfe", [] { climb_down(optim::LBFGSOptions(1).line_search_fn("strong_wolfe")); });
  run_case("short history", [] {
    climb_down(optim::LBFGSOptions(1).max_iter(10).history_size(3).line_search_fn("strong_wolfe"));
  });
  run_case("fixed steps", [] { climb_down(optim::LBFGSOptions(0.001).max_iter(15)); });
  run_case("few evaluations", [] {
    climb_down(optim::LBFGSOptions(1).max_eval(7).line_search_fn("strong_wolfe"));
  });
  run_case("tolerance of the gradient", [] { climb_down(optim::LBFGSOptions(1).tolerance_grad(1e3)); });
  run_case("a function", [] {
    auto x = torch::zeros({2}, torch::requires_grad());
    print(optim::LBFGS({x}).step(constant_loss));
  });
  run_case("state", [] {
    torch::manual_seed(0);
    torch::nn::Sequential net(torch::nn::Linear(1, 16), torch::nn::Tanh(), torch::nn::Linear(16, 1));
    auto x = torch::linspace(-2, 2, 40).unsqueeze(1), y = torch::sin(2 * x);
    optim::LBFGS optimizer(net->parameters(), optim::LBFGSOptions(0.1).max_iter(10).history_size(5));
    auto closure = [&] {
      optimizer.zero_grad();
      auto loss = torch::mse_loss(net->forward(x), y);
      loss.backward();
      return loss;
    };
    for (int i = 0; i < 3; ++i) std::printf("%.3f\n", optimizer.step(closure).item<double>());
    std::fflush(stdout);
    torch::save(optimizer, "lbfgs.pt");
    optim::LBFGS other(net->parameters(), 1);
    torch::load(other, "lbfgs.pt");
    auto& state =
        static_cast<optim::LBFGSParamState&>(*other.state()[net->parameters()[0].unsafeGetTensorImpl()]);
    std::cout << state.func_evals() << " " << state.n_iter() << " " << state.old_dirs().size() << " "
              << state.old_stps().size() << " " << state.ro().size() << " " << state.d().sizes() << '\n';
    auto& options = static_cast<optim::LBFGSOptions&>(optimizer.param_groups()[0].options());
    std::cout << options.lr() << " " << options.max_iter() << " " << *options.max_eval() << " "
              << options.history_size() << " " << options.line_search_fn().has_value() << '\n';
  });
  run_case("two groups", [] {
    std::vector<optim::OptimizerParamGroup> groups = {std::vector<torch::Tensor>{torch::zeros({1})},
                                                      std::vector<torch::Tensor>{torch::zeros({1})}};
    optim::LBFGS optimizer(groups, optim::LBFGSOptions(1));
  });
  run_case("no closure", [] { optim::LBFGS({torch::zeros({1})}).step(nullptr); });
  run_case("another line search", [] { climb_down(optim::LBFGSOptions(1).line_search_fn("armijo")); });
}
