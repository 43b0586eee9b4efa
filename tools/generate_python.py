"""The ops as rows of the Python binding's tables, the *_rows.inc of python/src/, made by generate_ops.py."""

import pathlib
import re
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
NOTICE = "// Made from src/ops/table.txt by tools/generate_ops.py; not edited by hand.\n"

# C++ type: what a line of parameters calls it, and how python/src/arguments.h reads it, with and without a default.
# Types of the last column are read before the call, since that needs the interpreter.
KINDS = {
    "const Tensor&": ("Tensor", "tensor", ""),
    "Tensor&": ("Tensor", "tensor", ""),
    "TensorList": ("Tensor[]", "tensors", "const std::vector<Tensor>"),
    "const Scalar&": ("Number", "scalar", "const Scalar"),
    "const std::optional<Scalar>&": ("Number?", "optional_scalar", "const std::optional<Scalar>"),
    "int64_t": ("int", "integer", "const int64_t"),
    "std::optional<int64_t>": ("int?", "optional_integer", "const std::optional<int64_t>"),
    "IntArrayRef": ("int[]", "integers", "const DimVector"),
    "OptionalIntArrayRef": ("int[]?", "integers", "const DimVector"),
    "double": ("float", "number", "const double"),
    "std::optional<double>": ("float?", "optional_number", "const std::optional<double>"),
    "bool": ("bool", "boolean", "const bool"),
    "std::optional<bool>": ("bool?", "optional_boolean", "const std::optional<bool>"),
    "std::string_view": ("str", "text", "const std::string_view"),
    "std::optional<std::string_view>": ("str?", "optional_text", "const std::optional<std::string_view>"),
    "ScalarType": ("dtype", "dtype", "const ScalarType"),
    "std::optional<ScalarType>": ("dtype?", "optional_dtype", "const std::optional<ScalarType>"),
    "std::optional<Generator>": ("Generator?", "optional_generator", "const std::optional<Generator>"),
    "MemoryFormat": ("memory_format", "format", "const MemoryFormat"),
    "std::optional<MemoryFormat>": ("memory_format?", "optional_format", "const std::optional<MemoryFormat>"),
    "const TensorOptions&": ("", "options", "const TensorOptions"),
}
OPTIONS = [
    "dtype? dtype=None",
    "layout? layout=None",
    "device? device=None",
    "bool? pin_memory=False",
    "bool? requires_grad=False",
]
# What PyTorch takes by keyword alone.
BY_KEYWORD = {"const TensorOptions&", "std::optional<Generator>", "MemoryFormat", "std::optional<MemoryFormat>"}
# Ops whose results have names: torch.return_types.max(values=..., indices=...).
FIELDS = dict.fromkeys("max min sort topk kthvalue median nanmedian mode cummax cummin".split(), ("values", "indices"))
FIELDS |= {"aminmax": ("min", "max"), "frexp": ("mantissa", "exponent"), "slogdet": ("sign", "logabsdet")}
FIELDS |= {"qr": ("Q", "R"), "svd": ("U", "S", "V"), "lu_unpack": ("P", "L", "U")}
FIELDS |= {
    f"linalg_{name}": fields.split()
    for name, fields in {
        "qr": "Q R",
        "svd": "U S Vh",
        "eigh": "eigenvalues eigenvectors",
        "lu": "P L U",
        "lu_factor": "LU pivots",
        "lu_factor_ex": "LU pivots info",
        "inv_ex": "inverse info",
        "cholesky_ex": "L info",
        "solve_ex": "result info",
        "lstsq": "solution residuals rank singular_values",
    }.items()
}
# Attributes in Python, or reached in another way there.
HIDDEN = set("alias slice numpy_T mT unique _unique _unique2 unique_dim unique_consecutive cdist".split())
# Parameters that have another name in Python.
RENAMED = {
    ("dot", "other"): "tensor",
    ("cholesky_solve", "input2"): "L",
    **{
        (f"{name}split", argument): "indices_or_sections"
        for name in ("tensor_", "h", "v", "d")
        for argument in ("sections", "indices", "tensor_indices_or_sections")
    },
}
# Defaults that are others in Python.
DEFAULTS = {("kl_div", "reduction"): "0", ("binary_cross_entropy_with_logits", "reduction"): "0"}
# Lines of parameters that Python takes in another form, of the same order: name: (as made, as taken).
REPHRASED = {
    **dict.fromkeys(
        ("var", "std"),
        ("int[]? dim, Number? correction, bool keepdim=False", "int[]? dim=None, *, Number? correction=None, bool keepdim=False"),
    ),
    **dict.fromkeys(("clamp", "clamp_"), ("Tensor? min, Tensor? max=None", "Tensor? min=None, Tensor? max=None")),
    **dict.fromkeys(("var_mean", "std_mean"), ("Number? correction=None, bool", "*, Number? correction=None, bool")),
}
BOUNDS = {"Tensor": "bound(a, {})", "Number": "a.scalar({})"}  # of linspace and logspace
OPERANDS = {"Tensor": "first(a), a.tensor(1)", "Number": "first_of_numbers(a), a.scalar(1)"}  # after a number
# What Python can say, and C++ says otherwise: name: (forms, parameters, what is returned).
MORE_ROWS = {
    "cdist": [
        (
            "kFunction",
            "Tensor x1, Tensor x2, float p=2.0, str? compute_mode='use_mm_for_euclid_dist_if_necessary'",
            "distances(a)",
        )
    ],
    **{
        f"conv{dims}d": [
            (
                "kFunction",
                "Tensor input, Tensor weight, Tensor? bias=None, int[] stride=1, str padding='valid', int[] dilation=1, "
                "int groups=1",
                f"convolution<{dims}>(a)",
            )
        ]
        for dims in (1, 2, 3)
    },
    "randint": [
        (
            "kFunction",
            "int high, int[] size, *, Generator? generator=None, " + ", ".join(OPTIONS),
            "wrap(relume::randint(0, a.integer(0), a.integers(1), a.optional_generator(2), a.options(3, kLong)))",
        )
    ],
    **{
        name: [
            (
                "kFunction",
                f"{start} start, {end} end, int steps, {base}*, " + ", ".join(OPTIONS),
                f"wrap(relume::{name}({BOUNDS[start].format(0)}, {BOUNDS[end].format(1)}, a.integer(2), {options}))",
            )
            for start, end in (("Tensor", "Tensor"), ("Tensor", "Number"), ("Number", "Tensor"))
        ]
        for name, base, options in (
            ("linspace", "", "a.options(3)"),
            ("logspace", "float base=10.0, ", "a.number(3, 10), a.options(4)"),
        )
    },
    **{
        name: [
            (
                "kFunction",
                f"Number input, {kind} other, *, Number alpha=1",
                f"wrap(relume::{name}({OPERANDS[kind]}, a.scalar(2, 1)))",
            )
            for kind in OPERANDS
        ]
        for name in ("add", "sub")
    },
    **{
        name: [("kFunction", f"Number input, {kind} other", f"wrap(relume::{name}({OPERANDS[kind]}))") for kind in OPERANDS]
        for name in ("mul", "floor_divide")
    },
    "div": [
        (
            "kFunction",
            f"Number input, {kind} other, *, str? rounding_mode=None",
            f"wrap(relume::div({OPERANDS[kind]}, a.optional_text(2)))",
        )
        for kind in OPERANDS
    ],
    "argsort": [
        (
            "kFunction | kMethod",
            "Tensor input, *, bool stable, int dim=-1, bool descending=False",
            "wrap(std::get<1>(relume::sort(a.tensor(0), a.boolean(1), a.integer(2, -1), a.boolean(3, false))))",
        )
    ],
    "nonzero": [
        (
            "kFunction | kMethod",
            "Tensor input, *, bool as_tuple",
            "a.boolean(1) ? wrap(relume::where(a.tensor(0).ne(0))) : wrap(relume::nonzero(a.tensor(0)))",
        )
    ],
    "norm": [
        (
            "kFunction | kMethod",
            "Tensor input, Number? p=2, int[]? dim=None, bool keepdim=False, dtype? dtype=None",
            "wrap(norm_over(a, a.scalar(1, 2)))",
        ),
        (
            "kFunction | kMethod",
            "Tensor input, str p, int[]? dim=None, bool keepdim=False, dtype? dtype=None",
            "named_norm(a)",
        ),
    ],
    **{
        name: [
            ("kFunction", "Tensor input, bool unbiased=True", f"wrap(moments(a, relume::{name}, 0, 1))"),
            (
                "kFunction",
                "Tensor input, int[]? dim, bool unbiased=True, bool keepdim=False",
                f"wrap(moments(a, relume::{name}, 1, 2))",
            ),
        ]
        for name in ("var_mean", "std_mean")
    },
    "copy_": [
        (
            "kMethod",
            "Tensor input, Number src, bool non_blocking=False",
            "wrap(a.tensor(0).copy_(relume::full({}, a.scalar(1), TensorOptions(a.scalar(1).type()))))",
        )
    ],
    "repeat_interleave": [
        (
            "kFunction | kMethod",
            f"Tensor input, {kind} repeats, int? dim=None, *, int? output_size",
            f"wrap(relume::repeat_interleave(a.tensor(0), a.{reader}(1), a.optional_integer(2)))",
        )
        for kind, reader in (("int", "integer"), ("Tensor", "tensor"))
    ],
    **{
        name: [
            (
                "kFunction",
                "Tensor input, *, memory_format memory_format, " + ", ".join(OPTIONS),
                f"wrap(relume::{name}(a.tensor(0), a.options(2)).contiguous(format_like(a.tensor(0), *a.optional_format(1))))",
            )
        ]
        for name in ("rand_like", "randn_like")
    },
}
ACTIVATION_TYPES = {"double": "float", "std::string": "str", "bool": "bool", "int64_t": "int"}
IN_PYTHON = {"lambda": "lambd", "true": "True", "false": "False"}


