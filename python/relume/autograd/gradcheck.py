"""gradcheck and gradgradcheck: gradients against finite differences."""

import itertools
import warnings

from .._C import Tensor, float64, ops
from .._modes import no_grad
from .function import Function


class GradcheckError(RuntimeError):
    """A gradient that is not what finite differences say."""


class _UndefinedGrad(Function):
    """The identity, whose backward has no gradient to give."""

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, grad):
        return None


def _tuple(values):
    return tuple(values) if isinstance(values, (tuple, list)) else (values,)


def _differentiable(values):
    return [value for value in values if isinstance(value, Tensor) and value.requires_grad]


def _outputs(function, inputs):
    return _differentiable(_tuple(function(*inputs)))


def _check_inputs(name, inputs):
    for i, x in enumerate(inputs):
        if not (isinstance(x, Tensor) and x.requires_grad):
            continue
        if x.dtype is not float64:
            warnings.warn(
                f"Input #{i} requires gradient and is not a double precision floating point or complex. This check will "
                "likely fail if all the inputs are not of double precision floating point or complex. ",
                stacklevel=4,
            )
        if any(stride == 0 and size > 1 for stride, size in zip(x.stride(), x.shape)):
            raise RuntimeError(
                f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs that are non-overlapping "
                "to be able to compute the numerical gradients correctly. You should call .contiguous on the input before "
                "passing it to gradcheck."
            )
    if not _differentiable(inputs):
        raise ValueError(
            f"{name} expects at least one input tensor to require gradient, but none of them have requires_grad=True."
        )


def _numerical(function, inputs, tensor, eps, outputs=_outputs):
    """The Jacobian of each output, [elements of tensor, elements of the output], by central differences."""
    rows = []
    values = tensor.data  # of its own version counter: the changes are undone
    for at in _positions(values.shape):
        kept = values[at].item()
        sides = []
        for step in (eps, -eps):
            values[at] = kept + step
            sides.append([output.detach().clone() for output in outputs(function, inputs)])
        values[at] = kept
        rows.append([((a - b) / (2 * eps)).reshape(-1) for a, b in zip(*sides)])
    return [ops.stack(parts) for parts in zip(*rows)]


def _positions(shape):
    """The index of each element of a shape, in order."""
    return itertools.product(*(range(size) for size in shape))


def _analytical(output, sources):
    """The Jacobian of the output by each source, by one backward pass an element of the output."""
    columns = []
    for i in range(output.numel()):
        weight = ops.zeros(output.numel(), dtype=output.dtype)
        weight[i] = 1
        found = ops._grad([output], sources, [weight.view(output.shape)], True, False, True)
        rows = [ops.zeros_like(x) if grad is None else grad for grad, x in zip(found, sources)]
        for row, x in zip(rows, sources):
            if row.shape != x.shape:
                raise GradcheckError("Analytical gradient has incorrect size")
        columns.append([row.detach().reshape(-1).clone() for row in rows])
    return [ops.stack(parts, 1) for parts in zip(*columns)] or [ops.zeros(x.numel(), 0, dtype=x.dtype) for x in sources]


def _same_types(output, sources):
    grads = ops._grad([output], sources, [ops.ones_like(output)], True, False, True)
    return all(grad is None or grad.dtype == x.dtype for grad, x in zip(grads, sources))


def _check_jacobians(outputs, sources, numerical, options):
    """Compares each output's gradients with the differences, and with themselves computed a second time."""
    for o, output in enumerate(outputs):
        first, second = _analytical(output, sources), _analytical(output, sources)
        for s, (analytical, again) in enumerate(zip(first, second)):
            found = numerical[s][o] if numerical[s] else analytical
            if not ops.allclose(analytical, found.to(analytical.dtype), options["rtol"], options["atol"]):
                raise GradcheckError(
                    f"Jacobian mismatch for output {o} with respect to input {s},\n"
                    f"numerical:{found}\nanalytical:{analytical}\n"
                )
            if bool(((analytical - again).abs() > options["nondet_tol"]).any()):
                raise GradcheckError(
                    "Backward is not reentrant, i.e., running backward with same input and grad_output multiple times "
                    "gives different values, although analytical gradient matches numerical gradient. The tolerance for "
                    f"nondeterminism was {options['nondet_tol']}."
                )
        if options["check_grad_dtypes"] and not _same_types(output, sources):
            raise GradcheckError("Gradient has dtype mismatch")


def _check_multiplied(outputs, sources):
    """Gradients of zero have to be what a backward of zeros gives."""
    grads = ops._grad(outputs, sources, [ops.zeros_like(o) for o in outputs], True, False, True)
    if any(grad is not None and bool(grad.ne(0).any()) for grad in grads):
        raise GradcheckError("backward not multiplied by grad_output")


