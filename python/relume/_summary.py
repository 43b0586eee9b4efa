"""summary(): a model's layers, the shapes that flow through it, its parameters, and the memory they take."""

from ._C import Tensor, float32, ops
from ._modes import no_grad


def _tensors(value):
    """The tensors in what a module returned."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return []
    return [tensor for item in value for tensor in _tensors(item)]


def _shape_text(tensors):
    return ", ".join(str(list(tensor.shape)) for tensor in tensors) or "-"


def _bytes(tensors):
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def _size_text(count):
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.2f} {unit}"
        count /= 1024
    return f"{count:.2f} GiB"


class _Recorder:
    """Runs a model once, without training it, and keeps what each module returned."""

    def __init__(self, model, inputs):
        self.outputs, self.activations = {}, 0
        modes = [(module, module.training) for module in model.modules()]
        handles = [module.register_forward_hook(self._note) for module in model.modules()]
        try:
            model.eval()
            with no_grad():
                model(*inputs)
        finally:
            for handle in handles:
                handle.remove()
            for module, training in modes:
                module.training = training

    def _note(self, module, inputs, output):
        tensors = _tensors(output)
        self.outputs.setdefault(module, _shape_text(tensors))
        if not list(module.children()):
            self.activations += _bytes(tensors)


def _rows(module, name, recorder, seen, indent="", branch=""):
    """(name, output shape, parameters) of a module and those in it; one that occurs again is not counted again."""
    own = type(module).__name__
    title = f"{branch}{name}: {own}" if name else own
    again = module in seen
    seen.add(module)
    count = sum(parameter.numel() for parameter in module.parameters())
    yield title, recorder.outputs.get(module, "-"), "(again)" if again else f"{count:,}" if count else "-"
    children = [] if again else list(module.named_children())
    for i, (child_name, child) in enumerate(children):
        last = i == len(children) - 1
        yield from _rows(
            child, child_name, recorder, seen, indent + ("   " if last else "│  "), indent + ("└─ " if last else "├─ ")
        )


def _inputs(input_size, dtype):
    sizes = input_size if input_size and isinstance(input_size[0], (list, tuple)) else [input_size]
    dtypes = dtype if isinstance(dtype, (list, tuple)) else [dtype] * len(sizes)
    if len(dtypes) != len(sizes):
        raise ValueError(f"summary: {len(sizes)} inputs, but {len(dtypes)} dtypes")
    return [ops.zeros(tuple(size), dtype=kind) for size, kind in zip(sizes, dtypes)]


def summary(model, input_size, dtype=float32):
    """Prints a model's layers with the shapes of their results and their numbers of parameters, then the totals and the
    memory of parameters, buffers and results.

    input_size: the shape of the input with its batch, (1, 3, 32, 32), or a list of shapes for several inputs; dtype: of
    the inputs, or a list. The model runs once on zeros, in eval mode and without gradients, and stays as it was.
    """
    inputs = _inputs(input_size, dtype)
    recorder = _Recorder(model, inputs)
    table = [("Layer", "Output shape", "Parameters"), *_rows(model, "", recorder, set())]
    widths = [max(len(row[i]) for row in table) for i in range(3)]
    lines = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}" for a, b, c in table]
    lines.insert(1, "─" * len(lines[0]))
    lines.append(lines[1])

    parameters = list(model.parameters())
    trained = sum(parameter.numel() for parameter in parameters if parameter.requires_grad)
    everything = sum(parameter.numel() for parameter in parameters)
    memory = {
        "Input": _bytes(inputs), "Parameters": _bytes(parameters), "Buffers": _bytes(list(model.buffers())),
        "Results of layers": recorder.activations,
    }  # fmt: skip
    lines.append(f"Parameters: {everything:,}, of which {trained:,} are trained")
    lines.append("Memory: " + ", ".join(f"{what.lower()} {_size_text(size)}" for what, size in memory.items() if size))
    print("\n".join(lines))
