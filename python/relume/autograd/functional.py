"""Jacobians, Hessians and products with them, by backward passes."""

from .._C import Tensor, ops


def _tuple(value):
    return value if isinstance(value, tuple) else (value,)


def _leaves(inputs, create_graph):
    return tuple(x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_() for x in inputs)


def _checked(values, what, name):
    """A tensor or a tuple of tensors, which a function was given or returned, as a tuple."""
    of = f"{'given to' if what == 'inputs' else 'of the user-provided function given to'} {name}"
    given = "given inputs" if what == "inputs" else "given outputs of the user-provided function"
    if not isinstance(values, (Tensor, tuple)):
        raise TypeError(
            f"The {what} {of} must be either a Tensor or a tuple of Tensors but the {given} has type {type(values)}."
        )
    for i, value in enumerate(_tuple(values)):
        if not isinstance(value, Tensor):
            raise TypeError(
                f"The {what} {of} must be either a Tensor or a tuple of Tensors but the value at index {i} has type "
                f"{type(value)}."
            )
    return _tuple(values)


def _directions(v, tensors, otherwise):
    """The vectors v as a tuple, one for each of the tensors; None stands for 1 where there is one tensor of one element."""
    if v is None:
        if len(tensors) != 1 or tensors[0].numel() != 1:
            raise RuntimeError(f"The vector v can only be None if {otherwise} a single Tensor with a single element.")
        return (ops.ones_like(tensors[0]),)
    v = _tuple(v)
    if len(v) != len(tensors):
        raise RuntimeError(f"v is a tuple of invalid length: should be {len(tensors)} but got {len(v)}.")
    for i, (each, tensor) in enumerate(zip(v, tensors)):
        if each.shape != tensor.shape:
            entry = f"Entry {i} in " if len(v) > 1 else ""
            raise RuntimeError(f"{entry}v has invalid size: should be {tensor.shape} but got {each.shape}.")
    return v


_INPUT, _RESULT = "the input to the user-provided function is", "the user-provided function returns"


def _check_differentiable(outputs, strict):
    for i, output in enumerate(outputs):
        if strict and not output.requires_grad:
            raise RuntimeError(
                f"Output {i} of the user-provided function does not require gradients. The outputs must be computed in a "
                "differentiable manner from the input when running in strict mode."
            )


def _gradients(output, inputs, weight, create_graph, strict):
    """The gradients of an output, zeros where it does not depend on an input, which strict does not allow."""
    found = [None] * len(inputs)
    if output.requires_grad:
        found = ops._grad([output], list(inputs), [weight], True, create_graph, True)
    for i, gradient in enumerate(found):
        if strict and gradient is None:
            raise RuntimeError(
                f"Output 0 of the user-provided function is independent of input {i}. This is not allowed in strict mode."
            )
    return tuple(ops.zeros_like(x) if g is None else g for x, g in zip(inputs, found))


def jacobian(func, inputs, create_graph=False, strict=False, vectorize=False, strategy="reverse-mode"):
    """d func(*inputs) / d inputs: a tensor of shape output.shape + input.shape, in tuples where there are several
    inputs or outputs."""
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(
            'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your function has more outputs than '
            'inputs, "forward-mode" tends to be more performant. Otherwise, prefer to use "reverse-mode".'
        )
    if strict and vectorize:
        raise RuntimeError(
            "torch.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not supported together. Please either "
            "set `strict=False` or `vectorize=False`."
        )
    leaves = _leaves(_checked(inputs, "inputs", "jacobian"), create_graph)
    outputs = func(*leaves)
    _check_differentiable(_checked(outputs, "outputs", "jacobian"), strict)
    rows = []
    for output in _tuple(outputs):
        columns = [[] for _ in leaves]
        for i in range(output.numel()):
            weight = ops.zeros(output.numel(), dtype=output.dtype)
            weight[i] = 1
            for column, g in zip(columns, _gradients(output, leaves, weight.view(output.shape), create_graph, strict)):
                column.append(g)
        row = tuple(
            ops.stack(column).view(tuple(output.shape) + tuple(x.shape))
            if column
            else ops.zeros(tuple(output.shape) + tuple(x.shape), dtype=x.dtype)
            for column, x in zip(columns, leaves)
        )
        rows.append(row if isinstance(inputs, tuple) else row[0])
    return rows[0] if isinstance(outputs, Tensor) else tuple(rows)


