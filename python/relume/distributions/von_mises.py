"""The distribution of von Mises."""

import math

from .. import _C
from .._C import bool as bool_dtype, float64, ops
from .._modes import no_grad
from . import constraints
from .distribution import Distribution
from .utils import broadcast_all, lazy_property

# Polynomials for the modified Bessel functions of order 0 and 1, below and above 3.75 (Abramowitz and Stegun, 9.8.1 to 4).
_SMALL = (
    (1.0, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.0360768, 0.0045813),
    (0.5, 0.87890594, 0.51498869, 0.15084934, 0.02658733, 0.00301532, 0.00032411),
)
_LARGE = (
    (0.39894228, 0.01328592, 0.00225319, -0.00157565, 0.00916281, -0.02057706, 0.02635537, -0.01647633, 0.00392377),
    (0.39894228, -0.03988024, -0.00362018, 0.00163801, -0.01031555, 0.02282967, -0.02895312, 0.01787654, -0.00420059),
)


def _polynomial(x, coefficients):
    result = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        result = coefficient + x * result
    return result


def _log_bessel(x, order):
    """log I_order(x)."""
    small = _polynomial((x / 3.75) ** 2, _SMALL[order])
    small = (x.abs() * small if order else small).log()
    large = x - 0.5 * x.log() + _polynomial(3.75 / x, _LARGE[order]).log()
    return ops.where(x < 3.75, small, large)


class VonMises(Distribution):
    """VonMises(loc, concentration): angles between -pi and pi with the density exp(c cos(x - loc)) / (2 pi I_0(c))."""

    arg_constraints = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real
    batched = ("loc", "concentration")

    def __init__(self, loc, concentration, validate_args=None):
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self):
        return self.loc

    @property
    def mode(self):
        return self.loc

    @lazy_property
    def variance(self):
        """The circular variance, 1 - I_1(c) / I_0(c)."""
        return 1 - (_log_bessel(self.concentration, 1) - _log_bessel(self.concentration, 0)).exp()

    def expand(self, batch_shape, _instance=None):
        new = super().expand(batch_shape)
        new.__dict__.pop("variance", None)
        return new

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        c = self.concentration
        return c * (value - self.loc).cos() - math.log(2 * math.pi) - _log_bessel(c, 0)

    def _proposal(self):
        """The parameter of the wrapped Cauchy numbers from which samples are taken."""
        c = self.concentration.to(float64)
        tau = 1 + (1 + 4 * c**2).sqrt()
        rho = (tau - (2 * tau).sqrt()) / (2 * c)
        return ops.where(c < 1e-5, 1 / c + c, (1 + rho**2) / (2 * rho))

    def sample(self, sample_shape=_C.Size()):
        """Angles, in float64 by rejection (Best and Fisher, 1979), and then in the dtype of loc."""
        shape = self._extended_shape(sample_shape)
        with no_grad():
            loc, concentration, r = self.loc.to(float64), self.concentration.to(float64), self._proposal()
            x, done = ops.zeros(shape, dtype=float64), ops.zeros(shape, dtype=bool_dtype)
            while not done.all():
                u1, u2, u3 = ops.rand((3, *shape), dtype=float64).unbind()
                z = (math.pi * u1).cos()
                f = (1 + r * z) / (r + z)
                c = concentration * (r - f)
                accepted = (c * (2 - c) - u2 > 0) | ((c / u2).log() + 1 - c >= 0)
                x = ops.where(accepted, (u3 - 0.5).sign() * f.acos(), x)
                done = done | accepted
            return ((x + math.pi + loc) % (2 * math.pi) - math.pi).to(self.loc.dtype)
