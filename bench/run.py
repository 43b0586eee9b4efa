#!/usr/bin/env python3
"""Measures Relume, and libtorch 2.13 beside it where a wheel is found, and prints a table of ratios and limits.

Usage: run.py BUILD [--all] [--only TEXT] [--rounds N] [--json FILE] [--prepare] [--no-demo] [--no-python]
BUILD is a built tree; it is installed into BUILD/bench, and the programs beside this script are compiled against that.
TORCH_PYTHON names a Python that has torch==2.13.0, and perhaps onnxruntime and onnx; without it the python3 on the PATH is
asked. Where there is none, or it is broken, Relume's own figures and the limits are still measured.

Two programs made of one source do the same work by one library each. They are started for each row, must agree on what they
computed, and are then timed in turns, as is the program that measures the row's limit with its parts alone.
Exits with 1 where two libraries computed different things or Relume failed.
"""

import argparse
import json
import math
import os
import pathlib
import sys

import libraries
import turns
from figures import COSTS, DEMO, FIGURES
from libraries import HERE, TORCH_VERSION, BenchError
from turns import Sample

THREADS = 2
COLUMNS = ["what", "", "Relume", "ratio", "to reach", "limit", "of limit", "at most", "verdict"]


class Bench:
    """The programs and libraries that could be had, and why others could not."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.folder = (arguments.build / "bench").resolve()
        self.folder.mkdir(exist_ok=True)
        self.libraries, self.programs, self.missing = {}, {}, {}

    def without(self, who, error):
        self.missing[who] = str(error)
        print(f"Without {who}: {error}.", file=sys.stderr)

    def add(self, who, find, folder="peer", sources=None):
        """Finds a library and builds its program; without Relume there is no benchmark, without others there is."""
        try:
            library = find()
            progress(f"{who}: compiling ...")
            sources = sources or sorted((HERE / folder).glob("*.cpp"))
            self.programs[who] = [libraries.build_program(library, sources, self.folder)]
            self.libraries[who] = library
        except (OSError, BenchError) as error:
            if who == "Relume":
                raise
            self.without(who, error)
        progress("")

    def prepare(self):
        self.add("Relume", lambda: libraries.relume(self.arguments.build, self.folder))
        self.add("libtorch", libraries.libtorch)
        self.add("limits", lambda: libraries.PARTS, "limits")
        self.add("inference", lambda: self.libraries["Relume"], "inference")
        if self.arguments.no_python or "inference" not in self.programs:
            return
        libraries.run([*self.programs["inference"], "--save", self.folder])
        if "libtorch" in self.programs:
            self.add_python("modes", "torch_modes.py", "torch", self.folder)
        self.add_python("onnx", "onnx_runtime.py", "onnxruntime, onnx", self.folder)
        try:
            interpreter, package = libraries.python_package(self.arguments.build)
            libraries.run([interpreter, "-c", "import numpy, relume"], PYTHONPATH=str(package))
            self.programs["own python"] = [interpreter, HERE / "python_rows.py", "--folder", package]
            self.add_python("python", "python_rows.py", "torch", "torch")
        except (OSError, BenchError) as error:
            self.without("own python", error)

    def add_python(self, who, script, modules, folder):
        try:
            python = libraries.torch_python()
            libraries.run([python, "-c", f"import numpy, {modules}"])
            self.programs[who] = [python, HERE / script, "--folder", folder]
        except (OSError, BenchError) as error:
            self.without(who, error)

    def own(self, figure):
        return self.programs[{"onnx": "inference", "python": "own python"}.get(figure.against, "Relume")]

    def measure(self, figure):
        """{who: Sample} of a figure: Relume's, that of who it is compared with, and the limit's."""
        players = {figure.against: self.programs.get(figure.against), "Relume": self.own(figure)}
        if figure.limit is not None:
            players["limits"] = self.programs.get("limits")
        commands = {who: ([*program, figure.row()], THREADS) for who, program in players.items() if program}
        if figure.kind == "memory":
            return turns.extra_memory(commands)
        if figure.kind == "scaling":
            return self.measure_scaling(figure, commands)
        return turns.take_turns(commands, self.arguments.rounds, lambda samples: agree(figure, samples))

    def measure_scaling(self, figure, commands):
        few, many = figure.threads
        samples = {}
        for who, (command, _) in commands.items():
            pair = turns.take_turns({n: (command, n) for n in (few, many)}, self.arguments.rounds, lambda _: True)
            samples[who] = Sample(error=pair[few].error or pair[many].error)
            if not samples[who].error:
                samples[who].us = pair[few].us / pair[many].us
        return samples

    def costs(self):
        """{who: Sample} of each line of COSTS."""
        lines = [{} for _ in COSTS]
        for who in ("libtorch", "Relume"):
            if who in self.libraries:
                progress(f"{who}: what it costs to use")
                for line, value in zip(lines, libraries.costs(self.libraries[who], self.folder)):
                    line[who] = Sample(us=value)
        return lines

    def demo(self):
        """{who: Sample} of one epoch of the demo; the checksum is the accuracy."""
        samples = {}
        for who in ("libtorch", "Relume"):
            if who not in self.libraries:
                continue
            progress(f"{who}: {DEMO.name}")
            report = self.folder / "report"
            try:
                libraries.run([*self.libraries[who].demo, "--epochs", 1, "--threads", THREADS, "--report", report],
                              OMP_NUM_THREADS=str(THREADS))  # fmt: skip
                accuracy, seconds = map(float, report.read_text().split()[:2])
                samples[who] = Sample(us=seconds * 1e6, checksum=accuracy)
            except (OSError, BenchError) as error:
                samples[who] = Sample(error=str(error))
        return samples


def progress(text):
    """Shows what runs at the moment, on a terminal only."""
    if sys.stderr.isatty():
        print(f"\r{text:110}\r", end="", file=sys.stderr, flush=True)


def agree(figure, samples):
    """Whether Relume and who it is compared with computed the same; true where one of them is missing."""
    sums = [samples[who].checksum for who in (figure.against, "Relume") if who in samples]
    return None in sums or len(sums) < 2 or math.isclose(*sums, rel_tol=figure.tolerance)


def computes_in_bfloat16():
    try:
        cpu = pathlib.Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return any(flag in cpu.split() for flag in ("avx512_bf16", "amx_bf16", "bf16"))


def ratio_of(mine, other):
    return other.us / mine.us if mine and other and mine.us and other.us else None


def judge(figure, samples):
    """(verdict, ratio to the other, multiple of the limit) of a figure."""
    mine, other, limit = (samples.get(who) for who in ("Relume", figure.against, "limits"))
    ratio = ratio_of(mine, other)
    over = 1 / ratio_of(mine, limit) if ratio_of(mine, limit) else None
    if mine is None or mine.error:
        return f"FAILED: {mine.error if mine else 'not run'}", None, None
    if not agree(figure, samples):
        return f"DIFFERS: {other.checksum:.9g} and {mine.checksum:.9g}", None, None
    if figure.kind == "scaling":
        ratio, reached = None, [mine.us >= figure.ratio] if figure.ratio else []
    else:
        reached = [ratio >= figure.ratio] if ratio and figure.ratio else []
    if over and figure.limit:
        reached.append(over <= figure.limit)
    if figure.most:
        reached.append(mine.us <= figure.most)
    if other and other.error:
        return f"no {figure.against}: {other.error}", None, over
    return verdict(reached), ratio, over


def verdict(reached):
    return "-" if not reached else "reached" if all(reached) else "missed"


def significant(value):
    return "-" if value is None else f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def time_text(us):
    for limit, factor, unit in ((1, 1e3, "ns"), (1e3, 1, "us"), (1e6, 1e-3, "ms"), (math.inf, 1e-6, "s")):
        if us < limit:
            return f"{significant(us * factor)} {unit}"


def value_text(kind, sample):
    if sample is None or sample.us is None:
        return "-"
    text = {"memory": f"{significant(sample.us)} MB", "scaling": f"{significant(sample.us)} x"}
    return text.get(kind, time_text(sample.us)) + (f" ({sample.note})" if sample.note else "")


def figure_line(figure, samples):
    outcome, ratio, over = judge(figure, samples)
    values = [value_text(figure.kind, samples.get(who)) for who in (figure.against, "Relume")]
    limit = value_text("time", samples.get("limits")) if figure.limit is not None else ""
    return [
        figure.name,
        *values,
        significant(ratio),
        f">= {significant(figure.ratio)} x" if figure.ratio else "",
        limit,
        f"{over:.2f} x" if over else "",
        f"{figure.limit} x" if figure.limit else time_text(figure.most) if figure.most else "",
        outcome,
    ]


def cost_line(cost, samples):
    name, unit, most = cost
    mine, other = samples["Relume"], samples.get("libtorch")
    texts = [f"{significant(s.us)} {unit}" if s else "-" for s in (other, mine)]
    outcome = verdict([mine.us <= most])
    return [name, *texts, significant(ratio_of(mine, other)), "", "", "", f"{most} {unit}", outcome]


def print_table(lines):
    header = [*COLUMNS]
    header[1] = f"libtorch {TORCH_VERSION}"
    lines = [header, *lines]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    lines.insert(1, ["-" * width for width in widths])
    for line in lines:
        print("| " + " | ".join(text.ljust(width) for text, width in zip(line, widths)) + " |")


def wanted_figures(arguments):
    if arguments.only:
        return [figure for figure in FIGURES if arguments.only in figure.name]
    return [figure for figure in FIGURES if figure.core or arguments.all]


def measure(bench, arguments):
    """(printed lines, the same for JSON) of all that is wanted."""
    printed, kept = [], []

    def add(line, samples):
        printed.append(line)
        entry = {column or "other": text for column, text in zip(COLUMNS, line)}
        kept.append(entry | {"samples": {who: vars(sample) for who, sample in samples.items()}})

    if any(arguments.only in name for name, _, _ in COSTS):
        for cost, samples in zip(COSTS, bench.costs()):
            if arguments.only in cost[0]:
                add(cost_line(cost, samples), samples)
    for figure in wanted_figures(arguments):
        if arguments.no_python and figure.against in ("modes", "onnx", "python"):
            continue
        if figure.against == "python" and "own python" not in bench.programs:
            continue
        if figure.bfloat16 and not computes_in_bfloat16():
            print(f"Left out, since this processor does not compute in bfloat16: {figure.name}.", file=sys.stderr)
            continue
        progress(figure.name)
        samples = bench.measure(figure)
        add(figure_line(figure, samples), samples)
    if not arguments.no_demo and arguments.only in DEMO.name:
        samples = bench.demo()
        add(figure_line(DEMO, samples), samples)
    progress("")
    return printed, kept


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, help="a built tree, say build/release")
    parser.add_argument("--all", action="store_true", help="also the lines of which nothing was promised")
    parser.add_argument("--only", default="", metavar="TEXT", help="the lines whose name contains TEXT")
    parser.add_argument("--rounds", type=int, default=5, help="how often each program takes its turn (default 5)")
    parser.add_argument("--json", type=pathlib.Path, help="where the figures go (default BUILD/bench.json)")
    parser.add_argument("--prepare", action="store_true", help="build the programs, and measure nothing")
    parser.add_argument("--no-demo", action="store_true", help="leave out the epoch of the demo, which takes a minute")
    parser.add_argument("--no-python", action="store_true", help="leave out what is measured in Python")
    arguments = parser.parse_args()

    busy = os.getloadavg()[0]
    if busy > 0.5 and not arguments.prepare:
        print(f"The machine is busy (load {busy:.1f}): expect figures that vary.", file=sys.stderr)
    bench = Bench(arguments)
    try:
        bench.prepare()
        if arguments.prepare:
            return
        printed, kept = measure(bench, arguments)
    except BenchError as error:
        sys.exit(f"run.py: {error}")
    print_table(printed)
    json_file = arguments.json or arguments.build / "bench.json"
    report = {"threads": THREADS, "torch": TORCH_VERSION, "missing": bench.missing, "lines": kept}
    json_file.write_text(json.dumps(report, indent=1) + "\n")
    print(f"\nFigures in {json_file}; times are with {THREADS} threads.")
    sys.exit(any(line[-1].startswith(("DIFFERS", "FAILED")) for line in printed))


if __name__ == "__main__":
    main()