def python_default(kind, default):
    """A default as Python writes it."""
    if default in IN_PYTHON:
        return IN_PYTHON[default]
    if kind == "const Tensor&" or ("ptional" in kind and default == "{}"):
        return "None"
    if default.startswith("MemoryFormat::"):
        return "torch.contiguous_format"
    if default.startswith('"'):
        return default.replace('"', "'")
    return default.replace("{", "(").replace("}", ")").replace(", ", ",")


class Call:
    """One overload: its line of parameters and the code that makes the call."""

    def __init__(self, op):
        self.op = op
        self.arguments = [(k, name, DEFAULTS.get((op.name, name), default)) for k, name, default in op.arguments]
        positional, keywords, slots, slot_count = [], [], [], 0
        ordered = [a for a in self.arguments if not self.by_keyword(a)] + [a for a in self.arguments if self.by_keyword(a)]
        where = {}
        for kind, name, default in ordered:
            where[name] = slot_count
            lines = self.lines(kind, name, default)
            slot_count += len(lines)
            (keywords if self.by_keyword((kind, name, default)) else positional).extend(lines)
        line = ", ".join(positional + (["*"] if keywords else []) + keywords)
        self.parameters = line.replace(*REPHRASED.get(op.name, ("", "")))
        self.where = where

    def by_keyword(self, argument):
        kind, name, _ = argument
        return kind in BY_KEYWORD or name in self.op.keyword_only

    def lines(self, kind, name, default):
        if kind == "const TensorOptions&":
            return OPTIONS
        text = KINDS[kind][0]
        if kind == "std::optional<Generator>":
            return ["Generator? generator=None"]
        if name == "dim" and text == "int[]":
            text = "int[]?"
        name = "input" if name == "self" else RENAMED.get((self.op.name, name), name)
        if name in self.op.may_be_undefined:
            text = "Tensor?"
        return [f"{text} {name}" + (f"={python_default(kind, default)}" if default else "")]

    def read(self, kind, name, default):
        slot = self.where[name]
        reader = KINDS[kind][1]
        if name in self.op.may_be_undefined:
            reader = "optional_tensor"
        if kind == "const TensorOptions&" and default != "{}":
            return f"a.options({slot}, {default})"
        if default and default != "{}" and not reader.startswith("optional"):
            if kind == "IntArrayRef":
                default = "DimVector" + (default if default[0] == "{" else "{" + default + "}")
            return f"a.{reader}({slot}, {default})"
        return f"a.{reader}({slot})"

    def code(self):
        """The body of the function that makes the call."""
        statements, values = [], []
        for i, (kind, name, default) in enumerate(self.arguments):
            local = KINDS[kind][2]
            value = self.read(kind, name, default)
            if local:
                statements.append(f"{local} x{i} = {value};")
                value = f"x{i}"
            if kind == "OptionalIntArrayRef":
                value = f"a.has({self.where[name]}) ? OptionalIntArrayRef({value}) : std::nullopt"
            values.append(value)
        if "f" in self.op.forms:
            call = f"relume::{self.op.name}({', '.join(values)})"
        else:
            call = f"{values[0]}.{self.op.name}({', '.join(values[1:])})"
        result = f"RELUME_RESULT({call})"
        base = self.op.name.rstrip("_")
        if self.op.result.startswith("std::tuple") and base in FIELDS:
            names = ", ".join(f'"{field}"' for field in FIELDS[base])
            result = f'named("{base}", {{{names}}}, {result})'
        else:
            result = f"wrap({result})"
        return " ".join(statements + [f"return {result};"])

    def row(self):
        forms = " | ".join(text for letter, text in (("f", "kFunction"), ("m", "kMethod")) if letter in self.op.forms)
        return f'{{{forms}, "{self.parameters}", [](Arguments& a) -> PyObject* {{ {self.code()} }}}}'


