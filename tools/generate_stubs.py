"""The types of the Python package for type checkers and editors: python/relume/__init__.pyi and _C.pyi, made by generate_ops.py."""

import ast
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "python/relume"
NOTICE = "# Made by tools/generate_ops.py; not edited by hand.\n"

# What a line of parameters calls a type: what a stub calls it. Names with an underscore are Python's own, which those of
# the package shadow.
KINDS = {
    "Tensor": "Tensor",
    "Tensor[]": "Sequence[Tensor]",
    "Number": "_Number",
    "int": "_int",
    "int[]": "_Ints",
    "float": "_float",
    "bool": "_bool",
    "str": "str",
    "dtype": "_dtype",
    "layout": "_layout",
    "device": "_Device",
    "memory_format": "_memory_format",
    "Generator": "Generator",
    "object": "Any",
}
RESULTS = {
    "Tensor": "Tensor",
    "Tensor&": "Tensor",
    "bool": "_bool",
    "std::vector<Tensor>": "tuple[Tensor, ...]",
    "std::tuple<Tensor, Tensor>": "tuple[Tensor, Tensor]",
    "std::tuple<Tensor, Tensor, Tensor>": "tuple[Tensor, Tensor, Tensor]",
}
# What rows written by hand return, where it is no tensor.
HAND_RESULTS = {
    **dict.fromkeys("dim ndimension numel nelement element_size storage_offset data_ptr const_data_ptr".split(), "_int"),
    **dict.fromkeys("get_device get_num_threads autocast_increment_nesting autocast_decrement_nesting".split(), "_int"),
    **dict.fromkeys("is_contiguous is_floating_point is_complex is_signed is_inference is_same_size is_set_to".split(), "_bool"),
    **dict.fromkeys("is_grad_enabled is_inference_mode_enabled is_anomaly_enabled is_anomaly_check_nan_enabled is_warn_always_enabled can_cast _is_view".split(), "_bool"),
    **dict.fromkeys("is_autocast_enabled is_autocast_cache_enabled set_flush_denormal".split(), "_bool"),
    **dict.fromkeys("get_default_dtype promote_types result_type get_autocast_dtype".split(), "_dtype"),
    **dict.fromkeys("retain_grad backward set_num_threads set_default_dtype set_warn_always".split(), "None"),
    **dict.fromkeys("set_autocast_enabled set_autocast_dtype set_autocast_cache_enabled".split(), "None"),
    "clear_autocast_cache": "None",
    "size": "Any",
    "stride": "Any",
    "item": "_Number",
    "tolist": "Any",
}
ATTRIBUTES = {
    "shape": "Size", "dtype": "_dtype", "device": "_device", "layout": "_layout", "ndim": "_int", "itemsize": "_int",
    "nbytes": "_int", "requires_grad": "_bool", "grad": "Tensor | None", "_grad": "Tensor | None", "grad_fn": "Any",
    "data": "Tensor", "_version": "_int", "output_nr": "_int", "_base": "Tensor | None", "T": "Tensor", "mT": "Tensor",
    "H": "Tensor", "mH": "Tensor", "real": "Tensor",
}  # fmt: skip
WRITABLE = {"requires_grad", "grad", "_grad", "data"}
ARITHMETIC = "add sub mul truediv floordiv mod pow and or xor lshift rshift".split()
HEAD = '''from builtins import bool as _bool, float as _float, int as _int
from typing import Any, Callable, Iterator, NamedTuple, Sequence, TypeAlias, overload
'''
TYPES_HEAD = f'''"""Relume's C++ core: the types, and Tensor with its methods."""
{NOTICE}
{HEAD}
class _Constant:
    def __reduce__(self) -> Any: ...

class dtype(_Constant):
    @property
    def is_floating_point(self) -> _bool: ...
    @property
    def is_complex(self) -> _bool: ...
    @property
    def is_signed(self) -> _bool: ...
    @property
    def itemsize(self) -> _int: ...

class layout(_Constant): ...
class memory_format(_Constant): ...

class device:
    def __init__(self, type: str | device, index: _int | None = None) -> None: ...
    @property
    def type(self) -> str: ...
    @property
    def index(self) -> _int | None: ...

class Size(tuple[_int, ...]):
    def __new__(cls, sizes: Sequence[_int] = ()) -> Size: ...
    def numel(self) -> _int: ...

class Generator:
    def __init__(self, device: str | device = "cpu") -> None: ...
    def manual_seed(self, seed: _int) -> Generator: ...
    def seed(self) -> _int: ...
    def initial_seed(self) -> _int: ...
    def get_state(self) -> Tensor: ...
    def set_state(self, state: Tensor) -> Generator: ...
    def clone_state(self) -> Generator: ...
    @property
    def device(self) -> _device: ...

_dtype: TypeAlias = dtype
_layout: TypeAlias = layout
_device: TypeAlias = device
_memory_format: TypeAlias = memory_format
_Device: TypeAlias = device | str | _int
_Number: TypeAlias = _int | _float | _bool
_Ints: TypeAlias = _int | Sequence[_int]

class _ValuesIndices(NamedTuple):
    values: Tensor
    indices: Tensor

class _MinMax(NamedTuple):
    min: Tensor
    max: Tensor

class OutOfMemoryError(RuntimeError): ...
class _LinAlgError(RuntimeError): ...
class Node:
    def name(self) -> str: ...
    next_functions: tuple[tuple[Node | None, _int], ...]
    variable: Tensor
    metadata: dict[Any, Any]
    requires_grad: _bool
    def register_hook(self, fn: Callable[..., Any]) -> Any: ...
    def register_prehook(self, fn: Callable[..., Any]) -> Any: ...

class FunctionCtx:
    saved_tensors: tuple[Tensor, ...]
    needs_input_grad: tuple[_bool, ...]
    def save_for_backward(self, *tensors: Tensor | None) -> None: ...
    def mark_dirty(self, *tensors: Tensor) -> None: ...
    def mark_non_differentiable(self, *tensors: Tensor) -> None: ...
    def set_materialize_grads(self, value: _bool) -> None: ...
    def __getattr__(self, name: str) -> Any: ...
    def __setattr__(self, name: str, value: Any) -> None: ...

class ModuleBase:
    def __call__(self, *arguments: Any, **keywords: Any) -> Any: ...

default_generator: Generator
ops: Any
functional: _Functional

def to_dlpack(tensor: Tensor, /) -> Any: ...
def from_dlpack(capsule: Any, /) -> Tensor: ...
def __getattr__(name: str) -> Any: ...
'''


