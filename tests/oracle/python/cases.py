"""Evaluates the cases of the oracle suite with one library: a case is text, its record is plain data.

A case runs unchanged with PyTorch and with Relume, so that two records can be compared, live or from a file. Tensors
come from the builders below, whose values depend on nothing but shape and seed.
"""

import glob
import math
import os
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))


def lines(name):
    """The cases of a file, without comments."""
    with open(os.path.join(HERE, name)) as file:
        return [line.rstrip("\n") for line in file if line.strip() and line[0] != "#"]


def parts(line):
    """The expressions of a case, without what is said about it."""
    return line.split("  ## ")[0].split(" | ")


def programs():
    """(name, text) of the programs: sections of programs*.txt that begin with `## name`."""
    found = []
    for path in sorted(glob.glob(os.path.join(HERE, "programs*.txt"))):
        with open(path) as file:
            found += [tuple(section.split("\n", 1)) for section in file.read().split("\n## ")[1:]]
    return found


class Builder:
    """The names that a case may use: modules, functions, and builders of tensors."""

    def __init__(self, torch, dtype="float32", strided=False):
        self.torch, self.dtype, self.strided = torch, getattr(torch, dtype), strided
        self.leaves, self.made = [], 0

    def names(self):
        torch = self.torch
        names = {name: getattr(torch.nn, name) for name in dir(torch.nn) if name[0].isupper()}
        names.update(torch=torch, nn=torch.nn, F=torch.nn.functional, dtype=self.dtype, math=math)
        for name in "x c p pos prob i s b".split():
            names[name] = getattr(self, name)
        return names

    def _values(self, shape):
        self.made += 1
        count = math.prod(shape)
        return [round(2 * math.sin(1.37 * k + 0.9 * self.made) + 0.3 * math.cos(0.11 * k * k), 4) for k in range(count)]

    def _tensor(self, values, shape, dtype):
        torch = self.torch
        tensor = torch.tensor(values, dtype=torch.float64).reshape(shape).to(dtype)
        if self.strided and len(shape) > 1:
            order = list(reversed(range(len(shape))))
            tensor = tensor.permute(order).contiguous().permute(order)
        return tensor

    def _leaf(self, tensor):
        self.leaves.append(tensor.requires_grad_())
        return tensor

    def x(self, *shape):
        """Numbers with gradient."""
        return self._leaf(self.c(*shape))

    def c(self, *shape):
        """Numbers without gradient."""
        return self._tensor(self._values(shape), shape, self.dtype)

    def p(self, *shape):
        """Numbers in (0, 1), with gradient."""
        return self._leaf(self.prob(*shape))

    def prob(self, *shape):
        """Numbers in (0, 1)."""
        return self._tensor([0.5 + v / 5 for v in self._values(shape)], shape, self.dtype)

    def pos(self, *shape):
        """Positive numbers, with gradient."""
        return self._leaf(self._tensor([abs(v) + 0.1 for v in self._values(shape)], shape, self.dtype))

    def i(self, *shape, high):
        """Integers below high."""
        return self._tensor([int(abs(v) * 1000) % high for v in self._values(shape)], shape, self.torch.int64)

    def s(self, *shape):
        """1 and -1."""
        return self._tensor([1 if v > 0 else -1 for v in self._values(shape)], shape, self.dtype)

    def b(self, *shape):
        """True and False; the first of each row is False."""
        values = [v > 0.7 and k % shape[-1] > 0 for k, v in enumerate(self._values(shape))]
        return self._tensor(values, shape, self.torch.bool)


