#!/usr/bin/env python3
"""Counts which of torch's names the Python package has. Run it with the package on PYTHONPATH.

Usage: python_coverage.py [--missing] [--check] [--update]
python/tests/torch_names.txt lists the names with their tiers: 1 is what torch.nn, tutorials and usual programs use.
--missing prints those that are not there, --check fails where one is not there that python/tests/torch_missing.txt does
not list, and --update rewrites that list.
"""

import argparse
import collections
import importlib
import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1] / "python" / "tests"
NAMES = TESTS / "torch_names.txt"
MISSING = TESTS / "torch_missing.txt"


def there(name):
    """Whether relume has what torch calls `name`."""
    found, path = importlib.import_module("relume"), "relume"
    for part in name.split(".")[1:]:
        path += "." + part
        try:
            found = getattr(found, part)
        except AttributeError:
            try:
                found = importlib.import_module(path)
            except ImportError:
                return False
    return True


def read_names():
    """(tier, name) of every name."""
    return [tuple(line.split(" ", 1)) for line in NAMES.read_text(encoding="utf-8").splitlines()]


def missing_names():
    return [name for _, name in read_names() if not there(name)]


def lost_names():
    """Names that are missing and not known to be."""
    return sorted(set(missing_names()) - set(MISSING.read_text(encoding="utf-8").split()))


def print_table():
    total, absent, missing = collections.Counter(), collections.Counter(), set(missing_names())
    for tier, name in read_names():
        place = name.rpartition(".")[0]
        total[place, tier] += 1
        absent[place, tier] += name in missing
    print("| where | tier | names | there |\n|---|---|---|---|")
    for place, tier in sorted(total):
        print(f"| {place} | {tier} | {total[place, tier]} | {total[place, tier] - absent[place, tier]} |")
    for tier in "12":
        names = [name for each, name in read_names() if each == tier]
        print(f"| all | {tier} | {len(names)} | {len(set(names) - missing)} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--missing", action="store_true", help="print the names that are not there")
    parser.add_argument("--check", action="store_true", help="fail where a name is missing that is not listed as missing")
    parser.add_argument("--update", action="store_true", help="rewrite the list of missing names")
    arguments = parser.parse_args()
    if arguments.missing:
        print("\n".join(missing_names()))
    elif arguments.update:
        MISSING.write_text("".join(f"{name}\n" for name in missing_names()), encoding="utf-8")
    elif arguments.check:
        if lost := lost_names():
            sys.exit("the package lacks names that it had: " + ", ".join(lost))
    else:
        print_table()


if __name__ == "__main__":
    main()
