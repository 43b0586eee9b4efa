"""Recurrent networks as functions of their weights: torch.lstm, torch.gru, torch.rnn_tanh, torch.rnn_relu and their cells."""

from .rnn_steps import NO_BIAS, run_cell, run_layers

_OPTIONS = ("params", "has_biases", "num_layers", "dropout", "train", "bidirectional")
_PLAIN, _PACKED = ("input", "hx", *_OPTIONS, "batch_first"), ("data", "batch_sizes", "hx", *_OPTIONS)


def _bound(args, kwargs):
    """The arguments of a call by name; those of packed sequences have the parameters one place later."""
    packed = "batch_sizes" in kwargs or len(args) > 3 and not isinstance(args[3], bool)
    return {**dict(zip(_PACKED if packed else _PLAIN, args)), **kwargs}


def _layers(call, projected):
    """The weights of each direction of each layer, by the names that they have in a cell."""
    names = ["weight_ih", "weight_hh"] + (["bias_ih", "bias_hh"] if call["has_biases"] else [])
    names += ["weight_hr"] if projected else []
    params, width, directions = list(call["params"]), len(names), 2 if call["bidirectional"] else 1
    if len(params) % width:
        raise RuntimeError("got an incorrect number of RNN parameters")
    if len(params) < width * call["num_layers"] * directions:
        raise RuntimeError("Expected more weights in stacked_rnn")
    each = [{**NO_BIAS, **dict(zip(names, params[i : i + width]))} for i in range(0, len(params), width)]
    return [each[i * directions : (i + 1) * directions] for i in range(call["num_layers"])]


def _run(mode, call, states, projected=False):
    """The output, and the last states."""
    layers, dropout = _layers(call, projected), call["dropout"] if call["train"] else 0
    if "batch_sizes" in call:
        return run_layers(mode, call["data"], call["batch_sizes"].tolist(), states, layers, dropout)
    input = call["input"].transpose(0, 1) if call["batch_first"] else call["input"]
    output, last = run_layers(mode, input, None, states, layers, dropout)
    return output.transpose(0, 1) if call["batch_first"] else output, last


def _simple(mode, args, kwargs):
    call = _bound(args, kwargs)
    output, (last,) = _run(mode, call, (call["hx"],))
    return output, last


def lstm(*args, **kwargs):
    """lstm(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first), or of packed sequences
    lstm(data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional): (output, last h, last c) of
    nn.LSTM with the weights params, layer by layer, each direction's w_ih, w_hh, b_ih, b_hh, and w_hr where h and c differ
    in width. hx is (h, c)."""
    call = _bound(args, kwargs)
    if len(call["hx"]) != 2:
        raise RuntimeError("lstm expects two hidden states")
    projected = call["hx"][0].size(2) != call["hx"][1].size(2)
    output, last = _run("LSTM", call, tuple(call["hx"]), projected)
    return (output, *last)


def gru(*args, **kwargs):
    """gru(input, hx, params, ...): (output, last h) of nn.GRU; see lstm. hx is h."""
    return _simple("GRU", args, kwargs)


def rnn_tanh(*args, **kwargs):
    """rnn_tanh(input, hx, params, ...): (output, last h) of nn.RNN; see lstm. hx is h."""
    return _simple("RNN_TANH", args, kwargs)


def rnn_relu(*args, **kwargs):
    """rnn_relu(input, hx, params, ...): (output, last h) of nn.RNN with relu; see lstm. hx is h."""
    return _simple("RNN_RELU", args, kwargs)


def lstm_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """(h, c) after one step of nn.LSTMCell: input [N, H_in] and hx (h, c) of [N, H]."""
    if len(hx) != 2:
        raise RuntimeError("lstm_cell expects two hidden states")
    return run_cell("LSTM", input, tuple(hx), w_ih, w_hh, b_ih, b_hh)


def gru_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """h after one step of nn.GRUCell: input [N, H_in] and hx [N, H]."""
    return run_cell("GRU", input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


def rnn_tanh_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """h after one step of nn.RNNCell: input [N, H_in] and hx [N, H]."""
    return run_cell("RNN_TANH", input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


def rnn_relu_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """h after one step of nn.RNNCell with relu: input [N, H_in] and hx [N, H]."""
    return run_cell("RNN_RELU", input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]
