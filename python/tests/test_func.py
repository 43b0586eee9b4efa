"""func: transforms of functions, alone and nested, against autograd and formulas."""

import pytest
import relume as torch
import relume.nn.functional as F
from relume import nn
from relume.func import (
    functional_call, grad, grad_and_value, hessian, jacfwd, jacrev, jvp, stack_module_state, vjp, vmap,
)  # fmt: skip

X = torch.tensor([1.0, 2.0, 3.0])
LAYER = nn.Linear(3, 3)


def test_gradients():
    assert grad(lambda x: (x**3).sum())(X).tolist() == [3, 12, 27]
    assert grad(grad(lambda x: x**4))(torch.tensor(2.0)).item() == 48
    gradient, value = grad_and_value(lambda x: (x**2).sum())(X)
    assert gradient.tolist() == [2, 4, 6] and value.item() == 14 and not gradient.requires_grad and not value.requires_grad


def test_arguments_auxiliary_values_and_trees():
    assert grad(lambda a, b: (a * b).sum(), argnums=1)(X, 2 * X).tolist() == [1, 2, 3]
    both = grad(lambda a, b: (a * b).sum(), argnums=(0, 1))(X, 2 * X)
    assert [each.tolist() for each in both] == [[2, 4, 6], [1, 2, 3]]
    gradient, aux = grad(lambda x: ((x * x).sum(), {"twice": 2 * x}), has_aux=True)(X)
    assert gradient.tolist() == [2, 4, 6] and aux["twice"].tolist() == [2, 4, 6] and not aux["twice"].requires_grad
    tree = grad(lambda p: p["a"].sum() * p["b"][0].sum())({"a": X, "b": [torch.ones(2)]})
    assert tree["a"].tolist() == [2, 2, 2] and tree["b"][0].tolist() == [6, 6]


def test_gradients_through_a_transform():
    w = torch.tensor(3.0, requires_grad=True)
    grad(lambda x: x**2 * w)(w).backward()
    # d/dw of (2 x w at x = w) = d/dw 2 w^2
    assert w.grad.item() == 12


def test_works_where_nothing_is_recorded():
    with torch.no_grad():
        assert grad(lambda x: (x**2).sum())(X).tolist() == [2, 4, 6] and not torch.is_grad_enabled()


def test_jacobians_and_hessians():
    for jacobian in (jacrev, jacfwd):
        assert torch.equal(jacobian(lambda x: x**2)(X), torch.diag(2 * X))
        assert jacobian(lambda x: x.sum())(X).tolist() == [1, 1, 1]
    assert torch.equal(hessian(lambda x: (x**3).sum())(X), torch.diag(6 * X))
    parts = jacrev(lambda a, b: (a * b, a + b), argnums=(0, 1))(X, X)
    assert torch.equal(parts[0][1], torch.diag(X)) and torch.equal(parts[1][0], torch.eye(3))


def test_products():
    value, product = vjp(lambda x: x**2, X)
    assert value.tolist() == [1, 4, 9] and product(torch.tensor([1.0, 0, 2]))[0].tolist() == [2, 0, 12]
    value, direction = jvp(lambda x: x**2, (X,), (torch.tensor([1.0, 0, 2]),))
    assert value.tolist() == [1, 4, 9] and direction.tolist() == [2, 0, 12] and not direction.requires_grad
    ones = torch.ones(3)
    assert torch.autograd.functional.jvp(lambda x: x**2, X, ones)[1].tolist() == [2, 4, 6]
    assert torch.autograd.functional.hvp(lambda x: (x**3).sum(), X, ones)[1].tolist() == [6, 12, 18]
    assert torch.autograd.functional.vhp(lambda x: x.sum(), X, ones)[1].tolist() == [0, 0, 0]


def test_vmap():
    a = torch.arange(6.0).view(2, 3)
    assert vmap(torch.dot)(a, torch.ones(2, 3)).tolist() == [3, 12]
    assert vmap(lambda x, y: x * y, in_dims=(0, None))(X, torch.tensor(2.0)).tolist() == [2, 4, 6]
    assert vmap(lambda v: v.sum(), in_dims=1)(a).tolist() == [3, 5, 7] and torch.vmap is vmap
    assert torch.equal(vmap(vmap(lambda x: x + 1))(a), a + 1)
    first, second = vmap(lambda x: (x, 2 * x), out_dims=(0, 1))(a)
    assert first.shape == (2, 3) and second.shape == (3, 2)
    assert vmap(lambda t: t["x"].sum() + t["y"], in_dims=({"x": 0, "y": None},))({"x": a, "y": torch.ones(())}).tolist() == [4, 13]


