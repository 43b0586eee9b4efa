// Functions of a program's own, the names of nodes, hooks, and numbers on either side of an operator.
#include <tuple>
#include <vector>

#include "cases.h"

namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// x w^T + b, with an optional b.
struct Affine : Function<Affine> {
  static Tensor forward(AutogradContext* context, Tensor x, Tensor weight, Tensor bias = Tensor()) {
    context->save_for_backward({x, weight, bias});
    Tensor y = x.mm(weight.t());
    if (bias.defined()) y += bias.unsqueeze(0).expand_as(y);
    return y;
  }
  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    Tensor bias;
    if (saved[2].defined()) bias = grads[0].sum(0);
    return {grads[0].mm(saved[1]), grads[0].t().mm(saved[0]), bias};
  }
};

// exp(k x), and where x is positive.
struct Growth : Function<Growth> {
  static variable_list forward(AutogradContext* context, const Tensor& x, int64_t k, bool loud, std::string name) {
    context->saved_data["k"] = k;
    context->saved_data["loud"] = loud;
    context->saved_data["name"] = name;
    Tensor y = torch::exp(x * k), positive = x.gt(0).to(torch::kLong);
    context->mark_non_differentiable({positive});
    context->save_for_backward({y});
    return {y, positive};
  }
  static variable_list backward(AutogradContext* context, variable_list grads) {
    if (context->saved_data["loud"].toBool())
      std::cout << "backward of " << context->saved_data["name"].toStringRef() << ": " << grads[0].defined()
                << grads[1].defined() << '\n';
    return {grads[0] * context->get_saved_variables()[0] * context->saved_data["k"].toInt(), Tensor(), Tensor(),
            Tensor()};
  }
};

void print_names() {
  const Tensor x = torch::full({2}, 3.0, torch::requires_grad());
  for (const Tensor& y : {x + 2,
                          x - 2,
                          x * 2,
                          x / 2,
                          2 + x,
                          2 - x,
                          2 * x,
                          2 / x,
                          x + x,
                          x - x,
                          x * x,
                          x / x,
                          -x,
                          torch::div(x, 2, "floor"),
                          torch::div(x, x, "trunc"),
                          torch::rsub(x, 2),
                          torch::pow(x, 2),
                          torch::pow(2, x),
                          x.remainder(2),
                          x.fmod(2),
                          torch::add(x, 1, 3),
                          x.clone().add_(1),
                          x.clone().mul_(x),
                          x.clone().div_(2),
                          x.clone().sub_(2)})
    std::cout << y.grad_fn()->name() << ' ' << y[0].item<float>() << '\n';
}

void print_quotients() {
  const Tensor x = torch::arange(1, 50, torch::kFloat);
  int64_t rounded_once = 0;
  for (int64_t i = 0; i < x.numel(); ++i) rounded_once += (3 / x)[i].item<float>() == 3.0f / x[i].item<float>();
  std::cout << rounded_once << '\n' << 3 / x.to(torch::kHalf) << '\n' << 0.3 - x.to(torch::kBFloat16) << '\n';
}

void print_gradients_of_functions() {
  const Tensor x = torch::arange(6.0).view({2, 3}).requires_grad_(), weight = torch::ones({4, 3}).requires_grad_();
  Affine::apply(x, weight).sum().backward();
  Affine::apply(x, weight, torch::ones({4})).sum().backward();
  std::cout << x.grad() << weight.grad() << '\n';
  const Tensor from = torch::tensor({-1.0, 0.5}).requires_grad_();
  const variable_list results = Growth::apply(from, 3, true, "growth");
  std::cout << results[0] << results[1] << results[0].requires_grad() << results[1].requires_grad() << '\n';
  (results[0] * 2).sum().backward();
  std::cout << from.grad() << '\n';
}

void print_penalty() {
  torch::manual_seed(0);
  torch::nn::Linear model(4, 3);
  const Tensor input = torch::randn({3, 4}).requires_grad_(true), output = model(input);
  const Tensor gradient = torch::autograd::grad({output}, {input}, {torch::ones_like(output)}, true, true)[0];
  const Tensor loss = torch::nn::MSELoss()(output, torch::randn({3, 3}));
  (loss + torch::pow(gradient.norm(2, 1) - 1, 2).mean()).backward();
  std::cout << input.grad() << model->weight.grad() << '\n';
}

void print_hooks() {
  Tensor w = torch::tensor({1., 2., 3.}, torch::requires_grad());
  const unsigned twice = w.register_hook([](Tensor grad) { return grad * 2; });
  w.register_hook([](Tensor grad) { std::cout << "hook " << grad << '\n'; });
  (w * w).sum().backward();
  std::cout << w.grad() << '\n';
  w.remove_hook(twice);
  w.mutable_grad().reset();
  std::cout << w.grad().defined() << '\n';
  (w * w).sum().backward();
  std::cout << w.grad() << '\n';
}

void print_errors() {
  print_error([] { torch::ones({2}).sum().backward(); });
  print_error([] { TORCH_CHECK_VALUE(false, "bad value ", 3); });
}

}  // namespace

int main() {
  run_case("names", print_names);
  run_case("quotients", print_quotients);
  run_case("functions", print_gradients_of_functions);
  run_case("penalty", print_penalty);
  run_case("hooks", print_hooks);
  run_case("errors", print_errors);
}
