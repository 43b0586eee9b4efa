"""The package as a product: what its import costs and loads, its version, its documentation, its advice."""

import importlib
import inspect
import os
import pathlib
import pkgutil
import subprocess
import sys

import pytest
import relume
from relume import nn

LIMIT = 40 * 1024  # KiB


def run(program):
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_importing_loads_neither_numpy_nor_what_waits():
    loaded = run("import sys, relume, relume.nn; relume.ones(2).tolist(); print(' '.join(sys.modules))").split()
    assert not {"numpy", "inspect", "typing", "tempfile", "multiprocessing"} & set(loaded)


@pytest.mark.skipif("asan" in os.environ.get("LD_PRELOAD", ""), reason="the sanitizer's own memory counts")
def test_importing_takes_little_memory():
    used = run("import relume, relume.nn; print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])")
    assert int(used) < LIMIT


def test_the_files_that_name_the_version_agree():
    root = pathlib.Path(__file__).resolve().parents[2]
    assert f'version = "{relume.__version__}"' in (root / "pyproject.toml").read_text()
    assert f"project(relume VERSION {relume.__version__} " in (root / "CMakeLists.txt").read_text()


def test_says_its_version():
    assert relume.__version__ == relume.version.__version__
    shown = subprocess.run([sys.executable, "-m", "relume", "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout == f"relume {relume.__version__}\n"


def test_every_function_and_method_says_what_it_does():
    missing = []
    for owner in (relume, relume.Tensor, nn.functional, relume.linalg, relume.special):
        for name, value in vars(owner).items():
            if name[0] != "_" and callable(value) and not inspect.ismodule(value):
                text = inspect.getdoc(value) or ""
                if not text.split("\n\n", 1)[-1].strip():
                    missing.append(name)
    assert missing == []


def says_nothing(owner, name, value):
    """Whether a function, class or method has no documentation, of its own or of a class that it comes from."""
    bases = owner.__mro__ if inspect.isclass(owner) else ()
    return not any(getattr(each, "__doc__", None) for each in [value, *(getattr(base, name, None) for base in bases)])


def test_every_module_class_and_function_of_python_says_what_it_does():
    missing = []
    for found in pkgutil.walk_packages(relume.__path__, "relume."):
        if found.name.endswith(("__main__", "relume.demo")):
            continue
        module = importlib.import_module(found.name)
        assert module.__doc__, found.name
        for name, value in vars(module).items():
            if name[0] == "_" or getattr(value, "__module__", None) != found.name or not callable(value):
                continue
            members = vars(value).items() if inspect.isclass(value) else ()
            missing += [f"{found.name}.{name}"] * says_nothing(module, name, value)
            missing += [
                f"{found.name}.{name}.{key}"
                for key, member in members
                if inspect.isfunction(member) and key[0] != "_" and key not in ("forward", "backward", "extra_repr")
                if says_nothing(value, key, member)
            ]
    assert missing == []


def test_no_name_of_torch_is_lost():
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
    import python_coverage

    assert python_coverage.lost_names() == []


def test_documentation_shows_arguments_and_defaults():
    assert "clamp(input, min=None, max=None)" in relume.clamp.__doc__
    assert "conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1)" in relume.conv2d.__doc__


def test_help_of_a_module_is_useful():
    text = run("import relume; help(relume.nn.ReLU)")
    assert "class ReLU(" in text and "f(x) = max(x, 0)" in text and "inplace=False" in text


@pytest.mark.parametrize(
    "owner, name",
    [
        (relume, "torch.fft"),
        (relume.linalg, "torch.linalg.eig"),
        (nn, "torch.nn.Transmogrifier"),
        (nn.functional, "torch.nn.functional.transmogrify"),
        (relume.optim, "torch.optim.Transmogrifier"),
        (relume.utils.data, "torch.utils.data.Transmogrifier"),
    ],
)
def test_a_missing_name_comes_with_advice(owner, name):
    module, _, attribute = name.rpartition(".")
    with pytest.raises(AttributeError) as caught:
        getattr(owner, attribute)
    assert str(caught.value).startswith(f"module '{module}' has no attribute '{attribute}' here: Relume does not have it.")
    assert "PyTorch" in str(caught.value)