def test_transforms_do_not_heed_no_grad_outside():
    x = torch.tensor([0.5, 2.0], dtype=torch.float64)
    with torch.no_grad():
        value, product = vjp(torch.sin, x)
        (gradient,) = product(torch.ones(2, dtype=torch.float64))
        assert not value.requires_grad and not gradient.requires_grad
        torch.testing.assert_close(gradient, x.cos())
        torch.testing.assert_close(jvp(torch.sin, (x,), (torch.ones_like(x),))[1], x.cos())
        assert vjp(lambda x: x.detach(), x)[1](torch.ones_like(x))[0].tolist() == [0, 0]


def test_vmap_over_gradients_of_one_graph():
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x.pow(2)
    rows = vmap(lambda weight: torch.autograd.grad(y, x, weight)[0])(torch.eye(3))
    assert torch.equal(rows, torch.diag(2 * x.detach()))
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        torch.autograd.grad(y, x, torch.ones(3))


def test_gradients_of_each_example():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    x, y = torch.randn(5, 3), torch.randint(2, (5,))
    parameters = {name: p.detach() for name, p in net.named_parameters()}

    def loss(p, x, y):
        return F.cross_entropy(functional_call(net, p, (x.unsqueeze(0),)), y.unsqueeze(0))

    found = vmap(grad(loss), in_dims=(None, 0, 0))(parameters, x, y)
    for i in range(5):
        net.zero_grad()
        F.cross_entropy(net(x[i : i + 1]), y[i : i + 1]).backward()
        assert torch.allclose(found["0.weight"][i], net[0].weight.grad, atol=1e-6)


