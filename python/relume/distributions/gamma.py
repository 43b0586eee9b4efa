"""The gamma distribution, and the samples that others are made of."""

import math

from .. import _C
from .._C import ops
from .._modes import no_grad
from ..autograd.function import Function
from . import constraints
from .distribution import Distribution
from .utils import broadcast_all, tiny


def _draw(shape):
    """One sample of the gamma distribution of rate 1 (Marsaglia and Tsang, 2000; below a shape of 1, a power of a uniform
    number makes it of one above)."""
    factor = 1.0
    if shape < 1:
        if shape == 0:
            return 0.0
        factor = (1 - ops.rand((), dtype=_C.float64).item()) ** (1 / shape)
        shape += 1
    d = shape - 1 / 3
    c = 1 / math.sqrt(9 * d)
    while True:
        x = ops.randn((), dtype=_C.float64).item()
        y = 1 + c * x
        if y <= 0:
            continue
        v = y * y * y
        u = 1 - ops.rand((), dtype=_C.float64).item()
        if u < 1 - 0.0331 * x**4 or math.log(u) < 0.5 * x * x + d * (1 - v + math.log(v)):
            return factor * d * v


def _sample_gradient(shape, sample):
    """d sample / d shape where the quantile of the sample stays the same: -(dF / d shape) / density (Figurnov et al., 2018),
    with the lower incomplete gamma function F as a series."""
    shape, sample = shape.double(), sample.double()
    count = int(sample.max().item() + 8 * math.sqrt(sample.max().item())) + 50 if sample.numel() else 0
    term = sample / shape
    total = ops.zeros_like(term)
    logarithm = ops.log(sample)
    for n in range(count):
        total = total - term * (logarithm - ops.digamma(shape + n + 1))
        term = term * sample / (shape + n + 1)
    return total


class _StandardGamma(Function):
    @staticmethod
    def forward(ctx, shape):
        values = [_draw(value) for value in shape.double().reshape(-1).tolist()]
        sample = ops.tensor(values, dtype=shape.dtype).reshape(shape.shape).clamp(min=tiny(shape.dtype))
        ctx.save_for_backward(shape, sample)
        return sample

    @staticmethod
    def backward(ctx, grad):
        shape, sample = ctx.saved_tensors
        with no_grad():
            slope = _sample_gradient(shape, sample).to(shape.dtype)
        return grad * slope


def standard_gamma(shape):
    """A sample of the gamma distribution of rate 1 for each shape, differentiable with respect to the shape."""
    return _StandardGamma.apply(shape)


class Gamma(Distribution):
    """Gamma(concentration, rate): density rate^c x^(c - 1) exp(-rate x) / Gamma(c) for x > 0."""

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    batched = ("concentration", "rate")

    def __init__(self, concentration, rate, validate_args=None):
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(self.concentration.shape, validate_args=validate_args)

    @property
    def mean(self):
        return self.concentration / self.rate

    @property
    def mode(self):
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    @property
    def variance(self):
        return self.concentration / self.rate.pow(2)

    def rsample(self, sample_shape=_C.Size()):
        shape = self._extended_shape(sample_shape)
        return standard_gamma(self.concentration.expand(shape)) / self.rate.expand(shape)

    def log_prob(self, value):
        value = ops.as_tensor(value, dtype=self.rate.dtype)
        if self._validate_args:
            self._validate_sample(value)
        c, rate = self.concentration, self.rate
        return ops.xlogy(c, rate) + ops.xlogy(c - 1, value) - rate * value - ops.lgamma(c)

    def entropy(self):
        c = self.concentration
        return c - ops.log(self.rate) + ops.lgamma(c) + (1.0 - c) * ops.digamma(c)

    def cdf(self, value):
        if self._validate_args:
            self._validate_sample(value)
        return ops.igamma(self.concentration, self.rate * value)
