"""The state of modules: state_dict, load_state_dict, and the hooks on both."""

import warnings
from collections import OrderedDict, namedtuple

from ..._C import Tensor
from ..._modes import no_grad
from ..parameter import Parameter
from .hooks import add_hook


class _IncompatibleKeys(namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """Keys on which a state dict and a module disagree."""

    __slots__ = ()

    def __repr__(self):
        return super().__repr__() if self.missing_keys or self.unexpected_keys else "<All keys matched successfully>"

    __str__ = __repr__


_NONE = {}  # of hooks


class State:
    """The part of Module that writes and reads state dicts."""

    _version = 1

    def _state_hooks(self, name):
        """A table of hooks that exists from its first use on."""
        return self.__dict__.setdefault(name, OrderedDict())

    def register_state_dict_post_hook(self, hook):
        """Calls hook(module, state_dict, prefix, local_metadata) when state_dict() has filled in the module."""
        hook._from_public_api = True
        return add_hook(self._state_hooks("_state_dict_hooks"), hook)

    def _register_state_dict_hook(self, hook):
        """A post hook whose result, if it has one, replaces the state dict."""
        if getattr(hook, "_from_public_api", False):
            raise RuntimeError(
                "Cannot register the same function as the state dict post hook that was previously registered via "
                "register_state_dict_post_hook"
            )
        return add_hook(self._state_hooks("_state_dict_hooks"), hook)

    def register_state_dict_pre_hook(self, hook):
        """Calls hook(module, prefix, keep_vars) before state_dict() fills in the module."""
        return add_hook(self._state_hooks("_state_dict_pre_hooks"), hook)

    def register_load_state_dict_pre_hook(self, hook):
        """Calls hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs) before the
        module takes its values from a state dict."""
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def _register_load_state_dict_pre_hook(self, hook, with_module=False):
        def call(*args):
            hook(self, *args) if with_module else hook(*args)

        return add_hook(self._state_hooks("_load_state_dict_pre_hooks"), call)

    def register_load_state_dict_post_hook(self, hook):
        """Calls hook(module, incompatible_keys) after load_state_dict(); it may change the lists of keys."""
        return add_hook(self._state_hooks("_load_state_dict_post_hooks"), hook)

    def get_extra_state(self):
        """What state_dict() is to keep beside tensors; for subclasses to define together with set_extra_state."""
        raise RuntimeError(
            "Reached a code path in Module.get_extra_state() that should never be called. Please file an issue at "
            "https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml to report this bug."
        )

    def set_extra_state(self, state):
        """Takes back what get_extra_state() gave."""
        raise RuntimeError(
            "Reached a code path in Module.set_extra_state() that should never be called. Please file an issue at "
            "https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml to report this bug."
        )

    def _saved_names(self):
        """The names of parameters and persistent buffers that exist."""
        named = [item for item in self._parameters.items() if item[1] is not None]
        if self._buffers:
            left_out = self._non_persistent_buffers_set
            named += [item for item in self._buffers.items() if item[1] is not None and item[0] not in left_out]
        return named

    def _save_to_state_dict(self, destination, prefix, keep_vars):
        for name, value in self._saved_names():
            destination[prefix + name] = value if keep_vars else value.detach()
        if type(self).get_extra_state is not State.get_extra_state:
            destination[prefix + "_extra_state"] = self.get_extra_state()

    def state_dict(self, *args, destination=None, prefix="", keep_vars=False):
        """Every parameter and persistent buffer by its dotted name; they share memory with the module's."""
        if args:
            warnings.warn(
                "Positional args are being deprecated, use kwargs instead. Refer to "
                "https://pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module.state_dict for details.",
                FutureWarning,
                stacklevel=2,
            )
            given = dict(zip(("destination", "prefix", "keep_vars"), args))
            destination = destination if destination is not None else given["destination"]
            prefix, keep_vars = prefix or given.get("prefix", ""), keep_vars or given.get("keep_vars", False)
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        local_metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = local_metadata
        for hook in self.__dict__.get("_state_dict_pre_hooks", _NONE).values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=prefix + name + ".", keep_vars=keep_vars)
        for hook in self.__dict__.get("_state_dict_hooks", _NONE).values():
            replaced = hook(self, destination, prefix, local_metadata)
            if not getattr(hook, "_from_public_api", False):
                destination = destination if replaced is None else replaced
            elif replaced is not None:
                raise RuntimeError("state_dict post-hook must return None")
        return destination

    def _load_from_state_dict(
        self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
    ):  # fmt: skip
        """Takes the values of this module alone, and notes what does not fit."""
        for hook in self.__dict__.get("_load_state_dict_pre_hooks", {}).values():
            hook(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        assign = local_metadata.get("assign_to_params_buffers", False)
        own_names = dict(self._saved_names())
        for name, own in own_names.items():
            key = prefix + name
            if key in state_dict:
                self._load_one(name, own, key, state_dict[key], assign, error_msgs)
            elif strict:
                missing_keys.append(key)
        extra = prefix + "_extra_state"
        if type(self).set_extra_state is not State.set_extra_state:
            if extra in state_dict:
                self.set_extra_state(state_dict[extra])
            elif strict:
                missing_keys.append(extra)
        elif strict and extra in state_dict:
            unexpected_keys.append(extra)
        if strict:
            for key in state_dict:
                if key.startswith(prefix) and key != extra:
                    first, dot, _ = key[len(prefix) :].partition(".")
                    if first not in (self._modules if dot else own_names):
                        unexpected_keys.append(key)

    def _load_one(self, name, own, key, value, assign, error_msgs):
        """Takes one value."""
        if not isinstance(value, Tensor):
            error_msgs.append(
                f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from '
                f"checkpoint but received {type(value)}"
            )
            return
        if own.dim() == 0 and tuple(value.shape) == (1,):
            value = value[0]  # what versions before 0.4 saved for numbers
        if value.shape != own.shape:
            error_msgs.append(
                f"size mismatch for {key}: copying a param with shape {value.shape} from checkpoint, the shape in "
                f"current model is {own.shape}."
            )
            return
        try:
            if not assign:
                with no_grad():
                    own.copy_(value)
            elif isinstance(own, Parameter):
                if not isinstance(value, Parameter):
                    value = Parameter(value, requires_grad=own.requires_grad)
                else:
                    value.requires_grad_(own.requires_grad)
                setattr(self, name, value)
            else:
                setattr(self, name, value)
        except Exception as error:
            action = "swapping" if assign else "copying"
            error_msgs.append(
                f'While {action} the parameter named "{key}", whose dimensions in the model are {own.size()} and whose '
                f"dimensions in the checkpoint are {value.size()}, an exception occurred : {error.args}."
            )

    def load_state_dict(self, state_dict, strict=True, assign=False):
        """Copies values into parameters and buffers, or with assign puts the tensors in their place. With strict, raises
        RuntimeError for missing and unexpected keys; returns them otherwise."""
        if not hasattr(state_dict, "items"):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        keys, errors = _IncompatibleKeys([], []), []
        metadata = getattr(state_dict, "_metadata", None)
        _load(self, OrderedDict(state_dict), metadata, "", assign, keys, errors)
        if strict:
            for names, text in ((keys.unexpected_keys, "Unexpected"), (keys.missing_keys, "Missing")):
                if names:
                    listed = ", ".join(f'"{name}"' for name in names)
                    errors.insert(0, f"{text} key(s) in state_dict: {listed}. ")
        if errors:
            listed = "\n\t".join(errors)
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{listed}")
        return keys


def _load(module, state, metadata, prefix, assign, keys, errors):
    """Lets a module and those below it take their values."""
    local = {} if metadata is None else metadata.get(prefix[:-1], {})
    if assign:
        local["assign_to_params_buffers"] = True
    module._load_from_state_dict(state, prefix, local, True, keys.missing_keys, keys.unexpected_keys, errors)
    for name, child in module._modules.items():
        if child is not None:
            below = prefix + name + "."
            part = OrderedDict((key, value) for key, value in state.items() if key.startswith(below))
            _load(child, part, metadata, below, assign, keys, errors)
    for hook in module.__dict__.get("_load_state_dict_post_hooks", {}).values():
        if hook(module, keys) is not None:
            raise RuntimeError(
                "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new values, if "
                "incompatible_keys need to be modified, it should be done inplace."
            )