def activation_rows():
    """(name, overload rows, signature) of each row of activations.inc."""
    text = (ROOT / "include/relume/activations.inc").read_text()
    for match in re.finditer(r"^RELUME_ACTIVATION\((\w+), \w+, (\w+), (.*)\)$", text, re.M):
        name, in_place, options = match.groups()
        parsed = re.findall(r"RELUME_OPTION\(([\w:]+), (\w+), ([^)]*)\)", options)
        names = [IN_PYTHON.get(option, option) for _, option, _ in parsed]
        line = "".join(
            f", {ACTIVATION_TYPES[kind]} {python}={python_default(kind, value)}"
            for (kind, _, value), python in zip(parsed, names)
        )
        reads = "".join(
            f"const auto x{i} = a.{'text' if kind == 'std::string' else 'number'}({i}, {value}); "
            for i, (kind, _, value) in enumerate(parsed, 1)
        )
        values = "".join(f", x{i}" for i in range(1, len(parsed) + 1))
        call = f"wrap(RELUME_RESULT(relume::{name}(a.tensor(0){values})))"
        changed = f"wrap(RELUME_RESULT(relume::{name}_(a.tensor(0){values})))"
        forms = "kFunction | kMethod" + ("" if in_place == "Option" else " | kFunctional")
        rows = [f'{{{forms}, "Tensor input{line}", [](Arguments& a) -> PyObject* {{ {reads}return {call}; }}}}']
        if in_place == "Option":
            test = f"if (a.boolean({len(parsed) + 1}, false)) return {changed}; "
            rows.append(
                f'{{kFunctional, "Tensor input{line}, bool inplace=False", '
                f"[](Arguments& a) -> PyObject* {{ {reads}{test}return {call}; }}}}"
            )
        yield name, rows, [f"{name}({signature('Tensor input' + line)})"]
        if in_place != "None":
            body = f"{{ {reads}return {changed}; }}"
            rows = [f'{{kFunction | kMethod | kFunctional, "Tensor input{line}", [](Arguments& a) -> PyObject* {body}}}']
            yield name + "_", rows, [f"{name}_({signature('Tensor input' + line)})"]


