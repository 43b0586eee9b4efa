"""autograd.Function and what surrounds it: rules of its protocol, autograd.functional, arguments of grad and gradcheck."""

import pytest
import relume as torch
import relume.autograd.functional as AF
from relume.autograd import Function, gradcheck, gradgradcheck
from relume.autograd.function import once_differentiable


def function_of(forward, **methods):
    return type("Made", (Function,), {"forward": staticmethod(forward), **{k: staticmethod(v) for k, v in methods.items()}})


def leaf(*values):
    return torch.tensor(values or (1.0, 2.0, 3.0), requires_grad=True)


def test_vjp_is_another_name_of_backward():
    double, x = function_of(lambda ctx, x: x * 2, vjp=lambda ctx, g: g * 2), leaf()
    double.apply(x).sum().backward()
    assert x.grad.tolist() == [2, 2, 2]
    both = function_of(lambda ctx, x: x * 2, vjp=lambda ctx, g: g, backward=lambda ctx, g: g)
    with pytest.raises(RuntimeError, match="Implementing both 'backward' and 'vjp' for a custom Function is not allowed"):
        both.apply(x).sum().backward()


def test_arguments_of_a_forward_apart_have_defaults_and_names():
    def setup(ctx, inputs, output):
        ctx.factor = inputs[1]

    scale = function_of(lambda x, factor=2: x * factor, setup_context=setup, backward=lambda ctx, g: (g * ctx.factor, None))
    for call, expected in ((lambda x: scale.apply(x), 2), (lambda x: scale.apply(x, factor=3), 3)):
        x = leaf()
        call(x).sum().backward()
        assert x.grad.tolist() == [expected] * 3
    with pytest.raises(TypeError):
        scale.apply()


def test_once_differentiable_refuses_a_second_time():
    square = function_of(lambda ctx, x: x * x, backward=once_differentiable(lambda ctx, g: g * 6))
    x, weight = leaf(3.0), leaf(1.0)
    (first,) = torch.autograd.grad(square.apply(x), x, weight, create_graph=True)
    assert first.item() == 6 and first.requires_grad
    with pytest.raises(RuntimeError, match="trying to differentiate twice a function that was marked with @once_diff"):
        first.backward()


def test_an_input_that_forward_returns_is_cut_off_where_nothing_is_recorded():
    same, x = function_of(lambda ctx, x: x, backward=lambda ctx, g: g), leaf()
    with torch.no_grad():
        y = same.apply(x)
    assert x.requires_grad and not y.requires_grad and y.data_ptr() == x.data_ptr()


@pytest.mark.parametrize(
    "method, error, text",
    [
        ("save_for_backward", TypeError, "save_for_backward can only save variables, but argument 0 is of type int"),
        ("mark_dirty", RuntimeError, "mark_dirty can only accept variables, but argument "),
        ("mark_non_differentiable", RuntimeError, "mark_non_differentiable only accepts variable arguments, but got "),
    ],
)
def test_a_context_takes_tensors(method, error, text):
    def forward(ctx, x):
        getattr(ctx, method)(3)

    with pytest.raises(error, match=text):
        function_of(forward).apply(leaf())


def test_gradients_are_tensors():
    wrong = function_of(lambda ctx, x: x * 2, backward=lambda ctx, g: 3)
    with pytest.raises(RuntimeError, match=r"expected Variable or None \(got int\)"):
        wrong.apply(leaf()).sum().backward()


def test_a_node_is_one_object():
    x = leaf()
    y = x * 2
    node = y.grad_fn
    assert y.grad_fn is node and (y + 1).grad_fn.next_functions[0][0] is node
    assert node.next_functions[0][0] is node.next_functions[0][0]


def test_gradients_that_are_zeros_for_want_of_a_path():
    x, a = leaf(0.5), leaf(1.0)
    (first,) = torch.autograd.grad(x * a, x, create_graph=True)
    (second,) = torch.autograd.grad(first, x, create_graph=True, materialize_grads=True)
    (third,) = torch.autograd.grad(second, x, materialize_grads=True)
    assert first.item() == 1 and second.item() == third.item() == 0
    with pytest.raises(ValueError, match="Expected allow_unused to be True or not passed when materialize_grads=True"):
        torch.autograd.grad(x * a, x, allow_unused=False, materialize_grads=True)
    with pytest.raises(RuntimeError, match=r"`inputs` argument to `grad\(\)` cannot be empty."):
        torch.autograd.grad(x, [])
    with pytest.raises(TypeError, match="gradients can be either Tensors or None, but got str"):
        torch.autograd.grad(x, x, "a")


def test_options_of_gradcheck():
    x = torch.rand(3, dtype=torch.float64, requires_grad=True)
    assert gradcheck(torch.sin, x, check_batched_grad=True, check_forward_ad=True, check_batched_forward_grad=True)
    assert gradgradcheck(torch.sin, x, gen_non_contig_grad_outputs=True, check_batched_grad=True, check_fwd_over_rev=True)
    with pytest.raises(AssertionError, match="at least one of check_forward_ad or check_backward_ad"):
        gradcheck(torch.sin, x, check_backward_ad=False)
    with pytest.raises(AssertionError, match="check_batched_forward_grad=True requires check_forward_ad"):
        gradcheck(torch.sin, x, check_batched_forward_grad=True)


