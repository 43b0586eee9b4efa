"""The arithmetic of recurrent networks: a step of each kind, and a layer's walk over a sequence."""

from ..._C import ops


def simple_step(activation):
    """The step of RNN with this activation."""

    def step(projected, states, weights):
        (hidden,) = states
        return (activation(projected + ops.linear(hidden, weights["weight_hh"], weights["bias_hh"])),)

    return step


def lstm_step(projected, states, weights):
    """i, f, g, o = gates; c = f * c + i * g; h = o * tanh(c), projected where there is a weight for it."""
    hidden, cell = states
    gates = projected + ops.linear(hidden, weights["weight_hh"], weights["bias_hh"])
    enter, forget, candidate, leave = gates.chunk(4, 1)
    cell = forget.sigmoid() * cell + enter.sigmoid() * candidate.tanh()
    hidden = leave.sigmoid() * cell.tanh()
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