def parameter(text):
    """`Tensor? bias=None` as `bias: Tensor | None = None`."""
    if text == "*":
        return text
    kind, name = text.split(" ", 1)
    name, _, default = name.partition("=")
    optional = kind.endswith("?")
    python = KINDS[kind.rstrip("?")] + (" | None" if optional else "")
    name = name + "_" if name in ("from", "lambda") else name
    if not default:
        return f"{name}: {python}"
    plain = re.fullmatch(r"None|True|False|-?[\d.e-]+|'\w*'", default)
    return f"{name}: {python} = {default if plain else '...'}".replace("'", '"')


def one_by_one(parts, first):
    """The parameters with a list of integers, the only positional one, given as f(2, 3); None where there is none."""
    if len(parts) <= first or not parts[first].startswith("int[] ") or "=" in parts[first]:
        return None
    if any(part == "*" for part in parts[first + 1 : first + 2]) or len(parts) == first + 1:
        name = parts[first].split(" ")[1]
        return [*map(parameter, parts[:first]), f"*{name}: _int", *map(parameter, parts[first + 2 :])]
    return None


def definitions(line, result, method, out):
    """The parameter lists of one overload, as text."""
    parts = [part for part in re.split(r", (?![^(]*\))", line) if part]
    first = 1 if method else 0
    lists = [[parameter(part) for part in parts]]
    spread = one_by_one(parts, first)
    if spread:
        lists.append(spread)
    for arguments in lists:
        if out and not method and result == "Tensor":
            starred = any(part.startswith("*") for part in arguments)
            arguments += ([] if starred else ["*"]) + ["out: Tensor | None = None"]
        if method:
            arguments[0] = "self"
        yield ", ".join(arguments), result


def definition(name, overloads, indent=""):
    """The `def`s of a function or method."""
    unique = list(dict.fromkeys(overloads))
    mark = f"{indent}@overload\n" if len(unique) > 1 else ""
    return "".join(f"{mark}{indent}def {name}({arguments}) -> {result}: ...\n" for arguments, result in unique)


