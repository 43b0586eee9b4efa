// RNN, LSTM, GRU, their cells, and packed sequences.
#include "cases.h"

using torch::Tensor;
namespace nn = torch::nn;
namespace optim = torch::optim;
namespace F = torch::nn::functional;
namespace R = torch::nn::utils::rnn;

int main() {
  torch::manual_seed(0);
  run_case("print", [] {
    print(nn::LSTM(3, 4));
    print(nn::LSTM(
        nn::LSTMOptions(3, 4).num_layers(2).bias(false).batch_first(true).dropout(0.5).bidirectional(true).proj_size(
            2)));
    print(nn::GRU(nn::GRUOptions(2, 3).num_layers(2)));
    print(nn::RNN(nn::RNNOptions(2, 3).nonlinearity(torch::kReLU)));
    print(nn::RNN(2, 3));
    print(nn::RNNCell(2, 3));
    print(nn::RNNCell(nn::RNNCellOptions(2, 3).bias(false).nonlinearity(torch::kReLU)));
    print(nn::LSTMCell(2, 3));
    print(nn::GRUCell(nn::GRUCellOptions(2, 3).bias(false)));
  });
  run_case("params", [] {
    nn::LSTM l(nn::LSTMOptions(2, 3).num_layers(2).bidirectional(true).proj_size(1));
    for (auto& p : l->named_parameters()) {
      std::cout << p.key() << " " << p.value().sizes() << " " << p.value().flatten()[0].item<float>() << "\n";
    }
    print(l->all_weights().size());
  });
  run_case("lstm", [] {
    nn::LSTM l(nn::LSTMOptions(3, 4).num_layers(2));
    auto x = torch::randn({5, 2, 3});
    auto [o, hc] = l(x);
    auto [h, c] = hc;
    print(o);
    print(h);
    print(c);
    o.sum().backward();
    print(l->named_parameters()["weight_hh_l0"].grad());
    print(l->named_parameters()["bias_ih_l1"].grad());
  });
  run_case("lstm hx", [] {
    nn::LSTM l(3, 4);
    auto x = torch::randn({5, 2, 3});
    auto hx = std::make_tuple(torch::randn({1, 2, 4}), torch::randn({1, 2, 4}));
    auto [o, hc] = l->forward(x, hx);
    print(o);
    print(std::get<1>(hc));
  });
  run_case("lstm bidir bf proj dropout", [] {
    nn::LSTM l(nn::LSTMOptions(3, 4).num_layers(2).batch_first(true).bidirectional(true).proj_size(2).dropout(0.3));
    auto x = torch::randn({2, 4, 3});
    auto [o, hc] = l(x);
    print(o);
    print(std::get<0>(hc));
    print(std::get<1>(hc));
    l->eval();
    print(std::get<0>(l(x)));
  });
  run_case("gru", [] {
    nn::GRU l(nn::GRUOptions(3, 4).num_layers(2).bidirectional(true));
    auto x = torch::randn({3, 2, 3}, torch::requires_grad());
    auto [o, h] = l(x);
    print(o);
    print(h);
    o.pow(2).sum().backward();
    print(x.grad());
  });
  run_case("gru nobias", [] {
    nn::GRU l(nn::GRUOptions(3, 4).bias(false).batch_first(true));
    auto [o, h] = l->forward(torch::randn({2, 3, 3}), torch::randn({1, 2, 4}));
    print(o);
    print(h);
  });
  run_case("rnn", [] {
    nn::RNN l(nn::RNNOptions(3, 4));
    auto [o, h] = l(torch::randn({3, 2, 3}));
    print(o);
    print(h);
  });
  run_case("rnn relu", [] {
    nn::RNN l(nn::RNNOptions(3, 4).nonlinearity(torch::kReLU).num_layers(2).dropout(0.5));
    auto [o, h] = l(torch::randn({3, 2, 3}));
    print(o);
    print(h);
  });
  run_case("wrong size", [] {
    nn::GRU l(3, 4);
    l(torch::randn({5, 2, 2}));
  });
  run_case("wrong hx", [] {
    nn::GRU l(3, 4);
    l->forward(torch::randn({5, 2, 3}), torch::randn({1, 3, 4}));
  });
  run_case("wrong hx lstm", [] {
    nn::LSTM l(3, 4);
    l->forward(torch::randn({5, 2, 3}), std::make_tuple(torch::randn({1, 3, 4}), torch::randn({1, 2, 4})));
  });
  run_case("wrong cx lstm", [] {
    nn::LSTM l(3, 4);
    l->forward(torch::randn({5, 2, 3}), std::make_tuple(torch::randn({1, 2, 4}), torch::randn({1, 2, 5})));
  });
  run_case("wrong dtype", [] {
    nn::LSTM l(3, 4);
    l(torch::randn({5, 2, 3}, torch::kDouble));
  });
  run_case("dropout range", [] { nn::LSTM l(nn::LSTMOptions(3, 4).dropout(1.5).num_layers(2)); });
  run_case("proj", [] { nn::LSTM l(nn::LSTMOptions(3, 4).proj_size(5)); });
  run_case("proj neg", [] { nn::LSTM l(nn::LSTMOptions(3, 4).proj_size(-1)); });
  run_case("hidden 0", [] { nn::LSTM l(3, 0); });
  run_case("layers 0", [] { nn::LSTM l(nn::LSTMOptions(3, 4).num_layers(0)); });
  run_case("empty seq", [] {
    nn::LSTM l(3, 4);
    l(torch::randn({0, 2, 3}));
  });
  run_case("cells", [] {
    nn::RNNCell a(3, 2);
    nn::LSTMCell b(3, 2);
    nn::GRUCell c(3, 2);
    auto x = torch::randn({2, 3});
    print(a(x));
    auto [h, k] = b(x);
    print(h);
    print(k);
    print(c(x));
    print(a(x, torch::ones({2, 2})));
    auto t = b->forward(x, std::make_tuple(h, k));
    print(std::get<1>(t));
    print(c(x, h));
    nn::RNNCell r(nn::RNNCellOptions(3, 2).nonlinearity(torch::kReLU));
    print(r(x));
    for (auto& p : b->named_parameters()) print(p.key());
  });
  run_case("cell 3d", [] {
    nn::GRUCell c(3, 2);
    print(c(torch::randn({1, 2, 3})).sizes());
  });
  run_case("cell wrong", [] {
    nn::GRUCell c(3, 2);
    c(torch::randn({2, 4}));
  });
  run_case("cell wrong h", [] {
    nn::GRUCell c(3, 2);
    c(torch::randn({2, 3}), torch::randn({2, 3}));
  });
  run_case("cell wrong h2", [] {
    nn::LSTMCell c(3, 2);
    c(torch::randn({2, 3}), std::make_tuple(torch::randn({1, 2}), torch::randn({1, 2})));
  });
  run_case("pack", [] {
    auto x = torch::randn({4, 3, 2});
    auto l = torch::tensor({4, 2, 1});
    auto p = R::pack_padded_sequence(x, l);
    print(p.data());
    print(p.batch_sizes());
    print(p.sorted_indices().defined());
    auto [y, n] = R::pad_packed_sequence(p);
    print(y);
    print(n);
  });
  run_case("pack unsorted", [] {
    auto x = torch::randn({3, 4, 2});
    auto l = torch::tensor({1, 4, 2});
    auto p = R::pack_padded_sequence(x, l, true, false);
    print(p.data());
    print(p.batch_sizes());
    print(p.sorted_indices());
    print(p.unsorted_indices());
    auto [y, n] = R::pad_packed_sequence(p, true, -1.0, 6);
    print(y);
    print(n);
  });
  run_case("pack run", [] {
    nn::LSTM m(nn::LSTMOptions(2, 3).bidirectional(true).num_layers(2));
    auto x = torch::randn({4, 3, 2}, torch::requires_grad());
    auto p = R::pack_padded_sequence(x, torch::tensor({2, 4, 1}), false, false);
    auto [o, hc] = m->forward_with_packed_input(p);
    print(o.data());
    print(std::get<0>(hc));
    print(std::get<1>(hc));
    auto [y, n] = R::pad_packed_sequence(o);
    y.sum().backward();
    print(x.grad());
  });
  run_case("pack run gru", [] {
    nn::GRU m(2, 3);
    auto p = R::pack_sequence({torch::randn({3, 2}), torch::randn({2, 2})});
    auto [o, h] = m->forward_with_packed_input(p);
    print(o.data());
    print(h);
  });
  run_case("pack run rnn hx", [] {
    nn::RNN m(2, 3);
    auto p = R::pack_sequence({torch::randn({1, 2}), torch::randn({3, 2})}, false);
    auto [o, h] = m->forward_with_packed_input(p, torch::randn({1, 2, 3}));
    print(o.data());
    print(h);
  });
  run_case("pad_sequence", [] {
    print(R::pad_sequence({torch::ones({2}), torch::ones({3}) * 2}, true, -1.0));
    print(R::pad_sequence({torch::ones({2, 2}), torch::ones({3, 2}) * 2}));
    print(R::pad_sequence({torch::ones({2}), torch::ones({3}) * 2}, true, 0, "left"));
  });
  run_case("pack errs", [] { R::pack_padded_sequence(torch::ones({3, 2}), torch::tensor({1, 2})); });
  run_case("pack errs2", [] { R::pack_padded_sequence(torch::ones({3, 2}), torch::tensor({2, 0})); });
  run_case("pack errs3", [] { R::pack_padded_sequence(torch::ones({3, 2}), torch::tensor({2})); });
  run_case("pack errs5", [] {
    R::pad_packed_sequence(R::pack_padded_sequence(torch::ones({3, 2}), torch::tensor({3, 2})), false, 0.0, 2);
  });
  run_case("pack errs6", [] { R::pad_sequence({}); });
  run_case("pack errs8", [] { R::pack_padded_sequence(torch::ones({0, 2}), torch::tensor({3, 2})); });
  run_case("pack errs9", [] { R::pad_sequence({torch::ones({2}), torch::ones({2})}, true, 0, "up"); });
  run_case("seq", [] {
    nn::Sequential s(nn::GRU(2, 3));
    print(s);
    auto [o, h] = s->forward<std::tuple<Tensor, Tensor>>(torch::randn({2, 1, 2}));
    print(o.sizes());
  });
  run_case("seq lstm", [] {
    nn::Sequential s(nn::LSTM(2, 3));
    auto r = s->forward<std::tuple<Tensor, std::tuple<Tensor, Tensor>>>(torch::randn({2, 1, 2}));
    print(std::get<0>(r).sizes());
  });
  run_case("clone", [] {
    nn::LSTM l(2, 3);
    auto c = std::dynamic_pointer_cast<nn::LSTMImpl>(l->clone());
    auto x = torch::randn({2, 1, 2});
    {
      torch::NoGradGuard g;
      for (auto& p : c->parameters()) p.zero_();
    }
    print(std::get<0>(c->forward(x)));
    print(std::get<0>(l->forward(x)));
    l->flatten_parameters();
    l->to(torch::kDouble);
    print(std::get<0>(l->forward(x.to(torch::kDouble))));
  });
  run_case("train", [] {
    nn::LSTM l(2, 3);
    nn::Linear f(3, 1);
    std::vector<Tensor> ps = l->parameters();
    for (auto& p : f->parameters()) ps.push_back(p);
    optim::Adam opt(ps, 0.05);
    auto x = torch::randn({6, 4, 2}), y = torch::randn({4, 1});
    for (int i = 0; i < 5; ++i) {
      opt.zero_grad();
      auto out = std::get<0>(l(x));
      auto loss = F::mse_loss(f(out[-1]), y);
      loss.backward();
      opt.step();
      print(loss.detach().view({1}));
    }
  });
}
