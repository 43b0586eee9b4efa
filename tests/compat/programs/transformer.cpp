// Transformer, its stacks and layers.
#include "cases.h"

using torch::Tensor;
namespace nn = torch::nn;
namespace F = torch::nn::functional;

int main() {
  torch::manual_seed(0);
  run_case("print", [] {
    print(nn::TransformerEncoderLayer(4, 2));
    print(nn::TransformerDecoderLayer(nn::TransformerDecoderLayerOptions(4, 2).dim_feedforward(8).dropout(0.2)));
    nn::TransformerEncoder e(
        nn::TransformerEncoderOptions(nn::TransformerEncoderLayerOptions(4, 2).dim_feedforward(8), 2)
            .norm(nn::AnyModule(nn::LayerNorm(nn::LayerNormOptions({4})))));
    print(e);
    print(nn::Transformer(nn::TransformerOptions(4, 2, 1, 1).dim_feedforward(8)));
  });
  run_case("params", [] {
    nn::TransformerEncoderLayer l(nn::TransformerEncoderLayerOptions(4, 2).dim_feedforward(8));
    for (auto& p : l->named_parameters()) {
      std::cout << p.key() << " " << p.value().sizes() << " " << p.value().flatten()[0].item<float>() << "\n";
    }
  });
  run_case("encoder layer", [] {
    nn::TransformerEncoderLayer l(nn::TransformerEncoderLayerOptions(4, 2).dim_feedforward(8));
    l->eval();
    auto x = torch::randn({3, 2, 4}, torch::requires_grad());
    auto y = l(x);
    print(y);
    (y * torch::randn({3, 2, 4})).sum().backward();
    print(l->linear1->bias.grad());
    l->train();
    print(l(x));
  });
  run_case("encoder layer masks", [] {
    nn::TransformerEncoderLayer l(
        nn::TransformerEncoderLayerOptions(4, 2).dim_feedforward(8).activation(torch::kGELU).dropout(0));
    auto x = torch::randn({3, 2, 4});
    print(l(x, nn::TransformerImpl::generate_square_subsequent_mask(3)));
    print(l(x, Tensor(), torch::tensor({{false, false, true}, {false, false, false}})));
  });
  run_case("encoder layer callable", [] {
    nn::TransformerEncoderLayer l(nn::TransformerEncoderLayerOptions(4, 2)
                                      .dim_feedforward(8)
                                      .activation([](const Tensor& t) { return torch::tanh(t); })
                                      .dropout(0));
    print(l(torch::randn({3, 2, 4})));
  });
  run_case("decoder layer", [] {
    nn::TransformerDecoderLayer l(nn::TransformerDecoderLayerOptions(4, 2).dim_feedforward(8));
    l->eval();
    auto x = torch::randn({3, 2, 4}, torch::requires_grad()), m = torch::randn({5, 2, 4});
    auto y = l(x, m);
    print(y);
    l->train();
    print(l(x, m));
    print(l->forward(x, m, nn::TransformerImpl::generate_square_subsequent_mask(3)));
    for (auto& p : l->named_parameters()) print(p.key());
  });
  run_case("encoder", [] {
    nn::TransformerEncoder e(
        nn::TransformerEncoderLayer(nn::TransformerEncoderLayerOptions(4, 2).dim_feedforward(8).dropout(0)), 2);
    auto x = torch::randn({3, 2, 4});
    print(e(x));
    print(e->layers->size());
    print(torch::rand({2}));
    nn::TransformerEncoder n(
        nn::TransformerEncoderOptions(nn::TransformerEncoderLayerOptions(4, 2).dim_feedforward(8).dropout(0), 2)
            .norm(nn::AnyModule(nn::LayerNorm(nn::LayerNormOptions({4})))));
    print(n(x));
  });
  run_case("decoder", [] {
    nn::TransformerDecoder e(
        nn::TransformerDecoderOptions(nn::TransformerDecoderLayerOptions(4, 2).dim_feedforward(8).dropout(0), 2)
            .norm(nn::AnyModule(nn::LayerNorm(nn::LayerNormOptions({4})))));
    print(e(torch::randn({3, 2, 4}), torch::randn({5, 2, 4})));
  });
  run_case("transformer", [] {
    nn::Transformer t(nn::TransformerOptions(4, 2, 2, 1).dim_feedforward(8).dropout(0));
    auto s = torch::randn({5, 2, 4}), x = torch::randn({3, 2, 4});
    print(t(s, x));
    print(t->forward(s, x, Tensor(), nn::TransformerImpl::generate_square_subsequent_mask(3)));
    print(t->parameters().size());
    print(t->parameters()[0]);
  });
  run_case("mask", [] {
    print(nn::TransformerImpl::generate_square_subsequent_mask(3));
    print(nn::TransformerImpl::generate_square_subsequent_mask(0));
  });
  run_case("transformer errs", [] {
    nn::Transformer t(nn::TransformerOptions(4, 2, 1, 1).dim_feedforward(8));
    t(torch::ones({5, 2, 4}), torch::ones({3, 1, 4}));
  });
  run_case("transformer errs2", [] {
    nn::Transformer t(nn::TransformerOptions(4, 2, 1, 1).dim_feedforward(8));
    t(torch::ones({5, 2, 3}), torch::ones({3, 2, 4}));
  });
  run_case("transformer errs3", [] {
    nn::Transformer t(nn::TransformerOptions(4, 2, 1, 1).dim_feedforward(8));
    t(torch::ones({2, 4}), torch::ones({3, 2, 4}));
  });
  run_case("head errs", [] { nn::TransformerEncoderLayer l(5, 2); });
  run_case("layers 0", [] {
    nn::TransformerEncoder e(nn::TransformerEncoderLayer(4, 2), 0);
    e(torch::ones({1, 1, 4}));
  });
  run_case("custom", [] {
    nn::TransformerEncoder e(
        nn::TransformerEncoderLayer(nn::TransformerEncoderLayerOptions(4, 2).dim_feedforward(8).dropout(0)), 1);
    nn::Transformer t(
        nn::TransformerOptions(4, 2).num_decoder_layers(1).dim_feedforward(8).custom_encoder(nn::AnyModule(e)));
    print(t->encoder.ptr()->parameters().size());
  });
  run_case("clone", [] {
    nn::Transformer t(nn::TransformerOptions(4, 2, 1, 1).dim_feedforward(8).dropout(0));
    auto c = std::dynamic_pointer_cast<nn::TransformerImpl>(t->clone());
    auto s = torch::randn({2, 1, 4});
    print((c->forward(s, s) - t->forward(s, s)).abs().max().item<float>() < 1e-6);
  });
  run_case("seq", [] {
    nn::Sequential s(nn::Linear(4, 4), nn::TransformerEncoderLayer(
                                           nn::TransformerEncoderLayerOptions(4, 2).dim_feedforward(8).dropout(0)));
    print(s->forward(torch::randn({2, 1, 4})).sizes());
  });
}
