// Modules held by others: lists and dictionaries, modules of any type, what is printed of them, and errors.
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "cases.h"

namespace {

using namespace torch;

struct TwoImpl : nn::Module {
  std::tuple<Tensor, Tensor> forward(Tensor a, Tensor b) { return {a + b, a - b}; }
};
TORCH_MODULE(Two);

struct ScaledSumImpl : nn::Module {
  Tensor forward(Tensor a, Tensor b, double scale = 2.0) { return (a + b) * scale; }

 protected:
  FORWARD_HAS_DEFAULT_ARGS({2, nn::AnyValue(2.0)})
};
TORCH_MODULE(ScaledSum);

struct CountedImpl : nn::Cloneable<CountedImpl> {
  explicit CountedImpl(int64_t count) : count(count) { reset(); }
  void reset() override {
    weight = register_parameter("weight", torch::arange(static_cast<double>(count)));
    seen = register_buffer("seen", torch::zeros({count}, kLong));
    parts = register_module("parts", nn::ModuleList(nn::Linear(count, count), nn::ReLU()));
  }
  void pretty_print(std::ostream& stream) const override { stream << "Counted(count=" << count << ")"; }
  int64_t count;
  Tensor weight, seen;
  nn::ModuleList parts{nullptr};
};
TORCH_MODULE(Counted);

void print_any() {
  nn::AnyModule any(ScaledSum{});
  const Tensor one = torch::ones(1);
  std::cout << any.forward(one, one) << any.forward(one, one, 3.0) << any.is_empty() << "\n";
  print_error([&] { any.forward(one); });
  print_error([&] { any.forward(one, 3); });
  print_error([&] { any.forward<int>(one, one); });
  print_error([&] { any.get<nn::Linear>(); });
  print_error([] { nn::AnyModule().forward(1); });
  nn::AnyValue value = any.any_forward(one, one);
  std::cout << value.get<Tensor>() << (value.try_get<int>() == nullptr) << "\n";
  print_error([&] { value.get<int>(); });
  nn::Sequential two((Two()));
  print(std::get<1>(two->forward<std::tuple<Tensor, Tensor>>(one, one)));
  print_error([&] { nn::Sequential(Two(), nn::Linear(1, 1))->forward(one, one); });
}

void print_dictionaries() {
  using Items = std::vector<std::pair<std::string, std::shared_ptr<nn::Module>>>;
  nn::ModuleDict modules(Items{{"x", nn::Linear(1, 2).ptr()}});
  modules->update({{"y", nn::ReLU().ptr()}});
  modules->update(OrderedDict<std::string, std::shared_ptr<nn::Module>>{{"x", nn::Tanh().ptr()}});
  std::cout << modules << modules->keys() << modules->contains("y") << "\n";
  for (const auto& item : modules->items()) std::cout << item.first << " " << item.second->name() << "\n";
  print_error([&] { modules->at<nn::LinearImpl>("y"); });
  print_error([&] { modules["z"]; });
  print_error([&] { modules->pop("z"); });
  nn::ParameterDict parameters;
  parameters->insert("a", torch::ones(2));
  std::cout << parameters << parameters["a"] << parameters->pop("a").sizes() << parameters->size() << "\n";
  print_error([&] { parameters["q"]; });
  OrderedDict<std::string, int> numbers{{"a", 1}, {"b", 2}};
  std::cout << numbers.insert("c", 3) << numbers.keys() << numbers.values() << numbers.back().key() << "\n";
  print_error([&] { numbers.insert("a", 4); });
  print_error([&] { numbers[7]; });
}

void print_registration() {
  Counted module(3);
  std::cout << module << "\n";
  const auto copy = std::dynamic_pointer_cast<CountedImpl>(module->clone());
  {
    const NoGradGuard unrecorded;
    module->weight.add_(1);
  }
  std::cout << copy->weight << module->weight << "\n";
  for (const auto& item : module->named_parameters()) std::cout << item.key() << " " << item->sizes() << "\n";
  for (const auto& item : module->named_modules())
    std::cout << "[" << item.key() << "] " << item.value()->name() << "\n";
  print_error([&] { module->register_parameter("weight", torch::ones(1)); });
  print_error([&] { module->register_parameter("a.b", torch::ones(1)); });
  print_error([&] { module->register_buffer("", torch::ones(1)); });
  print_error([&] { module->register_module("parts", nn::ReLU()); });
  print_error([&] { module->unregister_module("none"); });
  print_error([&] { module->parts[9]; });
  print_error([&] { module->parts->at<nn::Conv2dImpl>(0); });
  print_error([] {
    nn::Linear empty{nullptr}, filled(1, 1);
    empty->forward(torch::ones(1));
  });
  print_error([] { nn::Sequential()->forward(torch::ones(1)); });
}

void print_optimizers() {
  const std::vector<Tensor> list{torch::ones({1}).requires_grad_()};
  print_error([&] { optim::SGD(list, optim::SGDOptions(-1)); });
  print_error([&] { optim::SGD(list, optim::SGDOptions(1).momentum(-0.5)); });
  print_error([&] { optim::Adam(list, optim::AdamOptions(1).betas({2, 0.1})); });
  print_error([&] { optim::RMSprop(list, optim::RMSpropOptions(1).alpha(-1e-3)); });
  optim::SGD sgd(list, 0.1);
  using Plateau = optim::ReduceLROnPlateauScheduler;
  Plateau plateau(sgd, Plateau::min, 0.5, 1, 1e-4, Plateau::rel, 0, {}, 1e-8, true);
  for (int i = 0; i < 6; ++i) plateau.step(static_cast<float>(i));
}

}  // namespace

int main() {
  print_any();
  print_dictionaries();
  print_registration();
  print_optimizers();
  return 0;
}