# How PyTorch prints an option: without its name.
BARE = {"lambd"}


def activation_module(name, module, in_place, options, comment):
    """The class of one row."""
    arguments = [(IN_PYTHON.get(option, option), python_default(kind, value)) for kind, option, value in options]
    shown = [f"{{self.{key}!r}}" if key in BARE else f"{key}={{self.{key}!r}}" for key, _ in arguments]
    # PyTorch gives threshold no defaults.
    parameters = [key if module == "Threshold" else f"{key}={value}" for key, value in arguments]
    passed = [f"self.{key}" for key, _ in arguments]
    if in_place == "Option":
        parameters.append("inplace=False")
        passed.append("self.inplace")
        arguments.append(("inplace", "False"))
    lines = [f"class {module}(Module):", f'    """{comment}"""', ""]
    if parameters:
        lines += [f"    __constants__ = {[key for key, _ in arguments]!r}".replace("'", '"'), ""]
        lines += [f"    def __init__(self, {', '.join(parameters)}):", "        super().__init__()"]
        lines += [f"        self.{key} = {key}" for key, _ in arguments] + [""]
    lines += ["    def forward(self, input):", f"        return F.{name}({', '.join(['input'] + passed)})"]
    if parameters and module not in ("Hardswish", "Hardsigmoid"):  # PyTorch shows nothing of these two
        text = ", ".join(shown)
        suffix = f' + ("{", " if shown else ""}inplace=True" if self.inplace else "")' if in_place == "Option" else ""
        quote = f'f"{text}"' if shown else ""
        lines += ["", "    def extra_repr(self):", f"        return {(quote + suffix).removeprefix(' + ')}"]
    return "\n".join(lines).replace('return ("inplace=True" if self.inplace else "")', 'return "inplace=True" if self.inplace else ""')


