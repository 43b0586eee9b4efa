// Recurrent networks: a step of each kind, a layer's walk over a sequence, and the modules.
#include "relume/nn/rnn.h"

#include <algorithm>
#include <cmath>
#include <ostream>

#include "core/check.h"
#include "nn/print.h"
#include "relume/nn/init.h"
#include "relume/ops.h"

namespace relume::nn {
namespace {

using detail::RNNOptionsBase;
using enumtype::Name;
using utils::rnn::PackedSequence;

// The weights of one layer in one direction, or of a cell.
struct Weights {
  Tensor ih, hh, bias_ih, bias_hh, projection;
};
// h and, of an LSTM, c.
using States = std::vector<Tensor>;

int64_t gates_of(Name mode) { return mode == Name::LSTM ? 4 : mode == Name::GRU ? 3 : 1; }

// The state after a step; `projected` is W_ih x + b_ih.
States take_step(Name mode, const Tensor& projected, const States& states, const Weights& weights) {
  const Tensor& hidden = states[0];
  const Tensor recurrent = linear(hidden, weights.hh, weights.bias_hh);
  if (mode == Name::LSTM) {
    const auto [output, cell, gates] = _thnn_fused_lstm_cell(projected, recurrent, states[1]);
    return {weights.projection.defined() ? linear(output, weights.projection) : output, cell};
  }
  if (mode == Name::GRU) {
    const std::vector<Tensor> in = projected.chunk(3, -1), own = recurrent.chunk(3, -1);
    const Tensor reset = (own[0] + in[0]).sigmoid(), update = (own[1] + in[1]).sigmoid();
    const Tensor candidate = (in[2] + own[2] * reset).tanh();
    return {(hidden - candidate) * update + candidate};
  }
  const Tensor sum = recurrent + projected;
  return {mode == Name::RNN_TANH ? sum.tanh() : sum.relu()};
}

// What a layer, or the network, computes: its outputs step by step, and its last state.
struct Run {
  Tensor output;
  States states;
};

Run run_layer(Name mode, const Tensor& input, States states, const Weights& weights, bool reverse) {
  std::vector<Tensor> steps = linear(input, weights.ih, weights.bias_ih).unbind(0);
  if (reverse) std::reverse(steps.begin(), steps.end());
  for (Tensor& step : steps) {
    states = take_step(mode, step, states, weights);
    step = states[0];
  }
  if (reverse) std::reverse(steps.begin(), steps.end());
  return {stack(steps), std::move(states)};
}

// The rows from `from` to `to` of each state.
States rows(const States& states, int64_t from, int64_t to) {
  States result;
  for (const Tensor& state : states) result.push_back(state.narrow(0, from, to - from));
  return result;
}
States rows_after_each_other(const States& first, const States& second) {
  States result;
  for (size_t i = 0; i < first.size(); ++i) result.push_back(cat({first[i], second[i]}));
  return result;
}

// The same over a packed sequence: forwards, sequences end one by one; backwards, they join with their first state.
Run run_packed_layer(Name mode, const Tensor& input, IntArrayRef batch_sizes, const States& first,
                     const Weights& weights, bool reverse) {
  std::vector<Tensor> steps = linear(input, weights.ih, weights.bias_ih).split_with_sizes(batch_sizes);
  if (reverse) std::reverse(steps.begin(), steps.end());
  States states = rows(first, 0, steps[0].size(0)), ended;
  for (Tensor& step : steps) {
    const int64_t now = states[0].size(0), here = step.size(0);
    if (here > now) states = rows_after_each_other(states, rows(first, now, here));
    if (here < now) {
      const States last = rows(states, here, now);
      ended = ended.empty() ? last : rows_after_each_other(last, ended);
      states = rows(states, 0, here);
    }
    states = take_step(mode, step, states, weights);
    step = states[0];
  }
  if (reverse) std::reverse(steps.begin(), steps.end());
  return {cat(steps), ended.empty() ? std::move(states) : rows_after_each_other(states, ended)};
}

// All layers. Steps are dimension 0 of the input, or those of batch_sizes; each state is [layers * directions, batch,
// *].
Run run_network(const RNNOptionsBase& options, Tensor input, IntArrayRef batch_sizes, const States& first,
                const std::vector<Tensor>& flat_weights, bool training) {
  const int directions = options.bidirectional() ? 2 : 1;
  std::vector<States> last(first.size());
  auto weight = flat_weights.begin();
  for (int64_t layer = 0, at = 0; layer < options.num_layers(); ++layer) {
    if (layer > 0 && options.dropout() > 0) input = dropout(input, options.dropout(), training);
    std::vector<Tensor> outputs;
    for (int direction = 0; direction < directions; ++direction, ++at) {
      Weights weights{*weight++, *weight++, {}, {}, {}};
      if (options.bias()) weights.bias_ih = *weight++, weights.bias_hh = *weight++;
      if (options.proj_size() > 0) weights.projection = *weight++;
      States states;
      for (const Tensor& state : first) states.push_back(state.select(0, at));
      Run run = batch_sizes.empty()
                    ? run_layer(options.mode(), input, std::move(states), weights, direction == 1)
                    : run_packed_layer(options.mode(), input, batch_sizes, states, weights, direction == 1);
      outputs.push_back(std::move(run.output));
      for (size_t i = 0; i < first.size(); ++i) last[i].push_back(std::move(run.states[i]));
    }
    input = directions == 1 ? outputs[0] : cat(outputs, -1);
  }
  Run result{std::move(input), {}};
  for (const States& states : last) result.states.push_back(stack(states));
  return result;
}

int64_t output_size(const RNNOptionsBase& options) {
  return options.proj_size() > 0 ? options.proj_size() : options.hidden_size();
}

// The first state, zeros where none is given; throws where a given one has other sizes.
States first_states(const RNNOptionsBase& options, States given, const Tensor& input, int64_t batch) {
  const bool lstm = options.mode() == Name::LSTM;
  const int64_t layers = options.num_layers() * (options.bidirectional() ? 2 : 1);
  const bool none = given.empty();
  given.resize(lstm ? 2 : 1);
  for (size_t i = 0; i < given.size(); ++i) {
    const int64_t sizes[] = {layers, batch, i == 0 ? output_size(options) : options.hidden_size()};
    if (none) given[i] = zeros(sizes, input.options());
    check(given[i].sizes() == IntArrayRef(sizes), "Expected hidden{} size {} {} {}, got {}",
          lstm ? fmt::format("[{}]", i) : "", sizes[0], sizes[1], sizes[2], given[i].sizes());
  }
  return given;
}

void check_input(const RNNOptionsBase& options, const Tensor& input, int64_t dims) {
  check(input.dim() == dims, "input must have {} dimensions, got {}", dims, input.dim());
  check(input.size(-1) == options.input_size(), "input.size(-1) must be equal to input_size. Expected {}, got {}",
        options.input_size(), input.size(-1));
}

Run forward(const RNNOptionsBase& options, Tensor input, States hx, const std::vector<Tensor>& weights, bool training) {
  check_input(options, input, 3);
  if (options.batch_first()) input = input.transpose(0, 1);
  hx = first_states(options, std::move(hx), input, input.size(1));
  check(input.size(0) > 0, "Expected sequence length to be larger than 0 in RNN");
  Run run = run_network(options, input, {}, hx, weights, training);
  if (options.batch_first()) run.output = run.output.transpose(0, 1);
  return run;
}

// The state is in the order in which the sequences came, those of the packed sequence are sorted.
States permuted(States states, const Tensor& order) {
  if (order.defined())
    for (Tensor& state : states) state = state.index_select(1, order);
  return states;
}

Run forward_packed(const RNNOptionsBase& options, const PackedSequence& input, States hx,
                   const std::vector<Tensor>& weights, bool training) {
  check_input(options, input.data(), 2);
  const Tensor sizes = input.batch_sizes().to(kLong).contiguous();
  const IntArrayRef batch_sizes(sizes.data_ptr<int64_t>(), static_cast<size_t>(sizes.numel()));
  check(!batch_sizes.empty(), "Expected sequence length to be larger than 0 in RNN");
  hx = first_states(options, permuted(std::move(hx), input.sorted_indices()), input.data(), batch_sizes[0]);
  Run run = run_network(options, input.data(), batch_sizes, hx, weights, training);
  run.states = permuted(std::move(run.states), input.unsorted_indices());
  return run;
}

PackedSequence packed_like(const PackedSequence& input, Tensor data) {
  return PackedSequence(std::move(data), input.batch_sizes(), input.sorted_indices(), input.unsorted_indices());
}

States states_of(Tensor hx) { return hx.defined() ? States{std::move(hx)} : States{}; }
States states_of(relume::detail::Maybe<std::tuple<Tensor, Tensor>> hx) {
  return hx ? States{std::get<0>(*hx), std::get<1>(*hx)} : States{};
}

void check_options(const RNNOptionsBase& options) {
  check(options.dropout() >= 0 && options.dropout() <= 1,
        "dropout should be a number in range [0, 1] representing the probability of an element being zeroed");
  check(options.hidden_size() > 0, "hidden_size must be greater than zero");
  check(options.num_layers() > 0, "num_layers must be greater than zero");
  check(options.proj_size() >= 0 && options.proj_size() < options.hidden_size(),
        "proj_size has to be a positive integer, smaller than hidden_size or zero to disable projections");
}

template <class Options>
RNNOptionsBase base_of(RNNOptionsBase::rnn_options_base_mode_t mode, const Options& options) {
  return RNNOptionsBase(mode, options.input_size(), options.hidden_size())
      .num_layers(options.num_layers())
      .bias(options.bias())
      .batch_first(options.batch_first())
      .dropout(options.dropout())
      .bidirectional(options.bidirectional());
}

RNNOptionsBase base_of(const RNNOptions& options) {
  if (options.nonlinearity() == Name::ReLU) return base_of(kRNN_RELU, options);
  return base_of(kRNN_TANH, options);
}

}  // namespace

namespace detail {

RNNImplBase::RNNImplBase(const RNNOptionsBase& options_) : options_base(options_) {}

void RNNImplBase::reset() {
  const RNNOptionsBase& options = options_base;
  check_options(options);
  flat_weights_.clear();
  const int64_t rows = gates_of(options.mode()) * options.hidden_size();
  const int directions = options.bidirectional() ? 2 : 1;
  for (int64_t layer = 0; layer < options.num_layers(); ++layer) {
    const int64_t width = layer == 0 ? options.input_size() : output_size(options) * directions;
    for (int direction = 0; direction < directions; ++direction) {
      const auto add = [&](const char* name, IntArrayRef sizes) {
        const std::string whole = fmt::format("{}_l{}{}", name, layer, direction == 1 ? "_reverse" : "");
        flat_weights_.push_back(register_parameter(whole, relume::empty(sizes)));
      };
      add("weight_ih", {rows, width});
      add("weight_hh", {rows, output_size(options)});
      if (options.bias()) {
        add("bias_ih", {rows});
        add("bias_hh", {rows});
      }
      if (options.proj_size() > 0) add("weight_hr", {options.proj_size(), options.hidden_size()});
    }
  }
  reset_parameters();
}

void RNNImplBase::reset_parameters() {
  const double bound = 1.0 / std::sqrt(static_cast<double>(options_base.hidden_size()));
  for (const Tensor& weight : flat_weights_) init::uniform_(weight, -bound, bound);
}

void RNNImplBase::pretty_print(std::ostream& stream) const {
  const RNNOptionsBase& options = options_base;
  const Name mode = options.mode();
  OptionsPrinter(stream, mode == Name::LSTM  ? "LSTM"
                         : mode == Name::GRU ? "GRU"
                                             : "RNN")
      .add("input_size", options.input_size())
      .add("hidden_size", options.hidden_size())
      .add("num_layers", options.num_layers())
      .add("bias", options.bias())
      .add("batch_first", options.batch_first())
      .add("dropout", options.dropout())
      .add("bidirectional", options.bidirectional())
      .add_unless(options.proj_size() == 0, "proj_size", options.proj_size());
}

}  // namespace detail

#define RELUME_RECURRENT(Module, base)                                                               \
  Module##Impl::Module##Impl(int64_t input_size, int64_t hidden_size)                                \
      : Module##Impl(Module##Options(input_size, hidden_size)) {}                                    \
  Module##Impl::Module##Impl(const Module##Options& options_) : Cloneable(base), options(options_) { \
    Module##Impl::reset();                                                                           \
  }                                                                                                  \
  void Module##Impl::reset() { RNNImplBase::reset(); }
