"""The arithmetic of recurrent networks: a step of each kind, a layer's walk over a sequence, and layers in a row."""

from ..._C import float32, ops
from ..functional.dropouts import dropout as dropout_of

NO_BIAS = {"weight_ih": None, "weight_hh": None, "bias_ih": None, "bias_hh": None}


def simple_step(activation):
    """The step of RNN with this activation."""

    def step(projected, states, weights):
        (hidden,) = states
        return (activation(projected + ops.linear(hidden, weights["weight_hh"], weights["bias_hh"])),)

    return step


def lstm_step(projected, states, weights):
    """i, f, g, o = gates; c = f * c + i * g; h = o * tanh(c), projected where there is a weight for it."""
    hidden, cell = states
    recurrent = ops.linear(hidden, weights["weight_hh"], weights["bias_hh"])
    hidden, cell, _ = ops._thnn_fused_lstm_cell(projected, recurrent, cell)
    projection = weights.get("weight_hr")
    return (hidden if projection is None else ops.linear(hidden, projection)), cell


def gru_step(projected, states, weights):
    """r, z = gates; n = tanh(x_n + r * h_n); h = n + z * (h - n)."""
    (hidden,) = states
    reset, update, new = projected.chunk(3, 1)
    own_reset, own_update, own_new = ops.linear(hidden, weights["weight_hh"], weights["bias_hh"]).chunk(3, 1)
    reset, update = (reset + own_reset).sigmoid(), (update + own_update).sigmoid()
    candidate = (new + reset * own_new).tanh()
    return (candidate + update * (hidden - candidate),)


# The steps of the modes of RNNBase, (projected input, states, weights) to states.
STEPS = {"LSTM": lstm_step, "GRU": gru_step, "RNN_TANH": simple_step(ops.tanh), "RNN_RELU": simple_step(ops.relu)}


def run_cell(mode, input, states, w_ih, w_hh, b_ih, b_hh):
    """The states after one step: input [N, H_in] and states of [N, H]."""
    if input.size(1) != w_ih.size(1):
        raise RuntimeError(f"input has inconsistent input_size: got {input.size(1)} expected {w_ih.size(1)}")
    for i, state in enumerate(states):
        if state.size(0) != input.size(0):
            raise RuntimeError(f"Input batch size {input.size(0)} doesn't match hidden{i} batch size {state.size(0)}")
        if state.size(1) != w_hh.size(1):
            raise RuntimeError(f"hidden{i} has inconsistent hidden_size: got {state.size(1)}, expected {w_hh.size(1)}")
    return STEPS[mode](ops.linear(input, w_ih, b_ih), states, {"weight_hh": w_hh, "bias_hh": b_hh})


def run_layers(mode, input, batch_sizes, states, layers, dropout):
    """All layers: input [steps, batch, width], or packed, and states to output and last states. layers has the weights of
    each direction of each layer; dropout is the part that is dropped between layers."""
    last = []
    # Autocast makes LSTM compute in bfloat16 as a whole; of the others it makes the products do so.
    if mode == "LSTM" and ops.is_autocast_enabled() and input.dtype is float32:
        narrower = ops.get_autocast_dtype("cpu")
        input, states = input.to(narrower), tuple(state.to(narrower) for state in states)
        layers = [
            [{name: w if w is None else w.to(narrower) for name, w in weights.items()} for weights in directions]
            for directions in layers
        ]
    for i, directions in enumerate(layers):
        outputs = []
        for backwards, weights in enumerate(directions):
            own = tuple(state[len(last)] for state in states)
            output, end = run_layer(STEPS[mode], input, batch_sizes, own, weights, backwards)
            outputs.append(output)
            last.append(end)
        input = ops.cat(outputs, -1) if len(outputs) > 1 else outputs[0]
        if dropout and i + 1 < len(layers):
            input = dropout_of(input, dropout, True)
    return input, tuple(ops.stack(parts) for parts in zip(*last))


def run_layer(step, input, batch_sizes, states, weights, reverse):
    """One layer in one direction: input [steps, batch, width] or, with batch_sizes, packed, to all outputs and the last
    states."""
    projected = ops.linear(input, weights["weight_ih"], weights["bias_ih"])
    if batch_sizes is not None:
        return _run_packed(step, projected.split(batch_sizes), states, weights, reverse)
    steps = projected.unbind(0)
    outputs = []
    for each in reversed(steps) if reverse else steps:
        states = step(each, states, weights)
        outputs.append(states[0])
    return ops.stack(outputs[::-1] if reverse else outputs), states


def _run_packed(step, steps, states, weights, reverse):
    """Over steps with fewer and fewer sequences; backwards, sequences join with their first state."""
    first, outputs, ended = states, [], []
    states = tuple(state[: steps[-1 if reverse else 0].size(0)] for state in first)
    for each in reversed(steps) if reverse else steps:
        now, here = states[0].size(0), each.size(0)
        if here > now:
            states = tuple(ops.cat((state, start[now:here])) for state, start in zip(states, first))
        elif here < now:
            ended.append(tuple(state[here:] for state in states))
            states = tuple(state[:here] for state in states)
        states = step(each, states, weights)
        outputs.append(states[0])
    ended.append(states)
    last = tuple(ops.cat(parts) for parts in zip(*reversed(ended)))
    return ops.cat(outputs[::-1] if reverse else outputs), last
