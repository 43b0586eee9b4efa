// Recurrent networks: RNN, LSTM and GRU over sequences, and their cells for one step.
#pragma once

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "relume/maybe.h"
#include "relume/nn/module.h"
#include "relume/nn/options.h"
#include "relume/nn/packed_sequence.h"
#include "relume/nn/pimpl.h"

namespace relume {
namespace nn {

using RNNNonlinearity = enumtype::Choice<enumtype::Name::Tanh, enumtype::Name::ReLU>;

namespace detail {

// What the options of the three have in common; the mode says which of them it is.
class RNNOptionsBase {
 public:
  using rnn_options_base_mode_t =
      enumtype::Choice<enumtype::Name::LSTM, enumtype::Name::GRU, enumtype::Name::RNN_TANH, enumtype::Name::RNN_RELU>;
  RNNOptionsBase(rnn_options_base_mode_t mode, int64_t input_size, int64_t hidden_size)
      : mode_(mode), input_size_(input_size), hidden_size_(hidden_size) {}
  RELUME_ARG(rnn_options_base_mode_t, mode);
  RELUME_ARG(int64_t, input_size);
  RELUME_ARG(int64_t, hidden_size);
  RELUME_ARG(int64_t, num_layers) = 1;
  RELUME_ARG(bool, bias) = true;
  RELUME_ARG(bool, batch_first) = false;
  RELUME_ARG(double, dropout) = 0.0;
  RELUME_ARG(bool, bidirectional) = false;
  RELUME_ARG(int64_t, proj_size) = 0;
};

}  // namespace detail

// Options of a network of num_layers layers, each over the outputs of the one before, of which dropout zeroes some.
// With bidirectional each layer also runs from the end to the start, and its outputs are both after each other.
#define RELUME_RECURRENT_OPTIONS         \
 public:                                 \
  RELUME_ARG(int64_t, input_size);       \
  RELUME_ARG(int64_t, hidden_size);      \
  RELUME_ARG(int64_t, num_layers) = 1;   \
  RELUME_ARG(bool, bias) = true;         \
  RELUME_ARG(bool, batch_first) = false; \
  RELUME_ARG(double, dropout) = 0.0;     \
  RELUME_ARG(bool, bidirectional) = false
class RNNOptions {
 public:
  using nonlinearity_t = RNNNonlinearity;
  RNNOptions(int64_t input_size, int64_t hidden_size) : input_size_(input_size), hidden_size_(hidden_size) {}
  RELUME_RECURRENT_OPTIONS;
  RELUME_ARG(nonlinearity_t, nonlinearity) = kTanh;
};
class LSTMOptions {
 public:
  LSTMOptions(int64_t input_size, int64_t hidden_size) : input_size_(input_size), hidden_size_(hidden_size) {}
  RELUME_RECURRENT_OPTIONS;
  RELUME_ARG(int64_t, proj_size) = 0;  // of outputs that are projected; 0 for none
};
class GRUOptions {
 public:
  GRUOptions(int64_t input_size, int64_t hidden_size) : input_size_(input_size), hidden_size_(hidden_size) {}
  RELUME_RECURRENT_OPTIONS;
};
#undef RELUME_RECURRENT_OPTIONS

namespace detail {

// The weights of a recurrent network. Layer k has weight_ih_l<k>, weight_hh_l<k>, bias_ih_l<k> and bias_hh_l<k>, those
// of the gates under each other, and weight_hr_l<k> where outputs are projected; the other direction's end in _reverse.
class RELUME_API RNNImplBase : public Module {
 public:
  explicit RNNImplBase(const RNNOptionsBase& options_);
  virtual void reset();
  // Draws every weight uniformly from +-1 / sqrt(hidden_size).
  void reset_parameters();
  // For programs written for GPUs; nothing is to be done.
  void flatten_parameters() {}
  std::vector<Tensor> all_weights() const { return flat_weights_; }
  void pretty_print(std::ostream& stream) const override;

  RNNOptionsBase options_base;

