"""Recurrent networks: RNN, LSTM, GRU and their cells."""

import math
import warnings

from ..._C import ops
from .. import init
from ..parameter import Parameter
from ..packed_sequence import PackedSequence
from .module import Module
from .rnn_steps import NO_BIAS, run_cell, run_layers


class RNNBase(Module):
    """What RNN, LSTM and GRU share; `mode` is RNN_TANH, RNN_RELU, LSTM or GRU."""

    __constants__ = [
        "mode", "input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional", "proj_size",
    ]  # fmt: skip
    _gates = {"RNN_TANH": 1, "RNN_RELU": 1, "LSTM": 4, "GRU": 3}

    def __init__(
        self, mode, input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False,
        proj_size=0, device=None, dtype=None,
    ):  # fmt: skip
        super().__init__()
        _check_options(input_size, hidden_size, num_layers, bias, batch_first, dropout, proj_size)
        if mode not in self._gates:
            raise ValueError("Unrecognized RNN mode: " + mode)
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._add_parameters({"device": device, "dtype": dtype})
        self.reset_parameters()

    def _add_parameters(self, made):
        rows = self._gates[self.mode] * self.hidden_size
        state = self.proj_size or self.hidden_size
        for layer in range(self.num_layers):
            width = self.input_size if layer == 0 else state * (2 if self.bidirectional else 1)
            for suffix in self._suffixes(layer):
                sizes = {"weight_ih": (rows, width), "weight_hh": (rows, state)}
                if self.bias:
                    sizes.update(bias_ih=(rows,), bias_hh=(rows,))
                if self.proj_size:
                    sizes["weight_hr"] = (self.proj_size, self.hidden_size)
                for name, size in sizes.items():
                    setattr(self, name + suffix, Parameter(ops.empty(size, **made)))

    def _suffixes(self, layer):
        """The ends of the parameters' names, one for each direction."""
        return [f"_l{layer}", f"_l{layer}_reverse"] if self.bidirectional else [f"_l{layer}"]

    def _weights(self, suffix):
        """The parameters of a layer in one direction, by the names they have in a cell."""
        names = ["weight_ih", "weight_hh"] + (["bias_ih", "bias_hh"] if self.bias else [])
        names += ["weight_hr"] if self.proj_size else []
        return {**NO_BIAS, **{name: getattr(self, name + suffix) for name in names}}

    @property
    def all_weights(self):
        """The parameters of each layer and direction."""
        suffixes = [suffix for layer in range(self.num_layers) for suffix in self._suffixes(layer)]
        return [[weight for weight in self._weights(suffix).values() if weight is not None] for suffix in suffixes]

    def reset_parameters(self):
        """Draws the parameters anew: uniform within 1 / sqrt(hidden_size)."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def flatten_parameters(self):
        """Does nothing: there is no faster layout to move the parameters to."""

    def _check_input(self, input, packed):
        weight = self.weight_ih_l0
        if input.dtype != weight.dtype:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({weight.dtype}). Convert input: "
                f"input.to({weight.dtype}), or convert model: model.to({input.dtype})"
            )
        expected = 2 if packed else 3
        if input.dim() != expected:
            raise RuntimeError(f"input must have {expected} dimensions, got {input.dim()}")
        if input.size(-1) != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.size(-1)}"
            )

    def _state_size(self, batch, size):
        return (self.num_layers * (2 if self.bidirectional else 1), batch, size)

    def _check_hidden(self, hidden, size, text):
        if tuple(hidden.shape) != size:
            raise RuntimeError(text.format(size, list(hidden.shape)))

    def _initial(self, hx, input, batch, batched):
        """The states at the start as a tuple of tensors, checked."""
        sizes = [self.proj_size or self.hidden_size] + ([self.hidden_size] if self.mode == "LSTM" else [])
        if hx is None:
            return tuple(ops.zeros(self._state_size(batch, size), dtype=input.dtype) for size in sizes)
        if self.mode != "LSTM":
            if not batched and hx.dim() != 2:
                raise RuntimeError(f"For unbatched 2-D input, hx should also be 2-D but got {hx.dim()}-D tensor")
            if batched and hx.dim() != 3:
                raise RuntimeError(f"For batched 3-D input, hx should also be 3-D but got {hx.dim()}-D tensor")
            hx, texts = (hx,), ("Expected hidden size {}, got {}",)
        else:
            wanted, kind = (3, "batched") if batched else (2, "unbatched")
            if hx[0].dim() != wanted or hx[1].dim() != wanted:
                raise RuntimeError(
                    f"For {kind} {wanted}-D input, hx and cx should also be {wanted}-D but got ({hx[0].dim()}-D, "
                    f"{hx[1].dim()}-D) tensors"
                )
            texts = ("Expected hidden[0] size {}, got {}", "Expected hidden[1] size {}, got {}")
        hx = tuple(hx) if batched else tuple(state.unsqueeze(1) for state in hx)
        for state, size, text in zip(hx, sizes, texts):
            self._check_hidden(state, self._state_size(batch, size), text)
        return hx

    def _run(self, input, batch_sizes, states):
        """All layers: input [steps, batch, width], or packed, and states to output and last states."""
        layers = [[self._weights(suffix) for suffix in self._suffixes(layer)] for layer in range(self.num_layers)]
        return run_layers(self.mode, input, batch_sizes, states, layers, self.dropout if self.training else 0)

    def forward(self, input, hx=None):
        if isinstance(input, PackedSequence):
            return self._forward_packed(input, hx)
        if input.dim() not in (2, 3):
            end = "D tensor instead" if self.mode.startswith("RNN") else "D instead"
            raise ValueError(f"{self._get_name()}: Expected input to be 2D or 3D, got {input.dim()}{end}")
        batched = input.dim() == 3
        if not batched:
            input = input.unsqueeze(0 if self.batch_first else 1)
        states = self._initial(hx, input, input.size(0 if self.batch_first else 1), batched)
        self._check_input(input, False)
        if self.batch_first:
            input = input.transpose(0, 1)
        if input.size(0) == 0:
            raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
        output, last = self._run(input, None, states)
        output = output.transpose(0, 1) if self.batch_first else output
        if not batched:
            output = output.squeeze(0 if self.batch_first else 1)
            last = tuple(state.squeeze(1) for state in last)
        return output, (last if self.mode == "LSTM" else last[0])

    def _forward_packed(self, packed, hx):
        data, batch_sizes, in_order, back = packed
        self._check_input(data, True)
        batch_sizes = batch_sizes.tolist()
        states = self._initial(hx, data, batch_sizes[0], True)
        if hx is not None and in_order is not None:
            states = tuple(state.index_select(1, in_order) for state in states)
        output, last = self._run(data, batch_sizes, states)
        if back is not None:
            last = tuple(state.index_select(1, back) for state in last)
        return PackedSequence(output, *packed[1:]), (last if self.mode == "LSTM" else last[0])

    def extra_repr(self):
        text = f"{self.input_size}, {self.hidden_size}"
        if self.proj_size != 0:
            text += f", proj_size={self.proj_size}"
        if self.num_layers != 1:
            text += f", num_layers={self.num_layers}"
        if self.bias is not True:
            text += f", bias={self.bias}"
        if self.batch_first is not False:
            text += f", batch_first={self.batch_first}"
        if self.dropout != 0:
            text += f", dropout={self.dropout}"
        return text + (f", bidirectional={self.bidirectional}" if self.bidirectional is not False else "")


def _check_options(input_size, hidden_size, num_layers, bias, batch_first, dropout, proj_size):
    if isinstance(dropout, bool) or not isinstance(dropout, (int, float)) or not 0 <= dropout <= 1:
        raise ValueError(
            "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
        )
    if dropout > 0 and num_layers == 1:
        warnings.warn(
            "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers greater "
            f"than 1, but got dropout={dropout} and num_layers={num_layers}",
            stacklevel=4,
        )
    for name, flag in (("bias", bias), ("batch_first", batch_first)):
        if not isinstance(flag, bool):
            raise TypeError(f"{name} should be of type bool, got: {type(flag).__name__}")
    for name, size in (("input_size", input_size), ("hidden_size", hidden_size)):
        if not isinstance(size, int):
            raise TypeError(f"{name} should be of type int, got: {type(size).__name__}")
        if size <= 0:
            raise ValueError(f"{name} must be greater than zero")
    if num_layers <= 0:
        raise ValueError("num_layers must be greater than zero")
    if proj_size < 0:
        raise ValueError("proj_size should be a positive integer or zero to disable projections")
    if proj_size >= hidden_size:
        raise ValueError("proj_size has to be smaller than hidden_size")


class RNN(RNNBase):
    """h = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu, at each step: input [L, N, H_in] (or [N, L, H_in] under
    batch_first, or without N, or packed) and h [layers * directions, N, H] to all h [L, N, H] and the last.  Elman, 1990."""

    def __init__(
        self, input_size, hidden_size, num_layers=1, nonlinearity="tanh", bias=True, batch_first=False, dropout=0.0,
        bidirectional=False, device=None, dtype=None, **kwargs,
    ):  # fmt: skip
        _refuse_projection(kwargs)
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        self.nonlinearity = nonlinearity
        super().__init__(
            "RNN_" + nonlinearity.upper(), input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            device=device, dtype=dtype, **kwargs,
        )  # fmt: skip


def _refuse_projection(kwargs):
    if "proj_size" in kwargs:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")


class LSTM(RNNBase):
    """RNN with a cell that input, forget and output gates guard; states are (h, c). With proj_size h is a linear map of what
    leaves the cell.  Hochreiter and Schmidhuber, 1997; Sak et al., 2014."""

    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False,
        proj_size=0, device=None, dtype=None,
    ):  # fmt: skip
        super().__init__(
            "LSTM", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size, device, dtype
        )


class GRU(RNNBase):
    """RNN with reset and update gates.  Cho et al., 2014."""

    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False,
        device=None, dtype=None, **kwargs,
    ):  # fmt: skip
        _refuse_projection(kwargs)
        super().__init__(
            "GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, device=device,
            dtype=dtype, **kwargs,
        )  # fmt: skip


class RNNCellBase(Module):
    """What the cells share."""

    __constants__ = ["input_size", "hidden_size", "bias"]

    def __init__(self, input_size, hidden_size, bias, num_chunks, device=None, dtype=None):
        super().__init__()
        made = {"device": device, "dtype": dtype}
        rows = num_chunks * hidden_size
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        self.weight_ih = Parameter(ops.empty((rows, input_size), **made))
        self.weight_hh = Parameter(ops.empty((rows, hidden_size), **made))
        self.register_parameter("bias_ih", Parameter(ops.empty(rows, **made)) if bias else None)
        self.register_parameter("bias_hh", Parameter(ops.empty(rows, **made)) if bias else None)
        self.reset_parameters()

    reset_parameters = RNNBase.reset_parameters

    def _checked(self, input, states, names):
        """Input and states as matrices, and whether they were."""
        name = self._get_name()
        if input.dim() not in (1, 2):
            raise ValueError(f"{name}: Expected input to be 1D or 2D, got {input.dim()}D instead")
        for state, what in zip(states or (), names):
            if state.dim() not in (1, 2):
                raise ValueError(f"{name}: Expected {what} to be 1D or 2D, got {state.dim()}D instead")
        batched = input.dim() == 2
        rows = input if batched else input.unsqueeze(0)
        if states is None:
            zeros = ops.zeros((rows.size(0), self.hidden_size), dtype=rows.dtype)
            states = (zeros,) * len(names)
        elif not batched:
            states = tuple(state.unsqueeze(0) for state in states)
        return rows, states, batched

    def _next(self, mode, input, states, names):
        rows, states, batched = self._checked(input, states, names)
        states = run_cell(mode, rows, states, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return states if batched else tuple(state.squeeze(0) for state in states)

    def extra_repr(self):
        text = f"{self.input_size}, {self.hidden_size}"
        if self.bias is not True:
            text += f", bias={self.bias}"
        if getattr(self, "nonlinearity", "tanh") != "tanh":
            text += f", nonlinearity={self.nonlinearity}"
        return text


class RNNCell(RNNCellBase):
    """One step of RNN: input [N, H_in] and h [N, H], or without N, to h."""

    __constants__ = ["input_size", "hidden_size", "bias", "nonlinearity"]

    def __init__(self, input_size, hidden_size, bias=True, nonlinearity="tanh", device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input, hx=None):
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return self._next("RNN_" + self.nonlinearity.upper(), input, None if hx is None else (hx,), ("hidden",))[0]


class LSTMCell(RNNCellBase):
    """One step of LSTM: input [N, H_in] and (h, c) of [N, H], or without N, to (h, c)."""

    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input, hx=None):
        return self._next("LSTM", input, hx, ("hx[0]", "hx[1]"))


class GRUCell(RNNCellBase):
    """One step of GRU: input [N, H_in] and h [N, H], or without N, to h."""

    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input, hx=None):
        return self._next("GRU", input, None if hx is None else (hx,), ("hidden",))[0]