def test_ensembles():
    models = [nn.Linear(2, 1) for _ in range(3)]
    parameters, buffers = stack_module_state(models)
    x = torch.ones(4, 2)
    outputs = vmap(lambda p, b: functional_call(models[0], (p, b), (x,)))(parameters, buffers)
    assert torch.equal(outputs, torch.stack([model(x) for model in models])) and parameters["weight"].requires_grad


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda: grad(lambda x: x * 2)(X), RuntimeError, "Expected f.* to return a scalar Tensor, got tensor with 1 dims"),
        (lambda: grad(lambda x: 3)(X), RuntimeError, "to return a Tensor, got <class 'int'>"),
        (lambda: grad(lambda x: x.sum(), argnums=2)(X), RuntimeError, "Got argnum=2, but only 1 positional inputs"),
        (lambda: vmap(torch.add)(torch.ones(2), torch.ones(3)), ValueError, r"got sizes \[2, 3\] for the mapped dimension"),
        (lambda: vmap(lambda x: 3)(X), ValueError, "must only return Tensors, got type <class .int.>"),
        (lambda: vmap(torch.add, in_dims=(0,))(X, X), ValueError, "in_dims is not compatible with the structure"),
        (lambda: vmap(lambda x: x, in_dims=None)(X), ValueError, "expected `in_dims` to be int or a"),
        (lambda: vmap(lambda x: x, in_dims=(None,))(X), ValueError, "Expected at least one Tensor"),
        (lambda: vmap(lambda x: (x, x), out_dims=(0,))(X), ValueError, "out_dims is not compatible with the structure"),
        (lambda: vmap(lambda x: x, chunk_size=0)(X), ValueError, "chunk_size should be None or greater than 0"),
        (lambda: grad(lambda x: x.sum())(3), ValueError, "Thing passed to transform API must be Tensor, got <class 'int'>"),
        (lambda: grad(lambda x: x.sum(), argnums="a")(X), RuntimeError, "argnums must be int or Tuple"),
        (lambda: grad(lambda x: x.sum(), argnums=(0, 0))(X), RuntimeError, "argnums elements must be unique"),
        (lambda: grad(lambda x: x.sum(), has_aux=True)(X), RuntimeError, "output of function f should be a tuple"),
        (lambda: jacrev(lambda x: 3)(X), RuntimeError, "only tensors, got unsupported type <class 'int'>"),
        (lambda: vjp(lambda x: x, X)[1](torch.ones(7)), RuntimeError, "Mismatch in shape: grad_output"),
        (lambda: vjp(lambda x: {"a": x}, X)[1](X), RuntimeError, "Expected pytree structure of cotangents"),
        (lambda: jvp(lambda x: x, X, X), RuntimeError, "Expected primals to be a tuple"),
        (lambda: jvp(lambda x: x, (X,), (X, X)), RuntimeError, "to have the same python structure"),
        (lambda: jvp(lambda x: x, (X,), (torch.ones(7),)), RuntimeError, "forward gradient that has a different size"),
        (lambda: functional_call(LAYER, {"": X}, X), KeyError, "empty string"),
        (lambda: functional_call(LAYER, {"weight": 3}, X), TypeError, "3 is not an instance of torch.Tensor"),
        (lambda: functional_call(LAYER, 3, X), ValueError, "Expected parameter_and_buffer_dicts to be a dict"),
        (lambda: functional_call(LAYER, ({"bias": X}, {"bias": X}), X), ValueError, "appeared in multiple dictionaries"),
        (lambda: stack_module_state([nn.Dropout(), nn.Dropout().eval()]), RuntimeError, "the same training/eval mode"),
        (lambda: stack_module_state([]), RuntimeError, "at least one model"),
    ],
)
def test_refuses_what_does_not_fit(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_vmap_draws_random_numbers_as_asked():
    def noisy(x):
        return x + torch.rand(())

    zeros = torch.zeros(3)
    state = torch.get_rng_state()
    with pytest.raises(RuntimeError, match="called random operation while in randomness error mode"):
        vmap(noisy)(zeros)
    assert torch.equal(torch.get_rng_state(), state)
    assert vmap(noisy, randomness="same")(zeros).unique().numel() == 1
    assert vmap(noisy, randomness="different")(zeros).unique().numel() == 3
    with pytest.raises(RuntimeError, match="Only allowed values for randomness are"):
        vmap(noisy, randomness="none")


def test_vmap_names_a_dim_that_does_not_fit():
    with pytest.raises(ValueError, match=r"vmap\(dot, in_dims=\(0, 5\), ...\)\(<inputs>\): Got in_dim=5 for some input"):
        vmap(torch.dot, in_dims=(0, 5))(torch.ones(2, 3), torch.ones(2, 3))
    with pytest.raises(ValueError, match="We cannot vmap over non-Tensor arguments"):
        vmap(lambda x: x)(3)
    with pytest.raises(ValueError, match="got no inputs"):
        vmap(lambda x: x)()


def test_tensors_that_a_function_captures_stay_in_the_graph():
    p = torch.ones(1, requires_grad=True)
    x = torch.tensor([3.0])
    result = grad(lambda x: (p * x**2).sum())(x)
    (result.sum() + p.sum()).backward()
    assert p.grad.item() == 7
    layer = nn.Linear(2, 1)
    for transform in (jacrev, jacfwd, hessian):
        assert transform(lambda q: torch.tanh(layer(q)).sum())(torch.ones(2)).requires_grad
        assert not transform(lambda q: torch.tanh(q).sum())(torch.ones(2)).requires_grad
    value, product = vjp(layer, torch.ones(2))
    assert value.requires_grad and product(torch.ones(1))[0].requires_grad
    assert all(each.requires_grad for each in jvp(lambda q: layer(q) ** 2, (torch.ones(2),), (torch.ones(2),)))
    with torch.no_grad():
        assert not grad(lambda x: (p * x**2).sum())(x).requires_grad


def test_linearize():
    x = torch.tensor([1.0, 2.0])
    value, product = torch.func.linearize(lambda a: a**2, x)
    assert value.tolist() == [1, 4] and product(torch.tensor([1.0, 10.0])).tolist() == [2, 40]


_CAPTURED = torch.zeros(3)


@pytest.mark.parametrize(
    "function, text",
    [
        (lambda x: x * x.sum().item(), r"vmap: It looks like you're calling .item\(\) on a Tensor."),
        (lambda x: x * float(x[0]), r"vmap: It looks like you're calling .item\(\) on a Tensor."),
        (lambda x: x if x.sum() > 1 else -x, "attempting to use a Tensor in some data-dependent control flow"),
        (grad(lambda x: x.sum() if x[0] > 0 else -x.sum()), r"you're either \(1\) calling .item\(\) on a Tensor or \(2\)"),
        (lambda x: torch.tensor(x.tolist()), "Cannot access data pointer of Tensor that doesn't have storage"),
        (lambda x: x.nonzero(), "output dynamic shape. Attempted to vmap over aten::nonzero"),
        (lambda x: torch.unique(x), "output dynamic shape. Attempted to vmap over aten::_unique2"),
        (lambda x: x[x > 1], "Attempting to batch over indexing with a boolean mask"),
        (lambda x: torch.masked_select(x, x > 1), "vmap over `mask` in torch.masked_select"),
        (lambda x: _CAPTURED.add_(x), "vmap: inplace arithmetic"),
        (lambda x: _CAPTURED.__setitem__(0, x[0]), "vmap: inplace arithmetic"),
        (vmap(lambda x: x * x.item()), r"vmap: It looks like you're calling .item\(\) on a Tensor."),
    ],
)
def test_vmap_refuses_what_looks_at_elements(function, text):
    with pytest.raises(RuntimeError, match=text):
        vmap(function)(torch.ones(2, 3))
    assert _CAPTURED.tolist() == [0, 0, 0]


def test_vmap_gives_plain_tensors():
    seen = []
    result = vmap(lambda x: {"a": (seen.append(x), x + 1)[1]})(torch.ones(2, 3))
    assert type(result["a"]) is torch.Tensor and seen[0].sum().item() == 3 and vmap(lambda x: x)(X).tolist() == [1, 2, 3]


class _Old(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, g):
        return g * 2


class _New(torch.autograd.Function):
    @staticmethod
    def forward(x, factor=2):
        return x * factor

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.factor = inputs[1]

    @staticmethod
    def backward(ctx, g):
        return g * ctx.factor, None


def test_transforms_call_functions_that_are_made_for_them():
    for call in (lambda: vmap(_Old.apply)(X), lambda: grad(lambda x: _Old.apply(x).sum())(X)):
        with pytest.raises(RuntimeError, match="it must override the setup_context staticmethod"):
            call()
    assert grad(lambda x: _New.apply(x, 3).sum())(X).tolist() == [3, 3, 3]
    with pytest.raises(RuntimeError, match="You tried to vmap over _New, but it does not have vmap support."):
        vmap(_New.apply)(X)
    rule = type("Rule", (_New,), {"generate_vmap_rule": True})
    assert vmap(rule.apply)(X).tolist() == [2, 4, 6]
    assert torch.autograd.functional.jvp(_Old.apply, X, X)[1].tolist() == [2, 4, 6]


def test_arguments_of_a_forward_may_have_defaults_and_names():
    assert _New.apply(X).tolist() == [2, 4, 6] and _New.apply(X, factor=3).tolist() == [3, 6, 9]
    with pytest.raises(TypeError, match="missing a required argument: 'x'"):
        _New.apply()


class _Forward(torch.autograd.Function):
    """x^2 f, whose backward keeps nothing of use."""

    @staticmethod
    def forward(x, f):
        return x * x * f

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0] * 0)
        ctx.save_for_forward(inputs[0])
        ctx.f = inputs[1]

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0], None

    @staticmethod
    def jvp(ctx, tangent, _):
        (x,) = ctx.saved_tensors
        return 2 * x * tangent * ctx.f


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.a, ctx.b = a, b
        return a * b, a + b

    @staticmethod
    def backward(ctx, g, h):
        return g * ctx.b + h, g * ctx.a + h

    @staticmethod
    def jvp(ctx, a, b):
        a, b = (torch.zeros_like(ctx.a) if each is None else each for each in (a, b))
        return a * ctx.b + ctx.a * b, a + b


