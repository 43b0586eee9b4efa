#!/usr/bin/env python3
"""Measures Relume, and libtorch 2.13 beside it where a wheel is found, and prints a table of ratios.

Usage: run.py BUILD [--all] [--rounds N] [--json FILE] [--only TEXT] [--no-demo]
BUILD is a built tree; it is installed into a temporary folder, and the programs beside this script are compiled against
that. TORCH_PYTHON names a Python that has torch==2.13.0; without it the python3 on the PATH is asked. Where there is none,
or it is broken, Relume's own figures are still measured. Exits with 1 where the two libraries computed different things.
"""

import argparse
import dataclasses
import json
import math
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TORCH_VERSION = "2.13.0"
THREADS = 2
MB = 1e6

DEMO = "one epoch of the demo"
# Ratios to reach: time of libtorch / time of Relume, by the name of peer.cpp's row. Other rows run with --all.
RATIOS = {
    "relu, 16 floats": 7.6,
    "100 relu of 16 floats, forward and backward": 14.9,
    "MLP 8-16-4 training step, batch 32": 6,
    "gelu, 64K floats": 1.3,
    "sigmoid, 64K floats": 1.3,
    "tanh, 64K floats": 1.0,
    "relu, 16.8M floats": 4,
    DEMO: 1,
}
# How far the checksums of a row may differ, where that is not 0.001: accuracies after training.
TOLERANCE = {DEMO: 0.03}
# What weighs on a user before any work is done, and the most it may be: (name, unit, limit).
COSTS = [
    ("compile a 30-line training program", "s", 1.5),
    ("... memory of the compiler", "MB", 300),
    ("include the whole header alone", "s", 1.0),
    ("... memory of the compiler (header)", "MB", 300),
    ("start, run and end such a program", "ms", 15),
    ("... its memory", "MB", 25),
    ("library on disk, stripped", "MB", 5),
]


class BenchError(Exception):
    """A library that can't be measured; the text says why."""


@dataclasses.dataclass
class Library:
    name: str
    compile_flags: list
    link_flags: list
    files: list  # what is on disk for it, without its system packages
    demo: list  # the command that trains the demo's network, without its options


@dataclasses.dataclass
class Usage:
    seconds: float
    memory_mb: float
    output: str


def run(command):
    """Runs a command and tells its wall time, output, and the largest memory of it and its children."""
    environment = dict(os.environ, CCACHE_DISABLE="1", OMP_NUM_THREADS=str(THREADS))
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        child = subprocess.Popen([str(part) for part in command], stdout=out, stderr=err, env=environment)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if child.returncode != 0:
            raise BenchError(f"{pathlib.Path(command[0]).name}: {reason(err.read().decode(errors='replace'), child)}")
        return Usage(seconds, usage.ru_maxrss * 1024 / MB, out.read().decode(errors="replace"))


def reason(messages, child):
    """The line of a failed command's messages that says most."""
    lines = [line.strip() for line in messages.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or [f"ended with {child.returncode}"])[0]


def relume(build, folder):
    prefix = folder / "relume"
    run(["cmake", "--install", build, "--prefix", prefix])
    libraries = sorted(prefix.glob("lib*/**/librelume.so"))
    if not libraries:
        raise BenchError(f"{build} has no shared library; configure it with -DBUILD_SHARED_LIBS=ON")
    lib = libraries[0].parent
    return Library(
        "Relume",
        [f"-I{lib}/relume/torch/include", f"-I{prefix}/include"],
        [f"-L{lib}", f"-Wl,-rpath,{lib}", "-lrelume"],
        [libraries[0].resolve()],
        [prefix / "bin" / "relume", "train", "--brief", "--no-save"],
    )


