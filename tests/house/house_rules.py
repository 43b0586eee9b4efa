#!/usr/bin/env python3
"""Checks what no compiler checks: the rules of HACKING.md about files, includes and symbols.

Usage: house_rules.py RULE [--static LIB] [--shared LIB] [--compiler CXX]; `house_rules.py list` names the rules.
Prints each breach as `file:line: what is wrong` and exits with 1 where there is one.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(os.environ.get("RELUME_ROOT") or pathlib.Path(__file__).resolve().parents[2])
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
CODE = {".h", ".cc", ".cpp", ".inc", ".py", ".sh"}

# Who may include whom: each room sees itself and these.
ROOMS = {
    "core": set(),
    "kernels": {"core"},
    "cpu": {"core", "kernels"},
    "autograd": {"core", "kernels"},
    "ops": {"core", "kernels", "autograd"},
    "nn": {"core", "autograd", "ops"},
    "optim": {"core", "autograd", "ops", "nn"},
    "data": {"core", "autograd", "ops", "nn", "serialize"},
    "serialize": {"core", "autograd", "ops", "nn", "optim"},
    "cli": {"core", "autograd", "ops", "nn", "optim", "data", "serialize"},
}
# Rooms that use public headers alone, as any user does.
USERS = {"cli"}
# The public headers that lie directly in include/relume/ and belong to a room other than core.
PUBLIC_ROOMS = {
    "autograd": "autograd",
    "custom_function": "autograd",
    "gradcheck": "ops",
    "ops": "ops",
    "nn": "nn",
    "data": "data",
    "serialize": "serialize",
    "optim": "optim",
    "relume": "cli",
}
# Standard headers that cost too much to include, or bring what only a few users need.
HEAVY = set(
    "ranges thread chrono random iostream atomic mutex regex future filesystem sstream iomanip format execution fstream "
    "condition_variable barrier semaphore latch stop_token coroutine memory_resource valarray".split()
)
LONGEST_FILE = 800
LARGEST_LIBRARY = 5_000_000

# Joined from halves, so that this file passes its own rule.
FORBIDDEN = [
    (re.compile(left + right), why)
    for left, right, why in [
        (r"\bTO", r"DO\b", "unfinished work"),
        (r"\bFIX", r"ME\b", "unfinished work"),
        (r"\bXX", r"X\b", "unfinished work"),
        (r"(?<![\w.])/wo", r"rk/", "a path of one machine"),
        (r"/tmp", r"/w/", "a path of one machine"),
        (r"/ho", r"me/\w", "a path of one machine"),
        (r"\bDISAB", r"LED_", "a test that never runs"),
        (r"march=na", r"tive", "a binary for one machine only"),
    ]
]


def tracked(*folders):
    """The project's files, as git has them where there is git, below the given folders."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        command = ["git", "-C", str(ROOT), "-c", f"safe.directory={ROOT}", "ls-files", "-co", "--exclude-standard"]
        names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    else:
        names = [str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if "build" not in p.relative_to(ROOT).parts]
    paths = [pathlib.Path(name) for name in names if not folders or name.split("/")[0] in folders]
    return [path for path in paths if (ROOT / path).is_file()]


def lines_of(path):
    return (ROOT / path).read_text(encoding="utf-8", errors="replace").splitlines()


def generated(path):
    """Whether the file says that a program made it."""
    return any("not edited by hand" in line for line in lines_of(path)[:4])