def _tangents(function, *others):
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(X, torch.ones(3))
        results = function.apply(dual, *others)
        results = results if isinstance(results, tuple) else (results,)
        return [torch.autograd.forward_ad.unpack_dual(result).tangent for result in results]


def test_functions_have_derivatives_in_a_direction_of_their_own():
    assert _tangents(_Forward, 3.0)[0].tolist() == [6, 12, 18]
    assert jvp(lambda x: _Forward.apply(x.sin(), 3.0).sum(), (X,), (torch.ones(3),))[1].item() == pytest.approx(
        (6 * X.sin() * X.cos()).sum().item()
    )
    assert [tangent.tolist() for tangent in _tangents(_Product, X * 5)] == [[5, 10, 15], [1, 1, 1]]
    other = torch.ones(3, requires_grad=True)
    _tangents(_Product, other)[0].sum().backward()
    assert other.grad.tolist() == [1, 1, 1]


def test_functions_without_one_are_refused():
    with pytest.raises(NotImplementedError, match="You must implement the jvp function for custom autograd.Function"):
        _tangents(_Old)
    for jvp_of, text in (
        (lambda ctx, t: (t, t), r"an invalid number of forward gradients \(expected 1 but got 2\)"),
        (lambda ctx, t: t[:1], r"Tensor is of size \[3\] while the given forward gradient is of size \[1\]."),
    ):
        with pytest.raises(RuntimeError, match=text):
            _tangents(type("Bad", (_Old,), {"jvp": staticmethod(jvp_of)}))
    with torch.autograd.forward_ad.dual_level():
        torch.autograd.forward_ad.make_dual(X, X)
        assert _Old.apply(X.clone().requires_grad_()).tolist() == [2, 4, 6]