RELUME_RECURRENT(RNN, base_of(options_))
RELUME_RECURRENT(LSTM, base_of(kLSTM, options_).proj_size(options_.proj_size()))
RELUME_RECURRENT(GRU, base_of(kGRU, options_))
#undef RELUME_RECURRENT

#define RELUME_FORWARD(Module)                                                                                   \
  std::tuple<Tensor, Tensor> Module::forward(const Tensor& input, Tensor hx) {                                   \
    Run run = nn::forward(options_base, input, states_of(std::move(hx)), flat_weights_, is_training());          \
    return {std::move(run.output), std::move(run.states[0])};                                                    \
  }                                                                                                              \
  std::tuple<PackedSequence, Tensor> Module::forward_with_packed_input(const PackedSequence& input, Tensor hx) { \
    Run run = forward_packed(options_base, input, states_of(std::move(hx)), flat_weights_, is_training());       \
    return {packed_like(input, std::move(run.output)), std::move(run.states[0])};                                \
  }
RELUME_FORWARD(RNNImpl)
RELUME_FORWARD(GRUImpl)
#undef RELUME_FORWARD

std::tuple<Tensor, std::tuple<Tensor, Tensor>> LSTMImpl::forward(
    const Tensor& input, relume::detail::Maybe<std::tuple<Tensor, Tensor>> hx_opt) {
  Run run = nn::forward(options_base, input, states_of(std::move(hx_opt)), flat_weights_, is_training());
  return {std::move(run.output), {std::move(run.states[0]), std::move(run.states[1])}};
}
std::tuple<PackedSequence, std::tuple<Tensor, Tensor>> LSTMImpl::forward_with_packed_input(
    const PackedSequence& packed_input, relume::detail::Maybe<std::tuple<Tensor, Tensor>> hx_opt) {
  Run run = forward_packed(options_base, packed_input, states_of(std::move(hx_opt)), flat_weights_, is_training());
  return {packed_like(packed_input, std::move(run.output)), {std::move(run.states[0]), std::move(run.states[1])}};
}

