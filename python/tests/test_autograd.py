"""Automatic differentiation from Python: backward, grad, modes, hooks, functions, collection of cycles."""

import gc
import os
import weakref

import pytest
import relume as torch
from relume.autograd import Function, gradcheck, gradgradcheck


class Scale(Function):
    @staticmethod
    def forward(ctx, x, factor):
        ctx.save_for_backward(x)
        ctx.factor = factor
        return x * factor

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        assert x.shape == grad.shape
        return grad * ctx.factor, None


def test_backward_accumulates():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    (x * x).sum().backward()
    assert x.grad.tolist() == [4, 8]


def test_grad_leaves_grad_alone():
    x = torch.tensor(3.0, requires_grad=True)
    (first,) = torch.autograd.grad(x**3, x, create_graph=True)
    (second,) = torch.autograd.grad(first, x)
    assert first.item() == 27 and second.item() == 18 and x.grad is None


def test_grad_of_an_unused_input():
    x, y = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
    with pytest.raises(RuntimeError, match="not have been used"):
        torch.autograd.grad(x.sum(), y)
    assert torch.autograd.grad(x.sum(), y, allow_unused=True) == (None,)
    assert torch.autograd.grad(x.sum(), y, materialize_grads=True)[0].item() == 0


def test_no_grad_guards_and_decorates():
    x = torch.ones(1, requires_grad=True)

    @torch.no_grad()
    def plain():
        return x * 2

    @torch.no_grad
    def bare():
        return x * 2

    with torch.no_grad():
        assert not (x * 2).requires_grad
        with torch.enable_grad():
            assert (x * 2).requires_grad
    assert not plain().requires_grad and not bare().requires_grad and (x * 2).requires_grad


def test_no_grad_ends_when_an_exception_passes():
    with pytest.raises(ValueError):
        with torch.no_grad():
            raise ValueError
    assert torch.is_grad_enabled()


def test_inference_mode():
    with torch.inference_mode():
        x = torch.ones(1)
    assert x.is_inference() and not torch.is_inference_mode_enabled()


def test_functions_have_their_name_and_gradient():
    x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    y = Scale.apply(x, 3.0)
    assert y.grad_fn.name() == "ScaleBackward" and "grad_fn=<ScaleBackward>" in repr(y)
    assert gradcheck(lambda a: Scale.apply(a, 3.0), x) and gradgradcheck(lambda a: Scale.apply(a, 3.0), x)


def test_functions_may_set_up_their_context_apart():
    class Square(Function):
        @staticmethod
        def forward(x):
            return x * x

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx, grad):
            return 2 * ctx.saved_tensors[0] * grad

    x = torch.tensor(3.0, requires_grad=True)
    Square.apply(x).backward()
    assert x.grad.item() == 6


def test_errors_in_backward_and_hooks_surface():
    class Failing(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, grad):
            raise KeyError("in backward")

    x = torch.ones(1, requires_grad=True)
    with pytest.raises(KeyError, match="in backward"):
        Failing.apply(x).backward()
    y = x * 2
    y.register_hook(lambda grad: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        y.backward()
    y = x * 2
    y.register_hook(lambda grad: "no tensor")
    with pytest.raises(TypeError):
        y.backward()


def test_a_wrong_number_of_gradients_is_an_error():
    class TooFew(Function):
        @staticmethod
        def forward(ctx, x, y):
            return x + y

        @staticmethod
        def backward(ctx, grad):
            return grad

    x = torch.ones(1, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"function TooFewBackward returned an incorrect number of gradients"):
        TooFew.apply(x, x).backward()


def test_hooks_replace_gradients_until_removed():
    x = torch.ones(1, requires_grad=True)
    handle = x.register_hook(lambda grad: grad * 10)
    (x * 1).backward()
    handle.remove()
    handle.remove()
    (x * 1).backward()
    assert x.grad.item() == 11


def dies(make):
    """Whether what make() returns is collected together with all that it refers to."""
    reference = weakref.ref(make())
    gc.collect()
    return reference() is None


def test_cycles_are_collected():
    def through_attribute():
        x = torch.ones(1)
        x.me = x
        return x

    def through_hook():
        x = torch.ones(1, requires_grad=True)
        x.register_hook(lambda grad, x=x: None)
        return x

    def through_grad():
        x = torch.ones(1, requires_grad=True)
        x.sum().backward()
        x.grad.of = x
        return x

    def through_context():
        class Keeps(Function):
            @staticmethod
            def forward(ctx, x):
                Keeps.ctx = ctx
                return x * 1

            @staticmethod
            def backward(ctx, grad):
                return grad

        y = Keeps.apply(torch.ones(1, requires_grad=True))
        Keeps.ctx.output = y
        del Keeps.ctx
        return y

    assert dies(through_attribute) and dies(through_hook) and dies(through_grad) and dies(through_context)


@pytest.mark.skipif("asan" in os.environ.get("LD_PRELOAD", ""), reason="the sanitizer keeps what is freed")
def test_a_hundred_thousand_steps_leak_nothing():
    import resource

    def steps(count):
        for _ in range(count):
            x = torch.ones(4, requires_grad=True)
            x.tag = 1
            x.register_hook(lambda grad: None)
            Scale.apply(x, 2.0).sum().backward()

    steps(20_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    steps(100_000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2000  # KiB


def test_gradcheck_finds_a_wrong_gradient():
    class Wrong(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad * 3

    x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    with pytest.raises(torch.autograd.GradcheckError):
        gradcheck(Wrong.apply, x)
    assert not gradcheck(Wrong.apply, x, raise_exception=False)
