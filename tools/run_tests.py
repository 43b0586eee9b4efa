#!/usr/bin/env python3
"""Runs the tests of a build by ctest and ends with `N passed, N failed`, counted over the cases in every program.

Usage: run_tests.py BUILD [--as NAME] [--without LABEL]    run the tests of build/BUILD
       run_tests.py --report NAME FILE                     count a report of gtest or pytest as NAME; none is a failure
       run_tests.py --sum                                  add up all runs since `run_tests.py --reset`
The exit status is 1 where anything failed or no test ran. The count is kept in build/results/NAME.json.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "build" / "results"
OUTCOMES = ("passed", "failed", "skipped")


def count_report(report):
    """Outcomes of the cases in one XML report of gtest or pytest, and the names of those that didn't pass."""
    counts, names = dict.fromkeys(OUTCOMES, 0), []
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            outcome = "failed"
        elif (
            case.get("status") == "notrun"
            or case.get("result") in ("skipped", "suppressed")
            or case.find("skipped") is not None
        ):
            outcome = "skipped"
        else:
            outcome = "passed"
        counts[outcome] += 1
        if outcome != "passed":
            names.append(f"{outcome}: {case.get('classname')}.{case.get('name')}")
    return counts, names


def count_ctest(junit, reports):
    """Adds up a ctest run; a program that left no report counts as one test, by its exit status."""
    totals, names = dict.fromkeys(OUTCOMES, 0), []
    for test in xml.etree.ElementTree.parse(junit).iter("testcase"):
        name = test.get("name")
        outcome = {"run": "passed", "fail": "failed"}.get(test.get("status"), "skipped")
        report = reports / f"{name}.xml"
        if report.exists():
            counts, unhappy = count_report(report)
            if outcome == "failed" and not counts["failed"]:  # it crashed on the way out
                counts["failed"] = 1
                unhappy.append(f"failed: {name}")
        else:
            counts = {key: int(key == outcome) for key in OUTCOMES}
            unhappy = [] if outcome == "passed" else [f"{outcome}: {name}"]
        for key in OUTCOMES:
            totals[key] += counts[key]
        names += unhappy
    return totals, names


def finish(counts):
    """Prints the closing line and gives the exit status."""
    skipped = f", {counts['skipped']} skipped" if counts["skipped"] else ""
    print(f"{counts['passed']} passed, {counts['failed']} failed{skipped}", flush=True)
    return 1 if counts["failed"] or not counts["passed"] else 0


def run(build, name, without):
    """Runs ctest in `build` and records the count as `name`."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    reports = RESULTS / f"{name}-reports"
    shutil.rmtree(reports, ignore_errors=True)
    reports.mkdir()
    junit = reports / "ctest.junit"
    environment = dict(
        os.environ,
        GTEST_OUTPUT=f"xml:{reports}/",
        OMP_WAIT_POLICY="passive",  # several programs share the cores: spinning in one would slow the others
        ASAN_OPTIONS="detect_leaks=1:strict_string_checks=1:allocator_may_return_null=1",
        LSAN_OPTIONS=f"suppressions={ROOT}/tests/lsan.supp:print_suppressions=0",
        UBSAN_OPTIONS="print_stacktrace=1",
        TSAN_OPTIONS=f"suppressions={ROOT}/tests/tsan.supp:allocator_may_return_null=1",
    )
    command = ["ctest", "--test-dir", str(build), "--output-on-failure", "--no-tests=error", "--timeout", "900"]
    command += ["-j", str(os.cpu_count()), "--output-junit", str(junit)]
    if without:
        command += ["--label-exclude", without]
    status = subprocess.run(command, env=environment, check=False).returncode
    counts, names = dict.fromkeys(OUTCOMES, 0), []
    if junit.exists():
        counts, names = count_ctest(junit, reports)
    if status and not counts["failed"]:
        counts["failed"] = 1
    print(*names, sep="\n", end="\n" if names else "")
    record(name, counts)
    print(f"{name}:", end=" ")
    return finish(counts)


def record_report(name, report):
    """Records the cases of a report as `name`; a run that ended without one counts as one failure."""
    counts, names = count_report(report) if report.exists() else (dict.fromkeys(OUTCOMES, 0) | {"failed": 1}, [])
    record(name, counts)
    print(*names, sep="\n", end="\n" if names else "")
    print(f"{name}:", end=" ")
    return finish(counts)


def record(name, counts):
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(counts))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", nargs="?")
    parser.add_argument("--as", dest="name")
    parser.add_argument("--without")
    parser.add_argument("--record", nargs=2, metavar=("NAME", "OUTCOME"), help="count one outcome of another kind")
    parser.add_argument("--report", nargs=2, metavar=("NAME", "FILE"), help="count the cases of a report")
    parser.add_argument("--reset", action="store_true")
    parser.add_argument("--sum", action="store_true")
    arguments = parser.parse_args()
    if arguments.reset:
        shutil.rmtree(RESULTS, ignore_errors=True)
        return 0
    if arguments.record:
        name, outcome = arguments.record
        record(name, {key: int(key == outcome) for key in OUTCOMES})
        return 0
    if arguments.report:
        name, report = arguments.report
        return record_report(name, pathlib.Path(report))
    if arguments.sum:
        runs = [json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))]
        return finish({key: sum(counts[key] for counts in runs) for key in OUTCOMES})
    if not arguments.build:
        parser.error("which build?")
    return run(ROOT / "build" / arguments.build, arguments.name or arguments.build, arguments.without)


if __name__ == "__main__":
    sys.exit(main())
