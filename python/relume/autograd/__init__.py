"""Automatic differentiation: backward and grad, functions of one's own, checks."""

import warnings

from .._missing import attribute_finder
from .. import _levels
from .._C import Tensor, ops
from .grad_mode import enable_grad, inference_mode, no_grad, set_grad_enabled, set_multithreading_enabled
from . import anomaly_mode, function, functional, graph
from .anomaly_mode import detect_anomaly, set_detect_anomaly
from .function import Function
from .gradcheck import GradcheckError, gradcheck, gradgradcheck
from .variable import Variable


def _listed(tensors):
    """A tensor, or an iterable of tensors (model.parameters(), say), as a list; graph.GradientEdges as their tensors."""
    if tensors is None:
        return []
    return list(map(graph.tensor_at, [tensors] if isinstance(tensors, (Tensor, graph.GradientEdge)) else tensors))


def _weights(grads):
    """The gradients to start from, as a list."""
    grads = [grads] if isinstance(grads, Tensor) else list(grads or ())
    for grad in grads:
        if grad is not None and not isinstance(grad, Tensor):
            raise TypeError(f"gradients can be either Tensors or None, but got {type(grad).__name__}")
    return grads


def _batched(outputs, inputs, weights, retain_graph, create_graph, allow_unused):
    """The gradients for each item of the first dimension of the weights, stacked."""
    for i, (output, weight) in enumerate(zip(outputs, weights)):
        if weight.shape[1:] != output.shape or weight.dim() == 0:
            raise RuntimeError(
                "If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the batch dimension. The "
                "sizes of the remaining dimensions are expected to match the shape of corresponding output, but a mismatch was "
                f"detected: grad_output[{i}] has a shape of {weight.shape[2:]} and output[{i}] has a shape of {output.shape}. "
                "If you only want some tensors in `grad_output` to be considered batched, consider using vmap."
            )
    count = min(map(len, weights), default=0)
    if not count:
        return tuple(ops.zeros((0, *input.shape), dtype=input.dtype) for input in inputs)
    rows = [
        ops._grad(outputs, inputs, [w[i] for w in weights], True if i + 1 < count else retain_graph, create_graph, allow_unused)
        for i in range(count)
    ]
    return tuple(None if parts[0] is None else ops.stack(parts) for parts in zip(*rows))


def backward(tensors, grad_tensors=None, retain_graph=None, create_graph=False, grad_variables=None, inputs=None):
    """Accumulates into the leaves' grad the sum of gradients of `tensors`, weighted by grad_tensors where they have
    more than one element; with `inputs`, into the grad of those only."""
    if grad_variables is not None:
        warnings.warn("`grad_variables` is deprecated. Use `grad_tensors` instead.", FutureWarning, stacklevel=2)
        if grad_tensors is not None:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`. Please only use "
                "`grad_tensors`."
            )
        grad_tensors = grad_variables
    if inputs is not None and not _listed(inputs):
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    ops._backward(_listed(tensors), _weights(grad_tensors), retain_graph, create_graph, _listed(inputs))


def grad(
    outputs,
    inputs,
    grad_outputs=None,
    retain_graph=None,
    create_graph=False,
    only_inputs=True,
    allow_unused=None,
    is_grads_batched=False,
    materialize_grads=False,
):
    """The gradients of outputs, weighted by grad_outputs, with respect to inputs, as a tuple. grad attributes stay as
    they are. An input that the outputs do not depend on is an error, or None with allow_unused, or zeros with
    materialize_grads. With is_grads_batched the gradients are those for each item of the first dimension of grad_outputs."""
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    if allow_unused is None:
        allow_unused = materialize_grads
    if retain_graph is None and _levels.examples_follow:
        retain_graph = True
    sources = _listed(inputs)
    if not sources:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    run = _batched if is_grads_batched else ops._grad
    results = run(_listed(outputs), sources, _weights(grad_outputs), retain_graph, create_graph, allow_unused)
    if materialize_grads:
        results = tuple(
            ops.zeros_like(source, requires_grad=create_graph) if result is None else result
            for source, result in zip(sources, results)
        )
    return results

_missing_here = attribute_finder("torch.autograd")


def __getattr__(name):
    if name in ("forward_ad", "profiler"):  # on first use
        import importlib

        return importlib.import_module("relume.autograd." + name)
    return _missing_here(name)
