// Functions of nn::functional and modules where C++ has rules of its own: options, names of modes, state, errors.
#include <memory>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "cases.h"

namespace {

using namespace torch;
namespace F = torch::nn::functional;

void normalize_into_a_tensor() {
  const Tensor x = torch::arange(1.0, 7.0).view({2, 3});
  Tensor out = torch::empty({2, 3});
  const Tensor result = F::normalize(x, F::NormalizeFuncOptions().p(1).dim(-1).out(out));
  print(out);
  print(result.is_same(out));
  print(F::normalize(x, F::NormalizeFuncOptions().dim(0)));
  print_error([&] { F::normalize(x.clone().set_requires_grad(true), F::NormalizeFuncOptions().out(out)); });
}

// Whole channels are zeros; what has not the rank of a batch is one sample.
void dropout_of_samples() {
  manual_seed(4);
  print(F::dropout2d(torch::ones({4, 2, 2}), F::Dropout2dFuncOptions().p(0.5)));
  print(F::dropout2d(torch::ones({2, 2, 1, 2}), F::Dropout2dFuncOptions().p(0.5)));
  print(F::dropout2d(torch::ones({3, 2}), F::Dropout2dFuncOptions().p(0.5)));
  print(F::dropout3d(torch::ones({2, 3, 2}), F::Dropout3dFuncOptions().p(0.5)));
  print(nn::Dropout2d(0.5)->forward(torch::ones({4, 1, 2})));
  Tensor x = torch::ones({4, 1, 2});
  print(F::dropout2d(x, F::Dropout2dFuncOptions().p(0.5).inplace(true)));
  print(x);
}

void modes_of_variants() {
  std::variant<enumtype::kLinear, enumtype::kFanIn, enumtype::kMean> mode = torch::kFanIn;
  print(enumtype::get_enum_name(mode));
  const auto mean = F::InterpolateFuncOptions().mode(torch::kArea);
  print(enumtype::get_enum_name(mean.mode()));
  const std::variant<enumtype::kNone, enumtype::kMean, enumtype::kSum> reduction = torch::kSum;
  print(static_cast<int>(enumtype::reduction_get_enum(reduction)));
  print(F::mse_loss(torch::ones(3), torch::zeros(3), F::MSELossFuncOptions().reduction(reduction)));
  print(F::kl_div(torch::ones(3), torch::ones(3), torch::kBatchMean));
  print(F::smooth_l1_loss(torch::ones(3), torch::zeros(3), torch::kSum));
  print(F::huber_loss(torch::ones(3), torch::zeros(3), torch::kSum));
  nn::Conv2dOptions::padding_t padding = torch::kSame;
  print(nn::Conv2d(nn::Conv2dOptions(1, 1, 3).padding(padding)));
}

void lists_and_dictionaries() {
  print(ExpandingArray<2, double>({1.5, 2}));
  OrderedDict<int, int> numbers("Penguin");
  numbers.insert(1, 2);
  print_error([&] { numbers.insert(1, 3); });
  print_error([&] { numbers[7]; });
}

void elu_with_scales() {
  nn::Functional zero(torch::elu, /*alpha=*/1, /*scale=*/0, /*input_scale=*/1);
  print(zero(torch::ones(2)));
  print(torch::elu(torch::linspace(-1, 1, 3), 0.5, 2, 0.25));
  print(elu(torch::linspace(-1, 1, 3)));
}

void modules_with_weights() {
  print(nn::MultiheadAttention(4, 2)->name());
  nn::MultiLabelSoftMarginLoss loss(nn::MultiLabelSoftMarginLossOptions().weight(torch::ones(3)));
  print(loss->named_buffers().keys());
  nn::MultiMarginLoss cubes(nn::MultiMarginLossOptions().p(3));
}

// A child that cannot be written is left out of the file.
struct Unwritten : nn::Module {
  Unwritten() : weight(register_parameter("weight", torch::ones(1))) {}
  bool is_serializable() const override { return false; }
  Tensor weight;
};
struct Parent : nn::Module {
  Parent() {
    register_module("unwritten", std::make_shared<Unwritten>());
    register_module("relu", nn::Functional(torch::relu));
    register_module("linear", nn::Linear(1, 1));
  }
};

void children_in_files() {
  auto parent = std::make_shared<Parent>();
  for (Tensor& parameter : parent->parameters()) parameter.data().fill_(5);
  std::stringstream file;
  torch::save(parent, file);
  auto loaded = std::make_shared<Parent>();
  torch::load(loaded, file);
  print(loaded->named_parameters()["unwritten.weight"]);
  print(loaded->named_parameters()["linear.weight"]);
  file.seekg(0);
  serialize::InputArchive archive;
  archive.load_from(file);
  serialize::InputArchive child;
  print(archive.try_read("unwritten", child));
  print(archive.try_read("relu", child));
  print(archive.try_read("linear", child));
  print(nn::Functional(torch::relu)->is_serializable());
}

void errors() {
  const Tensor line = torch::ones({1, 1, 4}), image = torch::ones({1, 1, 4, 4}), volume = torch::ones({1, 1, 4, 4, 4});
  print_error([&] { F::pad(image, F::PadFuncOptions({1, 1}).mode(torch::kReflect).value(1)); });
  print_error([&] { F::fold(torch::ones(8), F::FoldFuncOptions(3, 2)); });
  print_error([&] { F::grid_sample(image, torch::ones({2, 2, 2})); });
  print_error([&] { F::grid_sample(image, torch::ones({1, 2, 2})); });
  print_error([&] { F::interpolate(line, F::InterpolateFuncOptions().size(std::vector<int64_t>{1, 2})); });
  print_error([&] { F::interpolate(line, F::InterpolateFuncOptions().scale_factor(std::vector<double>{3, 0.5})); });
  print_error([&] {
    F::interpolate(volume, F::InterpolateFuncOptions().size(std::vector<int64_t>{1, 2, 3}).mode(torch::kBicubic));
  });
  print_error([&] { nn::Softmax2d()(torch::ones({2, 2})); });
  print_error(
      [&] { nn::ConvTranspose2d(nn::ConvTranspose2dOptions(1, 1, 3).padding_mode(torch::kCircular))->forward(image); });
  print_error([&] { nn::ConvTranspose2d(1, 1, 3)->forward(image, IntArrayRef({5})); });
  print_error([&] { nn::Embedding(nn::EmbeddingOptions(6, 2).padding_idx(-9)); });
  nn::Linear linear(1, 1);
  linear->weight.mutable_grad() = torch::full({1, 1}, INFINITY);
  print_error([&] { nn::utils::clip_grad_norm_(linear->parameters(), 1, 2, /*error_if_nonfinite=*/true); });
}

// Warnings come to the program's handler.
struct Printed : WarningHandler {
  void process(const c10::Warning& warning) override { print(warning.msg()); }
};

void warnings() {
  Printed handler;
  WarningUtils::set_warning_handler(&handler);
  const Tensor x = torch::full({2, 3}, 0.5), row = torch::full({3}, 0.5), image = torch::ones({1, 1, 2, 2});
  F::mse_loss(x, row);
  F::smooth_l1_loss(x, row);
  F::huber_loss(x, row);
  nn::MSELoss()(x, row);
  F::l1_loss(x, row);
  F::kl_div(x, x);
  F::kl_div(x, x, F::KLDivFuncOptions().reduction(torch::kBatchMean));
  F::grid_sample(image, torch::zeros({1, 1, 1, 2}));
  F::interpolate(image, F::InterpolateFuncOptions().size(std::vector<int64_t>{3, 3}).mode(torch::kBilinear));
  F::interpolate(image, F::InterpolateFuncOptions().scale_factor(std::vector<double>{1.5, 2}));
  F::interpolate(image,
                 F::InterpolateFuncOptions().scale_factor(std::vector<double>{1.5, 2}).recompute_scale_factor(true));
  nn::Upsample(nn::UpsampleOptions().size(std::vector<int64_t>{3, 3}).mode(torch::kBicubic))(image);
  WarningUtils::set_warning_handler(nullptr);
}

// Windows of three dimensions need one element to spare.
void fractional_pool() {
  print(
      F::fractional_max_pool3d(torch::ones({1, 5, 5, 5}), F::FractionalMaxPool3dFuncOptions(3).output_size(2)).sizes());
  try {
    F::fractional_max_pool3d(torch::ones({1, 4, 4, 4}), F::FractionalMaxPool3dFuncOptions(3).output_size(2));
  } catch (const c10::Error&) {
    print("4 are too few");
  }
}

}  // namespace

int main() {
  run_case("normalize into a tensor", normalize_into_a_tensor);
  run_case("dropout of samples", dropout_of_samples);
  run_case("modes of variants", modes_of_variants);
  run_case("lists and dictionaries", lists_and_dictionaries);
  run_case("elu with scales", elu_with_scales);
  run_case("modules with weights", modules_with_weights);
  run_case("children in files", children_in_files);
  run_case("errors", errors);
  run_case("warnings", warnings);
  run_case("fractional_max_pool3d", fractional_pool);
}
