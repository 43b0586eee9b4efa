#!/usr/bin/env python3
"""Compares Relume with PyTorch in one process: every module and function of nn on shapes, dtypes and layouts, with
gradients, errors, warnings and random numbers; small programs; every signature; tensors exchanged by DLPack; the sample
inputs of PyTorch's own tests; and the examples in its docstrings.

Usage: PYTHONPATH=<build>/python PYTHON run.py [WORD...]: only cases that contain a word. PYTHON has torch 2.13, NumPy
and expecttest.
Prints what differs, and ends with `N passed, N failed`.
"""

import sys

import torch

import relume
import relume.nn

import cases
import doc_examples
import exchange
import op_samples
import signatures

def variants(line):
    """The dtypes and layouts in which a case is run, but for one that `## not DTYPE: reason` after the case names."""
    for dtype, strided in (("float32", False), ("float32", True), ("float64", False), ("float16", False), ("bfloat16", False)):
        if f"## not {dtype}:" not in line:
            yield dtype, strided


def both(evaluate, *arguments):
    """The records of one case by both libraries."""
    return [evaluate(library, *arguments) for library in (relume, torch)]


def checks():
    """(name, function that returns what differs) of all checks."""
    for file, evaluate in (("modules.txt", cases.run_module), ("functions.txt", cases.run_function)):
        for line in cases.lines(file):
            parts = cases.parts(line)
            for dtype, strided in variants(line):
                yield (
                    f"{' | '.join(parts)}  {dtype}{' strided' if strided else ''}",
                    lambda e=evaluate, a=(*parts, dtype, strided), d=dtype: compare(*both(e, *a), d),
                )
    for name, text in cases.programs():
        yield f"program {name}", lambda text=text: cases.difference(*both(cases.run_program, text))
    yield from signatures.checks(relume, torch)
    yield from exchange.checks(relume, torch)
    yield from op_samples.checks(relume, torch)
    yield from doc_examples.checks(relume)


def compare(ours, theirs, dtype):
    """The difference; for half types what PyTorch lacks may exist, and texts of errors may name the type otherwise."""
    if dtype in ("float16", "bfloat16"):
        if "not implemented for" in str(theirs.get("error")):
            return ""
        if "error" in ours and "error" in theirs:
            return cases.difference(ours["error"][0], theirs["error"][0])
        return cases.difference(ours, theirs, "", 2)
    return cases.difference(ours, theirs)


def main():
    torch.set_num_threads(2)
    words, passed, failed = sys.argv[1:], 0, 0
    for name, compare in checks():
        if words and not any(word in name for word in words):
            continue
        found = compare()
        passed, failed = passed + (not found), failed + bool(found)
        if found:
            print(f"{name}\n    {found[:600]}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
