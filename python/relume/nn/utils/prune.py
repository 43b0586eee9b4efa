"""Pruning: parameters with a part of their elements held at zero by a mask.

A pruned parameter `weight` becomes the product of the parameter `weight_orig` and the buffer `weight_mask`, computed before
each call of the module.
"""

from ..._C import ops


def _part(amount, size):
    """How many of `size` elements an amount is: a number of them, or a part from 0 to 1."""
    return amount if isinstance(amount, int) else round(amount * size)


def _check_amount(amount):
    if not isinstance(amount, (int, float)):
        raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
    if (isinstance(amount, int) and amount < 0) or (
        not isinstance(amount, int) and (float(amount) > 1.0 or float(amount) < 0.0)
    ):
        raise ValueError(
            f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer"
        )


def _check_part(amount, size):
    if isinstance(amount, int) and amount > size:
        raise ValueError(f"amount={amount} should be smaller than the number of parameters to prune={size}")


class BasePruningMethod:
    """A way to choose what to prune. A method of one's own defines compute_mask(t, default_mask) and PRUNING_TYPE: of
    "unstructured" and "global" ones a further pruning sees the elements that are left, of "structured" ones the channels
    along `dim` that are. It hangs before the calls of a module as a hook."""

    def __call__(self, module, inputs):
        setattr(module, self._tensor_name, self.apply_mask(module))

    def compute_mask(self, t, default_mask):
        """A mask like default_mask, with more zeros."""
        raise NotImplementedError(f"{type(self).__name__}.compute_mask")

    def apply_mask(self, module):
        """The parameter times its mask."""
        name = getattr(self, "_tensor_name", None)
        assert name is not None, f"Module {module} has to be pruned"
        original = getattr(module, name + "_orig")
        return getattr(module, name + "_mask").to(original.dtype) * original

    @classmethod
    def apply(cls, module, name, *args, importance_scores=None, **kwargs):
        """Prunes module.<name>, on top of earlier prunings of it; importance_scores decide in place of its values."""
        before = [
            hook
            for hook in module._forward_pre_hooks.values()
            if isinstance(hook, BasePruningMethod) and hook._tensor_name == name
        ]
        if len(before) > 1:
            raise AssertionError(
                f"Avoid having multiple pruning hooks on the same parameter {name} in module {module}. "
                "Use a PruningContainer."
            )
        method = cls(*args, **kwargs)
        method._tensor_name = name
        if before:
            container = before[0]
            if not isinstance(container, PruningContainer):
                container = PruningContainer(container)
            container.add_pruning_method(method)
            for key, hook in list(module._forward_pre_hooks.items()):
                if hook is before[0]:
                    del module._forward_pre_hooks[key]
            method = container
        current = getattr(module, name)  # with what earlier prunings took away as zeros
        if importance_scores is not None and importance_scores.shape != current.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as parameter {name} of {module}"
            )
        scores = importance_scores if importance_scores is not None else current.detach()
        if before:
            default = getattr(module, name + "_mask").detach().clone()
        else:
            default = ops.ones_like(current.detach())
        mask = method.compute_mask(scores, default)
        if not before:
            del module._parameters[name]
            module.register_parameter(name + "_orig", current)
        module.register_buffer(name + "_mask", mask)
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(self, t, default_mask=None, importance_scores=None):
        """A tensor with what the method chooses set to zero."""
        scores = importance_scores if importance_scores is not None else t
        assert scores.shape == t.shape, "importance_scores should have the same shape as tensor t"
        default_mask = default_mask if default_mask is not None else ops.ones_like(t)
        return t * self.compute_mask(scores, default_mask)

    def remove(self, module):
        """Makes module.<name> a parameter again, with its zeros."""
        name = self._tensor_name
        assert name is not None, f"Module {module} has to be pruned before pruning can be removed"
        original = module._parameters[name + "_orig"]
        original.data = self.apply_mask(module).detach()
        del module._parameters[name + "_orig"], module._buffers[name + "_mask"]
        if name in module.__dict__:
            delattr(module, name)
        setattr(module, name, original)


