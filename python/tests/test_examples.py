"""The programs of examples/python, written for PyTorch, print what PyTorch prints: as they are, through
`python -m relume`, and with `import relume as torch`."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "examples" / "python"
SCRIPTS = sorted(FOLDER.glob("*.py"))


def output_of(*command):
    environment = dict(os.environ, OMP_WAIT_POLICY="passive")  # tests beside this one want the cores too
    done = subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def with_own_names(text):
    """The program with Relume's names in its imports."""
    text = re.sub(r"^import torch$", "import relume as torch", text, flags=re.MULTILINE)
    return re.sub(r"^(import|from) torch\b", r"\1 relume", text, flags=re.MULTILINE)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_prints_what_pytorch_prints(script, tmp_path):
    expected = (FOLDER / "expected" / f"{script.stem}.txt").read_text(encoding="utf-8")
    assert output_of("-m", "relume", script) == expected
    own = tmp_path / script.name
    own.write_text(with_own_names(script.read_text(encoding="utf-8")), encoding="utf-8")
    assert output_of(own) == expected


def test_every_program_has_its_output():
    assert {path.stem for path in SCRIPTS} == {path.stem for path in (FOLDER / "expected").glob("*.txt")}
