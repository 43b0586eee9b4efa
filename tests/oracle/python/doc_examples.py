"""The examples in the docstrings of the PyTorch that is installed, run by both libraries; none of them is part of this
project. `doc_examples.txt` lists those that are not compared, and why.

Each library runs them in a process of its own, Relume under the name torch: `doc_examples.py relume|torch < examples`.
"""

import ast
import contextlib
import doctest
import importlib
import inspect
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import warnings

MODULES = """torch torch.Tensor torch.amp torch.autograd torch.autograd.forward_ad torch.autograd.functional
torch.autograd.grad_mode torch.autograd.graph torch.distributions torch.distributions.constraints
torch.distributions.transforms torch.func torch.linalg torch.nn torch.nn.attention torch.nn.functional torch.nn.init
torch.nn.parameter torch.nn.utils torch.nn.utils.parametrizations torch.nn.utils.parametrize torch.nn.utils.prune
torch.nn.utils.rnn torch.nn.utils.stateless torch.optim torch.optim.lr_scheduler torch.optim.swa_utils torch.overrides
torch.random torch.serialization torch.special torch.storage torch.testing torch.utils._pytree torch.utils.benchmark
torch.utils.checkpoint torch.utils.data torch.utils.dlpack torch.utils.hooks""".split()
NUMBER = re.compile(r"[-+]?\b\d+\.?\d*(?:e[-+]?\d+)?")
SECONDS = 10  # for an example
LACKS = "Relume does not have it"


def statements(text):
    """The examples of a docstring, those that belong together as one."""
    text = re.sub(r"#\s*x?doctest:.*", "", text)
    try:
        found = [example.source for example in doctest.DocTestParser().get_examples(text)]
    except ValueError:  # of a docstring whose indentation Python's reader refuses
        found = [line.strip()[4:] + "\n" for line in text.split("\n") if line.strip().startswith((">>> ", "... "))]
    joined = []
    for source in found:
        if joined and source.startswith((" ", "else", "except", "finally")):
            joined[-1] += source
        else:
            joined.append(source)
    return joined


def collected():
    """{name of the documented object: its examples}."""
    found, seen = {}, set()

    def add(name, thing):
        text = getattr(thing, "__doc__", None)
        if isinstance(text, str) and ">>>" in text and text not in seen:
            seen.add(text)
            found[name] = statements(text)

    for path in MODULES:
        owner = importlib.import_module("torch").Tensor if path == "torch.Tensor" else importlib.import_module(path)
        for name in dir(owner):
            value = getattr(owner, name, None)
            if inspect.ismodule(value) or not (getattr(value, "__module__", None) or "torch").startswith("torch"):
                continue
            add(f"{path}.{name}", value)
            for inner in dir(value) if inspect.isclass(value) else ():
                add(f"{path}.{name}.{inner}", inspect.getattr_static(value, inner))
    return found


def results(examples):
    """What each example prints, or the first line of its error."""
    import torch

    def stop(*_):
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    made = {}
    for name, sources in examples.items():
        torch.set_default_device(None)
        torch.set_default_dtype(torch.float32)
        torch.set_printoptions(profile="default")
        torch.manual_seed(0)
        schedulers = {key: value for key, value in vars(torch.optim.lr_scheduler).items() if key.endswith("LR")}
        names = dict(schedulers, torch=torch, nn=torch.nn, F=torch.nn.functional, optim=torch.optim, autograd=torch.autograd)
        made[name] = []
        for source in sources:
            printed = io.StringIO()
            signal.alarm(SECONDS)
            try:
                with contextlib.redirect_stdout(printed):
                    run(source, names)
            except Exception as error:
                text = str(error)
                printed = io.StringIO(f"{type(error).__name__}: {LACKS if LACKS in text else text}".split("\n")[0])
            finally:
                signal.alarm(0)
            made[name].append(printed.getvalue())
    return made


def run(source, names):
    """An example as the interactive interpreter would run it."""
    parsed = ast.parse(source)
    if len(parsed.body) == 1 and isinstance(parsed.body[0], ast.Expr):
        value = eval(compile(source, "<example>", "eval"), names)
        if value is not None:
            print(repr(value))
    else:
        exec(compile(source, "<example>", "exec"), names)


def same(ours, theirs):
    """Whether the texts are equal but for addresses and the last digits of numbers."""
    ours, theirs = (re.sub(r"0x[0-9a-f]+", "0x", text) for text in (ours, theirs))
    if NUMBER.sub("", ours).split() != NUMBER.sub("", theirs).split():
        return False
    pairs = list(zip(map(float, NUMBER.findall(ours)), map(float, NUMBER.findall(theirs))))
    return all(abs(a - b) <= 2e-4 * (1 + abs(b)) for a, b in pairs)


def difference(sources, ours, theirs):
    """The first example whose outputs differ; what follows one that needs what Relume lacks is not compared."""
    for source, mine, other in zip(sources, ours, theirs):
        if mine.endswith(LACKS):
            return ""
        failed = re.match(r"\w*(Error|Warning|Exception): ", other)  # an example that is not whole, mostly
        if not failed and not same(mine, other):
            return f"{source.strip()}\n    {mine[:250]!r}\n    {other[:250]!r}"
    return ""


def checks(relume):
    """(name, function that returns what differs) of all checks."""
    import cases

    known = dict(line.split("  ## ") for line in cases.lines("doc_examples.txt"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        examples = {name: sources for name, sources in collected().items() if name not in known}
    made = {}

    def outputs(library):
        if library not in made:
            command = [sys.executable, "-W", "ignore", os.path.abspath(__file__), library]
            paths = dict(os.environ, PYTHONPATH=os.path.dirname(os.path.dirname(os.path.abspath(relume.__file__))))
            with tempfile.TemporaryDirectory() as folder:  # examples write files
                made[library] = json.loads(
                    subprocess.run(
                        command, input=json.dumps(examples), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                        cwd=folder, env=paths, check=True,
                    ).stdout
                )
        return made[library]

    for name, sources in examples.items():
        yield f"examples of {name}", lambda n=name, s=sources: difference(s, outputs("relume")[n], outputs("torch")[n])


if __name__ == "__main__":
    if sys.argv[1] == "relume":
        import relume

        relume.install_as_torch()
    json.dump(results(json.load(sys.stdin)), sys.stdout)
