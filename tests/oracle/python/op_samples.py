"""The sample inputs that PyTorch's own tests have for each op, given to both libraries: values, gradients, and the
gradients' gradients in float64.

They are made by torch.testing._internal of the PyTorch that is installed, which needs the package expecttest; none of
them is part of this project. `op_samples.txt` lists the ops that are not compared, and why.
"""

import operator
import types
import warnings

import cases

DTYPES = "float32 float64 bfloat16 float16 int64 int32 uint8 bool".split()
MOST = 40  # samples of an op and a dtype


class Missing(Exception):
    """Relume lacks what a sample needs."""


def excluded():
    """{op, or `op dtype`: why it is not compared}."""
    return dict(line.split("  ## ") for line in cases.lines("op_samples.txt"))


class Translator:
    """Turns the arguments and functions of PyTorch's samples into Relume's."""

    def __init__(self, relume, torch):
        self.relume, self.torch = relume, torch
        self.dtypes = {getattr(torch, name): getattr(relume, name) for name in (*DTYPES, "int16", "int8")}
        self.names = {}
        for path in ("", "nn.functional.", "linalg.", "special.", "Tensor."):
            self._list_names(path)

    def _list_names(self, path):
        owner = operator.attrgetter(path.rstrip("."))(self.torch) if path else self.torch
        for name in dir(owner):
            value = getattr(owner, name, None)
            if callable(value) and getattr(value, "__hash__", None):
                self.names.setdefault(value, path + name)

    def value(self, value):
        """An argument: tensors of the same elements and strides, lists, dtypes and so on."""
        torch, relume = self.torch, self.relume
        if isinstance(value, torch.Tensor):
            return self._tensor(value)
        if isinstance(value, torch.dtype):
            return self._known(self.dtypes, value)
        if isinstance(value, torch.device):
            return relume.device(str(value))
        if isinstance(value, torch.memory_format):
            return getattr(relume, str(value).split(".")[1])
        if isinstance(value, dict):
            return {key: self.value(each) for key, each in value.items()}
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*map(self.value, value))
        if isinstance(value, (list, tuple)):
            made = [self.value(each) for each in value]
            return relume.Size(made) if isinstance(value, torch.Size) else type(value)(made)
        if type(value).__module__.startswith("torch") and not callable(value):
            raise Missing(str(value))
        return self.function(value) if callable(value) else value

    def _known(self, table, key):
        if key not in table:
            raise Missing(str(key))
        return table[key]

    def _tensor(self, tensor):
        torch, relume = self.torch, self.relume
        dtype = self._known(self.dtypes, tensor.dtype)
        if tensor.layout != torch.strided:
            raise Missing(str(tensor.layout))
        plain, count = tensor.detach(), 0
        if plain.numel():
            count = 1 + sum((size - 1) * stride for size, stride in zip(plain.shape, plain.stride()))
        elements = plain.as_strided((count,), (1,), plain.storage_offset())
        memory = relume.from_dlpack(elements.view(torch.uint8) if tensor.dtype == torch.bool else elements).clone()
        made = memory.view(dtype).as_strided(tuple(plain.shape), plain.stride())
        return made.detach().requires_grad_(tensor.requires_grad)

    def function(self, function):
        """PyTorch's function by its name; one of its tests' with Relume for `torch` in it."""
        relume = self.relume
        if function in self.names:
            path = self.names[function]
        elif isinstance(function, types.FunctionType) and "testing" in function.__module__:
            return self._translated(function)
        elif isinstance(function, types.MethodDescriptorType) or type(function).__name__ == "wrapper_descriptor":
            path = "Tensor." + function.__name__
        elif getattr(operator, getattr(function, "__name__", ""), None) is function:
            return function
        else:
            raise Missing(str(function))
        try:
            return operator.attrgetter(path)(relume)
        except AttributeError:
            raise Missing(path) from None

    def _translated(self, function):
        names = dict(function.__globals__, torch=self.relume, F=self.relume.nn.functional, wrapper_set_seed=self._seeded)
        for name in function.__code__.co_names:
            used = names.get(name)
            if isinstance(used, types.FunctionType) and used.__module__ == function.__module__ and used is not function:
                names[name] = self._translated(used)
        cells = tuple(types.CellType(self.value(cell.cell_contents)) for cell in function.__closure__ or ())
        made = types.FunctionType(function.__code__, names, function.__name__, function.__defaults__, cells)
        made.__kwdefaults__ = function.__kwdefaults__
        return made

    def _seeded(self, function, *arguments, **named):
        self.relume.manual_seed(42)  # as PyTorch's function of that name does
        return function(*arguments, **named)


