"""Modules and functions of nn, against what PyTorch answered to the same cases (tests/oracle/python/make_goldens.py)."""

import json
import pathlib
import sys

import pytest
import relume
import relume.nn

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests" / "oracle" / "python"))

import cases  # noqa: E402

# Programs provoke warnings on purpose.
pytestmark = pytest.mark.filterwarnings("ignore")
KINDS = {"module": cases.run_module, "function": cases.run_function}
ROWS = [json.loads(line) for line in (HERE / "goldens" / "nn.jsonl").read_text().splitlines()][1:]


def rows(kind):
    return [row for row in ROWS if kind in row]


@pytest.mark.parametrize("kind", KINDS)
def test_answers_what_pytorch_answers(kind):
    found = []
    for row in rows(kind):
        line, golden = row[kind], {key: value for key, value in row.items() if key != kind}
        difference = cases.difference(KINDS[kind](relume, *cases.parts(line)), golden)
        if difference:
            found.append(f"{line}\n    {difference}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("row", rows("program"), ids=lambda row: row["program"])
def test_programs_show_what_they_show_with_pytorch(row):
    text = dict(cases.programs())[row["program"]]
    assert cases.run_program(relume, text)["shown"] == row["shown"]


def test_every_case_has_its_golden():
    for kind, name in (("module", "modules.txt"), ("function", "functions.txt")):
        assert len(rows(kind)) == len(cases.lines(name))
    assert len(rows("program")) == len(cases.programs())
