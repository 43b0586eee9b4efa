#!/usr/bin/env python3
"""Makes the declarations of the ops from src/ops/table.txt.  With --check, only says whether they are fresh."""

import collections
import copy
import pathlib
import re
import sys

import generate_python
import generate_stubs

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "src/ops/table.txt"
NOTICE = "// Made from src/ops/table.txt by tools/generate_ops.py; not edited by hand.\n"

TYPES = {
    "Tensor": "const Tensor&",
    "Tensor!": "Tensor&",
    "Tensor?": "const Tensor&",
    "Tensor[]": "TensorList",
    "Scalar": "const Scalar&",
    "Scalar?": "const std::optional<Scalar>&",
    "int": "int64_t",
    "int?": "std::optional<int64_t>",
    "int[]": "IntArrayRef",
    "int[]?": "OptionalIntArrayRef",
    "float": "double",
    "float?": "std::optional<double>",
    "bool": "bool",
    "bool?": "std::optional<bool>",
    "str": "std::string_view",
    "str?": "std::optional<std::string_view>",
    "dtype": "ScalarType",
    "dtype?": "std::optional<ScalarType>",
    "Options": "const TensorOptions&",
    "Generator?": "std::optional<Generator>",
    "Format": "MemoryFormat",
    "Format?": "std::optional<MemoryFormat>",
}
# How the replay of goldens (tests/oracle/calls.h) reads an argument of a type; calls with any other type are left out.
ARGUMENTS = {
    "const Tensor&": "tensor",
    "Tensor&": "tensor",
    "TensorList": "tensors",
    "const Scalar&": "scalar",
    "const std::optional<Scalar>&": "opt_scalar",
    "int64_t": "integer",
    "std::optional<int64_t>": "opt_integer",
    "IntArrayRef": "integers",
    "OptionalIntArrayRef": "opt_integers",
    "double": "number",
    "std::optional<double>": "opt_number",
    "bool": "boolean",
    "std::optional<bool>": "opt_boolean",
    "std::string_view": "text",
    "std::optional<std::string_view>": "opt_text",
    "ScalarType": "dtype",
    "std::optional<ScalarType>": "opt_dtype",
    "const TensorOptions&": "options",
}
RESULTS = {"Tensor": "Tensor", "Tensor!": "Tensor&", "bool": "bool", "Tensor[]": "std::vector<Tensor>"}


class Op:
    """One line of the table."""

    same_as = None  # where this is another name of an op: that name

    def __init__(self, line):
        match = re.fullmatch(r"(\w+)\((.*)\) -> (.+?) : ([fmi]+)", line)
        if not match:
            raise SystemExit(f"table.txt: cannot read this line: {line}")
        self.name, arguments, result, self.forms = match.groups()
        self.result = RESULTS.get(result) or f"std::tuple<{result.strip('()')}>"
        self.arguments = []  # (type, name, default or None)
        self.may_be_undefined = set()  # names of tensors that may be left out in Python by None
        self.keyword_only = set()  # in Python
        after_star = False
        for argument in re.split(r", (?![^{]*})", arguments):
            if argument == "*":
                after_star = True
                continue
            kind, _, rest = argument.partition(" ")
            name, _, default = rest.partition("=")
            if kind not in TYPES:
                raise SystemExit(f"table.txt: unknown type {kind} in: {line}")
            if default == "None":
                default = "{}"
            self.arguments.append((TYPES[kind], name, default))
            if kind == "Tensor?":
                self.may_be_undefined.add(name)
            if after_star:
                self.keyword_only.add(name)

    def in_place(self):
        """The same op, written into its first argument."""
        op = Op.__new__(Op)
        op.name, op.forms, op.result = self.name + "_", "fm", "Tensor&"
        op.keyword_only, op.may_be_undefined = self.keyword_only, self.may_be_undefined
        op.arguments = [("Tensor&", self.arguments[0][1], "")] + self.arguments[1:]
        return op

    def renamed(self, name, original):
        """The same op under another name, with the same symbol."""
        op = copy.copy(self)
        op.name, op.same_as = name + self.name.removeprefix(original), self.name
        op.forms = "f" if name.startswith("linalg_") else self.forms
        return op

    def parameters(self, skip, defaults):
        return ", ".join(
            f"{kind} {name}" + (f" = {default}" if default and defaults else "")
            for kind, name, default in self.arguments[skip:]
        )

    def function(self):
        return f"{self.result} {self.name}({self.parameters(0, True)});"

    def method(self):
        return f"{self.result} {self.name}({self.parameters(1, True)}) const;"

    def body(self):
        """A row of methods.inc."""
        first = "const_cast<Tensor&>(*this)" if self.arguments[0][0] == "Tensor&" else "*this"
        call = ", ".join([first] + [name for _, name, _ in self.arguments[1:]])
        function = self.name if "f" in self.forms else f"method::{self.name}"
        return f"RELUME_METHOD({self.result_in_row()}, {self.name}, {function}, ({self.parameters(1, False)}), {call})"

    def result_in_row(self):
        return f"RELUME_LIST({self.result})" if "," in self.result else self.result

    def entry(self):
        """A row of entries.inc."""
        given = [f"std::move({name})" if "Generator" in kind else name for kind, name, _ in self.arguments]
        return f"RELUME_OP({', '.join([self.result_in_row(), self.name, self.symbol, f'({self.parameters(0, False)})', *given])})"

    def call(self):
        """A row for the replay of goldens: name, arguments, how many are needed, the call, and whose other name it is, if
        any. Empty where a type is unknown."""
        arguments = list(self.arguments)
        while arguments and arguments[-1][0] not in ARGUMENTS and arguments[-1][2]:
            arguments.pop()
        if any(kind not in ARGUMENTS for kind, _, _ in arguments):
            return ""
        kinds = " ".join(ARGUMENTS[kind] for kind, _, _ in arguments)
        values = [read(i, *argument) for i, argument in enumerate(arguments)]
        name = f"relume::{self.name}" if "f" in self.forms else f"{values.pop(0)}.{self.name}"
        needed = sum(not default for _, _, default in arguments)
        same = f', "{self.same_as}"' if self.same_as else ""
        call = f'[](Arguments& a) {{ return results({name}({", ".join(values)})); }}'
        return f'{{"{self.name}", "{kinds}", {needed}, {call}{same}}},'


