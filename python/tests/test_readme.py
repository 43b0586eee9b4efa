"""The Python programs of README.md run, and print what it shows; so do the commands that it shows."""

import pathlib
import shlex
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "readme"))
import readme_test  # noqa: E402

BLOCKS = readme_test.blocks_of((ROOT / "README.md").read_text(encoding="utf-8"))
PROGRAMS = [block for block in BLOCKS if block.language == "python"]
COMMANDS = [line for block in BLOCKS if block.language == "sh" for line in block.text.splitlines()]
COMMANDS = [line for line in COMMANDS if line.startswith("python -m relume ")]


def output_of(*command):
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("block", PROGRAMS, ids=lambda block: f"line {block.line}")
def test_programs_print_what_is_shown(block):
    assert block.shown and output_of("-c", block.text) == block.shown


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_run(command):
    assert output_of(*shlex.split(command.split("#")[0])[1:])


def test_there_is_something_to_check():
    assert PROGRAMS and COMMANDS
