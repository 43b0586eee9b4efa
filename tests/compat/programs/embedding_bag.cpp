// EmbeddingBag: modes, offsets, weights of samples, padding, pretrained tables, errors.
#include "cases.h"

using torch::Tensor;
namespace nn = torch::nn;
namespace F = torch::nn::functional;

namespace {

Tensor table() { return torch::arange(20.).view({10, 2}).to(torch::kFloat).requires_grad_(); }

// Four bags, the second of them empty, and the gradient of the table.
void bags(F::EmbeddingBagFuncOptions options) {
  Tensor weight = table();
  options.offsets(torch::tensor({0, 2, 2, 4}));
  const Tensor result = F::embedding_bag(torch::tensor({1, 2, 4, 5, 4, 3}), weight, options);
  result.pow(2).sum().backward();
  print(result);
  print(weight.grad());
}

}  // namespace

int main() {
  torch::manual_seed(0);
  run_case("print", [] {
    print(nn::EmbeddingBag(30, 8));
    print(nn::EmbeddingBag(nn::EmbeddingBagOptions(5, 3)
                               .max_norm(1.)
                               .norm_type(1.5)
                               .scale_grad_by_freq(true)
                               .mode(torch::kSum)
                               .include_last_offset(true)
                               .padding_idx(1)));
  });
  run_case("sum", [] { bags(F::EmbeddingBagFuncOptions().mode(torch::kSum)); });
  run_case("mean", [] { bags(F::EmbeddingBagFuncOptions()); });
  run_case("max", [] { bags(F::EmbeddingBagFuncOptions().mode(torch::kMax)); });
  run_case("padding", [] {
    bags(F::EmbeddingBagFuncOptions().padding_idx(4));
    bags(F::EmbeddingBagFuncOptions().mode(torch::kMax).padding_idx(-6));
  });
  run_case("last offset", [] {
    print(F::embedding_bag(torch::tensor({1, 2, 4}), table().detach(),
                           F::EmbeddingBagFuncOptions().offsets(torch::tensor({0, 1, 3})).include_last_offset(true)));
  });
  run_case("weights of samples", [] {
    Tensor weight = table(), factors = torch::tensor({{0.5, 1.0, 2.0}, {1.0, 1.0, 0.25}}, torch::requires_grad());
    const Tensor result =
        F::embedding_bag(torch::tensor({{1, 2, 4}, {5, 4, 3}}), weight.to(factors.dtype()),
                         F::EmbeddingBagFuncOptions().mode(torch::kSum).per_sample_weights(factors));
    result.pow(2).sum().backward();
    print(result);
    print(weight.grad());
    print(factors.grad());
  });
  run_case("module", [] {
    nn::EmbeddingBag bag(nn::EmbeddingBagOptions(6, 2).max_norm(1.));
    print(bag(torch::tensor({{0, 1}, {5, 5}})));
    print(bag->weight);
  });
  run_case("pretrained", [] {
    auto bag = nn::EmbeddingBag::from_pretrained(table().detach(),
                                                 nn::EmbeddingBagFromPretrainedOptions().mode(torch::kMax));
    print(bag);
    print(bag->weight.requires_grad());
    print(bag(torch::tensor({{0, 9}})));
  });
  run_case("torch::embedding_bag", [] {
    const auto [result, bag, sizes, rows] =
        torch::embedding_bag(table(), torch::tensor({1, 2, 4}), torch::tensor({0, 1}), false, 0);
    print(result.detach());
  });
  run_case("no offsets", [] { F::embedding_bag(torch::tensor({1, 2}), table()); });
  run_case("offsets of rows", [] {
    F::embedding_bag(torch::tensor({{1, 2}}), table(), F::EmbeddingBagFuncOptions().offsets(torch::tensor({0})));
  });
  run_case("first offset", [] {
    F::embedding_bag(torch::tensor({1, 2}), table(), F::EmbeddingBagFuncOptions().offsets(torch::tensor({1})));
  });
  run_case("last offset beyond", [] {
    F::embedding_bag(torch::tensor({1, 2}), table(), F::EmbeddingBagFuncOptions().offsets(torch::tensor({0, 5})));
  });
  run_case("weights of a mean", [] {
    F::embedding_bag(torch::tensor({{1, 2}}), table(),
                     F::EmbeddingBagFuncOptions().per_sample_weights(torch::ones({1, 2})));
  });
  run_case("shape of weights", [] {
    F::embedding_bag(torch::tensor({{1, 2}}), table(),
                     F::EmbeddingBagFuncOptions().mode(torch::kSum).per_sample_weights(torch::ones({2})));
  });
  run_case("three dimensions", [] { F::embedding_bag(torch::ones({1, 1, 1}, torch::kLong), table()); });
  run_case("table's shape", [] { nn::EmbeddingBag(nn::EmbeddingBagOptions(2, 2)._weight(torch::ones({2, 3}))); });
}
