"""Runs a table of cases through PyTorch and writes what it answered as one JSON line a case (see README.md)."""

import json
import os

import torch

from ops import resolve

torch.set_num_threads(1)

DTYPES = {
    name: getattr(torch, name)
    for name in "uint8 int8 int16 int32 int64 uint16 float16 bfloat16 float32 float64 bool".split()
}
FLOATS = ["float16", "bfloat16", "float32", "float64"]
INTS = ["uint8", "int8", "int16", "int32", "int64"]


def dtype_name(dtype):
    return str(dtype).removeprefix("torch.")


def float_text(value, dtype):
    """Shortest text that reads back as `value` in float64, or after rounding to float32."""
    if value != value:
        return "nan"
    if value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    if value == int(value) and abs(value) < 1e15:
        return "-0" if str(value) == "-0.0" else str(int(value))
    if dtype is not torch.float64:
        for digits in range(1, 10):
            text = f"{value:.{digits}g}"
            if torch.tensor(float(text), dtype=torch.float32).item() == value:
                break
    else:
        text = repr(value)
    return text


def tensor_text(tensor):
    """`float32[2,3] 1 2 3 4 5 6`: dtype, sizes, values in logical order; `[2,3;1,2]` adds strides."""
    tensor = tensor.detach().clone() if tensor._is_zerotensor() else tensor.detach()
    sizes = ",".join(map(str, tensor.shape))
    strides = "" if tensor.is_contiguous() else ";" + ",".join(map(str, tensor.stride()))
    values = tensor.contiguous().flatten()
    if tensor.dtype.is_floating_point:
        texts = [float_text(v, tensor.dtype) for v in values.double().tolist()]
    else:
        texts = [str(int(v)) for v in values.tolist()]
    return " ".join([f"{dtype_name(tensor.dtype)}[{sizes}{strides}]", *texts])


def error_text(error):
    """The error as [Python type, first paragraph of its message]."""
    text = str(error).split("\nException raised from")[0].split("\nDebug info")[0].strip()
    return [type(error).__name__, text.replace("torch.DoubleTensor{", "*{")]


def weights(tensor):
    """The gradient that flows into every result: 0.5, 0.75, ..., 2, 0.5, ... in logical order."""
    steps = torch.arange(tensor.numel(), dtype=torch.float64) % 7
    return (0.5 + 0.25 * steps).reshape(tensor.shape).to(tensor.dtype)


def floating(value):
    return isinstance(value, torch.Tensor) and value.dtype.is_floating_point


def flatten(value):
    """The tensors of a result, in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    return [t for v in value for t in flatten(v)] if isinstance(value, (tuple, list)) else []


def map_tensors(function, value):
    if isinstance(value, torch.Tensor):
        return function(value)
    if isinstance(value, (tuple, list)):
        return [map_tensors(function, v) for v in value]
    return value


def leaf(tensor):
    """A copy with the same strides that requires grad where it can."""
    copy = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype)
    if tensor.numel() and 0 in [st for st, n in zip(tensor.stride(), tensor.shape) if n > 1]:
        copy = tensor.detach()
    else:
        copy.copy_(tensor)
    return copy.requires_grad_(tensor.dtype.is_floating_point)


class Golden:
    """One golden file."""

    def __init__(self, name, script):
        self.path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "goldens", name + ".jsonl")
        self.header = {"script": "tests/oracle/" + os.path.basename(script), "torch": torch.__version__.split("+")[0]}
        self.inputs = {}
        self.names = {}
        self.lines = []

    def let(self, name, tensor):
        """Names a tensor: cases that take it refer to it as `$name`."""
        assert name not in self.inputs, name
        self.inputs[name] = tensor
        self.names[id(tensor)] = "$" + name
        return tensor

    def encode(self, value):
        if isinstance(value, torch.Tensor):
            return self.names.get(id(value)) or tensor_text(value)
        if isinstance(value, torch.dtype):
            return dtype_name(value)
        if isinstance(value, (tuple, list, torch.Size)):
            return [self.encode(v) for v in value]
        if isinstance(value, float) and (value != value or abs(value) == float("inf")):
            return {"float": float_text(value, torch.float64)}
        if isinstance(value, slice):
            return {"slice": [value.start, value.stop, value.step]}
        if value is Ellipsis:
            return "..."
        return value

    def add(self, row):
        self.lines.append(json.dumps(row, separators=(",", ":")))

    def case(self, op, *args, grad=None, second=False, **fields):
        """Calls the op and records its results or its error.

        grad: also record the gradients of the floating-point inputs (default: where a float64 input takes part);
        second: also those of the gradients (double backward). fields go into the row as they are: ulp=... for another
        tolerance, fixed=[...] for the positions of arguments that do not require grad, dense=True where the strides of
        the results are nobody's business.
        """
        row = {"op": op, "args": self.encode(args), **fields}
        function = resolve(op)
        tensors = flatten(args)
        if grad is None:
            grad = any(t.dtype is torch.float64 for t in tensors) and not op.endswith("_")
        try:
            out = function(*map_tensors(lambda t: t.clone() if op.endswith("_") else t, list(args)))
        except Exception as error:  # the text is the golden
            row["error"] = error_text(error)
            return self.add(row)
        out = torch.tensor(out) if isinstance(out, bool) else out
        row["out"] = self.encode(map_tensors(torch.Tensor.contiguous, out) if row.get("dense") else out)
        if grad or second:
            self.add_gradients(row, function, args, second)
        self.add(row)

    def add_gradients(self, row, function, args, second):
        fixed = row.get("fixed", [])
        leaves = [a if i in fixed else map_tensors(leaf, a) for i, a in enumerate(args)]
        inputs = [t for t in flatten(leaves) if t.requires_grad]
        in_place = row["op"].endswith("_")
        results = function(*map_tensors(lambda t: t.clone(), leaves) if in_place else leaves)
        results = [t for t in flatten(results) if floating(t) and t.requires_grad]
        if not results or not inputs:
            return
        try:
            gradients = torch.autograd.grad(
                results, inputs, [weights(t) for t in results], create_graph=second, allow_unused=True
            )
        except Exception as error:
            row["grad_error"] = error_text(error)
            return
        row["grads"] = [None if g is None else tensor_text(g) for g in gradients]
        if not second:
            return
        again = [g for g in gradients if g is not None and g.requires_grad]
        if not again:
            row["grads2"] = []
            return
        gradients = torch.autograd.grad(again, inputs, [weights(g) for g in again], allow_unused=True)
        row["grads2"] = [None if g is None else tensor_text(g) for g in gradients]

    def write(self):
        header = dict(self.header)
        if self.inputs:
            header["inputs"] = {name: tensor_text(t) for name, t in self.inputs.items()}
        with open(self.path, "w") as file:
            file.write("\n".join([json.dumps(header, separators=(",", ":")), *self.lines]) + "\n")
        print(f"{os.path.basename(self.path)}: {len(self.lines)} rows, {os.path.getsize(self.path)} bytes")