class PruningContainer(BasePruningMethod):
    """Several prunings of one parameter, one after the other."""

    def __init__(self, *args):
        self._pruning_methods = ()
        self._tensor_name = args[0]._tensor_name if args else None
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method):
        """Adds one, of the same parameter."""
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if self._tensor_name is not None and self._tensor_name != method._tensor_name:
            raise ValueError(
                "Can only add pruning methods acting on the parameter named "
                f"'{self._tensor_name}' to PruningContainer {self}. Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self):
        return len(self._pruning_methods)

    def __iter__(self):
        return iter(self._pruning_methods)

    def __getitem__(self, index):
        return self._pruning_methods[index]

    def compute_mask(self, t, default_mask):
        """The mask of the last method, of what the mask before has left."""
        method = self._pruning_methods[-1]
        mask = default_mask.to(t.dtype)
        if method.PRUNING_TYPE == "unstructured":
            chosen = mask == 1
        elif method.PRUNING_TYPE == "structured":
            dim = method.dim % t.dim()
            others = [axis for axis in range(t.dim()) if axis != dim]
            kept = mask.sum(others).ne(0) if others else mask.ne(0)
            chosen = [slice(None)] * t.dim()
            chosen[dim] = kept
            chosen = tuple(chosen)
        elif method.PRUNING_TYPE == "global":
            chosen = tuple([slice(None)] * t.dim())
        else:
            raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
        result = mask.clone()
        result[chosen] = method.compute_mask(t[chosen], default_mask=mask[chosen]).to(mask.dtype)
        return result


class Identity(BasePruningMethod):
    """Prunes nothing."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t, default_mask):
        """default_mask."""
        return default_mask


class RandomUnstructured(BasePruningMethod):
    """Prunes elements at random: an amount of them, or a part."""

    PRUNING_TYPE = "unstructured"

    def __init__(self, amount):
        _check_amount(amount)
        self.amount = amount

    def compute_mask(self, t, default_mask):
        """default_mask with zeros at random places."""
        _check_part(self.amount, t.nelement())
        count = _part(self.amount, t.nelement())
        mask = default_mask.clone()
        if count:
            mask.view(-1)[ops.topk(ops.rand_like(t).view(-1), count)[1]] = 0
        return mask


class L1Unstructured(RandomUnstructured):
    """Prunes the elements with the least absolute values."""

    def compute_mask(self, t, default_mask):
        """default_mask with zeros at the least elements."""
        _check_part(self.amount, t.nelement())
        count = _part(self.amount, t.nelement())
        mask = default_mask.clone()
        if count:
            mask.view(-1)[ops.topk(t.abs().reshape(-1), count, largest=False)[1]] = 0
        return mask


class _Structured(BasePruningMethod):
    PRUNING_TYPE = "structured"

    def __init__(self, amount, dim=-1):
        _check_amount(amount)
        self.amount = amount
        self.dim = dim

    def _scores(self, t):
        """A number for each channel along dim; the least ones are pruned."""
        raise NotImplementedError

    def compute_mask(self, t, default_mask):
        """default_mask with zeros in the least channels."""
        if t.dim() <= 1:
            raise ValueError(
                "Structured pruning can only be applied to multidimensional tensors. Found tensor of shape "
                f"{t.shape} with {t.dim()} dims"
            )
        channels = t.shape[self.dim]
        _check_part(self.amount, channels)
        count = _part(self.amount, channels)
        if not count:
            return default_mask
        kept = ops.topk(self._scores(t), channels - count)[1]
        mask = ops.zeros_like(t)
        mask[(slice(None),) * (self.dim % t.dim()) + (kept,)] = 1
        return mask * default_mask.to(mask.dtype)


class RandomStructured(_Structured):
    """Prunes channels along dim at random."""

    def _scores(self, t):
        return ops.rand(t.shape[self.dim])


class LnStructured(_Structured):
    """Prunes the channels along dim whose n-norms are the least."""

    def __init__(self, amount, n, dim=-1):
        super().__init__(amount, dim)
        self.n = n

    def _scores(self, t):
        others = [axis for axis in range(t.dim()) if axis != self.dim % t.dim()]
        return t.norm(self.n, others)


class CustomFromMask(BasePruningMethod):
    """Prunes by a mask of one's own."""

    PRUNING_TYPE = "global"

    def __init__(self, mask):
        self.mask = mask

    def compute_mask(self, t, default_mask):
        """default_mask times the mask."""
        assert default_mask.shape == self.mask.shape
        return default_mask * self.mask.to(default_mask.dtype)


def identity(module, name):
    """Gives module.<name> a mask of ones. Returns the module, as the functions below do."""
    Identity.apply(module, name)
    return module


def random_unstructured(module, name, amount):
    """Prunes an amount, or a part, of the elements of module.<name> at random."""
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module, name, amount, importance_scores=None):
    """Prunes the elements of module.<name> with the least absolute values."""
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module, name, amount, dim):
    """Prunes channels of module.<name> along dim at random."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(module, name, amount, n, dim, importance_scores=None):
    """Prunes the channels of module.<name> along dim with the least n-norms."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module, name, mask):
    """Prunes module.<name> where the mask is 0."""
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(parameters, pruning_method, importance_scores=None, **kwargs):
    """Prunes the elements of several parameters, pairs (module, name), as if they were one tensor."""
    if not hasattr(parameters, "__iter__"):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    parameters = list(parameters)
    importance_scores = importance_scores if importance_scores is not None else {}
    if not isinstance(importance_scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    tensors = [getattr(module, name).detach() for module, name in parameters]
    scores = [importance_scores.get(pair, tensor) for pair, tensor in zip(parameters, tensors)]
    masks = [getattr(module, name + "_mask", ops.ones_like(tensor)) for (module, name), tensor in zip(parameters, tensors)]
    container = PruningContainer()
    container._tensor_name = "temp"
    method = pruning_method(**kwargs)
    method._tensor_name = "temp"
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method '
            f"{pruning_method} of type {method.PRUNING_TYPE}"
        )
    container.add_pruning_method(method)
    mask = container.compute_mask(
        ops.cat([each.reshape(-1) for each in scores]), ops.cat([each.reshape(-1) for each in masks])
    )
    parts = mask.split([tensor.numel() for tensor in tensors])
    for (module, name), tensor, part in zip(parameters, tensors, parts):
        custom_from_mask(module, name, part.view_as(tensor))


def remove(module, name):
    """Makes a pruned parameter an ordinary one, with its zeros."""
    for key, hook in list(module._forward_pre_hooks.items()):
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            hook.remove(module)
            del module._forward_pre_hooks[key]
            return module
    raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")


def is_pruned(module):
    """Whether a parameter of the module or of one below it is pruned."""
    return any(
        isinstance(hook, BasePruningMethod) for below in module.modules() for hook in below._forward_pre_hooks.values()
    )
