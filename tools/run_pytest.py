#!/usr/bin/env python3
"""Runs the tests of the Python package by pytest; leaves a report where tools/run_tests.py counts it.

Usage: run_pytest.py NAME PACKAGE_FOLDER TESTS...
"""

import os
import subprocess
import sys


def main():
    name, package, *tests = sys.argv[1:]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    reports = os.environ.get("GTEST_OUTPUT", "").removeprefix("xml:")
    if reports:
        command.append(f"--junitxml={reports}{name}.xml")
    environment = dict(os.environ, PYTHONPATH=package, PYTHONDONTWRITEBYTECODE="1")
    # In a session of its own: a signal that a test sends to its group reaches nobody else.
    return subprocess.run(command, env=environment, check=False, start_new_session=True).returncode


if __name__ == "__main__":
    sys.exit(main())