// Cells.

namespace detail {

RNNCellImplBase::RNNCellImplBase(const RNNCellOptionsBase& options_) : options_base(options_) {}

void RNNCellImplBase::reset() {
  const int64_t hidden = options_base.hidden_size(), rows = options_base.num_chunks() * hidden;
  const bool bias = options_base.bias();
  weight_ih = register_parameter("weight_ih", relume::empty({rows, options_base.input_size()}));
  weight_hh = register_parameter("weight_hh", relume::empty({rows, hidden}));
  bias_ih = register_parameter("bias_ih", bias ? relume::empty({rows}) : Tensor(), bias);
  bias_hh = register_parameter("bias_hh", bias ? relume::empty({rows}) : Tensor(), bias);
  reset_parameters();
}

void RNNCellImplBase::reset_parameters() {
  const double bound = 1.0 / std::sqrt(static_cast<double>(options_base.hidden_size()));
  for (const Tensor& weight : parameters()) init::uniform_(weight, -bound, bound);
}

void RNNCellImplBase::pretty_print(std::ostream& stream) const {
  const std::string nonlinearity = get_nonlinearity_str();
  const int64_t gates = options_base.num_chunks();
  OptionsPrinter(stream, gates == 4   ? "LSTMCell"
                         : gates == 3 ? "GRUCell"
                                      : "RNNCell")
      .add(options_base.input_size())
      .add(options_base.hidden_size())
      .add_unless(options_base.bias(), "bias", options_base.bias())
      .add_unless(nonlinearity.empty() || nonlinearity == "kTanh", "nonlinearity", nonlinearity);
}

}  // namespace detail