def _check_undefined(func, inputs, sources):
    """Backward has to bear outputs without a gradient: all of them, and each one alone."""
    count = len(_outputs(func, inputs))
    missing = [set(range(count))] + ([{i} for i in range(count)] if count > 1 else [])
    advice = 'Please look at "Notes about undefined output gradients" in "tools/autograd/derivatives.yaml"'
    for without in missing:
        outputs = [_UndefinedGrad.apply(o) if i in without else o for i, o in enumerate(_outputs(func, inputs))]
        try:
            grads = ops._grad(outputs, sources, [ops.zeros_like(o) for o in outputs], False, False, True)
        except RuntimeError as error:
            raise GradcheckError(f"Expected backward function to handle undefined output grads. {advice}") from error
        if any(grad is not None and bool(grad.ne(0).any()) for grad in grads):
            raise GradcheckError(
                f"Expected all input grads to be undefined or zero when all output grads are undefined or zero. {advice}"
            )


def _check_constant(func, inputs, eps):
    """A function without differentiable outputs must not depend on its inputs."""
    for source in _differentiable(inputs):
        for jacobian in _numerical(func, inputs, source, eps, _constants):
            if bool(jacobian.ne(0).any()):
                raise GradcheckError("Numerical gradient for function expected to be zero")


def _constants(function, inputs):
    return [x for x in _tuple(function(*inputs)) if isinstance(x, Tensor) and x.is_floating_point()]


def gradcheck(
    func,
    inputs,
    *,
    eps=1e-6,
    atol=1e-5,
    rtol=1e-3,
    raise_exception=True,
    nondet_tol=0.0,
    check_undefined_grad=True,
    check_grad_dtypes=False,
    check_batched_grad=False,
    check_batched_forward_grad=False,
    check_forward_ad=False,
    check_backward_ad=True,
    fast_mode=False,
    masked=None,
):
    """Whether the gradients of func(*inputs) agree with finite differences, |a - n| <= atol + rtol |n|, for each
    element of each input that requires grad (float64, or wider tolerances); whether they are the same when computed
    twice, to nondet_tol; zeros where outputs get zeros; and whether backward bears outputs without a gradient. Raises
    GradcheckError where not, or returns False with raise_exception=False. Batched gradients and forward derivatives are made of
    those of backward: checks of them, fast_mode and masked change nothing."""
    if not (check_forward_ad or check_backward_ad):
        raise AssertionError("Expected at least one of check_forward_ad or check_backward_ad to be True")
    if check_batched_grad and not check_backward_ad:
        raise AssertionError("Setting check_batched_grad=True requires check_backward_ad to be True")
    if check_batched_forward_grad and not check_forward_ad:
        raise AssertionError("Setting check_batched_forward_grad=True requires check_forward_ad to be True")
    inputs = _tuple(inputs)
    _check_inputs("gradcheck", inputs)
    options = {"rtol": rtol, "atol": atol, "nondet_tol": nondet_tol, "check_grad_dtypes": check_grad_dtypes}
    try:
        outputs, sources = _outputs(func, inputs), _differentiable(inputs)
        if not outputs:
            _check_constant(func, inputs, eps)
            return True
        _check_jacobians(outputs, sources, [_numerical(func, inputs, x, eps) for x in sources], options)
        _check_multiplied(outputs, sources)
        if check_undefined_grad:
            _check_undefined(func, inputs, sources)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func,
    inputs,
    grad_outputs=None,
    *,
    eps=1e-6,
    atol=1e-5,
    rtol=1e-3,
    gen_non_contig_grad_outputs=False,
    raise_exception=True,
    nondet_tol=0.0,
    check_undefined_grad=True,
    check_grad_dtypes=False,
    check_batched_grad=False,
    check_fwd_over_rev=False,
    check_rev_over_rev=True,
    fast_mode=False,
    masked=False,
):
    """The same for the gradients of the gradients, from random weights of the outputs, which may be non-contiguous, or from
    grad_outputs."""
    if not (check_fwd_over_rev or check_rev_over_rev):
        raise AssertionError("Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True")
    inputs = _tuple(inputs)
    _check_inputs("gradcheck", inputs)
    outputs = _outputs(func, inputs)
    if grad_outputs is None:
        weights = [ops.randn_like(o) for o in outputs]
        if gen_non_contig_grad_outputs:
            weights = [ops.stack([weight, weight], -1).select(-1, 0) for weight in weights]
        weights = [weight.requires_grad_() for weight in weights]
    else:
        weights = _tuple(grad_outputs)

    def gradients(*arguments):
        made = _outputs(func, arguments[: len(inputs)])
        wanted = _differentiable(arguments[: len(inputs)])
        found = ops._grad(made, wanted, list(arguments[len(inputs) :]), True, True, True)
        return tuple(g for g in found if g is not None)

    return gradcheck(
        gradients,
        inputs + tuple(weights),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
    )