X = torch.tensor([[1.0, 2.0], [3.0, 4.0]])


def rows(x):
    return x.exp().sum(1)


def cubes(x):
    return x.pow(3).sum()


def test_functions_that_do_not_depend_on_their_input():
    assert AF.jacobian(lambda x: torch.ones(2), X).shape == (2, 2, 2)
    assert AF.hvp(lambda x: x.sum(), X, X)[1].tolist() == [[0, 0], [0, 0]]
    assert AF.vjp(lambda x: torch.ones(()), X)[1].tolist() == [[0, 0], [0, 0]]
    for call in (
        lambda: AF.jacobian(lambda x: torch.ones(2), X, strict=True),
        lambda: AF.hvp(lambda x: x.sum(), X, X, strict=True),
    ):
        with pytest.raises(RuntimeError, match="Output 0 of the user-provided function does not require gradients"):
            call()
    with pytest.raises(RuntimeError, match="While computing the hessian, found that the jacobian .* input 0 is independent"):
        AF.hessian(lambda x: x.sum(), X, strict=True)


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda: AF.jacobian(lambda x: 3, X), TypeError, "outputs of the user-provided function given to jacobian must be"),
        (lambda: AF.jacobian(rows, 3), TypeError, "inputs given to jacobian must be either a Tensor or a tuple of Tensors"),
        (lambda: AF.vjp(lambda x: (x, 3), X, X), TypeError, "the value at index 1 has type <class 'int'>"),
        (lambda: AF.vjp(rows, X), RuntimeError, "can only be None if the user-provided function returns a single Tensor"),
        (lambda: AF.vjp(rows, X, torch.ones(3)), RuntimeError, r"should be torch.Size\(\[2\]\) but got torch.Size\(\[3\]\)"),
        (lambda: AF.jvp(rows, X), RuntimeError, "can only be None if the input to the user-provided function is a single"),
        (lambda: AF.jvp(rows, (X, X), (X,)), RuntimeError, "v is a tuple of invalid length: should be 2 but got 1."),
        (lambda: AF.hvp(rows, X, X), RuntimeError, "returned by the function given to hvp should contain a single element"),
        (lambda: AF.vhp(lambda x: (x, x), X, X), RuntimeError, "The function given to vhp should return a single Tensor"),
        (lambda: AF.hessian(rows, X), RuntimeError, "returned by the function given to hessian should contain a single"),
        (lambda: AF.jacobian(rows, X, strategy="x"), AssertionError, "Expected strategy to be either"),
        (lambda: AF.jacobian(rows, X, vectorize=True, strict=True), RuntimeError, "are not supported together"),
    ],
)
def test_functional_refuses_what_does_not_fit(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_nodes_show_what_they_saved():
    x, weight = leaf(), torch.tensor([4.0, 5.0, 6.0])
    squares, scaled, powers = x.pow(2), x * weight, x.exp()
    assert squares.grad_fn._saved_self is x
    assert torch.equal(scaled.grad_fn._saved_other, weight) and scaled.grad_fn._saved_self is None
    assert torch.equal(powers.grad_fn._saved_result, powers) and powers.grad_fn._saved_result.grad_fn is powers.grad_fn
    product = torch.mm(x[None], weight[:, None])
    assert product.grad_fn._saved_mat2.shape == (3, 1) and product.grad_fn._saved_self is None
    for node, name in ((powers, "_saved_self"), (squares, "_saved_result"), (product, "_saved_other"), (x.sum(), "_saved_self")):
        with pytest.raises(AttributeError, match=name):
            getattr(node.grad_fn, name)
    powers.sum().backward()
    with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time"):
        powers.grad_fn._saved_result  # noqa: B018
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t * 2, lambda t: t / 2):
        assert torch.equal((x * x).grad_fn._saved_self, x)


def test_generators_that_are_guarded_take_exceptions():
    log = []

    @torch.no_grad()
    def steps():
        try:
            yield 1
        except ValueError:
            log.append(torch.is_grad_enabled())
            yield 2
        finally:
            log.append(torch.is_grad_enabled())

    generator = steps()
    assert next(generator) == 1 and generator.throw(ValueError()) == 2
    generator.close()
    assert log == [False, False] and torch.is_grad_enabled()


def test_inference_mode_records_nothing_and_its_views_print():
    x = leaf()
    with torch.inference_mode():
        view = x.view(3)
        view.add_(1)
        with torch.enable_grad():
            assert not (torch.ones(2, requires_grad=True) * 2).requires_grad
    assert repr(view) == "tensor([2., 3., 4.], grad_fn=<Invalid>)"


def test_no_gradient_of_negative_zero():
    for function, expected in (
        (torch.median, [0, -1, 0]),
        (torch.max, [0, 0, -1]),
        (lambda x: torch.trace(x.diag()), [-1, -1, -1]),
        (lambda x: torch.xlogy(x - 1, torch.zeros(3))[0], [0, 0, 0]),
    ):
        x = leaf()
        function(x).backward(torch.tensor(-1.0))
        assert str(x.grad) == str(torch.tensor(expected, dtype=torch.float32))


