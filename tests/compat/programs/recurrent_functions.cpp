// Recurrent networks as functions of their weights, histograms, and derivatives of samples.
#include <tuple>
#include <vector>

#include "cases.h"

namespace {

using namespace torch;

template <class... Tensors>
void print_all(const std::tuple<Tensors...>& results) {
  std::apply([](const auto&... each) { (print(each), ...); }, results);
}

void print_networks() {
  manual_seed(5);
  const Tensor input = torch::randn({3, 2, 4}), hidden = torch::zeros({4, 2, 3});
  nn::LSTM lstm(nn::LSTMOptions(4, 3).num_layers(2).bidirectional(true));
  nn::LSTM projected(nn::LSTMOptions(4, 3).proj_size(2).bias(false));
  nn::GRU gru(nn::GRUOptions(4, 3).num_layers(2).bidirectional(true).batch_first(true));
  nn::RNN tanh(4, 3), relu(nn::RNNOptions(4, 3).nonlinearity(kReLU));
  print_all(torch::lstm(input, {hidden, hidden}, lstm->parameters(), true, 2, 0.0, false, true, false));
  print_all(torch::lstm(input, {torch::zeros({1, 2, 2}), torch::zeros({1, 2, 3})}, projected->parameters(), false, 1,
                        0.0, false, false, false));
  print_all(
      torch::gru(input.transpose(0, 1), hidden, gru->parameters(), true, 2, 0.0, false, true, /*batch_first=*/true));
  const Tensor first = hidden.narrow(0, 0, 1);
  print_all(torch::rnn_tanh(input, first, tanh->parameters(), true, 1, 0.0, false, false, false));
  print_all(torch::rnn_relu(input, first, relu->parameters(), true, 1, 0.0, false, false, false));
  const auto packed = nn::utils::rnn::pack_padded_sequence(input, torch::tensor({3, 2}));
  print_all(torch::gru(packed.data(), packed.batch_sizes(), hidden, gru->parameters(), true, 2, 0.0, false, true));
  print_all(torch::lstm(packed.data(), packed.batch_sizes(), {hidden, hidden}, lstm->parameters(), true, 2, 0.0, false,
                        true));
  print_error([&] { torch::lstm(input, {hidden}, lstm->parameters(), true, 2, 0.0, false, true, false); });
}

void print_cells() {
  const Tensor input = torch::randn({2, 4}), hidden = torch::ones({2, 3});
  nn::LSTMCell lstm(4, 3);
  nn::GRUCell gru(nn::GRUCellOptions(4, 3).bias(false));
  nn::RNNCell rnn(4, 3);
  print_all(torch::lstm_cell(input, {hidden, hidden}, lstm->weight_ih, lstm->weight_hh, lstm->bias_ih, lstm->bias_hh));
  print(torch::gru_cell(input, hidden, gru->weight_ih, gru->weight_hh));
  print(torch::rnn_tanh_cell(input, hidden, rnn->weight_ih, rnn->weight_hh, rnn->bias_ih, rnn->bias_hh));
  print(torch::rnn_relu_cell(input, hidden, rnn->weight_ih, rnn->weight_hh, rnn->bias_ih, rnn->bias_hh));
}

void print_statistics() {
  const Tensor x = torch::tensor({1.0, 2.0, 4.0, 8.0, 3.0});
  print_all(torch::histogram(x, 4));
  print_all(torch::histogram(x, torch::tensor({0.0, 2.0, 4.0, 10.0})));
  print_all(torch::histogram(x, 2, c10::ArrayRef<double>({0.0, 8.0}), torch::ones(5), true));
  print_error([&] { torch::histogram(x, 2, c10::ArrayRef<double>({0.0, 8.0, 9.0})); });
  print_error([&] { torch::histogram(x, 2, c10::ArrayRef<double>({8.0, 0.0})); });
  print_error([&] { torch::histogram(x, 0); });
  print(torch::gradient(x));
  print(torch::gradient(x, Scalar(2.0), IntArrayRef({0})));
  print(torch::gradient(x, IntArrayRef({0})));
  print(torch::gradient(torch::arange(12.0).pow(2).view({3, 4}), Scalar(0.5), IntArrayRef({0, 1}), 2));
  print_error([&] { torch::gradient(x, Scalar(1.0), IntArrayRef({0}), 3); });
  print_error([&] { torch::gradient(torch::ones(1)); });
  print(torch::vander(x));
  print(torch::vander(x, 3, true));
  print(nn::functional::pdist(x.view({5, 1})));
}

}  // namespace

int main() {
  print_networks();
  print_cells();
  print_statistics();
  return 0;
}