namespace {

// The state after one step, of a batch or of one element; zeros are the state that is not given.
States step_once(Name mode, const Tensor& input, States hx, const Weights& weights) {
  const int64_t width = weights.ih.size(1), hidden = weights.hh.size(1);
  check(input.dim() == 1 || input.dim() == 2, "Expected input to be 1D or 2D, got {}D instead", input.dim());
  const bool batched = input.dim() == 2;
  const Tensor batch = batched ? input : input.unsqueeze(0);
  check(batch.size(1) == width, "input has inconsistent input_size: got {} expected {}", batch.size(1), width);
  const bool none = hx.empty();
  hx.resize(mode == Name::LSTM ? 2 : 1);
  for (size_t i = 0; i < hx.size(); ++i) {
    hx[i] = none ? zeros({batch.size(0), hidden}, input.options()) : (batched ? hx[i] : hx[i].unsqueeze(0));
    check(hx[i].dim() == 2 && hx[i].size(0) == batch.size(0),
          "Input batch size {} doesn't match hidden{} batch size {}", batch.size(0), i, hx[i].size(0));
    check(hx[i].size(1) == hidden, "hidden{} has inconsistent hidden_size: got {}, expected {}", i, hx[i].size(1),
          hidden);
  }
  States next = take_step(mode, linear(batch, weights.ih, weights.bias_ih), hx, weights);
  if (!batched)
    for (Tensor& state : next) state = state.squeeze(0);
  return next;
}

States step_cell(Name mode, const detail::RNNCellImplBase& cell, const Tensor& input, States hx) {
  return step_once(mode, input, std::move(hx), {cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh, {}});
}

}  // namespace

