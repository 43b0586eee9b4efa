"""Jacobians, Hessians and products with them, by backward passes."""

from .._C import Tensor, ops


def _tuple(value):
    return value if isinstance(value, tuple) else (value,)


def _leaves(inputs, create_graph):
    return tuple(x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_() for x in inputs)


def _gradients(output, inputs, weight, create_graph, strict):
    found = ops._grad([output], list(inputs), [weight], True, create_graph, True)
    if strict and any(g is None for g in found):
        raise RuntimeError("the output does not depend on one of the inputs")
    return tuple(ops.zeros_like(x) if g is None else g for x, g in zip(inputs, found))


def jacobian(func, inputs, create_graph=False, strict=False, vectorize=False, strategy="reverse-mode"):
    """d func(*inputs) / d inputs: a tensor of shape output.shape + input.shape, in tuples where there are several
    inputs or outputs."""
    leaves = _leaves(_tuple(inputs), create_graph)
    outputs = func(*leaves)
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

    def gradient(*leaves):
        found = jacobian(func, leaves, create_graph=True, strict=strict)
        return found if isinstance(inputs, tuple) else found[0]

    return jacobian(gradient, inputs, create_graph=create_graph, strict=strict)


def vjp(func, inputs, v=None, create_graph=False, strict=False):
    """func(*inputs), and the product of v with its Jacobian."""
    leaves = _leaves(_tuple(inputs), create_graph)
    outputs = func(*leaves)
    weights = [ops.ones_like(outputs)] if v is None else list(_tuple(v))
    found = ops._grad(list(_tuple(outputs)), list(leaves), weights, None, create_graph, not strict)
    found = tuple(ops.zeros_like(x) if g is None else g for x, g in zip(leaves, found))
    if not create_graph:
        outputs = tuple(x.detach() for x in outputs) if isinstance(outputs, tuple) else outputs.detach()
    return outputs, found if isinstance(inputs, tuple) else found[0]


def jvp(func, inputs, v=None, create_graph=False, strict=False):
    """func(*inputs), and the product of its Jacobian with v."""
    from .. import _transforms as transforms

    values = _tuple(inputs)
    directions = tuple(ops.ones_like(x) for x in values) if v is None else _tuple(v)
    outputs, products = transforms.jvp(func, _leaves(values, create_graph) if create_graph else values, directions)
    return outputs, products


def _second(func, inputs, v, create_graph, strict):
    """func(*inputs), a scalar, and the product of its second derivatives, which are symmetric, with v."""
    values = _tuple(inputs)
    leaves = _leaves(values, create_graph)
    output = func(*leaves)
    if output.numel() != 1:
        raise RuntimeError("The Tensor returned by the function should contain a single element")
    directions = tuple(ops.ones_like(x) for x in values) if v is None else _tuple(v)
    first = _gradients(output, leaves, ops.ones_like(output), True, strict)
    total = sum((g * direction).sum() for g, direction in zip(first, directions))
    found = _gradients(total, leaves, ops.ones_like(total), create_graph, strict) if total.requires_grad else None
    found = tuple(ops.zeros_like(x) for x in values) if found is None else found
    output = output if create_graph else output.detach()
    return output, found if isinstance(inputs, tuple) else found[0]


def hvp(func, inputs, v=None, create_graph=False, strict=False):
    """func(*inputs), a scalar, and the product of its Hessian with v."""
    return _second(func, inputs, v, create_graph, strict)


def vhp(func, inputs, v=None, create_graph=False, strict=False):
    """func(*inputs), a scalar, and the product of v with its Hessian: the same as hvp, as the Hessian is symmetric."""
    return _second(func, inputs, v, create_graph, strict)
