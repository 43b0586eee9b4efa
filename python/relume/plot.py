"""Pictures of activations and of training, drawn by matplotlib: pip install relume[plot]."""

from ._C import Tensor, float64, ops
from ._modes import enable_grad
from .autograd import grad

_BLUE, _ORANGE, _GREY = "#2a6fbb", "#e07b39", "#888888"


def _axes(ax, size):
    """The axes given, or those of a new figure."""
    try:
        import matplotlib.pyplot as pyplot
    except ImportError as error:
        raise ImportError("relume.plot needs matplotlib: pip install matplotlib, or relume[plot]") from error
    if ax is None:
        _, ax = pyplot.subplots(figsize=size, layout="constrained")
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    ax.grid(alpha=0.25)
    return ax


def activation(function, low=-4.0, high=4.0, *, gradient=True, points=801, ax=None):
    """Draws an activation, a module such as nn.GELU() or a function of tensors, over [low, high], and its gradient as a
    dashed line. Returns the matplotlib axes: activation(nn.GELU()).figure.savefig("gelu.png")."""
    if not low < high:
        raise ValueError(f"plot.activation: expected low < high, got {low} and {high}")
    ax = _axes(ax, (5.2, 3.6))
    with enable_grad():
        x = ops.linspace(low, high, points, dtype=float64).requires_grad_(True)
        y = _in_its_dtype(function, x)
        if y.shape != x.shape:
            raise ValueError(f"plot.activation: expected a result of shape {list(x.shape)}, got {list(y.shape)}")
        ax.plot(x.tolist(), y.tolist(), color=_BLUE, linewidth=2, label="value")
        if gradient and y.requires_grad:
            (slope,) = grad(y.sum(), x)
            ax.plot(x.tolist(), slope.tolist(), color=_ORANGE, linewidth=1.5, linestyle="--", label="gradient")
    for line in (ax.axhline, ax.axvline):
        line(0, color=_GREY, linewidth=0.8, zorder=0)
    ax.set_xlim(low, high)
    ax.set_xlabel("x")
    ax.set_title(_name(function))
    ax.legend(frameon=False)
    return ax


def _in_its_dtype(function, x):
    """The function of x in float64, or in float32 where it has weights of that."""
    weights = list(function.parameters()) if hasattr(function, "parameters") else []
    return function(x.to(weights[0].dtype) if weights else x)


def _name(function):
    if hasattr(function, "extra_repr"):
        return repr(function)
    return getattr(function, "__name__", type(function).__name__)


def _numbers(values):
    return [float(value.detach() if isinstance(value, Tensor) else value) for value in values]


def history(values, *, xlabel="epoch", ylabel="loss", log=False, ax=None):
    """Draws what a training went through, a list of numbers, or {name: list} for several curves, over 1, 2, 3, ...; log
    makes the vertical axis logarithmic. Returns the matplotlib axes."""
    curves = values if isinstance(values, dict) else {ylabel: values}
    if not curves:
        raise ValueError("plot.history: expected at least one curve")
    ax = _axes(ax, (5.6, 3.6))
    for name, curve in curves.items():
        numbers = _numbers(curve)
        marker = "o" if len(numbers) <= 30 else None
        ax.plot(range(1, len(numbers) + 1), numbers, linewidth=2, marker=marker, markersize=4, label=name)
    if log:
        ax.set_yscale("log")
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    ax.xaxis.get_major_locator().set_params(integer=True)
    if len(curves) > 1:
        ax.legend(frameon=False)
    return ax
