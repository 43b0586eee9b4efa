"""The package as type checkers and editors see it: the stubs are complete and say what is true."""

import ast
import json
import os
import pathlib
import subprocess
import sys
import types

import pytest
import relume

PACKAGE = pathlib.Path(relume.__file__).parent
GOOD = """
import relume as torch
import relume.nn as nn
import relume.nn.functional as F
from relume.autograd import Function

x = torch.zeros(2, 3, dtype=torch.float32)
y: torch.Tensor = torch.relu(x) + 2 * x.sum(dim=1, keepdim=True)
values, places = torch.max(x, 1)
largest: torch.Tensor = torch.topk(x, 2).values
shape: torch.Size = x.view(3, 2).permute(1, 0).float().shape
activated: torch.Tensor = F.leaky_relu(F.relu(x, inplace=True), 0.1)
flag: bool = torch.cat([x, y]).requires_grad
print(torch.einsum("ij->i", x), torch.kron(x, x), torch.tensor([1, 2], dtype=torch.int64).item())
with torch.no_grad():
    x += 1
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
print(model(x), torch.randn(2, 3), torch.arange(3), shape.numel(), x @ y, -x, x[0], x > 1, torch.gcd)

@torch.no_grad()
def evaluate(values: torch.Tensor) -> float:
    return values.sum().item()


@torch.no_grad
def plain(values: torch.Tensor) -> torch.Tensor:
    return values


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(2, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.fc(x))


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
with torch.enable_grad(), torch.set_grad_enabled(True):
    loss = F.cross_entropy(net(torch.ones(2, 2)), torch.tensor([0, 1]))
    loss.backward()
optimizer.step()
number: float = evaluate(x) + plain(x).item()
"""
BAD = {
    'torch.nn.functional.relu("text")': "expected \"Tensor\"",
    'torch.relu("text")': "expected \"Tensor\"",
    "torch.ones(2).foo": 'has no attribute "foo"',
    "torch.nothing(3)": 'has no attribute "nothing"',
    "torch.sum(torch.ones(2), keepdims=1.5, nothing=2)": "No overload variant",
    "number: str = torch.ones(2).numel()": "Incompatible types in assignment",
}


def check(tmp_path, text):
    pytest.importorskip("mypy")
    program = tmp_path / "program.py"
    program.write_text(text)
    options = ["--follow-imports", "silent", "--cache-dir", str(tmp_path / "cache"), "--python-executable", sys.executable]
    environment = dict(os.environ, MYPYPATH=str(PACKAGE.parent))
    command = [sys.executable, "-m", "mypy", *options, str(program)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False).stdout


def test_mypy_accepts_a_program_and_finds_its_mistakes(tmp_path):
    assert check(tmp_path, GOOD).startswith("Success")
    found = check(tmp_path, "import relume as torch\n" + "\n".join(BAD)).splitlines()
    for line, (mistake, message) in enumerate(BAD.items(), 2):
        assert any(f"program.py:{line}: error" in text and message in text for text in found), (mistake, found)


def test_pyright_accepts_a_program_and_finds_its_mistakes(tmp_path):
    pytest.importorskip("basedpyright", reason="basedpyright, which brings Node.js along, is not installed")
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "bad.py").write_text("import relume as torch\n" + "\n".join(BAD))
    settings = {"include": ["good.py", "bad.py"], "extraPaths": [str(PACKAGE.parent)], "typeCheckingMode": "standard"}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "-p", str(tmp_path)]
    # Node.js does not start with the runtimes of sanitizers, which a run of these tests may preload.
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    report = json.loads(run.stdout)
    found = {(pathlib.Path(one["file"]).name, one["range"]["start"]["line"]) for one in report["generalDiagnostics"]}
    assert found == {("bad.py", line) for line in range(1, len(BAD) + 1)}


def names_in(body):
    """The names that the statements of a stub define; of imports the files that they name."""
    names = set()
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.AnnAssign):
            names.add(node.target.id)
        elif isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            stub = PACKAGE / f"{node.module}.pyi"
            if stub.exists():
                names |= names_in(ast.parse(stub.read_text()).body)
            else:
                names |= set(vars(sys.modules[f"relume.{node.module}"])["__all__"])
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def test_every_name_has_its_stub():
    stubbed = names_in(ast.parse((PACKAGE / "__init__.pyi").read_text()).body)
    public = {n for n, value in vars(relume).items() if n[0] != "_" and not isinstance(value, types.ModuleType)}
    assert public - stubbed == set()


def test_every_method_of_tensor_has_its_stub():
    body = ast.parse((PACKAGE / "_C.pyi").read_text()).body
    (tensor,) = [node for node in body if isinstance(node, ast.ClassDef) and node.name == "Tensor"]
    stubbed = names_in(tensor.body)
    assert {name for name in dir(relume.Tensor) if name[0] != "_"} - stubbed == set()


def test_the_package_says_that_it_has_types():
    assert (PACKAGE / "py.typed").exists()