def hessian(func, inputs, create_graph=False, strict=False, vectorize=False, outer_jacobian_strategy="reverse-mode"):
    """The second derivatives of a function with one result."""

    if outer_jacobian_strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError('Expected strategy to be either "forward-mode" or "reverse-mode".')

    def single(*leaves):
        return _single(func(*leaves), "hessian")

    def gradient(*leaves):
        found = jacobian(single, leaves, create_graph=True, strict=strict)
        for i, each in enumerate(found):
            if strict and not each.requires_grad:
                raise RuntimeError(
                    "While computing the hessian, found that the jacobian of the user-provided function with respect to input "
                    f"{i} is independent of the input. This is not allowed in strict mode. You should ensure that your "
                    "function is twice differentiable and that the jacobian depends on the inputs (this would be violated by a "
                    "linear function for example)."
                )
        return found if isinstance(inputs, tuple) else found[0]

    return jacobian(gradient, inputs, create_graph=create_graph, strict=strict)


def vjp(func, inputs, v=None, create_graph=False, strict=False):
    """func(*inputs), and the product of v with its Jacobian."""
    leaves = _leaves(_checked(inputs, "inputs", "vjp"), create_graph)
    outputs = func(*leaves)
    results = _checked(outputs, "outputs", "vjp")
    _check_differentiable(results, strict)
    weights = _directions(v, results, _RESULT)
    total = sum((result * weight).sum() for result, weight in zip(results, weights))
    found = _gradients(total, leaves, ops.ones_like(total), create_graph, strict)
    if not create_graph:
        outputs = tuple(x.detach() for x in outputs) if isinstance(outputs, tuple) else outputs.detach()
    return outputs, found if isinstance(inputs, tuple) else found[0]


def jvp(func, inputs, v=None, create_graph=False, strict=False):
    """func(*inputs), and the product of its Jacobian with v."""
    from .. import _levels, _transforms as transforms

    values = _checked(inputs, "inputs", "jvp")
    directions = _directions(v, values, _INPUT)
    outer, _levels.plain = _levels.plain, True
    try:
        return transforms.jvp(func, _leaves(values, create_graph) if create_graph else values, directions)
    finally:
        _levels.plain = outer


def _single(output, name):
    """The result of a function, which has to be one tensor with one element."""
    if not isinstance(output, Tensor):
        raise RuntimeError(f"The function given to {name} should return a single Tensor")
    if output.numel() != 1:
        raise RuntimeError(f"The Tensor returned by the function given to {name} should contain a single element")
    return output


def _second(name, func, inputs, v, create_graph, strict):
    """func(*inputs), a scalar, and the product of its second derivatives, which are symmetric, with v."""
    values = _checked(inputs, "inputs", name)
    directions = _directions(v, values, _INPUT)
    leaves = _leaves(values, create_graph)
    output = _single(func(*leaves), name)
    _check_differentiable((output,), strict)
    first = _gradients(output, leaves, ops.ones_like(output), True, strict)
    total = sum((g * direction).sum() for g, direction in zip(first, directions))
    _check_differentiable((total,), strict)
    found = _gradients(total, leaves, ops.ones_like(total), create_graph, strict)
    output = output if create_graph else output.detach()
    return output, found if isinstance(inputs, tuple) else found[0]


def hvp(func, inputs, v=None, create_graph=False, strict=False):
    """func(*inputs), a scalar, and the product of its Hessian with v."""
    return _second("hvp", func, inputs, v, create_graph, strict)


def vhp(func, inputs, v=None, create_graph=False, strict=False):
    """func(*inputs), a scalar, and the product of v with its Hessian: the same as hvp, as the Hessian is symmetric."""
    return _second("vhp", func, inputs, v, create_graph, strict)