def activation_modules():
    """python/relume/nn/modules/activation_rows.py."""
    text = (ROOT / "include/relume/activations.inc").read_text()
    said = comments()
    classes = []
    for match in re.finditer(r"^RELUME_ACTIVATION\((\w+), (\w+), (\w+), (.*)\)$", text, re.M):
        name, module, in_place, options = match.groups()
        parsed = re.findall(r"RELUME_OPTION\(([\w:]+), (\w+), ([^)]*)\)", options)
        comment = "\n    ".join(textwrap.wrap(said.get(module.lower(), name), 100))
        classes.append((module, activation_module(name, module, in_place, parsed, comment)))
    names = "".join(f'    "{name}",\n' for name, _ in sorted(classes))
    head = (
        '"""The point-wise activations as modules."""\n\n'
        "# Made from include/relume/activations.inc by tools/generate_ops.py; not edited by hand.\n\n"
        "from ..._C import functional as F\nfrom .module import Module\n\n"
        f"__all__ = [\n{names}]\n"
    )
    home = (
        "\n\nfor _name in __all__:  # where PyTorch has them, as printing and pickling say\n"
        '    globals()[_name].__module__ = "relume.nn.modules.activation"\ndel _name\n'
    )
    return head + "".join(f"\n\n{text}\n" for _, text in classes) + home


def activation_functions():
    """python/relume/nn/functional/activation_rows.py."""
    names = sorted(name for name, overloads, _ in activation_rows() if any("kFunctional" in row for row in overloads))
    return (
        '"""The point-wise activations as functions, with their inplace argument."""\n\n'
        "# Made from include/relume/activations.inc by tools/generate_ops.py; not edited by hand.\n\n"
        "from ..._C import functional as _rows\n\n" + "".join(f"{name} = _rows.{name}\n" for name in names)
    )


def signature(line):
    """A line of parameters without its types."""
    return ", ".join(part if part == "*" else part.split(" ", 1)[1] for part in line.split(", "))


def comments():
    """What src/ops/ says above the definition of each op, and activations.inc above each formula."""
    found = {}
    for path in sorted((ROOT / "src/ops").glob("*.cc")):
        block = []
        for line in path.read_text().splitlines():
            match = re.match(r"(?:Tensor&?|bool|std::[\w:<>, ]+) (\w+)\(", line)
            if match and block:
                found.setdefault(match[1], " ".join(block))
            block = block + [line[3:]] if line.startswith("// ") else []
    block = []
    for line in (ROOT / "include/relume/activations.inc").read_text().splitlines():
        match = re.match(r"struct (\w+) {", line)
        if match and block:
            found[match[1].lower()] = " ".join(block)
        block = block + [line[3:]] if line.startswith("// ") else []
    return {**more_comments(), **found}