def hand_rows():
    """(name, forms, line) of each row that is written by hand."""
    for file in ("tensor_ops.cc", "autograd.cc", "autocast.cc"):
        text = (ROOT / "python/src" / file).read_text()
        text = re.sub(r'"\s*\n\s*"', "", text[text.index("const Op k") :])
        for row in re.split(r"\n    (?=\{\")", text)[1:]:
            name = re.match(r'\{"(\w+)"', row)[1]
            for forms, line in re.findall(r'\{(kFunction \| kMethod|kFunction|kMethod),\s*"([^"]*)"', row):
                yield name, forms, line


def table_rows(ops, fields, rows):
    """(name, forms, line, result) of the rows made from tables; `rows` is their text."""
    results = {}
    for op in ops:
        results.setdefault((op.name, len(op.arguments)), op.result)
        results.setdefault(op.name, op.result)
    for row in re.split(r"\n(?=\{\")", rows)[1:]:
        name, said = re.match(r'\{"(\w+)", "((?:[^"\\]|\\.)*)"', row).groups()
        same = re.search(r"\\n\\nThe same as (\w+)\(\)\.", said)
        base = name if name in results else same[1] if same else name
        for forms, line, code in re.findall(r'\{(k[\w| ]+), "([^"]*)", (.*)', row):
            result = RESULTS.get(results.get(base, "Tensor"), "Any")
            if 'named("' in code:
                result = "_MinMax" if 'named("aminmax"' in code else "_ValuesIndices"
            elif result.startswith("tuple[Tensor, Tensor]") and base.rstrip("_") in fields:
                result = "Tensor"
            yield name, forms, line, result


def python_functions(file):
    """(name, parameter list) of the public functions of a Python file, and of methods it puts on Tensor."""
    for node in ast.parse((PACKAGE / file).read_text()).body:
        if isinstance(node, ast.FunctionDef):
            arguments = node.args
            for argument in arguments.args + arguments.kwonlyargs:
                if argument.arg in ("input", "other") and file == "_composites.py":
                    argument.annotation = ast.Name("Tensor")
            yield node.name, ast.unparse(arguments), any(getattr(d, "id", "") == "method" for d in node.decorator_list)


