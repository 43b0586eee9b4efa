// Names that a program may reach by `using namespace`, or give to things of its own; devices, lists and indices.
#include <torch/detail/static.h>
#include <torch/nn/options/pooling.h>

#include <vector>

#include "cases.h"

using namespace torch;
using namespace torch::data;

namespace {

// A program's own things, whose names libtorch has in other namespaces only.
int64_t seed = 5;
std::string repr = "a program's own";
struct Dataset : datasets::BatchDataset<Dataset, std::vector<int>> {
  std::vector<int> get_batch(ArrayRef<size_t> indices) override { return {indices.begin(), indices.end()}; }
  std::optional<size_t> size() const override { return static_cast<size_t>(seed); }
};

struct Kept : public WarningHandler {
  void process(const c10::Warning& warning) override { messages.push_back(warning.msg()); }
  std::vector<std::string> messages;
};

struct Plain : nn::Module {
  int64_t value = 7;
};

void use_own_names() {
  auto loader = make_data_loader<samplers::SequentialSampler>(Dataset(), 2);
  for (const std::vector<int>& batch : *loader) std::cout << batch.size() << ' ';
  print(repr);
}

void keep_warnings() {
  WarningHandler* const before = WarningUtils::get_warning_handler();
  Kept kept;
  WarningUtils::set_warning_handler(&kept);
  nn::Module module;
  module.register_parameter("none", Tensor());
  module.register_parameter("quiet", Tensor(), /*requires_grad=*/false);
  WarningUtils::set_warning_handler(before);
  print(c10::Join("; ", kept.messages));
}

void name_devices() {
  for (const char* text : {"cpu", "cpu:0", "cuda:7", "cuda:123", "cuda:01", "cuda:", "cuda:99999999999"})
    print_error([&] { print(Device(text)); });
  Device device(Device::Type::CUDA, 1);
  device.set_index(3);
  std::cout << device << ' ' << (std::hash<Device>()(device) == std::hash<Device>()(Device("cuda:3"))) << ' '
            << c10::DeviceTypeName(kCPU) << c10::DeviceTypeName(kCUDA, true) << '\n';
  std::cout << caffe2::TypeMeta::Make<double>() << ' ' << caffe2::TypeMeta::fromScalarType(kLong) << ' '
            << c10::promoteTypes(kInt, kHalf) << '\n';
  print_error([] { torch::ones({2}).to(TensorOptions(kDouble).requires_grad(true)); });
}

void change_containers() {
  nn::ModuleList list(nn::Linear(1, 2));
  list->insert(0, nn::ReLU());
  list->insert(1, Plain());
  std::cout << list->size() << ' ' << list->at<Plain>(1).value << ' ' << list[0]->name() << '\n';
  nn::ModuleDict dict(std::vector<std::pair<std::string, std::shared_ptr<nn::Module>>>{{"a", nn::ReLU().ptr()}});
  OrderedDict<std::string, std::shared_ptr<nn::Module>> more;
  more.insert("c", nn::Linear(3, 1).ptr());
  dict->update(more);
  dict->update(
      *nn::ModuleDict(std::vector<std::pair<std::string, std::shared_ptr<nn::Module>>>{{"a", nn::Sigmoid().ptr()}}));
  print(dict);
  std::cout << ExpandingArrayWithOptionalElem<2>({std::nullopt, 5}) << ExpandingArray<3>(4) << '\n';
  std::cout << torch::detail::is_module<nn::LinearImpl>::value << torch::detail::is_module<int>::value
            << torch::detail::has_forward<nn::LinearImpl>::value << torch::detail::has_forward<nn::Module>::value
            << '\n';
}

void index_tensors() {
  const Tensor x = torch::arange(6).view({2, 3});
  print(at::index(x, {torch::tensor({1, 0}), torch::tensor({2, 2})}));
  print_error([&] { x.index({}); });
  print_error([&] { x.index(std::vector<indexing::TensorIndex>()); });
  print_error([&] { x.clone().index_put_({}, 1); });
  print_error([&] { x.clone().index_put_({}, x); });
  const auto cells = x.packed_accessor64<int64_t, 2, at::DefaultPtrTraits>();
  print(cells[1][2]);
  const Tensor w = torch::ones({2}, requires_grad());
  print_error([&] { w.sum().backward({}, false, false, std::vector<Tensor>()); });
}

}  // namespace

int main() {
  run_case("own names", use_own_names);
  run_case("warnings", keep_warnings);
  run_case("devices", name_devices);
  run_case("containers", change_containers);
  run_case("indices", index_tensors);
}