def libtorch():
    python = os.environ.get("TORCH_PYTHON") or shutil.which("python3")
    if not python:
        raise BenchError("no python3 to ask for torch; set TORCH_PYTHON")
    ask = "import json, os, torch; print(json.dumps([torch.__version__, os.path.dirname(torch.__file__)]))"
    try:
        version, folder = json.loads(run([python, "-c", ask]).output.splitlines()[-1])
    except (OSError, BenchError, ValueError, IndexError) as error:
        raise BenchError(f"{python} can't import torch ({error}); set TORCH_PYTHON") from error
    if version.split("+")[0] != TORCH_VERSION:
        raise BenchError(f"{python} has torch {version}, and the figures are against {TORCH_VERSION}")
    root = pathlib.Path(folder)
    lib = root / "lib"
    return Library(
        f"libtorch {TORCH_VERSION}",
        [f"-I{root}/include", f"-I{root}/include/torch/csrc/api/include"],
        [f"-L{lib}", f"-Wl,-rpath,{lib}", "-ltorch", "-ltorch_cpu", "-lc10"],
        [path for path in (lib / f"lib{name}.so" for name in ("torch", "torch_cpu", "c10")) if path.exists()],
        [python, HERE / "demo_torch.py"],
    )


def compile_program(library, source, target):
    compiler = os.environ.get("CXX", "c++")
    return run([compiler, "-std=c++17", "-O2", *library.compile_flags, source, "-o", target, *library.link_flags])


def stripped_megabytes(files, folder):
    total = 0
    for file in files:
        copy = folder / "stripped"
        run(["strip", "-o", copy, file])
        total += copy.stat().st_size
    return total / MB


def costs(library, folder):
    """The figures of COSTS for one library, in its order."""
    header = folder / "header.cpp"
    header.write_text("#include <torch/torch.h>\nint main() {}\n")
    program = folder / f"small_training_{library.name.split()[0]}"
    compiled = min((compile_program(library, HERE / "small_training.cpp", program) for _ in range(2)), key=seconds_of)
    included = min((compile_program(library, header, folder / "header") for _ in range(2)), key=seconds_of)
    started = min((run([program]) for _ in range(10)), key=seconds_of)
    return [
        compiled.seconds,
        compiled.memory_mb,
        included.seconds,
        included.memory_mb,
        started.seconds * 1e3,
        started.memory_mb,
        stripped_megabytes(library.files, folder),
    ]


def seconds_of(usage):
    return usage.seconds


def epoch_of_demo(library, folder):
    """{"us", "checksum"} of one epoch of the demo: its seconds and the accuracy; None where it can't be run."""
    progress(f"{library.name}: one epoch of the demo")
    report = folder / "report"
    try:
        run([*library.demo, "--epochs", 1, "--threads", THREADS, "--report", report])
    except (OSError, BenchError) as error:
        print(f"No epoch of the demo by {library.name}: {error}.", file=sys.stderr)
        return None
    accuracy, seconds = map(float, report.read_text().split()[:2])
    return {"us": seconds * 1e6, "checksum": accuracy}


def progress(text):
    """Shows what runs at the moment, on a terminal only."""
    if sys.stderr.isatty():
        print(f"\r{text:100}", end="\n" if not text else "", file=sys.stderr, flush=True)


def measure_rows(programs, wanted, rounds):
    """{library: {row: {"us", "checksum"}}}; the libraries take turns, and each row keeps the median of its rounds."""
    samples = {name: {} for name in programs}
    for number in range(rounds):
        for name, program in programs.items():
            for row in wanted:
                progress(f"round {number + 1} of {rounds}: {name}, {row}")
                for line in run([program, "--threads", THREADS, row]).output.splitlines():
                    sample = json.loads(line)
                    samples[name].setdefault(sample["name"], []).append(sample)
    progress("")
    return {
        name: {
            row: {"us": statistics.median(s["us"] for s in taken), "checksum": taken[0]["checksum"]}
            for row, taken in rows.items()
        }
        for name, rows in samples.items()
    }


def significant(value):
    return "-" if value is None else f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def time_text(us):
    if us is None:
        return "-"
    for limit, factor, unit in ((1, 1e3, "ns"), (1e3, 1, "us"), (1e6, 1e-3, "ms"), (math.inf, 1e-6, "s")):
        if us < limit:
            return f"{significant(us * factor)} {unit}"


def verdict(reached):
    return "-" if reached is None else "reached" if reached else "missed"


