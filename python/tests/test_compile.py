"""compile(), jit and compiler: nothing is compiled, and scripts that ask for it work."""

import relume as torch
from relume import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)
        self.scale = 3

    def forward(self, x):
        return self.fc(x) * self.scale


def test_a_compiled_module_does_what_the_module_does():
    net = Net()
    compiled = torch.compile(net, mode="reduce-overhead")
    x = torch.randn(4, 2)
    assert torch.equal(compiled(x), net(x)) and isinstance(compiled, nn.Module) and compiled._orig_mod is net
    assert repr(compiled).startswith("OptimizedModule(\n  (_orig_mod): Net(\n")
    assert list(compiled.state_dict()) == ["_orig_mod.fc.weight", "_orig_mod.fc.bias"]
    compiled.load_state_dict(compiled.state_dict())
    assert len(list(compiled.parameters())) == 2


def test_a_compiled_module_has_the_attributes_of_the_module():
    net = Net()
    compiled = torch.compile(net)
    compiled.scale = 5
    assert net.scale == 5 and compiled.scale == 5 and compiled.fc is net.fc
    compiled.eval()
    assert not net.training and not net.fc.training and not compiled.training
    compiled.train()
    assert net.training
    compiled.to(torch.float64)
    assert net.fc.weight.dtype == torch.float64
    calls = []
    handle = compiled.register_forward_hook(lambda *arguments: calls.append(arguments))
    compiled(torch.ones(1, 2, dtype=torch.float64))
    handle.remove()
    compiled(torch.ones(1, 2, dtype=torch.float64))
    assert len(calls) == 1 and calls[0][0] is compiled


def test_compile_as_a_decorator():
    @torch.compile
    def double(x):
        return x * 2

    @torch.compile(fullgraph=True)
    def triple(x):
        return x * 3

    assert double(torch.ones(1)).item() == 2 and triple(torch.ones(1)).item() == 3 and double.__name__ == "double"


def test_jit_leaves_things_as_they_are():
    @torch.jit.script
    def double(x):
        return x * 2

    @torch.jit.ignore(drop=True)
    def triple(x):
        return x * 3

    net = Net()
    assert double(torch.ones(1)).item() == 2 and triple(torch.ones(1)).item() == 3
    assert torch.jit.trace(net, torch.ones(1, 2)) is net and not torch.jit.is_scripting()
    assert not torch.compiler.is_compiling()
