"""Functions made of functions: gradients, Jacobians, and functions of one example over a batch.

Gradients are those of autograd, with each result differentiable once more, so that transforms can be nested. vmap calls the
function once for each example.
"""

import contextlib
import functools

from ._C import Tensor, default_generator, ops
from ._trees import leaves, mapped, spread

__all__ = ["grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "vjp", "vmap"]

_depth = 0  # of transforms that are running: results of the outermost one are cut off from what it made
_made = []  # the leaves that they made
_examples_follow = False  # after the one that a vmap is at


def examples_follow():
    """Whether a function is being called by vmap, and not for the last time: the graphs that it uses are still needed."""
    return _examples_follow


def _reaches_others(node, made):
    """Whether the graph behind a node has leaves that are not among those made here: tensors that the function captured."""
    seen, waiting = set(), [node]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        leaf = getattr(node, "variable", None)
        if leaf is not None and not any(leaf is own for own in made):
            return True
        waiting += [following for following, _ in node.next_functions]
    return False


def without_graph(result, made, recorded):
    """The result without the graph that leads to leaves made here, where it leads to no others."""

    def cut(leaf):
        if not isinstance(leaf, Tensor) or recorded and leaf.requires_grad and _reaches_others(leaf.grad_fn, made):
            return leaf
        return leaf.detach()

    return mapped(cut, result)


@contextlib.contextmanager
def _recording():
    """Graphs are recorded inside; gives whether they were before."""
    before = ops.is_grad_enabled()
    ops._set_grad_enabled(True)
    try:
        yield before
    finally:
        ops._set_grad_enabled(before)


def _transform(function):
    """Makes results plain tensors at the outermost level, unless they take part in a graph of the caller's."""

    @functools.wraps(function)
    def run(*arguments, **keywords):
        global _depth
        _depth += 1
        made = []
        try:
            with _recording() as recorded:
                result = function(*arguments, **keywords)
        finally:
            _depth -= 1
            if _depth == 0:
                made = _made[:]
                _made.clear()
        given = [leaf for leaf in leaves((arguments, keywords)) if isinstance(leaf, Tensor)]
        if _depth or recorded and any(leaf.requires_grad for leaf in given):
            return result
        return without_graph(result, made, recorded)

    return run


def _followed(leaf):
    """A new leaf that autograd follows."""
    leaf = leaf.detach().requires_grad_()
    if _depth:
        _made.append(leaf)
    return leaf


def _leaf(value):
    """An input that autograd follows: one of the caller's graph stays in it."""
    if not isinstance(value, Tensor) or not value.is_floating_point():
        return value
    return value.view_as(value) if value.requires_grad else _followed(value)


def _chosen(arguments, argnums):
    """(the arguments with those chosen as leaves, the chosen)."""
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    count = len(arguments)
    for number in numbers:
        if not -count <= number < count:
            raise RuntimeError(f"Got argnum={number}, but only {count} positional inputs")
    followed = list(arguments)
    for number in numbers:
        followed[number] = mapped(_leaf, arguments[number])
    chosen = tuple(followed[number] for number in numbers)
    return followed, chosen[0] if isinstance(argnums, int) else chosen


def _gradients(output, inputs, weight=None):
    """The gradients for a tree of inputs, zeros where the output does not depend on one; with a graph."""
    flat = leaves(inputs)
    if output.requires_grad:
        found = ops._grad([output], flat, [] if weight is None else [weight], True, True, True)
    else:
        found = [None] * len(flat)
    iterator = iter(ops.zeros_like(leaf) if each is None else each for leaf, each in zip(flat, found))
    return mapped(lambda _: next(iterator), inputs)


def _auxiliary(result, has_aux):
    if not has_aux:
        return result, None
    if not (isinstance(result, tuple) and len(result) == 2):
        raise RuntimeError("with has_aux=True the function must return a tuple (output, aux)")
    return result


def grad_and_value(func, argnums=0, has_aux=False):
    """A function of the same arguments that returns (the gradient with respect to argument argnums, the value of func); the
    value is a scalar. With has_aux func returns (value, aux), and so does the second item."""

    @functools.wraps(func)
    @_transform
    def run(*args, **kwargs):
        arguments, chosen = _chosen(args, argnums)
        output, aux = _auxiliary(func(*arguments, **kwargs), has_aux)
        if not isinstance(output, Tensor):
            raise RuntimeError(
                f"grad_and_value(f)(*args): Expected f(*args) to return a scalar tensor, got {type(output)}"
            )
        if output.dim() != 0:
            raise RuntimeError(
                "grad_and_value(f)(*args): Expected f(*args) to return a scalar Tensor, got tensor with "
                f"{output.dim()} dims. Maybe you wanted to use the vjp or jacrev APIs instead?"
            )
        gradient = _gradients(output, chosen)
        return (gradient, (output, aux)) if has_aux else (gradient, output)

    return run


def grad(func, argnums=0, has_aux=False):
    """A function of the same arguments that returns the gradient of func, a scalar, with respect to argument argnums (a
    number, or a tuple of them); with has_aux, where func returns (value, aux), (gradient, aux)."""
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def run(*args, **kwargs):
        gradient, value = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return run


def _jacobian(output, chosen):
    """d output / d chosen: a tree of the form of chosen, of tensors of shape output.shape + leaf.shape."""
    rows = []
    for i in range(output.numel()):
        weight = ops.zeros(output.numel(), dtype=output.dtype)
        weight[i] = 1
        rows.append(_gradients(output, chosen, weight.view(output.shape)))
    if not rows:
        return mapped(lambda leaf: leaf.new_zeros(tuple(output.shape) + tuple(leaf.shape)), chosen)
    return mapped(lambda leaf, *each: ops.stack(each).view(tuple(output.shape) + tuple(leaf.shape)), chosen, *rows)


def jacrev(func, argnums=0, *, has_aux=False, chunk_size=None):
    """A function of the same arguments that returns the Jacobian of func, a backward pass for each element of its output:
    tensors of shape output.shape + input.shape, in a tree of outputs, of inputs."""

    @functools.wraps(func)
    @_transform
    def run(*args, **kwargs):
        arguments, chosen = _chosen(args, argnums)
        output, aux = _auxiliary(func(*arguments, **kwargs), has_aux)
        result = mapped(lambda leaf: _jacobian(leaf, chosen), output)
        return (result, aux) if has_aux else result

    return run


def jacfwd(func, argnums=0, has_aux=False, *, randomness="error"):
    """The same as jacrev, which PyTorch computes in the other direction."""
    return jacrev(func, argnums, has_aux=has_aux)


def hessian(func, argnums=0):
    """A function of the same arguments that returns the second derivatives of func: jacrev of jacrev."""
    return jacrev(jacrev(func, argnums), argnums)


def vjp(func, *primals, has_aux=False):
    """(func(*primals), a function that gives v^T J for v of the form of the output, as a tuple of one item an input)."""
    with _recording() as recorded:
        followed = tuple(mapped(_leaf, primal) for primal in primals)
        output, aux = _auxiliary(func(*followed), has_aux)
    made = [leaf for leaf in leaves(followed) if isinstance(leaf, Tensor) and leaf.is_leaf]

    def product(*cotangents, **_):
        weights = cotangents[0] if len(cotangents) == 1 else cotangents
        with _recording() as recorded:
            total = sum((leaf * weight).sum() for leaf, weight in zip(leaves(output), leaves(weights)))
            gradients = _gradients(total, followed)
        return without_graph(gradients, made, recorded)

    value = without_graph(output, made, recorded)
    return (value, product, aux) if has_aux else (value, product)


@_transform
def _products(func, primals, tangents, has_aux):
    followed = tuple(mapped(_leaf, primal) for primal in primals)
    output, aux = _auxiliary(func(*followed), has_aux)

    def product(leaf):
        weight = _followed(ops.zeros_like(leaf))  # J v is the gradient of (u^T J) v with respect to u
        row = _gradients(leaf, followed, weight)
        total = sum((each * tangent).sum() for each, tangent in zip(leaves(row), leaves(tangents)))
        return _gradients(total, (weight,))[0]

    return output, mapped(product, output), aux


def jvp(func, primals, tangents, *, strict=False, has_aux=False):
    """(func(*primals), J v): the derivative in the direction of the tangents."""
    output, product, aux = _products(func, tuple(primals), tuple(tangents), has_aux)
    return (output, product, aux) if has_aux else (output, product)


def linearize(func, *primals):
    """(func(*primals), J): J(*tangents) is the derivative in their direction."""

    def product(*tangents):
        return jvp(func, primals, tangents)[1]

    return func(*primals), product


def _batch_size(values, dims):
    sizes = [value.shape[dim] for value, dim in zip(values, dims) if dim is not None]
    if not sizes:
        raise ValueError("vmap: Expected at least one Tensor to vmap over")
    if len(set(sizes)) > 1:
        raise ValueError(
            "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
            f"{sizes} for the mapped dimension"
        )
    return sizes[0]


@contextlib.contextmanager
def _at_example(i, count):
    global _examples_follow
    outer = _examples_follow
    _examples_follow = outer or i + 1 < count
    try:
        yield
    finally:
        _examples_follow = outer


def vmap(func, in_dims=0, out_dims=0, randomness="error", *, chunk_size=None):
    """A function of batches: func is called for each example along in_dims of the arguments (None: the same for all; a
    tuple: one for each argument), and its results are stacked along out_dims. Random numbers that func draws are an error,
    "different" for each example, or the "same"."""

    name = getattr(func, "__name__", repr(func))
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")

    @functools.wraps(func)
    def run(*args, **kwargs):
        try:
            dims = spread(in_dims if isinstance(in_dims, (int, type(None))) else tuple(in_dims), args)
        except (ValueError, KeyError) as error:
            raise ValueError(f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): in_dims does not fit the inputs") from error
        if not args:
            raise ValueError(
                f"vmap({name})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to vmap over a "
                "function with no inputs. The latter is unsupported."
            )
        values, flat = leaves(args), leaves(dims)
        _check_dims(f"vmap({name}, in_dims={in_dims}, ...)(<inputs>)", values, flat)
        flat = [dim if isinstance(value, Tensor) else None for value, dim in zip(values, flat)]
        dims = mapped(lambda value, dim: dim if isinstance(value, Tensor) else None, args, dims)
        results = []
        start = None if randomness == "different" else default_generator.get_state()
        count = _batch_size(values, flat)
        for i in range(count):
            if i and randomness == "same":
                default_generator.set_state(start)
            example = mapped(lambda value, dim: value if dim is None else value.select(dim, i), args, dims)
            with _at_example(i, count):
                results.append(func(*example, **kwargs))
            if not i and randomness == "error":
                _refuse_random_numbers(start)
        return _stacked(results, out_dims, name)

    return run


def _check_dims(what, values, dims):
    for value, dim in zip(values, dims):
        if isinstance(dim, int) and not isinstance(value, Tensor):
            raise ValueError(
                f"{what}: Got in_dim={dim} for an input but the input is of type {type(value)}. We cannot vmap over "
                "non-Tensor arguments, please use None as the respective in_dim"
            )
        if isinstance(dim, int) and not -value.dim() <= dim < value.dim():
            raise ValueError(
                f"{what}: Got in_dim={dim} for some input, but that input is a Tensor of dimensionality {value.dim()} so "
                f"expected in_dim to satisfy -{value.dim()} <= in_dim < {value.dim()}."
            )


def _refuse_random_numbers(start):
    """Whether random numbers were drawn since the default generator was in state start: they would differ by example."""
    if ops.equal(default_generator.get_state(), start):
        return
    default_generator.set_state(start)
    raise RuntimeError(
        "vmap: called random operation while in randomness error mode. Please either use the 'same' or 'different' "
        "randomness flags on vmap or perform the randomness operation out of vmap"
    )


def _stacked(results, out_dims, name):
    """One tree of the results, stacked."""
    if not results:
        raise ValueError("vmap: the mapped dimension is empty")
    for leaf in leaves(results[0]):
        if not isinstance(leaf, Tensor):
            raise ValueError(
                f"vmap({name}, ...): `{name}` must only return Tensors, got type {type(leaf)}. Did you mean to set out_dims= "
                "to None for output?"
            )
    dims = spread(tuple(out_dims) if isinstance(out_dims, list) else out_dims, results[0])
    return mapped(lambda dim, *each: each[0] if dim is None else ops.stack(each, dim), dims, *results)
