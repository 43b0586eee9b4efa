"""Modules as functions of their parameters, and functions made of functions."""

from ._C import ops
from ._missing import attribute_finder
from ._transforms import grad, grad_and_value, hessian, jacfwd, jacrev, jvp, linearize, vjp, vmap
from .nn.modules.batchnorm import _BatchNorm
from .nn.utils.stateless import functional_call

__all__ = [
    "functional_call", "functionalize", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "linearize", "replace_all_batch_norm_modules_",
    "stack_module_state", "vjp", "vmap",
]  # fmt: skip
__getattr__ = attribute_finder("torch.func")


def functionalize(func, *, remove="mutations"):
    """The function: one without writes in place gives the same results, and the graph of this one needs none."""
    if remove not in ("mutations", "mutations_and_views"):
        raise RuntimeError(
            f"functionalize(func, remove='{remove}'): expected remove to be one of 'mutations', 'mutations_and_views'"
        )
    return func


def stack_module_state(models):
    """(parameters, buffers) of several modules of one class, those of one name stacked along a first dimension: what vmap
    of functional_call takes."""
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if len({type(model) for model in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    if len({model.training for model in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")

    def stacked(tables, leaf):
        return {
            name: leaf(ops.stack([table[name].detach() for table in tables]), tables[0][name].requires_grad)
            for name in tables[0]
        }

    parameters = stacked([dict(m.named_parameters()) for m in models], lambda x, wanted: x.requires_grad_(wanted))
    return parameters, stacked([dict(m.named_buffers()) for m in models], lambda x, _: x)


def replace_all_batch_norm_modules_(root):
    """Has each BatchNorm of a module compute with the statistics of its batch, and keep none; returns the module."""
    for module in root.modules():
        if isinstance(module, _BatchNorm):
            module.running_mean = module.running_var = module.num_batches_tracked = None
            module.track_running_stats = False
    return root