#define RELUME_CELL(Module, gates)                                                                                    \
  Module##Impl::Module##Impl(int64_t input_size, int64_t hidden_size)                                                 \
      : Module##Impl(Module##Options(input_size, hidden_size)) {}                                                     \
  Module##Impl::Module##Impl(const Module##Options& options_)                                                         \
      : Cloneable(detail::RNNCellOptionsBase(options_.input_size(), options_.hidden_size(), options_.bias(), gates)), \
        options(options_) {                                                                                           \
    Module##Impl::reset();                                                                                            \
  }                                                                                                                   \
  void Module##Impl::reset() { RNNCellImplBase::reset(); }
RELUME_CELL(RNNCell, 1)
RELUME_CELL(LSTMCell, 4)
RELUME_CELL(GRUCell, 3)
#undef RELUME_CELL

std::string RNNCellImpl::get_nonlinearity_str() const { return enumtype::get_enum_name(options.nonlinearity()); }

Tensor RNNCellImpl::forward(const Tensor& input, const Tensor& hx) {
  const Name mode = options.nonlinearity() == Name::ReLU ? Name::RNN_RELU : Name::RNN_TANH;
  return step_cell(mode, *this, input, states_of(hx))[0];
}
Tensor GRUCellImpl::forward(const Tensor& input, const Tensor& hx) {
  return step_cell(Name::GRU, *this, input, states_of(hx))[0];
}
std::tuple<Tensor, Tensor> LSTMCellImpl::forward(const Tensor& input,
                                                 relume::detail::Maybe<std::tuple<Tensor, Tensor>> hx_opt) {
  const States next = step_cell(Name::LSTM, *this, input, states_of(std::move(hx_opt)));
  return {next[0], next[1]};
}

namespace {

// The options that a list of weights fits.
RNNOptionsBase options_of(RNNOptionsBase::rnn_options_base_mode_t mode, const std::vector<Tensor>& weights, bool bias,
                          int64_t num_layers, double dropout, bool bidirectional) {
  check(weights.size() >= 2, "expected the weights of {} layers, got {} tensors", num_layers, weights.size());
  const int64_t hidden = weights[0].size(0) / gates_of(mode), output = weights[1].size(1);
  const bool projected = mode == Name::LSTM && output != hidden;
  const size_t each = (bias ? 4 : 2) + (projected ? 1 : 0),
               runs = static_cast<size_t>(num_layers) * (bidirectional ? 2 : 1);
  check(weights.size() == runs * each, "expected {} weights for {} layers, got {}", runs * each, num_layers,
        weights.size());
  return RNNOptionsBase(mode, weights[0].size(1), hidden)
      .num_layers(num_layers)
      .bias(bias)
      .dropout(dropout)
      .bidirectional(bidirectional)
      .proj_size(projected ? output : 0);
}

States two_states(TensorList hx) {
  check(hx.size() == 2, "lstm expects two hidden states");
  return hx.vec();
}

// The data of a packed sequence whose sequences are sorted.
PackedSequence packed_of(const Tensor& data, const Tensor& batch_sizes) { return PackedSequence(data, batch_sizes); }

}  // namespace
}  // namespace relume::nn