def cost_lines(peer, own):
    for (name, unit, limit), value, other in zip(COSTS, own, peer or [None] * len(COSTS)):
        ratio = other / value if other is not None else None
        texts = [f"{significant(v)} {unit}" if v is not None else "-" for v in (other, value)]
        yield [name, *texts, significant(ratio), f"<= {limit} {unit}", verdict(value <= limit)]


def row_lines(peer, own):
    for name, mine in own.items():
        other = (peer or {}).get(name)
        ratio = other["us"] / mine["us"] if other else None
        wanted = RATIOS.get(name)
        if other and not math.isclose(other["checksum"], mine["checksum"], rel_tol=TOLERANCE.get(name, 1e-3)):
            outcome = f"DIFFERS: {other['checksum']:.9g} and {mine['checksum']:.9g}"
        else:
            outcome = verdict(ratio >= wanted if ratio and wanted else None)
        target = f">= {wanted} x" if wanted else "-"
        yield [name, time_text(other["us"] if other else None), time_text(mine["us"]), significant(ratio), target, outcome]


def print_table(lines):
    lines = [["what", f"libtorch {TORCH_VERSION}", "Relume", "ratio", "to reach", "verdict"], *lines]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    lines.insert(1, ["-" * width for width in widths])
    for line in lines:
        print("| " + " | ".join(text.ljust(width) for text, width in zip(line, widths)) + " |")


def measure(arguments, folder):
    busy = os.getloadavg()[0]
    if busy > 0.5:
        print(f"The machine is busy (load {busy:.1f}): expect figures that vary.", file=sys.stderr)
    libraries = [relume(arguments.build, folder)]
    try:
        libraries.insert(0, libtorch())
    except BenchError as error:
        print(f"Without libtorch: {error}.", file=sys.stderr)

    programs, cost = {}, {}
    for library in list(libraries):
        try:
            print(f"{library.name}: compiling ...", file=sys.stderr)
            program = folder / f"peer_{library.name.split()[0]}"
            compile_program(library, HERE / "peer.cpp", program)
            cost[library.name] = costs(library, folder)
            programs[library.name] = program
        except BenchError as error:
            if library.name == "Relume":
                raise
            print(f"Without {library.name}: {error}.", file=sys.stderr)

    names = run([programs["Relume"], "--list"]).output.splitlines()
    wanted = [n for n in names if arguments.only in n and (arguments.all or arguments.only or n in RATIOS)]
    rows = measure_rows(programs, wanted, arguments.rounds)
    if not arguments.no_demo and arguments.only in DEMO:
        for library in libraries:
            sample = epoch_of_demo(library, folder) if library.name in rows else None
            if sample:
                rows[library.name][DEMO] = sample
    return {"costs": cost, "rows": rows, "threads": THREADS}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, help="a built tree, say build/release")
    parser.add_argument("--all", action="store_true", help="every row of peer.cpp, also those without a ratio to reach")
    parser.add_argument("--only", default="", metavar="TEXT", help="rows whose name contains TEXT")
    parser.add_argument("--no-demo", action="store_true", help="leave out the epoch of the demo, which takes minutes")
    parser.add_argument("--rounds", type=int, default=3, help="how often each library takes its turn (default 3)")
    parser.add_argument("--json", type=pathlib.Path, help="where the figures go (default BUILD/bench.json)")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="relume-bench-") as folder:
        try:
            result = measure(arguments, pathlib.Path(folder))
        except BenchError as error:
            sys.exit(f"run.py: {error}")

    peer = next((name for name in result["costs"] if name != "Relume"), None)
    lines = [
        *cost_lines(result["costs"].get(peer), result["costs"]["Relume"]),
        *row_lines(result["rows"].get(peer), result["rows"]["Relume"]),
    ]
    print_table(lines)
    json_file = arguments.json or arguments.build / "bench.json"
    json_file.write_text(json.dumps(result, indent=1) + "\n")
    print(f"\nFigures in {json_file}; times are with {THREADS} threads.")
    sys.exit(any("DIFFERS" in line[-1] for line in lines))


if __name__ == "__main__":
    main()
