"""What programs do to the graph: hooks on its nodes, and on the tensors that it saves for backward."""

import collections
import functools
import itertools

from .._C import Node, Tensor, ops  # noqa: F401: torch.autograd.graph.Node
from .._missing import attribute_finder
from .._modes import _Guard, enable_grad
from .._tensor import RemovableHandle

_disabled = []  # the messages of the disable_saved_tensors_hooks in force
_numbers = itertools.count()


def _registered(hooks, hook):
    number = next(_numbers)
    hooks[number] = hook
    return RemovableHandle(lambda: hooks.pop(number, None))


def _register_hook(self, fn):
    """Calls fn(grad_inputs, grad_outputs) whenever this node has run in a backward: the gradients of the inputs of its
    forward op, and of the outputs. A tuple that it returns replaces grad_inputs."""
    return _registered(self._hooks()[1], fn)


def _register_prehook(self, fn):
    """Calls fn(grad_outputs) before this node runs in a backward: the gradients of the outputs of its forward op. A tuple
    that it returns replaces them."""
    return _registered(self._hooks()[0], fn)


Node.register_hook, Node.register_prehook = _register_hook, _register_prehook
Node.register_hook.__name__, Node.register_prehook.__name__ = "register_hook", "register_prehook"
Node.metadata = property(lambda self: self._hooks()[2], doc="A dict for what programs note of the node.")
Node.requires_grad = property(lambda self: True, doc="True: what needs no gradient has no node.")


def _saved(place, attribute):
    """A property of nodes: the tensor among those saved that was the input with that number of the forward op, or, for -1, its
    result. Of two inputs the one that is not wanted is None."""

    def find(self):
        saved = dict(self._saved())
        names = "self", "mat2" if "mm" in self.name().lower() else "other"
        if place in saved and (place < 1 or attribute == "_saved_" + names[1]):
            return saved[place]
        if place in (0, 1) and 1 - place in saved and attribute == "_saved_" + names[place] and len(self.next_functions) == 2:
            return None
        raise AttributeError(f"'{self.name()}' object has no attribute '{attribute}'")

    return property(find, doc="A tensor that the node saved.")


for _name, _place in (("_saved_self", 0), ("_saved_other", 1), ("_saved_mat2", 1), ("_saved_result", -1)):
    setattr(Node, _name, _saved(_place, _name))
del _name, _place


def _replaced(hook, grads, result):
    """The gradients after a hook."""
    if result is None:
        return grads
    name = getattr(hook, "__name__", type(hook).__name__)
    if not isinstance(result, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type(result).__name__}'")
    if len(result) != len(grads):
        raise RuntimeError(
            f"hook '{name}' has returned an incorrect number of values (got {len(result)}, but expected {len(grads)})"
        )
    for each, before in zip(result, grads):
        if each is not None and not isinstance(each, Tensor):
            raise TypeError(f"expected Variable, but hook returned '{type(each).__name__}'")
        if each is not None and before is not None and each.shape != before.shape:
            raise RuntimeError(f"hook '{name}' has changed the size of value")
    return result


def _run_prehooks(hooks, grad_outputs, _):
    for hook in list(hooks.values()):
        grad_outputs = _replaced(hook, grad_outputs, hook(grad_outputs))
    return grad_outputs


def _run_hooks(hooks, grad_inputs, grad_outputs):
    for hook in list(hooks.values()):
        grad_inputs = _replaced(hook, grad_inputs, hook(grad_inputs, grad_outputs))
    return grad_inputs


class saved_tensors_hooks(_Guard):
    """Inside, each tensor that an op saves for its backward is kept as pack_hook(tensor); backward gets it back from
    unpack_hook. Packing may move it to a file or compress it; the hooks run unrecorded, and pack_hook must not write to
    its argument."""

    def __init__(self, pack_hook, unpack_hook):
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def clone(self):
        return saved_tensors_hooks(self.pack_hook, self.unpack_hook)

    def __enter__(self):
        if _disabled:
            raise RuntimeError(_disabled[-1])
        ops._push_saved_tensors_hooks(self.pack_hook, self.unpack_hook)

    def __exit__(self, *error):
        ops._pop_saved_tensors_hooks()


class save_on_cpu(saved_tensors_hooks):
    """Keeps what ops save in the CPU's memory, where it is already: as copies, which later writes do not reach."""

    def __init__(self, pin_memory=False, device_type="cuda"):
        super().__init__(lambda tensor: tensor.clone(), lambda tensor: tensor)
        self._arguments = (pin_memory, device_type)

    def clone(self):
        return save_on_cpu(*self._arguments)


