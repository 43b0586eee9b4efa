#!/usr/bin/env python3
"""Counts which of the names that libtorch programs use compile against compat/.

Usage: compat_coverage.py [--missing] [--check] [--flags FLAGS]
tests/compat/libtorch_names.txt lists the names; each becomes a line of a program that is compiled once, and a line with
an error is a missing name. --missing prints these, --check fails where tests/compat/missing.txt or the table in
docs/compatibility.md says something else, and --update rewrites both. --flags compiles against other headers (say, libtorch's own).
"""

import argparse
import collections
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
NAMES = ROOT / "tests" / "compat" / "libtorch_names.txt"
MISSING = ROOT / "tests" / "compat" / "missing.txt"
DOCUMENT = ROOT / "docs" / "compatibility.md"
TABLE = re.compile(r"\| where \| names \| compile \|\n(\|.*\n)+")


def probe(number, name):
    """A line of C++ that compiles where the name exists."""
    scope, _, last = name.rpartition("::")
    if not scope:
        return f'#ifndef {name}\nstatic_assert(false, "{name}");\n#endif'
    if re.match(r"[A-Z]", scope.rpartition("::")[2]):
        return f"struct Probe{number} : {scope} {{ using {name}; }};"
    return f"namespace probe{number} {{ using {name}; }}"


def missing_names(names, flags):
    lines, owner = ["#include <torch/torch.h>"], {}
    for number, name in enumerate(names):
        text = probe(number, name).splitlines()
        for offset in range(len(text)):
            owner[len(lines) + 1 + offset] = name
        lines += text
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "probe.cpp"
        source.write_text("\n".join(lines) + "\n")
        command = [os.environ.get("CXX", "c++"), "-std=c++17", "-w", "-fsyntax-only", "-fmax-errors=0", *flags, str(source)]
        errors = subprocess.run(command, capture_output=True, text=True).stderr
        found = set()
        for line in errors.splitlines():
            match = re.match(r"(.*?):(\d+):(?:\d+:)? (?:fatal )?error: (.*)", line)
            if not match:
                continue
            if match.group(1) != str(source) or int(match.group(2)) not in owner:
                sys.exit(f"compat_coverage.py: the headers do not compile: {line}")
            found.add(owner[int(match.group(2))])
        return [name for name in names if name in found]


def area(name):
    """The namespace of a name, or the class that it is a member of."""
    return name.rpartition("::")[0] or "macros"


def table(names, missing):
    total = collections.Counter(map(area, names))
    absent = collections.Counter(map(area, missing))
    rows = [f"| {place} | {total[place]} | {total[place] - absent[place]} |\n" for place in sorted(total)]
    rows.append(f"| all | {len(names)} | {len(names) - len(missing)} |\n")
    return "| where | names | compile |\n|---|---|---|\n" + "".join(rows)


def check(names, missing):
    listed = MISSING.read_text().split()
    lost = sorted(set(missing) - set(listed))
    if lost:
        sys.exit("compat lacks names that it had: " + ", ".join(lost))
    if missing != listed or table(names, missing) not in DOCUMENT.read_text():
        sys.exit("compat has more names than are counted: run tools/compat_coverage.py --update")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--missing", action="store_true", help="print the names that do not compile")
    parser.add_argument("--check", action="store_true", help="fail where the lists say something else")
    parser.add_argument("--update", action="store_true", help="rewrite the list of missing names and the table")
    parser.add_argument("--flags", default=f"-I{ROOT / 'compat'} -I{ROOT / 'include'}", help="instead of compat's headers")
    arguments = parser.parse_args()

    names = NAMES.read_text().split()
    missing = missing_names(names, shlex.split(arguments.flags))
    if arguments.missing:
        print("\n".join(missing))
    elif arguments.update:
        MISSING.write_text("".join(f"{name}\n" for name in missing))
        DOCUMENT.write_text(TABLE.sub(table(names, missing), DOCUMENT.read_text()))
    elif arguments.check:
        check(names, missing)
    else:
        print(table(names, missing), end="")


if __name__ == "__main__":
    main()