def more_comments():
    """tools/op_documentation.txt: what is said of ops without such a comment."""
    lines = (ROOT / "tools/op_documentation.txt").read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines if not line.startswith("#"))


def about(name, said, same):
    """The sentences of an op's documentation."""
    if name in same:
        return f"The same as {same[name]}()."
    base = name.rstrip("_")
    text = said.get(name) or said.get(base.replace("_", "")) or said.get(base)
    if not text:
        raise SystemExit(f"tools/op_documentation.txt: no line says what {name} does, and no comment in src/ops/")
    return text if base == name or name in said else f"{text} Written into the tensor itself."


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def documentation(signatures, comment):
    text = "\n".join(signatures) + "\n\n"
    if comment:
        text += "\n".join(textwrap.wrap(comment, 100)) + "\n"
    return quoted(text)


def superseded(op, ops):
    """Whether another overload differs in having a generator only."""
    without = [a for a in op.arguments if a[0] != "std::optional<Generator>"]
    return any(
        other is not op
        and other.name == op.name
        and len(other.arguments) == len(op.arguments) + 1
        and [a for a in other.arguments if a[0] != "std::optional<Generator>"] == without
        for other in ops
    )


def tensors_first(overloads):
    """Of rows that differ in tensors for numbers alone, those of tensors first: a tensor of one number is a tensor."""
    alike = [re.search(r'"(.*?)"', row)[1].replace("Tensor", "Number") for row in overloads]
    order = sorted(range(len(overloads)), key=lambda i: (alike.index(alike[i]), overloads[i].count("Number")))
    return [overloads[i] for i in order]


def tables(ops, same):
    """The files of rows in python/src/ from the ops of generate_ops.py, and their other names."""
    rows = {}  # name: (overloads, signatures)
    for op in ops:
        if op.name in HIDDEN or superseded(op, ops):
            continue
        call = Call(op)
        overloads, signatures = rows.setdefault(op.name, ([], []))
        overloads.append(call.row())
        signatures.append(f"{op.name}({signature(call.parameters)})")
    for name, overloads, signatures in activation_rows():
        existing = rows.setdefault(name, ([], []))
        existing[0].extend(overloads)
        existing[1].extend(signatures)
    for name, more in MORE_ROWS.items():
        for forms, line, value in more:
            rows.setdefault(name, ([], []))
            rows[name][0].append(f'{{{forms}, "{line}", [](Arguments& a) -> PyObject* {{ return {value}; }}}}')
            rows[name][1].append(f"{name}({signature(line)})")
    for name, base in same.items():
        overloads, signatures = rows[base]
        overloads = [row.replace(f'named("{base}"', f'named("{name}"') for row in overloads]
        rows[name] = overloads, [name + text.removeprefix(base) for text in signatures]
    said = comments()

    def text(what, names):
        lines = [f"// {what} as a row: name, documentation, and the ways to call it (arguments.h).\n{NOTICE}"]
        for name in sorted(names):
            overloads, signatures = rows[name]
            overloads = tensors_first(overloads)
            shown = documentation(signatures, about(name, said, same))
            lines.append(f'{{"{name}", {shown},\n {{' + ",\n  ".join(overloads) + "}},")
        return "\n".join(lines) + "\n"

    in_place = {name for name in rows if name.endswith("_")}
    functions = {name for name in rows if not any("kMethod" in overload for overload in rows[name][0])}
    return {
        "python/src/op_rows.inc": text("Every op that is a method too", rows.keys() - functions - in_place),
        "python/src/function_rows.inc": text("Every op that is a function alone", functions - in_place),
        "python/src/in_place_rows.inc": text("Every op that writes into its first argument", in_place),
    }