 protected:
  std::vector<Tensor> flat_weights_;
};

}  // namespace detail

// h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh), or relu.  Elman, 1990.  Input [length, batch, input_size], or with
// batch_first [batch, length, input_size]; state hx [layers * directions, batch, hidden_size], zeros where it is left
// out. Gives the last layer's outputs at each step, and the last state.
class RELUME_API RNNImpl : public Cloneable<RNNImpl, detail::RNNImplBase> {
 public:
  RNNImpl(int64_t input_size, int64_t hidden_size);
  explicit RNNImpl(const RNNOptions& options_);
  void reset() override;
  std::tuple<Tensor, Tensor> forward(const Tensor& input, Tensor hx = {});
  std::tuple<utils::rnn::PackedSequence, Tensor> forward_with_packed_input(
      const utils::rnn::PackedSequence& packed_input, Tensor hx = {});
  RNNOptions options;
};
using RNN = ModuleHolder<RNNImpl>;

// i, f, o = sigmoid(W x_t + U h_(t-1) + b) each, g = tanh(...); c_t = f c_(t-1) + i g; h_t = o tanh(c_t), or a
// projection of it.  Hochreiter and Schmidhuber, 1997; Sak et al., 2014.  The state is h, as with RNN, and c.
class RELUME_API LSTMImpl : public Cloneable<LSTMImpl, detail::RNNImplBase> {
 public:
  LSTMImpl(int64_t input_size, int64_t hidden_size);
  explicit LSTMImpl(const LSTMOptions& options_);
  void reset() override;
  std::tuple<Tensor, std::tuple<Tensor, Tensor>> forward(const Tensor& input,
                                                         relume::detail::Maybe<std::tuple<Tensor, Tensor>> hx_opt = {});
  std::tuple<utils::rnn::PackedSequence, std::tuple<Tensor, Tensor>> forward_with_packed_input(
      const utils::rnn::PackedSequence& packed_input, relume::detail::Maybe<std::tuple<Tensor, Tensor>> hx_opt = {});
  LSTMOptions options;
};
using LSTM = ModuleHolder<LSTMImpl>;

// r, z = sigmoid(W x_t + b + U h_(t-1) + c) each; n = tanh(W x_t + b + r (U h_(t-1) + c)); h_t = (1 - z) n + z h_(t-1).
// Cho et al., 2014.
class RELUME_API GRUImpl : public Cloneable<GRUImpl, detail::RNNImplBase> {
 public:
  GRUImpl(int64_t input_size, int64_t hidden_size);
  explicit GRUImpl(const GRUOptions& options_);
  void reset() override;
  std::tuple<Tensor, Tensor> forward(const Tensor& input, Tensor hx = {});
  std::tuple<utils::rnn::PackedSequence, Tensor> forward_with_packed_input(
      const utils::rnn::PackedSequence& packed_input, Tensor hx = {});
  GRUOptions options;
};
using GRU = ModuleHolder<GRUImpl>;

namespace detail {

class RNNCellOptionsBase {
 public:
  RNNCellOptionsBase(int64_t input_size, int64_t hidden_size, bool bias, int64_t num_chunks)
      : input_size_(input_size), hidden_size_(hidden_size), bias_(bias), num_chunks_(num_chunks) {}
  RELUME_ARG(int64_t, input_size);
  RELUME_ARG(int64_t, hidden_size);
  RELUME_ARG(bool, bias);
  RELUME_ARG(int64_t, num_chunks);
};

class RELUME_API RNNCellImplBase : public Module {
 public:
  explicit RNNCellImplBase(const RNNCellOptionsBase& options_);
  virtual void reset();
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;

  RNNCellOptionsBase options_base;
  Tensor weight_ih, weight_hh, bias_ih, bias_hh;

