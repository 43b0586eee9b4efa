"""checkpoint(): a part of a model that keeps no results for backward, and computes them again instead."""

import contextlib
import itertools
import warnings
import weakref

from .. import autograd
from .._C import Tensor, default_generator, ops
from .._modes import _Guard, enable_grad, no_grad
from ..amp import autocast

_USE_REENTRANT = (
    "torch.utils.checkpoint: the use_reentrant parameter should be passed explicitly. Starting in PyTorch 2.9, calling "
    "checkpoint without use_reentrant will raise an exception. use_reentrant=False is recommended, but if you need to "
    "preserve the current default behavior, you can pass use_reentrant=True. Refer to docs for more details on the "
    "differences between the two variants."
)
_USE_REENTRANT_OF_SEQUENCE = (
    "torch.utils.checkpoint.checkpoint_sequential: the use_reentrant parameter should be passed explicitly. In version 2.9 "
    "we will raise an exception if use_reentrant is not passed. use_reentrant=False is recommended, but if you need to "
    "preserve the current default behavior, you can pass use_reentrant=True. Refer to docs for more details on the "
    "differences between the two variants."
)




def _drawing_from_here():
    """A context in which random numbers are those that follow this call; afterwards the default generator goes on as if
    nothing had been drawn."""
    state = default_generator.get_state()

    @contextlib.contextmanager
    def context():
        now = default_generator.get_state()
        default_generator.set_state(state)
        try:
            yield
        finally:
            default_generator.set_state(now)

    return context


def _autocast_as_here():
    """A context in which autocast is as it is now."""
    enabled, dtype = ops.is_autocast_enabled("cpu"), ops.get_autocast_dtype("cpu")
    return lambda: autocast("cpu", dtype, enabled)


class CheckpointError(RuntimeError):
    """A function computed something else for backward than it did at first."""


def detach_variable(inputs):
    """The tensors of a tuple as new leaves, which require grad where these do; what is no tensor as it is."""
    return tuple(
        value.detach().requires_grad_(value.requires_grad) if isinstance(value, Tensor) else value for value in inputs
    )


def check_backward_validity(inputs):
    """Warns where no input requires grad."""
    if not any(isinstance(value, Tensor) and value.requires_grad for value in inputs):
        warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=3)


class _Stop(Exception):
    """All that backward needs has been computed again."""


class CheckpointFunction(autograd.Function):
    """Runs a function without recording it; backward runs it again, records it, and goes back through it."""

    @staticmethod
    def forward(ctx, function, preserve_rng_state, *args):
        ctx.function, ctx.args = function, list(args)
        ctx.places = [i for i, value in enumerate(args) if isinstance(value, Tensor)]
        ctx.save_for_backward(*(args[i] for i in ctx.places))
        for i in ctx.places:
            ctx.args[i] = None
        ctx.random = _drawing_from_here() if preserve_rng_state else contextlib.nullcontext
        ctx.autocast = _autocast_as_here()
        with no_grad():
            return function(*args)

    @staticmethod
    def backward(ctx, *grads):
        if ops._current_run_is_partial():
            raise RuntimeError(
                "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an `inputs` parameter "
                "to .backward(). To resolve this error, you can either set use_reentrant=False, or call .backward() without "
                "passing the `inputs` argument."
            )
        args = list(ctx.args)
        for i, saved in zip(ctx.places, ctx.saved_tensors):
            args[i] = saved
        args = detach_variable(args)
        with enable_grad(), ctx.random(), ctx.autocast():
            results = ctx.function(*args)
        results = results if isinstance(results, tuple) else (results,)
        pairs = [
            (result, grad) for result, grad in zip(results, grads)
            if isinstance(result, Tensor) and result.requires_grad and grad is not None
        ]  # fmt: skip
        if not pairs:
            raise RuntimeError(
                "none of output has requires_grad=True, this checkpoint() is not necessary"
            )
        autograd.backward([result for result, _ in pairs], [grad for _, grad in pairs])
        return (None, None, *(value.grad if isinstance(value, Tensor) else None for value in args))


class _Inputs(autograd.Function):
    """Saves the arguments of a function, where the hooks of an outer checkpoint see them, in the node of an empty tensor."""

    @staticmethod
    def forward(ctx, _, *args):
        ctx.args = [None if isinstance(value, Tensor) else value for value in args]
        ctx.save_for_backward(*(value if isinstance(value, Tensor) else None for value in args))
        return ops.empty(0)

    @staticmethod
    def unpacked(node):
        return [arg if saved is None else saved for arg, saved in zip(node.args, node.saved_tensors)]


class _Place:
    """What the graph keeps in place of a tensor: where runs of backward find it when it has been computed again."""

    def __init__(self):
        self.found = {}  # for each run of backward; None where it has been used


def _looks(tensor):
    return {"shape": tensor.shape, "dtype": tensor.dtype, "device": tensor.device}


_outside = itertools.count(-1, -1)  # numbers for tensors that are asked for outside of a run of backward


