"""The libraries that are measured: where they are, the programs compiled against them, and what they cost to use."""

import concurrent.futures
import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TORCH_VERSION = "2.13.0"
MB = 1e6


class BenchError(Exception):
    """Something that can't be measured; the text says why."""


@dataclasses.dataclass
class Library:
    name: str
    compile_flags: list
    link_flags: list
    files: list  # what is on disk for it, without its system packages
    demo: list  # the command that trains the demo's network, without its options
    identity: str  # changes whenever programs must be compiled again


@dataclasses.dataclass
class Usage:
    seconds: float
    memory_mb: float
    output: str


def run(command, **environment):
    """Runs a command and tells its wall time, output, and the largest memory of it and its children."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        child = subprocess.Popen(
            [str(part) for part in command], stdout=out, stderr=err, env=dict(os.environ, **environment)
        )
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if child.returncode != 0:
            messages = err.read().decode(errors="replace")
            raise BenchError(f"{pathlib.Path(command[0]).name}: {reason(messages, child.returncode)}")
        return Usage(seconds, usage.ru_maxrss * 1024 / MB, out.read().decode(errors="replace"))


def reason(messages, code):
    """The line of a failed command's messages that says most."""
    lines = [line.strip() for line in messages.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or [f"ended with {code}"])[-1 if "Traceback" in messages else 0]


def digest(paths):
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(str(path).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def relume(build, folder):
    """Relume as it is installed from a built tree, into folder/relume."""
    prefix = folder / "relume"
    shutil.rmtree(prefix, ignore_errors=True)
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
        digest(path for path in prefix.rglob("*") if path.suffix in (".h", ".inc")),
    )


def torch_python():
    python = os.environ.get("TORCH_PYTHON") or shutil.which("python3")
    if not python:
        raise BenchError("no python3 to ask for torch; set TORCH_PYTHON")
    return python


def libtorch():
    """libtorch out of the wheel that TORCH_PYTHON, or else python3, has."""
    python = torch_python()
    ask = "import json, os, torch; print(json.dumps([torch.__version__, os.path.dirname(torch.__file__)]))"
    try:
        version, folder = map(str, json.loads(run([python, "-c", ask]).output.splitlines()[-1]))
    except (OSError, BenchError, ValueError, TypeError, IndexError) as error:
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
        version,
    )


def python_package(build):
    """(interpreter, folder) of the Python package: that of the built tree, else that of `make python`."""
    root = HERE.parent / "build"
    for folder in (build / "python", root / "python" / "python"):
        if list(folder.glob("relume/_C.*.so")):
            python = root / "venv" / "bin" / "python"
            return (python if python.exists() else shutil.which("python3")), folder.resolve()
    raise BenchError(f"no Python package in {build}; `make python` builds one")


# What the limits are measured with: oneDNN and OpenMP alone.
PARTS = Library("limits", ["-O3", "-fopenmp", f"-I{HERE.parent / 'src'}"], ["-fopenmp", "-ldnnl"], [], [], "")


def build_program(library, sources, folder):
    """Compiles a program of the benchmark; objects are kept in `folder` and used again while nothing changed."""
    compiler = os.environ.get("CXX", "c++")
    flags = ["-std=c++17", "-O2", *library.compile_flags]
    shared = digest([HERE / "harness.h", *HERE.glob("*/*.h"), *HERE.parent.glob("examples/*.h")])
    key = [compiler, *map(str, flags), library.identity, shared]

    def compile_one(source):
        name = hashlib.sha256("\0".join([*key, digest([source])]).encode()).hexdigest()[:20]
        target = folder / f"{name}.o"
        if not target.exists():
            made = target.with_suffix(".tmp")
            run([compiler, *flags, "-c", source, "-o", made])
            made.rename(target)
        return target

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        objects = list(pool.map(compile_one, sources))
    program = folder / f"{sources[0].parent.name}_{library.name.replace(' ', '_')}"
    run([compiler, *objects, "-o", program, *library.link_flags])
    return program


def stripped_megabytes(files, folder):
    total = 0
    for file in files:
        copy = folder / "stripped"
        run(["strip", "-o", copy, file])
        total += copy.stat().st_size
    return total / MB


def costs(library, folder):
    """The figures of figures.COSTS for one library, in their order."""

    def compile_program(source, target, *flags):
        compiler = os.environ.get("CXX", "c++")
        command = [compiler, "-std=c++17", "-O2", *library.compile_flags, source, "-o", target, *flags]
        return min((run(command, CCACHE_DISABLE="1") for _ in range(3)), key=seconds_of)

    header = folder / "header.cpp"
    header.write_text("#include <torch/torch.h>\nint main() {}\n")
    program = folder / f"small_training_{library.name.split()[0]}"
    compiled = compile_program(HERE / "small_training.cpp", program, *library.link_flags)
    included = compile_program(header, folder / "header.o", "-c")  # the program's row has the linker's time
    started = min((run([program], OMP_NUM_THREADS="2") for _ in range(10)), key=seconds_of)
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