def plain(torch, value):
    """A result as plain data."""
    if isinstance(value, torch.Tensor):
        kind = str(value.dtype).removeprefix("torch.")
        return {"dtype": kind, "shape": list(value.shape), "values": value.detach().double().flatten().tolist()}
    if isinstance(value, (tuple, list)):
        return [plain(torch, v) for v in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _tensors(torch, value):
    if isinstance(value, torch.Tensor):
        return [value]
    return [t for v in value for t in _tensors(torch, v)] if isinstance(value, (tuple, list)) else []


def _backward(torch, result):
    """Lets 0.5, 0.75, ..., 2, 0.5, ... flow into each floating-point result."""
    results = [t for t in _tensors(torch, result) if t.requires_grad]
    gradients = []
    for tensor in results:
        steps = torch.arange(tensor.numel(), dtype=torch.float64) % 7
        gradients.append((0.5 + 0.25 * steps).reshape(tensor.shape).to(tensor.dtype))
    if results:
        torch.autograd.backward(results, gradients)


def _gradients(torch, builder, module=None):
    found = {f"input {k}": plain(torch, leaf.grad) for k, leaf in enumerate(builder.leaves)}
    if module is not None:
        found.update({name: plain(torch, p.grad) for name, p in module.named_parameters()})
    return found


def run_function(torch, text, dtype="float32", strided=False):
    """The record of an expression: its result and the gradients of its tensors, or its error; and its warnings."""
    builder = Builder(torch, dtype, strided)
    torch.manual_seed(0)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            result = eval(text, builder.names())
            record = {"out": plain(torch, result)}
            _backward(torch, result)
            record["grads"] = _gradients(torch, builder)
            record["next"] = torch.rand(1, dtype=torch.float64).item()
        except Exception as error:
            record = {"error": error_of(error)}
    texts = [str(w.message).split("\n")[0] for w in heard if issubclass(w.category, UserWarning)]
    texts = [text for text in texts if "nested_tensor" not in text]  # Relume has none
    if texts:
        record["warnings"] = texts
    return record


def error_of(error):
    text = str(error).split("\nException raised from")[0].strip()
    return [type(error).__name__, text]


def run_module(torch, made, called, dtype="float32", strided=False):
    """The record of a seeded module: text, state, output and gradients in training, buffers after it, output of eval()."""
    builder = Builder(torch, dtype, strided)
    names = builder.names()
    torch.manual_seed(0)
    try:
        module = eval(made, names)
        record = {"repr": repr(module), "state": [[k, plain(torch, v)] for k, v in module.state_dict().items()]}
        module.to(builder.dtype)
        result = eval(f"_call({called})", {**names, "_call": module})
        record["train"] = plain(torch, result)
        _backward(torch, result)
        record["grads"] = _gradients(torch, builder, module)
        record["buffers"] = {k: plain(torch, v) for k, v in module.named_buffers()}
        module.eval()
        with torch.no_grad():
            record["eval"] = plain(torch, eval(f"_call({called})", {**names, "_call": module}))
        record["next"] = torch.rand(1, dtype=torch.float64).item()
    except Exception as error:
        record = {"error": error_of(error)}
    return record


def run_program(torch, text):
    """The lines that a program shows by show(...), and the error with which it ends."""
    shown = []
    names = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional}
    names["show"] = lambda *values: shown.append([str(value).replace("'relume.", "'torch.") for value in values])
    torch.manual_seed(0)
    try:
        exec(text, names)
    except Exception as error:  # the text is part of what is compared
        shown.append(error_of(error))
    return {"shown": shown}


TOLERANCES = {"float32": (3e-5, 3e-6), "float64": (1e-9, 1e-11), "float16": (4e-3, 4e-3), "bfloat16": (4e-2, 3e-2)}


KEPT = 12  # values of a tensor in a file of goldens


def summarised(tensor):
    """A tensor's record with its first values and two sums over all of them."""
    values = tensor["values"]
    sums = [sum(values), sum(value * (1 + k % 7) for k, value in enumerate(values))]
    digest = {"dtype": "float32", "shape": [2], "values": [each / len(values) for each in sums]}
    return {**tensor, "values": values[:KEPT], "digest": digest}


def difference(ours, theirs, path="", factor=1.0):
    """Where two records differ, as text; empty where they agree."""
    if isinstance(theirs, dict) and "values" in theirs and isinstance(ours, dict):
        for key in ("dtype", "shape"):
            if ours.get(key) != theirs[key]:
                return f"{path}.{key}: {ours.get(key)}, not {theirs[key]}"
        if "digest" in theirs:
            ours = summarised(ours)
        relative, absolute = TOLERANCES.get(theirs["dtype"], (0, 0))
        largest = max((abs(v) for v in theirs["values"] if math.isfinite(v)), default=0)
        for k, (a, b) in enumerate(zip(ours["values"], theirs["values"])):
            same = a == b or (a != a and b != b)
            if not same and not abs(a - b) <= factor * (relative * max(abs(b), 0.1 * largest) + absolute):
                return f"{path}[{k}]: {a}, not {b}"
        return difference(ours.get("digest"), theirs.get("digest"), path + ".digest", factor)
    if isinstance(theirs, dict) and isinstance(ours, dict):
        if list(ours) != list(theirs):
            extra = ours.get("error") or theirs.get("error") or ours.get("warnings") or theirs.get("warnings") or ""
            return f"{path}: {list(ours)}, not {list(theirs)} {extra}"
        pairs = ((f"{path}.{key}", ours[key], theirs[key]) for key in theirs)
    elif isinstance(theirs, list) and isinstance(ours, list):
        if len(ours) != len(theirs):
            return f"{path}: {ours}, not {theirs}"
        pairs = ((f"{path}[{k}]", a, b) for k, (a, b) in enumerate(zip(ours, theirs)))
    else:
        return "" if ours == theirs else f"{path}: {ours!r}, not {theirs!r}"
    return next((found for found in (difference(a, b, p, factor) for p, a, b in pairs) if found), "")
