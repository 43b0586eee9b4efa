"""Exponential families: densities exp(<t(x), theta> - F(theta) + k(x))."""

from ..autograd import grad
from .distribution import Distribution


class ExponentialFamily(Distribution):
    """The base of distributions that say their natural parameters theta (_natural_params), the function F
    (_log_normalizer) and the mean of k (_mean_carrier_measure); the entropy follows from them (Nielsen and Nock, 2010)."""

    @property
    def _natural_params(self):
        raise NotImplementedError

    def _log_normalizer(self, *natural_params):
        raise NotImplementedError

    @property
    def _mean_carrier_measure(self):
        raise NotImplementedError

    def entropy(self):
        result = -self._mean_carrier_measure
        parameters = [parameter.detach().requires_grad_() for parameter in self._natural_params]
        normalizer = self._log_normalizer(*parameters)
        result = result + normalizer
        for parameter, slope in zip(parameters, grad(normalizer.sum(), parameters, create_graph=True)):
            result = result - (parameter * slope).reshape(tuple(self._batch_shape) + (-1,)).sum(-1)
        return result
