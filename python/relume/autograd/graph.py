"""What programs do to the graph: hooks on its nodes, and on the tensors that it saves for backward."""

import itertools

from .._C import Node, Tensor, ops  # noqa: F401: torch.autograd.graph.Node
from .._missing import attribute_finder
from .._modes import _Guard
from .._tensor import HookHandle

_disabled = []  # the messages of the disable_saved_tensors_hooks in force
_numbers = itertools.count()


def _registered(hooks, hook):
    number = next(_numbers)
    hooks[number] = hook
    return HookHandle(lambda: hooks.pop(number, None))


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


__getattr__ = attribute_finder("torch.autograd.graph")