class _Record:
    """What one call of a function saved for backward, and how to have it again."""

    def __init__(self, run, inputs, early_stop, compares):
        self.run, self.inputs, self.early_stop, self.compares = run, inputs, early_stop, compares
        self.places, self.looks = [], []
        self.counts = {}  # of the tensors saved again for each run of backward
        self.complete = self.lenient = False

    def pack(self, tensor):
        place = _Place()
        self.places.append(weakref.ref(place))
        self.looks.append(_looks(tensor))
        return place

    def unpack(self, place):
        run = ops._current_run() or next(_outside)
        if run not in self.counts:
            self.compute_again(run)
        if place.found[run] is None:
            raise CheckpointError(
                "torch.utils.checkpoint: Unpack is being triggered for a tensor that was already unpacked once. If you are "
                "calling ctx.saved_tensors in backward, make sure to do so only once."
            )
        tensor, place.found[run] = place.found[run], None
        return tensor

    def compute_again(self, run):
        self.counts[run] = 0
        try:
            with autograd.graph.saved_tensors_hooks(lambda tensor: self.pack_again(tensor, run), lambda tensor: tensor):
                with enable_grad():
                    self.run(*_Inputs.unpacked(self.inputs.grad_fn))
        except _Stop:
            pass
        if not self.lenient:
            self.check(run)

    def pack_again(self, tensor, run):
        tensor = tensor.detach()
        number = self.counts[run]
        self.counts[run] += 1
        if number >= len(self.places):
            if self.complete:
                raise CheckpointError(
                    "torch.utils.checkpoint: trying to save more tensors during recomputation than during the original forward "
                    "pass."
                )
            self.lenient = True  # backward runs inside the function, which has more to save
            return tensor
        place = self.places[number]()
        if place is not None:
            place.found[run] = tensor
        if self.early_stop and self.counts[run] == len(self.places):
            raise _Stop
        return tensor

    def check(self, run):
        if self.counts[run] != len(self.places):
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the original forward and "
                f"recomputation.\nNumber of tensors saved during forward: {len(self.places)}\nNumber of tensors saved during "
                f"recomputation: {self.counts[run]}."
            )
        if not self.compares:
            return
        again = [place() and place().found[run] for place in self.places]
        differing = [
            f"tensor at position {i}:\nsaved metadata: {before}\nrecomputed metadata: {_looks(tensor)}\n"
            for i, (before, tensor) in enumerate(zip(self.looks, again))
            if tensor is not None and before != _looks(tensor)
        ]
        if differing:
            raise CheckpointError(
                "torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than during the "
                "forward pass.\n" + "".join(differing)
            )


_early_stop = None  # what set_checkpoint_early_stop says, which comes before the argument of checkpoint()


class set_checkpoint_early_stop(_Guard):
    """Inside, says for each checkpoint() whether backward stops to compute a part again once it has what it needs."""

    def __init__(self, enable):
        self.enable = enable

    def clone(self):
        return set_checkpoint_early_stop(self.enable)

    def __enter__(self):
        global _early_stop
        self.previous, _early_stop = _early_stop, self.enable

    def __exit__(self, *error):
        global _early_stop
        _early_stop = self.previous


def noop_context_fn():
    """Two contexts that do nothing: for the function, and for the function when it is run again."""
    return contextlib.nullcontext(), contextlib.nullcontext()


def _checkpoint(function, args, kwargs, preserve_rng_state, context_fn, early_stop, compares):
    """The function's results, whose graph holds places in place of saved tensors."""
    first, again = context_fn()
    # Parameters of the function's are unknown here: something that requires grad has the arguments saved.
    inputs = _Inputs.apply(ops.empty(0).requires_grad_(ops.is_grad_enabled()), *args)
    if inputs.grad_fn is None:
        return function(*args, **kwargs)
    random = _drawing_from_here() if preserve_rng_state else contextlib.nullcontext
    cast = _autocast_as_here()

    def run(*values):
        with random(), cast(), again:
            function(*values, **kwargs)

    record = _Record(run, inputs, early_stop, compares)
    with autograd.graph.saved_tensors_hooks(record.pack, record.unpack), first:
        result = function(*args, **kwargs)
    record.complete = True
    return result


def checkpoint(function, *args, use_reentrant=None, context_fn=noop_context_fn, determinism_check="default", debug=False,
               early_stop=True, preserve_rng_state=True, **kwargs):  # fmt: skip
    """function(*args, **kwargs), whose inner results are not kept for backward but computed again then: less memory for
    a second forward. With preserve_rng_state dropout and the like draw the same numbers again. use_reentrant=False computes
    again when backward first needs a tensor, inside the second of the contexts of context_fn; determinism_check="none" has it
    not compare shapes and dtypes. use_reentrant=True is for backward() alone, not for autograd.grad(), and gives no gradients
    where no argument requires grad. Chen et al., 2016."""
    if use_reentrant is None:
        warnings.warn(_USE_REENTRANT, stacklevel=2)
        use_reentrant = True
    if not use_reentrant:
        if determinism_check not in ("default", "none"):
            raise ValueError(f"determinism_check should be one of ['default', 'none'], but got {determinism_check}")
        stops = early_stop if _early_stop is None else _early_stop
        return _checkpoint(function, args, kwargs, preserve_rng_state, context_fn, stops, determinism_check == "default")
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    if context_fn is not noop_context_fn or debug:
        raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
    check_backward_validity(args)
    return CheckpointFunction.apply(function, preserve_rng_state, *args)


def checkpoint_sequential(functions, segments, input, use_reentrant=None, preserve_rng_state=True, **kwargs):
    """A sequence of modules in so many segments, each but the last by checkpoint()."""
    if use_reentrant is None:
        warnings.warn(_USE_REENTRANT_OF_SEQUENCE, stacklevel=2)
        use_reentrant = True
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    options = {"use_reentrant": use_reentrant, "preserve_rng_state": preserve_rng_state}
    functions = list(functions.children()) if hasattr(functions, "children") else list(functions)

    def run(first, last):
        def segment(value):
            for function in functions[first:last]:
                value = function(value)
            return value

        return segment

    size = len(functions) // segments
    for i in range(segments - 1):
        input = checkpoint(run(i * size, (i + 1) * size), input, **options)
    return run((segments - 1) * size, len(functions))(input)