namespace relume {

#define RELUME_OPTIONS(mode) nn::options_of(mode, weights, has_biases, num_layers, dropout, bidirectional)

std::tuple<Tensor, Tensor, Tensor> lstm(const Tensor& input, TensorList hx, TensorList params, bool has_biases,
                                        int64_t num_layers, double dropout, bool train, bool bidirectional,
                                        bool batch_first) {
  const std::vector<Tensor> weights = params.vec();
  const auto options = RELUME_OPTIONS(kLSTM).batch_first(batch_first);
  nn::Run run = nn::forward(options, input, nn::two_states(hx), weights, train);
  return {run.output, run.states[0], run.states[1]};
}
std::tuple<Tensor, Tensor, Tensor> lstm(const Tensor& data, const Tensor& batch_sizes, TensorList hx, TensorList params,
                                        bool has_biases, int64_t num_layers, double dropout, bool train,
                                        bool bidirectional) {
  const std::vector<Tensor> weights = params.vec();
  nn::Run run =
      nn::forward_packed(RELUME_OPTIONS(kLSTM), nn::packed_of(data, batch_sizes), nn::two_states(hx), weights, train);
  return {run.output, run.states[0], run.states[1]};
}
std::tuple<Tensor, Tensor> lstm_cell(const Tensor& input, TensorList hx, const Tensor& w_ih, const Tensor& w_hh,
                                     const Tensor& b_ih, const Tensor& b_hh) {
  const auto next = nn::step_once(nn::Name::LSTM, input, nn::two_states(hx), {w_ih, w_hh, b_ih, b_hh, {}});
  return {next[0], next[1]};
}

#define RELUME_RECURRENT_FUNCTION(name, mode)                                                                         \
  std::tuple<Tensor, Tensor> name(const Tensor& input, const Tensor& hx, TensorList params, bool has_biases,          \
                                  int64_t num_layers, double dropout, bool train, bool bidirectional,                 \
                                  bool batch_first) {                                                                 \
    const std::vector<Tensor> weights = params.vec();                                                                 \
    nn::Run run =                                                                                                     \
        nn::forward(RELUME_OPTIONS(k##mode).batch_first(batch_first), input, nn::states_of(hx), weights, train);      \
    return {run.output, run.states[0]};                                                                               \
  }                                                                                                                   \
  std::tuple<Tensor, Tensor> name(const Tensor& data, const Tensor& batch_sizes, const Tensor& hx, TensorList params, \
                                  bool has_biases, int64_t num_layers, double dropout, bool train,                    \
                                  bool bidirectional) {                                                               \
    const std::vector<Tensor> weights = params.vec();                                                                 \
    nn::Run run = nn::forward_packed(RELUME_OPTIONS(k##mode), nn::packed_of(data, batch_sizes), nn::states_of(hx),    \
                                     weights, train);                                                                 \
    return {run.output, run.states[0]};                                                                               \
  }                                                                                                                   \
  Tensor name##_cell(const Tensor& input, const Tensor& hx, const Tensor& w_ih, const Tensor& w_hh,                   \
                     const Tensor& b_ih, const Tensor& b_hh) {                                                        \
    return nn::step_once(nn::Name::mode, input, nn::states_of(hx), {w_ih, w_hh, b_ih, b_hh, {}})[0];                  \
  }
RELUME_RECURRENT_FUNCTION(gru, GRU)
RELUME_RECURRENT_FUNCTION(rnn_tanh, RNN_TANH)
RELUME_RECURRENT_FUNCTION(rnn_relu, RNN_RELU)
#undef RELUME_RECURRENT_FUNCTION
#undef RELUME_OPTIONS

}  // namespace relume
