"""What programs do to the graph: hooks on the tensors that it saves for backward."""

from .._C import Node, ops  # noqa: F401: torch.autograd.graph.Node
from .._missing import attribute_finder
from .._modes import _Guard

_disabled = []  # the messages of the disable_saved_tensors_hooks in force


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