 protected:
  virtual std::string get_nonlinearity_str() const { return {}; }
};

}  // namespace detail

class RNNCellOptions {
 public:
  using nonlinearity_t = RNNNonlinearity;
  RNNCellOptions(int64_t input_size, int64_t hidden_size) : input_size_(input_size), hidden_size_(hidden_size) {}
  RELUME_ARG(int64_t, input_size);
  RELUME_ARG(int64_t, hidden_size);
  RELUME_ARG(bool, bias) = true;
  RELUME_ARG(nonlinearity_t, nonlinearity) = kTanh;
};
class LSTMCellOptions {
 public:
  LSTMCellOptions(int64_t input_size, int64_t hidden_size) : input_size_(input_size), hidden_size_(hidden_size) {}
  RELUME_ARG(int64_t, input_size);
  RELUME_ARG(int64_t, hidden_size);
  RELUME_ARG(bool, bias) = true;
};
using GRUCellOptions = LSTMCellOptions;

// One step of RNN, LSTM and GRU: input [batch, input_size] or [input_size], state [batch, hidden_size] or
// [hidden_size].
class RELUME_API RNNCellImpl : public Cloneable<RNNCellImpl, detail::RNNCellImplBase> {
 public:
  RNNCellImpl(int64_t input_size, int64_t hidden_size);
  explicit RNNCellImpl(const RNNCellOptions& options_);
  void reset() override;
  Tensor forward(const Tensor& input, const Tensor& hx = {});
  RNNCellOptions options;

 protected:
  std::string get_nonlinearity_str() const override;
};
using RNNCell = ModuleHolder<RNNCellImpl>;

class RELUME_API LSTMCellImpl : public Cloneable<LSTMCellImpl, detail::RNNCellImplBase> {
 public:
  LSTMCellImpl(int64_t input_size, int64_t hidden_size);
  explicit LSTMCellImpl(const LSTMCellOptions& options_);
  void reset() override;
  std::tuple<Tensor, Tensor> forward(const Tensor& input,
                                     relume::detail::Maybe<std::tuple<Tensor, Tensor>> hx_opt = {});
  LSTMCellOptions options;
};
using LSTMCell = ModuleHolder<LSTMCellImpl>;

class RELUME_API GRUCellImpl : public Cloneable<GRUCellImpl, detail::RNNCellImplBase> {
 public:
  GRUCellImpl(int64_t input_size, int64_t hidden_size);
  explicit GRUCellImpl(const GRUCellOptions& options_);
  void reset() override;
  Tensor forward(const Tensor& input, const Tensor& hx = {});
  GRUCellOptions options;
};
using GRUCell = ModuleHolder<GRUCellImpl>;

}  // namespace nn

// The networks as functions of their weights, which stand as all_weights() of a module has them; hx is the state, of
// an LSTM {h, c}. The last state follows the output. With batch_sizes, `data` is that of a packed sequence, sorted.
RELUME_API std::tuple<Tensor, Tensor, Tensor> lstm(const Tensor& input, TensorList hx, TensorList params,
                                                   bool has_biases, int64_t num_layers, double dropout, bool train,
                                                   bool bidirectional, bool batch_first);
RELUME_API std::tuple<Tensor, Tensor, Tensor> lstm(const Tensor& data, const Tensor& batch_sizes, TensorList hx,
                                                   TensorList params, bool has_biases, int64_t num_layers,
                                                   double dropout, bool train, bool bidirectional);
#define RELUME_RECURRENT_FUNCTION(name)                                                                              \
  RELUME_API std::tuple<Tensor, Tensor> name(const Tensor& input, const Tensor& hx, TensorList params,               \
                                             bool has_biases, int64_t num_layers, double dropout, bool train,        \
                                             bool bidirectional, bool batch_first);                                  \
  RELUME_API std::tuple<Tensor, Tensor> name(const Tensor& data, const Tensor& batch_sizes, const Tensor& hx,        \
                                             TensorList params, bool has_biases, int64_t num_layers, double dropout, \
                                             bool train, bool bidirectional);                                        \
  RELUME_API Tensor name##_cell(const Tensor& input, const Tensor& hx, const Tensor& w_ih, const Tensor& w_hh,       \
                                const Tensor& b_ih = {}, const Tensor& b_hh = {})
RELUME_RECURRENT_FUNCTION(gru);
RELUME_RECURRENT_FUNCTION(rnn_tanh);
RELUME_RECURRENT_FUNCTION(rnn_relu);
#undef RELUME_RECURRENT_FUNCTION
// One step, and the state after it.
RELUME_API std::tuple<Tensor, Tensor> lstm_cell(const Tensor& input, TensorList hx, const Tensor& w_ih,
                                                const Tensor& w_hh, const Tensor& b_ih = {}, const Tensor& b_hh = {});

}  // namespace relume