def includes(path):
    """(line number, kind of bracket, header) of each include."""
    for number, line in enumerate(lines_of(path), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


def room_of(name):
    """The room of src/<room>/..., include/relume/... or of an include's text; None for what is outside."""
    parts = pathlib.PurePath(name).parts
    if parts[0] == "src" or (parts[0] in ROOMS and len(parts) > 1):
        return parts[1] if parts[0] == "src" else parts[0]
    if parts[0] == "include":
        parts = parts[1:]
    if parts[0] != "relume":
        return None
    if len(parts) > 2:
        return parts[1]
    return PUBLIC_ROOMS.get(pathlib.PurePath(parts[1]).stem, "core")


def rule_arrows(_):
    """core <- autograd <- ops <- nn <- optim, data, serialize; cpu sees core and kernels only."""
    for path in tracked("src", "include"):
        if path.suffix not in CODE:
            continue
        room = room_of(path)
        if room not in ROOMS:
            yield f"{path}:1: a folder without a rule: {room}"
            continue
        for number, _, header in includes(path):
            other = room_of(header)
            if other is None or other == room:
                continue
            if room in USERS and not header.startswith("relume/"):
                yield f"{path}:{number}: {room} must not see {header}, which is private"
            if other not in ROOMS[room]:
                yield f"{path}:{number}: {room} must not see {other} ({header})"


def rule_headers(_):
    """Public headers include only each other and light standard headers."""
    for path in tracked("include"):
        for number, bracket, header in includes(path):
            if header in HEAVY:
                yield f"{path}:{number}: <{header}> is too heavy for a public header"
            elif bracket == "<" and "/" in header or "." in header and not header.startswith("relume/"):
                yield f"{path}:{number}: {header} is no header of ours or of the standard library"
            elif header.startswith("relume/") and not (ROOT / "include" / header).exists():
                yield f"{path}:{number}: {header} is not installed"


def rule_alone(arguments):
    """Each public header compiles by itself, as C++17, without a warning."""

    def compile_alone(path):
        command = [arguments.compiler, "-std=c++17", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-x", "c++", "-"]
        source = f'#include "{path.relative_to("include")}"\n'
        done = subprocess.run(command + ["-I", str(ROOT / "include")], input=source, capture_output=True, text=True)
        return "" if done.returncode == 0 else f"{path}:1: does not compile alone\n{done.stderr}"

    headers = [path for path in tracked("include") if path.suffix == ".h"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from filter(None, pool.map(compile_alone, headers))


def rule_length(_):
    """A file that passes 800 lines is two files."""
    for path in tracked():
        if path.suffix in CODE and "oracle" not in path.parts:
            count = len(lines_of(path))
            if count > LONGEST_FILE:
                yield f"{path}:{count}: longer than {LONGEST_FILE} lines"


def rule_words(_):
    """No unfinished work, no paths of one machine."""
    for path in tracked():
        if path.suffix not in CODE | {".md", ".txt", ".json", ".cmake", ".in", ".map"} and path.name != "Makefile":
            continue
        for number, line in enumerate(lines_of(path), 1):
            for pattern, why in FORBIDDEN:
                if pattern.search(line):
                    yield f"{path}:{number}: {why}: {line.strip()}"


def rule_form(_):
    """A file starts with a sentence that says what it is for; headers are guarded; lines fit."""
    for path in tracked("include", "src", "tests", "bench", "examples", "compat", "tools"):
        if path.suffix not in {".h", ".cc", ".cpp", ".inc"} or "goldens" in path.parts:
            continue
        lines = lines_of(path)
        if not lines or not lines[0].lstrip().startswith("//"):
            yield f"{path}:1: does not start with a sentence that says what it is for"
        if path.suffix == ".h" and "#pragma once" not in lines and not path.stem.endswith("-inl"):
            yield f"{path}:1: has no #pragma once"
        for number, line in enumerate(lines, 1):
            if len(line) > 120 and not generated(path) and path.suffix != ".inc":
                yield f"{path}:{number}: longer than 120 columns"


def rule_unlocked(_):
    """What runs without Python's lock reads no argument of Python's: it may be another thread's turn."""
    for path in tracked("python/src"):
        text = path.read_text()
        for start in (match.end() for match in re.finditer(r"RELUME_RESULT\(", text)):
            depth, end = 1, start
            while depth and end < len(text):
                depth += {"(": 1, ")": -1}.get(text[end], 0)
                end += 1
            if read := re.search(r"\ba\.(?!tensor\b|optional_tensor\b|has\b)(\w+)\(", text[start:end]):
                number = text.count("\n", 0, start) + 1
                yield f"{path}:{number}: a.{read[1]}() inside RELUME_RESULT; read it before"


def rule_names(_):
    """Test programs are named by their file alone, so those names are unique."""
    seen = {}
    for path in tracked("tests"):
        if path.name.endswith("_test.cc"):
            if path.name in seen:
                yield f"{path}:1: the same name as {seen[path.name]}"
            seen[path.name] = path


def rule_fresh(_):
    """Committed files that a program makes are what it makes now."""
    for program in ("generate_ops.py", "generate_compat.py"):
        command = [sys.executable, ROOT / "tools" / program, "--check"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            yield done.stdout + done.stderr


def nm(library, *options):
    command = ["nm", *options, str(library)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def rule_thread_locals(arguments):
    """Thread state is constant-initialised and trivially destructible: it costs a load, not a call."""
    member = "?"
    for line in nm(arguments.static, "-C"):
        if line.endswith(".o:"):
            member = line[:-1]
        elif "__cxa_thread_atexit" in line:
            yield f"{member}: a thread_local with a destructor"
        elif "TLS init function for relume" in line:
            yield f"{member}: a thread_local that is initialised at run time: {line.split(' for ')[1]}"


def rule_exports(arguments):
    """librelume.so exports names of relume, and nothing of its private namespaces or of others."""
    allowed = re.compile(r"^((typeinfo|typeinfo name|vtable|VTT|guard variable|non-virtual thunk) (for|to) )?relume::")
    private = re.compile(r"relume::(cpu|kernels|cli)::")
    for line in nm(arguments.shared, "-D", "-C", "--defined-only"):
        symbol = line.split(" ", 2)[2]
        if not allowed.match(symbol) or private.search(symbol):
            yield f"{arguments.shared}: exports {symbol}"


def rule_size(arguments):
    """The stripped library stays small."""
    with tempfile.TemporaryDirectory() as folder:
        stripped = pathlib.Path(folder) / "librelume.so"
        subprocess.run(["strip", "-o", str(stripped), arguments.shared], check=True)
        size = stripped.stat().st_size
    print(f"librelume.so, stripped: {size} bytes")
    if size > LARGEST_LIBRARY:
        yield f"{arguments.shared}: {size} bytes stripped, more than {LARGEST_LIBRARY}"


RULES = {name[5:]: function for name, function in globals().items() if name.startswith("rule_")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rule", choices=[*RULES, "list"])
    parser.add_argument("--static")
    parser.add_argument("--shared")
    parser.add_argument("--compiler", default="c++")
    arguments = parser.parse_args()
    if arguments.rule == "list":
        for name, function in RULES.items():
            print(f"{name:14} {function.__doc__}")
        return 0
    breaches = list(RULES[arguments.rule](arguments))
    for breach in breaches:
        print(breach)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