def read(i, kind, _, default):
    """The expression that takes argument i from a golden."""
    if not default or "ptional" in kind or kind == "const Tensor&":
        return f"a.{ARGUMENTS[kind]}({i})"
    return f"a.{ARGUMENTS[kind]}({i}, {default if default[0] == '{' or kind != 'IntArrayRef' else '{' + default + '}'})"


def read_table():
    """(section, op) of every line; an op with an in-place form comes twice, and again under each other name."""
    section, ops, symbols = "", [], collections.Counter()

    def add(op):
        symbols[op.name] += 1
        op.symbol = op.name + (f"_{symbols[op.name]}" if symbols[op.name] > 1 else "")
        ops.append((section, op))

    for line in TABLE.read_text().splitlines():
        if line.startswith("## "):
            section = line[3:]
        elif match := re.fullmatch(r"(\w+) = (\w+)", line):
            ops += [(section, op.renamed(*match.groups())) for _, op in ops if op.name in (match[2], match[2] + "_")]
        elif line and not line.startswith("#"):
            op = Op(line)
            add(op)
            if "i" in op.forms:
                twin = op.in_place()
                twin.forms = "fm" if "m" in op.forms else "f"
                add(twin)
    return ops


def listing(ops, render, indent=""):
    lines, last = [], None
    for section, op in ops:
        if section != last:
            lines.append(f"\n{indent}// {section[0].upper()}{section[1:]}.")
            last = section
        if line := render(op):
            lines.append(indent + line)
    return "\n".join(lines).lstrip("\n") + "\n"


def generate():
    ops = read_table()
    functions = [(s, op) for s, op in ops if "f" in op.forms]
    methods = [(s, op) for s, op in ops if "m" in op.forms]
    only_methods = [(s, op) for s, op in methods if "f" not in op.forms]

    def header(title, includes, chosen):
        lines = "".join(f'#include "relume/{name}.h"\n' for name in includes)
        return f"""// {title}. What each computes is said where it is written, in src/ops/<family>.cc.
{NOTICE}#pragma once

{lines}
namespace relume __attribute__((visibility("default"))) {{

{listing(chosen, Op.function)}
}}  // namespace relume
"""

    special = [pair for pair in functions if pair[0] == "special functions"]
    usual = [pair for pair in functions if pair not in special]
    inner = f"""// The ops that exist as methods of Tensor only, as functions that their methods call.
{NOTICE}#pragma once

#include "relume/ops.h"

namespace relume::method {{

{listing(only_methods, Op.function)}
}}  // namespace relume::method
"""
    inc = f"  // Methods of Tensor: the ops with their first argument in front.\n  {NOTICE}\n" + listing(
        methods, Op.method, "  "
    )
    in_place = [(s, op) for s, op in ops if op.name.endswith("_")]
    others = [(s, op) for s, op in ops if not op.name.endswith("_")]
    calls = "as a row of the table by which goldens are replayed (calls.h).\n" + NOTICE + "\n"
    entry = "RELUME_OP(result, name, symbol, (parameters), arguments...).\n" + NOTICE

    def entries(chosen):
        return listing([pair for pair in chosen if pair in functions], Op.entry)

    entry_rows = f"""// Every op that writes into none of its arguments: {entry}
{entries(others)}
namespace method {{

{listing(only_methods, Op.entry)}
}}  // namespace method
"""
    bodies = f"""// Every method of Tensor that is an op: RELUME_METHOD(result, name, function, (parameters), arguments...).
{NOTICE}
{listing(methods, Op.body)}"""
    own = [op for _, op in ops if not op.same_as]
    rows = generate_python.tables(own, {op.name: op.same_as for _, op in ops if op.same_as})
    return {
        "include/relume/ops.h": header("The ops as functions", ["creation", "indexing", "operators", "tensor"], usual),
        "include/relume/special.h": header("The special functions", ["tensor"], special),
        "include/relume/tensor_methods.inc": inc,
        "src/ops/methods.h": inner,
        "src/ops/methods.inc": bodies,
        "src/ops/entries.inc": entry_rows,
        "src/ops/in_place_entries.inc": f"// Every op that writes into its first argument: {entry}\n{entries(in_place)}",
        "tests/oracle/op_calls.inc": f"// Every op that writes into none of its arguments {calls}{listing(others, Op.call)}",
        "tests/oracle/in_place_calls.inc": f"// Every op that writes into its first argument {calls}{listing(in_place, Op.call)}",
        **rows,
        "python/relume/nn/modules/activation_rows.py": generate_python.activation_modules(),
        "python/relume/nn/functional/activation_rows.py": generate_python.activation_functions(),
        **generate_stubs.stubs(own, generate_python.FIELDS, "".join(rows.values())),
    }


def main():
    stale = []
    for path, text in generate().items():
        target = ROOT / path
        if target.exists() and target.read_text() == text:
            continue
        stale.append(path)
        if "--check" not in sys.argv:
            target.write_text(text)
    if "--check" in sys.argv and stale:
        raise SystemExit(f"stale, run tools/generate_ops.py: {', '.join(stale)}")


if __name__ == "__main__":
    main()
