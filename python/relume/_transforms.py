"""Functions made of functions: gradients, Jacobians, and functions of one example over a batch.

Gradients are those of autograd, with each result differentiable once more, so that transforms can be nested. vmap calls the
function once for each example.
"""

import contextlib
import functools

from . import _levels
from ._C import Tensor, default_generator, ops
from ._trees import leaves, mapped, spread

__all__ = ["grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "vjp", "vmap"]

_made = []  # the leaves that gradients made


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
        _levels.depth += 1
        made = []
        try:
            with _recording() as recorded:
                result = function(*arguments, **keywords)
        finally:
            _levels.depth -= 1
            if _levels.depth == 0:
                made = _made[:]
                _made.clear()
        given = [leaf for leaf in leaves((arguments, keywords)) if isinstance(leaf, Tensor)]
        if _levels.depth or recorded and any(leaf.requires_grad for leaf in given):
            return result
        return without_graph(result, made, recorded)

    return run


def _followed(leaf):
    """A new leaf that autograd follows."""
    leaf = leaf.detach().requires_grad_()
    if _levels.depth:
        _made.append(leaf)
    return leaf


def _leaf(value):
    """An input that autograd follows: one of the caller's graph stays in it."""
    if not isinstance(value, Tensor):
        raise ValueError(f"Thing passed to transform API must be Tensor, got {type(value)}")
    return value.view_as(value) if value.requires_grad else _followed(value)


def _chosen(arguments, argnums):
    """(the arguments with those chosen as leaves, the chosen)."""
    if not isinstance(argnums, int) and not (isinstance(argnums, tuple) and all(isinstance(n, int) for n in argnums)):
        raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
    numbers = (argnums,) if isinstance(argnums, int) else argnums
    if not numbers:
        raise RuntimeError("argnums must be non-empty")
    if len(set(numbers)) < len(numbers):
        raise RuntimeError(f"argnums elements must be unique, got {argnums}")
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


def _auxiliary(result, has_aux, transform):
    """(output, aux) of what a function returned to a transform of that name."""
    if not has_aux:
        return result, None
    if not (isinstance(result, tuple) and len(result) == 2):
        raise RuntimeError(f"{transform}: output of function f should be a tuple: (output, aux) if has_aux is True")
    return result


def _structure(tree):
    from .utils._pytree import tree_structure

    return tree_structure(tree)


def _check_tensors(output, transform):
    for leaf in leaves(output):
        if not isinstance(leaf, Tensor):
            raise RuntimeError(
                f"{transform}: expected f(*primals) to return only tensors, got unsupported type {type(leaf)}"
            )


def grad_and_value(func, argnums=0, has_aux=False):
    """A function of the same arguments that returns (the gradient with respect to argument argnums, the value of func); the
    value is a scalar. With has_aux func returns (value, aux), and so does the second item."""

    @functools.wraps(func)
    @_transform
    def run(*args, **kwargs):
        arguments, chosen = _chosen(args, argnums)
        output, aux = _auxiliary(func(*arguments, **kwargs), has_aux, "grad_and_value(f)(*args)")
        if not isinstance(output, Tensor):
            raise RuntimeError(f"grad_and_value(f)(*args): Expected f(*args) to return a Tensor, got {type(output)}")
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
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")

    @functools.wraps(func)
    @_transform
    def run(*args, **kwargs):
        arguments, chosen = _chosen(args, argnums)
        output, aux = _auxiliary(func(*arguments, **kwargs), has_aux, "vjp(f, *primals)")
        _check_tensors(output, "vjp(f, *primals)")
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
        output, aux = _auxiliary(func(*followed), has_aux, "vjp(f, *primals)")
    _check_tensors(output, "vjp(f, *primals)")
    made = [leaf for leaf in leaves(followed) if isinstance(leaf, Tensor) and leaf.is_leaf]

    def product(cotangents, retain_graph=True, create_graph=None):
        if _structure(cotangents) != _structure(output):
            raise RuntimeError(
                "Expected pytree structure of cotangents to be the same as pytree structure of outputs to the function. "
                f"cotangents: {_structure(cotangents)}, primal output: {_structure(output)}"
            )
        for i, (weight, leaf) in enumerate(zip(leaves(cotangents), leaves(output))):
            if weight.shape != leaf.shape:
                raise RuntimeError(
                    f"Mismatch in shape: grad_output[{i}] has a shape of {weight.shape} and output[{i}] has a shape of "
                    f"{leaf.shape}."
                )
        with _recording() as recorded:
            total = sum((leaf * weight).sum() for leaf, weight in zip(leaves(output), leaves(cotangents)))
            gradients = _gradients(total, followed)
        return without_graph(gradients, made, recorded)

    value = without_graph(output, made, recorded)
    return (value, product, aux) if has_aux else (value, product)


@_transform
def _products(func, primals, tangents, has_aux):
    followed = tuple(mapped(_leaf, primal) for primal in primals)
    outer = _levels.duals[:]
    _levels.duals += [] if _levels.plain else leaves(followed)
    try:
        output, aux = _auxiliary(func(*followed), has_aux, "jvp(f, primals, tangents)")
    finally:
        _levels.duals[:] = outer
    _check_tensors(output, "jvp(f, primals, tangents)")

    def product(leaf):
        weight = _followed(ops.zeros_like(leaf))  # J v is the gradient of (u^T J) v with respect to u
        row = _gradients(leaf, followed, weight)
        total = sum((each * tangent).sum() for each, tangent in zip(leaves(row), leaves(tangents)))
        return _gradients(total, (weight,))[0]

    return output, mapped(product, output), aux


def jvp(func, primals, tangents, *, strict=False, has_aux=False):
    """(func(*primals), J v): the derivative in the direction of the tangents."""
    _check_directions("jvp(f, primals, tangents)", primals, tangents)
    output, product, aux = _products(func, tuple(primals), tuple(tangents), has_aux)
    return (output, product, aux) if has_aux else (output, product)


def check_direction(primal, tangent):
    """Raises RuntimeError where a direction has not the shape of the tensor that it is for."""
    if primal.shape != tangent.shape:
        raise RuntimeError(
            "Trying to set a forward gradient that has a different size than that of the original Tensor, this is not "
            f"supported. Tensor is of size {list(primal.shape)} while the given forward gradient is of size "
            f"{list(tangent.shape)}."
        )


def _check_directions(transform, primals, tangents):
    """Tangents stand beside primals one by one, and have their shapes."""
    if not isinstance(primals, tuple):
        raise RuntimeError(
            f"{transform}: Expected primals to be a tuple. E.g. it should be valid to call f(*primals)."
        )
    forms = _structure(primals), _structure(tangents)
    if forms[0] != forms[1]:
        raise RuntimeError(
            f"{transform}: Expected primals and tangents to have the same python structure. For example, if primals is a "
            f"tuple of 3 tensors, tangents also must be. Got primals with structure {forms[0]} and tangents with structure "
            f"{forms[1]}"
        )
    for what, tree in (("primals", primals), ("tangents", tangents)):
        if not leaves(tree):
            raise RuntimeError(f"{transform}: Expected {what} to contain at least one Tensor.")
        for leaf in leaves(tree):
            if not isinstance(leaf, Tensor):
                raise RuntimeError(f"{transform}: Expected {what} to only contain Tensors, got {type(leaf)}")
    for primal, tangent in zip(leaves(primals), leaves(tangents)):
        if not primal.is_floating_point():
            raise ValueError(f"Expected primal to be floating point or complex, but got: {primal.dtype}")
        check_direction(primal, tangent)


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
    outer = _levels.examples_follow
    _levels.examples_follow = outer or i + 1 < count
    _levels.maps += 1
    try:
        yield
    finally:
        _levels.maps -= 1
        _levels.examples_follow = outer


def vmap(func, in_dims=0, out_dims=0, randomness="error", *, chunk_size=None):
    """A function of batches: func is called for each example along in_dims of the arguments (None: the same for all; a
    tuple: one for each argument), and its results are stacked along out_dims. Random numbers that func draws are an error,
    "different" for each example, or the "same"."""

    name = getattr(func, "__name__", repr(func))
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")

    @functools.wraps(func)
    def run(*args, **kwargs):
        what = f"vmap({name}, in_dims={in_dims}, ...)(<inputs>)"
        if not isinstance(in_dims, (int, tuple, list)):
            raise ValueError(
                f"{what}: expected `in_dims` to be int or a (potentially nested) tuple matching the structure of inputs, got: "
                f"{type(in_dims)}."
            )
        try:
            dims = spread(in_dims if isinstance(in_dims, int) else tuple(in_dims), args)
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{what}: in_dims is not compatible with the structure of `inputs`. in_dims has structure "
                f"{_structure(in_dims)} but inputs has structure {_structure(args)}."
            ) from error
        if not args:
            raise ValueError(
                f"vmap({name})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to vmap over a "
                "function with no inputs. The latter is unsupported."
            )
        values, flat = leaves(args), leaves(dims)
        _check_dims(what, values, flat)
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
                results.append(func(*example, **kwargs) if i else _first(func, example, dims, kwargs))
            if not i and randomness == "error":
                _refuse_random_numbers(start)
        return _stacked(results, out_dims, name)

    return run


def _first(func, example, dims, keywords):
    """What func returns for the first example, where it may not look at elements: it would do so for all at once."""
    from ._examples import Example, plain

    def watched(value, dim):
        return value.as_subclass(Example) if dim is not None and type(value) is Tensor else value

    result = func(*mapped(watched, example, dims), **keywords)
    return mapped(plain, result) if _levels.maps == 1 else result


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
    if not all(dim is None or isinstance(dim, int) for dim in leaves(out_dims)):
        raise ValueError(
            f"vmap({name}, ..., out_dims={out_dims}): `out_dims` must be an int, None or a python collection of ints representing "
            "where in the outputs the vmapped dimension should appear."
        )
    try:
        dims = spread(tuple(out_dims) if isinstance(out_dims, list) else out_dims, results[0])
    except ValueError as error:
        raise ValueError(
            f"vmap({name}, ..., out_dims={out_dims})(<inputs>): out_dims is not compatible with the structure of `outputs`. "
            f"out_dims has structure {_structure(out_dims)} but outputs has structure {_structure(results[0])}."
        ) from error
    return mapped(lambda dim, *each: each[0] if dim is None else ops.stack(each, dim), dims, *results)