class disable_saved_tensors_hooks(_Guard):
    """Inside, saved_tensors_hooks raises a RuntimeError with this message."""

    def __init__(self, error_message):
        self.error_message = error_message

    def clone(self):
        return disable_saved_tensors_hooks(self.error_message)

    def __enter__(self):
        _disabled.append(self.error_message)

    def __exit__(self, *error):
        _disabled.pop()


class allow_mutation_on_saved_tensors(_Guard):
    """Inside, tensors that ops have saved may be written to: each is saved as a copy, whose values backward uses. Backward
    must run inside, too. Raises RuntimeError inside another one."""

    _running = None

    def __enter__(self):
        if allow_mutation_on_saved_tensors._running is not None:
            raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
        allow_mutation_on_saved_tensors._running = self
        ops._push_saved_tensors_hooks(lambda tensor: (self, tensor.clone()), self._unpacked)
        return self

    def _unpacked(self, packed):
        made_in, tensor = packed
        if made_in is not allow_mutation_on_saved_tensors._running:
            raise AssertionError(
                "Trying to backward outside of the 'allow_mutation_on_saved_tensors' contextin which the graph was originally "
                "recorded."
            )
        return tensor

    def __exit__(self, *error):
        ops._pop_saved_tensors_hooks()
        allow_mutation_on_saved_tensors._running = None


class GradientEdge(collections.namedtuple("GradientEdge", "node output_nr ownership_token", defaults=(None,))):
    """Where the gradient of a tensor goes: the node that made the tensor, and which of its outputs it is. backward() and
    grad() take one, that get_gradient_edge() made, in place of the tensor."""


def _node_of(tensor):
    """The node to which a tensor's gradient goes: of a leaf, what accumulates it."""
    node = tensor.node if isinstance(tensor, GradientEdge) else tensor.grad_fn
    if node is None and tensor.requires_grad:
        with enable_grad():
            node = tensor.view_as(tensor).grad_fn.next_functions[0][0]
    if node is None:
        raise AssertionError("Expected gradient function to be set")
    return node


def get_gradient_edge(tensor):
    """The GradientEdge of a tensor that requires grad."""
    if not tensor.requires_grad:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    edge = GradientEdge(_node_of(tensor), tensor.output_nr)
    edge.tensor = tensor
    return edge


def tensor_at(source):
    """A tensor, or the one of which an edge was made; a leaf also of an edge made by hand."""
    if not isinstance(source, GradientEdge):
        return source
    found = source.__dict__.get("tensor")
    return source.node.variable if found is None else found


def increment_version(tensor):
    """Has autograd believe that a tensor, or each of several, was written to in place."""
    for each in (tensor,) if isinstance(tensor, Tensor) else tensor:
        ops.as_strided(each.detach(), (0,), (1,)).zero_()


class _MultiHandle(RemovableHandle):
    """Takes several hooks off at once."""

    def __init__(self, handles):
        self.handles = tuple(handles)
        super().__init__(lambda: [handle.remove() for handle in self.handles])


def _first_of_a_run(fn):
    """fn for the first gradient in each backward."""
    last = 0

    @functools.wraps(fn)
    def first(grad):
        nonlocal last
        run = ops._current_run()
        if run != last:
            last = run
            fn(grad)

    return first


def register_multi_grad_hook(tensors, fn, *, mode="all"):
    """Calls fn(grads) in each backward once the gradients of all of the tensors that it reaches have been computed, None for
    the others; with mode="any", fn(grad) for the first that is computed."""
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    if mode == "any":
        first = _first_of_a_run(fn)
        return _MultiHandle([tensor.register_hook(first) for tensor in tensors if tensor.requires_grad])
    nodes, arrived = [_node_of(tensor) for tensor in tensors], {}

    def hook_of(place):
        def hook(grad):
            run = ops._current_run()
            grads, expected = arrived.setdefault(run, ([None] * len(nodes), [node._is_awaited() for node in nodes]))
            grads[place], expected[place] = grad, False
            if not any(expected):
                del arrived[run]
                fn(grads)

        return hook

    return _MultiHandle([tensor.register_hook(hook_of(i)) for i, tensor in enumerate(tensors)])


__getattr__ = attribute_finder("torch.autograd.graph")