def flattened(value):
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return [value]
    return [inner for each in value for inner in flattened(each)]


def gradients(torch, outputs, inputs, create_graph):
    """Those of the outputs, with the weights 0.5, 0.75, ..., 2, 0.5, ...; None where nothing requires one."""
    outputs = [each for each in outputs if isinstance(each, torch.Tensor) and each.requires_grad]
    if not outputs or not inputs:
        return None
    weights = []
    for output in outputs:
        steps = torch.arange(output.numel(), dtype=torch.float64) % 7
        weights.append((0.5 + 0.25 * steps).reshape(output.shape).to(output.dtype))
    return torch.autograd.grad(outputs, inputs, weights, create_graph=create_graph, allow_unused=True)


def record(torch, function, arguments, named, order):
    """What a call gives, with its gradients up to an order; or the kind of its error."""
    torch.manual_seed(3)
    try:
        result = function(*arguments, **named)
    except Missing:
        raise
    except Exception as error:
        return {"error": type(error).__name__, "text": str(error)}
    made = {"out": cases.plain(torch, result)}
    inputs = [each for each in flattened([arguments, named]) if isinstance(each, torch.Tensor) and each.requires_grad]
    outputs = flattened(result)
    try:
        for step in range(order):
            outputs = gradients(torch, outputs, inputs, create_graph=step + 1 < order)
            if outputs is None:
                break
            made[f"gradient {step + 1}"] = [None if each is None else cases.plain(torch, each + 0) for each in outputs]
    except RuntimeError as error:
        made["gradient's error"] = str(error)
    return made


def compare(translator, op, dtype):
    """The first difference between the libraries on an op's samples."""
    relume, torch = translator.relume, translator.torch
    kind = getattr(torch, dtype)
    differentiable = op.supports_autograd and kind in op.supported_backward_dtypes("cpu")
    order = (2 if dtype == "float64" and op.supports_gradgrad else 1) if differentiable and kind.is_floating_point else 0
    ours_of = translator.function(op.op)
    torch.manual_seed(0)
    for number, sample in enumerate(op.sample_inputs("cpu", kind, requires_grad=order > 0)):
        if number == MOST:
            break
        arguments = (sample.input, *sample.args)
        try:
            ours = record(relume, ours_of, translator.value(arguments), translator.value(sample.kwargs), order)
        except Missing:
            continue
        theirs = record(torch, op.op, arguments, sample.kwargs, order)
        if "not implemented" in theirs.get("text", "") + theirs.get("gradient's error", ""):
            continue  # what PyTorch lacks may exist
        if "text" in ours and "text" in theirs:
            ours["text"] = theirs["text"] = ""
        found = cases.difference(ours, theirs, "", 3)
        if found:
            return f"sample {number}: {found}"
    return ""


def checks(relume, torch):
    """(name, function that returns what differs) of all checks."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_methods_invocations import op_db
    translator, known = Translator(relume, torch), excluded()
    for op in op_db:
        name = f"{op.name}.{op.variant_test_name}" if op.variant_test_name else op.name
        if name in known or op.name in known:
            continue
        for dtype in DTYPES:
            if getattr(torch, dtype) in op.supported_dtypes("cpu") and f"{name} {dtype}" not in known:
                try:
                    translator.function(op.op)
                except Missing:
                    break
                yield f"samples of {name}  {dtype}", lambda op=op, dtype=dtype: compare(translator, op, dtype)
