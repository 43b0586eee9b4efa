// Values of any kind, dispatch on dtypes, warnings, options with variants, edges of the graph, undefined tensors.
#include <ATen/core/ivalue.h>

#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cases.h"

namespace {

using c10::IValue;

struct Pooling {
  using mode_t = std::variant<torch::enumtype::kSum, torch::enumtype::kMean, torch::enumtype::kMax>;
  TORCH_OPTIONS_CTOR_VARIANT_ARG3(Pooling, mode, kSum, kMean, kMax)
  TORCH_ARG(mode_t, mode);
  TORCH_ARG(double, rate) = 0.5;
  TORCH_ARG(std::optional<std::string>, name) = std::nullopt;
};

struct Recorder : c10::WarningHandler {
  void process(const c10::Warning& warning) override { print("[warned: " + warning.msg() + "]"); }
};

// Goes to another value and back.
struct Exponential : torch::autograd::Function<Exponential> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x, int64_t times,
                               const std::string& name, c10::IntArrayRef dims) {
    context->save_for_backward({x});
    context->saved_data["times"] = times;
    context->saved_data["name"] = name;
    context->saved_data["dims"] = dims.vec();
    context->saved_data["weights"] = std::vector<double>{0.5, 2};
    return x.exp() * times;
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list grads) {
    for (const char* name : {"times", "name", "dims", "weights"}) print(context->saved_data[name]);
    const torch::Tensor x = context->get_saved_variables()[0];
    return {grads[0] * x.exp() * context->saved_data["times"].toInt(), {}, {}, {}};
  }
};

void print_values() {
  for (const IValue& value :
       {IValue(3), IValue(2.5), IValue(0.1), IValue(7.0), IValue(1e20), IValue(true), IValue("text"), IValue(),
        IValue(torch::ones(2)), IValue(std::vector<int64_t>{1, 2}), IValue(std::vector<double>{1.5, 2}),
        IValue(std::vector<torch::Tensor>{torch::ones(1), torch::zeros(1)})})
    std::cout << value << " " << value.tagKind() << " " << value.isList() << "\n";
  print(IValue(5).to<int64_t>() + IValue(5).to<int>());
  print(IValue(2.5).to<double>());
  print(IValue("text").to<std::string>());
  print(IValue(torch::ones(1)).to<torch::Tensor>());
  print_error([] { IValue(5).toTensor(); });
  print(torch::pickle_load(torch::pickle_save(torch::arange(3))).toTensor());
}

void print_dispatch() {
  const auto size_of = [](torch::ScalarType dtype) {
    return AT_DISPATCH_ALL_TYPES_AND3(torch::kHalf, torch::kBFloat16, torch::kBool, dtype, "size_of",
                                      [] { return sizeof(scalar_t); });
  };
  for (const torch::ScalarType dtype : {torch::kByte, torch::kInt, torch::kDouble, torch::kHalf, torch::kBool})
    print(size_of(dtype));
  const auto kind_of = [](torch::ScalarType dtype) {
    return AT_DISPATCH_SWITCH(dtype, "kind_of",
                              AT_DISPATCH_CASE_FLOATING_TYPES([] { return "floating"; })
                                  AT_DISPATCH_CASE(torch::kBool, [] { return "bool"; })
                                      AT_DISPATCH_CASE_INTEGRAL_TYPES([] { return "integral"; }));
  };
  for (const torch::ScalarType dtype : {torch::kFloat, torch::kBool, torch::kLong}) print(kind_of(dtype));
  print_error([&] { kind_of(torch::kHalf); });
  AT_DISPATCH_INDEX_TYPES(torch::kInt, "index", [] { print(sizeof(index_t)); });
  AT_DISPATCH_REDUCED_FLOATING_TYPES(torch::kBFloat16, "half", [] { print(sizeof(scalar_t)); });
}

void print_warnings() {
  Recorder recorder;
  const c10::WarningUtils::WarningHandlerGuard guard(&recorder);
  TORCH_WARN("careful ", 3);
  TORCH_WARN_DEPRECATION("old ", torch::kFloat);
  for (int i = 0; i < 2; ++i) TORCH_WARN_ONCE("once");
  print_error([] { TORCH_CHECK_ARG(false, 3, "too small"); });
}

void print_edges() {
  const torch::Tensor x = torch::ones({2}).requires_grad_(), y = x * x, z = y * x;
  const torch::autograd::edge_list edges = z.grad_fn()->next_edges();
  for (const auto& edge : edges) std::cout << edge.function->name() << edge.input_nr << edge.is_valid() << " ";
  std::cout << edges.size() << y.name() << "\n";
  Exponential::apply(x, 3, "name", std::vector<int64_t>{3, 4}).sum().backward();
  print(x.grad());
  const torch::Tensor leaf = torch::autograd::make_variable(y, true);
  std::cout << leaf.is_leaf() << leaf.requires_grad() << "\n";
}

void print_tensors() {
  const torch::Tensor none;
  std::cout << none.defined() << none.numel() << none.dim() << none.sizes() << none.toString() << none << "\n";
  const torch::Tensor x = torch::arange(4.0), y = torch::zeros(2);
  y.set_(x);
  std::cout << y << y.is_set_to(x) << x.storage().nbytes() << x.storage().is_alias_of(y.storage()) << "\n";
  torch::Generator generator = torch::make_generator<torch::CPUGeneratorImpl>(7);
  {
    const std::lock_guard<std::mutex> lock(generator.mutex());
    generator.set_current_seed(8);
  }
  print(torch::rand({2}, generator));
  c10::SmallVector<int64_t, 4> list{1, 2};
  list.append({3, 4});
  list.push_back(5);
  std::cout << c10::IntArrayRef(list) << list.pop_back_val() << list.size() << "\n";
  print_error([] { torch::indexing::Slice(0, 5, 0); });
}

}  // namespace

int main() {
  print_values();
  print_dispatch();
  print_warnings();
  print_edges();
  print_tensors();
  Pooling pooling(torch::kMean);
  pooling.rate(0.25).name("x");
  std::cout << torch::enumtype::get_enum_name(pooling.mode()) << pooling.rate() << *pooling.name() << "\n";
  print(torch::enumtype::reduction_get_enum(torch::nn::MSELossOptions(torch::kSum).reduction()));
  return 0;
}
