"""gradcheck and gradgradcheck: gradients against finite differences."""

from .._C import Tensor, ops
from .._modes import no_grad


class GradcheckError(RuntimeError):
    """A gradient that is not what finite differences say."""


def _outputs(function, inputs):
    result = function(*inputs)
    results = result if isinstance(result, (tuple, list)) else (result,)
    return [r for r in results if isinstance(r, Tensor) and r.requires_grad]


def _differences(function, inputs, tensor, eps):
    """Columns: the change of each output an element of tensor, by central differences."""
    columns = []
    if not tensor.is_contiguous():
        raise ValueError("gradcheck expects contiguous inputs")
    flat = tensor.data.reshape(-1)  # of its own version counter: the changes are undone
    for i in range(flat.numel()):
        kept = flat[i].item()
        sides = []
        for step in (eps, -eps):
            with no_grad():
                flat[i] = kept + step
            sides.append([o.detach().clone() for o in _outputs(function, inputs)])
        with no_grad():
            flat[i] = kept
        columns.append([(a - b) / (2 * eps) for a, b in zip(*sides)])
    return columns


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
    fast_mode=False,
):
    """Whether the gradients of func(*inputs) agree with finite differences, |a - n| <= atol + rtol |n|, for each
    element of each input that requires grad (float64, or wider tolerances). Raises GradcheckError where not, or
    returns False with raise_exception=False."""
    inputs = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    sources = [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]
    if not sources:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of the them have "
            "requires_grad=True."
        )
    outputs = _outputs(func, inputs)
    for s, source in enumerate(sources):
        columns = _differences(func, inputs, source, eps)
        for o, output in enumerate(outputs):
            if _agrees(output, o, source, s, columns, atol, rtol):
                continue
            if not raise_exception:
                return False
            raise GradcheckError(f"Jacobian mismatch for output {o} with respect to input {s}")
    return True


def _agrees(output, o, source, s, columns, atol, rtol):
    numerical = ops.stack([c[o].reshape(-1) for c in columns], 1) if columns else ops.zeros(output.numel(), 0)
    for i in range(output.numel()):
        weight = ops.zeros(output.numel(), dtype=output.dtype)
        weight[i] = 1
        found = ops._grad([output], [source], [weight.view(output.shape)], True, False, True)[0]
        analytical = ops.zeros_like(source) if found is None else found
        if not ops.allclose(analytical.detach().reshape(-1), numerical[i].to(analytical.dtype), rtol, atol):
            return False
    return True


def gradgradcheck(func, inputs, grad_outputs=None, *, eps=1e-6, atol=1e-5, rtol=1e-3, raise_exception=True, **others):
    """The same for the gradients of the gradients."""
    inputs = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    outputs = _outputs(func, inputs)
    weights = grad_outputs or [ops.randn_like(o).requires_grad_() for o in outputs]
    weights = list(weights) if isinstance(weights, (tuple, list)) else [weights]
    sources = [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]

    def gradients(*arguments):
        made = _outputs(func, arguments[: len(inputs)])
        wanted = [x for x in arguments[: len(inputs)] if isinstance(x, Tensor) and x.requires_grad]
        found = ops._grad(made, wanted, list(arguments[len(inputs) :]), True, True, True)
        return tuple(g for g in found if g is not None)

    if not sources:
        raise ValueError("gradgradcheck expects at least one input tensor to require gradient")
    return gradcheck(
        gradients, inputs + tuple(weights), eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception
    )