def constant(file, name):
    """The words of a constant `NAME = "...".split()` of a Python file."""
    for node in ast.parse((PACKAGE / file).read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            return eval(compile(ast.Expression(node.value), file, "eval"))
    raise SystemExit(f"{file}: no {name}")


def operators():
    lines = []
    for name in ARITHMETIC:
        for prefix in ("", "r", "i"):
            lines.append(f"    def __{prefix}{name}__(self, other: Tensor | _Number) -> Tensor: ...\n")
    for name in "lt le gt ge eq ne".split():
        lines.append(f"    def __{name}__(self, other: Any) -> Tensor: ...  # type: ignore[override]\n")
    for name in "neg pos abs invert".split():
        lines.append(f"    def __{name}__(self) -> Tensor: ...\n")
    lines += [f"    def __{p}matmul__(self, other: Tensor) -> Tensor: ...\n" for p in ("", "r")]
    lines += [f"    def __{name}__(self) -> _{name}: ...\n" for name in ("bool", "int", "float")]
    lines.append("    def __init__(self, *data: Any, dtype: _dtype | None = None, device: _Device | None = None) -> None: ...\n")
    lines.append("    def __hash__(self) -> _int: ...\n    def __index__(self) -> _int: ...\n    def __len__(self) -> _int: ...\n")
    lines.append("    def __getitem__(self, index: Any) -> Tensor: ...\n")
    lines.append("    def __setitem__(self, index: Any, value: Tensor | _Number) -> None: ...\n")
    lines.append("    def __contains__(self, value: object) -> _bool: ...\n    def __iter__(self) -> Iterator[Tensor]: ...\n")
    return "".join(lines)


def tensor_class(rows):
    """The class Tensor."""
    text = 'class Tensor:\n    """An n-dimensional array of numbers that autograd can track."""\n'
    names = re.findall(r'\{"(\w+)", (?:RELUME_(?:VIEW_)?GETTER|grad_of)', (ROOT / "python/src/attributes.cc").read_text())
    for name in names:
        kind = ATTRIBUTES.get(name, "_bool")
        text += f"    @property\n    def {name}(self) -> {kind}: ...\n"
        if name in WRITABLE:
            text += f"    @{name}.setter\n    def {name}(self, value: {kind}) -> None: ...\n"
    text += operators()
    in_python = {name: line for name, line, method in python_functions("_tensor.py") if method}
    for name, line, _ in python_functions("_composites.py"):
        if name in constant("_composites.py", "METHODS"):
            in_python[name] = re.sub(r"^\w+(: Tensor)?", "self", line)
    for file, listed in (("_statistics.py", "METHODS"), ("_complex.py", "__all__")):
        for name, line, _ in python_functions(file):
            if name not in constant(file, listed) or name == "imag":
                continue
            in_python[name] = re.sub(r"^\w+", "self", line)
    methods = {}
    for name, forms, line, result in rows:
        if "kMethod" in forms and name not in in_python:
            methods.setdefault(name, []).extend(definitions(line, result, True, False))
    for name in sorted(methods):
        text += definition(name, methods[name], "    ")
    for name in sorted(in_python):
        if name not in ("__iter__", "_legacy_new"):
            line = re.sub(r": Tensor\b", ": Any", in_python[name])
            result = "str" if name in ("__repr__", "__format__") else "Any"
            text += f"    def {name}({line}) -> {result}: ...\n"
    return text


def functional_class(rows):
    """The activations of nn.functional."""
    functions = {}
    for name, forms, line, result in rows:
        if "kFunctional" in forms:
            functions.setdefault(name, []).append(", ".join(parameter(part) for part in line.split(", ")))
    text = "class _Functional:\n"
    for name, lines in sorted(functions.items()):
        text += f"    @staticmethod\n    def {name}({max(lines, key=len)}) -> Tensor: ...\n"
    return text


def types_file(rows):
    """python/relume/_C.pyi."""
    types = (ROOT / "python/src/types.cc").read_text()
    named = re.findall(r'"(\w+)"', re.search(r"kOtherNames\[\] = \{(.*?)\};", types, re.S)[1])
    named += "float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 uint16 bool".split()
    text = TYPES_HEAD + "".join(f"{name}: _dtype\n" for name in sorted(named))
    text += "strided: _layout\n"
    text += "".join(f"{name}: _memory_format\n" for name in "contiguous_format preserve_format channels_last channels_last_3d".split())
    return text + "\n" + functional_class(rows) + "\n" + tensor_class(rows)


def package_file(rows):
    """python/relume/__init__.pyi."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    text = f'"""{ast.get_docstring(tree)}"""\n{NOTICE}\n{HEAD}\nfrom ._C import *\n'
    text += "from ._C import _Device, _device, _dtype, _Ints, _layout, _memory_format, _MinMax, _Number, _ValuesIndices\n"
    text += "from ._functions import *\nfrom ._settings import *\n"
    defined = {name for name, _, _ in python_functions("_functions.py")}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.names[0].name != "*" and node.module not in ("_missing", None):
            text += f"from .{node.module} import {', '.join(f'{a.name} as {a.name}' for a in node.names)}\n"
            defined |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is None:
            text += "".join(f"from . import {a.name} as {a.name}\n" for a in node.names if a.name[0] != "_")
    text += "".join(f"from . import {name} as {name}\n" for name in sorted(constant("_missing.py", "LAZY")))
    for name, module in sorted(constant("_missing.py", "LAZY_FUNCTIONS").items()):
        text += f"from .{module} import {name} as {name}\n"
    hidden = defined | set(constant("_functions.py", "NOT_HERE"))
    functions = {}
    for name, line, _ in python_functions("_composites.py"):
        if name[0] != "_":
            functions[name] = [(line, "Any")]
    made = set(functions)
    for name, forms, line, result in rows:
        private = name.startswith(("_", "special_", "linalg_")) or name in hidden or name in made
        if "kFunction" in re.split(r" \| ", forms) and not private:
            functions.setdefault(name, []).extend(definitions(line, result, False, not name.endswith("_")))
    text += "\n" + "".join(definition(name, functions[name]) for name in sorted(functions))
    kinds = constant("_tensor.py", "_TYPE_NAMES").values()
    return text + "".join(f"def {kind}Tensor(*data: Any) -> Tensor: ...\n" for kind in sorted(kinds))


def stubs(ops, fields, rows):
    """The two files, by path."""
    every = list(table_rows(ops, fields, rows))
    every += [(name, forms, line, HAND_RESULTS.get(name, "Tensor")) for name, forms, line in hand_rows()]
    return {"python/relume/_C.pyi": types_file(every), "python/relume/__init__.pyi": package_file(every)}