def test_names_of_composed_functions():
    x = torch.tensor([[2.0, 1.0], [1.0, 3.0]], requires_grad=True)
    for result, name in (
        (torch.rot90(x), "Rot90Backward0"),
        (torch.diag_embed(x), "DiagEmbedBackward0"),
        (torch.linalg.solve(x, x), "LinalgSolveExBackward0"),
        (torch.cholesky_inverse(x), "CholeskyInverseBackward0"),
        (torch.cholesky_solve(x, x), "CholeskySolveBackward0"),
    ):
        assert result.grad_fn.name() == name


def test_results_may_be_written_to():
    x = torch.arange(6.0).view(2, 3)
    for function, row in (
        (lambda x: x.var(1), [0.0, 0.0]),
        (lambda x: torch.var_mean(x)[0], 0.0),
        (lambda x: x.roll(1), [[1.0] * 3] * 2),
        (lambda x: torch.nanmedian(x, 1)[0], [1.0, 1.0]),
        (lambda x: torch.mode(x, 1)[0], [1.0, 1.0]),
    ):
        source = x.clone().requires_grad_()
        result = function(source)
        assert not result._is_view()
        result.add_(1.0)
        result.sum().backward()
        assert source.grad.sum().item() == pytest.approx(torch.tensor(row).sum().item(), abs=1e-6)
    factor = torch.linalg.qr(torch.eye(3))[1]
    assert not factor._is_view()


def test_classes_are_decorated_with_a_warning():
    with pytest.warns(FutureWarning, match="Decorating classes is deprecated"):

        @torch.no_grad()
        class Noted:
            def __init__(self):
                self.enabled = torch.is_grad_enabled()

    assert isinstance(Noted, type) and not Noted().enabled
    with pytest.warns(DeprecationWarning, match="should not be instantiated"):
        function_of(lambda ctx, x: x)()


def test_calls_with_tensors_put_in_place_hand_back_what_a_module_sets():
    class Counter(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("count", torch.zeros(1))
            self.factor = 2.0

        def forward(self, x):
            self.count = self.count + 1
            return x * self.count

    module, given = Counter(), {"count": torch.tensor([4.0])}
    assert torch.func.functional_call(module, given, torch.ones(1)).item() == 5
    assert given["count"].item() == 5 and module.count.item() == 0
    with pytest.raises(TypeError, match="attribute `factor`: 2.0 is not an instance of torch.Tensor"):
        torch.func.functional_call(module, {"factor": torch.ones(1)}, torch.ones(1))


def test_the_newer_weight_norm_loads_what_the_older_saved():
    with pytest.warns(FutureWarning, match="weight_norm` is deprecated"):
        older = torch.nn.utils.weight_norm(torch.nn.Linear(2, 3))
    newer = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 3))
    newer.load_state_dict(older.state_dict())
    assert torch.equal(newer(torch.ones(1, 2)), older(torch.ones(1, 2)))


def test_histograms_of_points():
    points = torch.arange(12.0).view(6, 2) / 3
    hist, (rows, columns) = torch.histogramdd(points, [2, 3])
    assert hist.tolist() == [[2, 1, 0], [0, 1, 2]] and rows.tolist() == pytest.approx([0, 5 / 3, 10 / 3])
    assert torch.histogramdd(points, 2, range=[0.0, 2.0, 0.0, 2.0]).hist.tolist() == [[1, 1], [0, 1]]
    weighed = torch.histogramdd(points, [2, 2], weight=torch.arange(6.0), density=True).hist
    assert weighed.flatten().tolist() == pytest.approx([0.072, 0, 0, 0.288])
    assert points.histogram(2).hist.tolist() == [6, 6] and len(columns) == 4
    with pytest.raises(RuntimeError, match="The size of bins must be equal to the innermost dimension of the input."):
        torch.histogramdd(points, [2])


def test_reflections_of_geqrf():
    matrices = torch.tensor([[1.0, 2], [3, 4], [5, 7]])
    a, tau = torch.geqrf(matrices)
    assert a.tolist()[0] == pytest.approx([-5.91608, -8.282511]) and tau.tolist() == pytest.approx([1.169031, 1.727739], rel=1e-5)
    q = torch.linalg.householder_product(a, tau)
    torch.testing.assert_close(q @ a[:2].triu(), matrices)
    assert torch.geqrf(torch.zeros(2, 3, 2)).tau.tolist() == [[0, 0], [0, 0]]


def test_orders_of_dimensions_that_are_not_the_only_ones():
    assert torch.zeros(2, 3, 4, 5).dim_order(ambiguity_check=True) == (0, 1, 2, 3)
    assert torch.zeros(1, 3, 1).dim_order(ambiguity_check=[torch.contiguous_format]) == (0, 1, 2)
    for tensor, check in ((torch.zeros(1, 1), True), (torch.zeros(2, 1).expand(2, 3), [torch.contiguous_format])):
        with pytest.raises(RuntimeError, match="The tensor does not have unique dim order"):
            tensor.dim_order(ambiguity_check=check)
