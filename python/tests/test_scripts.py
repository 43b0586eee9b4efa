"""python -m relume script.py and install_as_torch(): scripts that say `import torch`."""

import subprocess
import sys


def run(tmp_path, text, *command):
    script = tmp_path / "script.py"
    script.write_text(text)
    return subprocess.run([sys.executable, *command, str(script)], capture_output=True, text=True, check=False)


def test_runs_a_script_that_imports_torch(tmp_path):
    done = run(
        tmp_path,
        "import torch\nimport torch.nn as nn\nfrom torch.nn import functional as F\n"
        "print(torch.ones(2).shape, torch.Tensor, nn.ReLU)\nprint(nn.ReLU()(torch.tensor([-1., 1.])), __name__)\n",
        "-m",
        "relume",
    )
    assert done.stderr == ""
    assert done.stdout == (
        "torch.Size([2]) <class 'torch.Tensor'> <class 'torch.nn.modules.activation.ReLU'>\n"
        "tensor([0., 1.]) __main__\n"
    )


def test_names_what_is_missing(tmp_path):
    done = run(tmp_path, "import torch\ntorch.fft\n", "-m", "relume")
    assert "AttributeError: module 'torch' has no attribute 'fft' here: Relume does not have it." in done.stderr
    done = run(tmp_path, "import torch.fx\n", "-m", "relume")
    assert "ModuleNotFoundError: No module named 'torch.fx': Relume does not have it." in done.stderr


def test_classes_print_as_pytorchs_do(tmp_path):
    names = {
        "torch.Tensor": "torch.Tensor",
        "torch.Size": "torch.Size",
        "torch.device": "torch.device",
        "torch.dtype": "torch.dtype",
        "torch.finfo": "torch.finfo",
        "torch.no_grad": "torch.autograd.grad_mode.no_grad",
        "torch.autograd.Function": "torch.autograd.function.Function",
        "torch.nn.Parameter": "torch.nn.parameter.Parameter",
        "torch.nn.GELU": "torch.nn.modules.activation.GELU",
        "torch.nn.Linear": "torch.nn.modules.linear.Linear",
        "torch.nn.Sequential": "torch.nn.modules.container.Sequential",
        "torch.optim.SGD": "torch.optim.sgd.SGD",
        "torch.optim.lr_scheduler.StepLR": "torch.optim.lr_scheduler.StepLR",
        "torch.utils.data.DataLoader": "torch.utils.data.dataloader.DataLoader",
    }
    lines = "\n".join(f"print({name}, pickle.loads(pickle.dumps({name})) is {name})" for name in names)
    imports = "import pickle, torch, torch.optim, torch.utils.data\n"
    done = run(tmp_path, imports + lines, "-m", "relume")
    assert done.stderr == ""
    assert done.stdout.splitlines() == [f"<class '{name}'> True" for name in names.values()]


def test_installs_in_a_program(tmp_path):
    done = run(tmp_path, "import relume\nrelume.install_as_torch()\nimport torch\nprint(torch is relume)\n")
    assert done.stdout == "True\n"


def test_classes_that_are_loaded_late_print_as_pytorchs_do(tmp_path):
    done = run(tmp_path, "import torch\nprint(torch.optim.SGD, torch.utils.data.DataLoader)\n", "-m", "relume")
    assert done.stdout == "<class 'torch.optim.sgd.SGD'> <class 'torch.utils.data.dataloader.DataLoader'>\n"


def test_nodes_print_as_pytorchs_do(tmp_path):
    text = """
import torch
class Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.note = "kept"
        return x * 2
    @staticmethod
    def backward(ctx, grad):
        return grad * 2
x = torch.ones(2, requires_grad=True)
y, z = x.relu(), Twice.apply(x)
print(type(y.grad_fn), type(y.grad_fn).__name__, type(z.grad_fn), z.grad_fn.note, str(z.grad_fn)[:45])
"""
    done = run(tmp_path, text, "-m", "relume")
    assert done.stdout == (
        "<class 'ReluBackward0'> ReluBackward0 <class 'torch.autograd.function.TwiceBackward'> kept "
        "<torch.autograd.function.TwiceBackward object\n"
    )
