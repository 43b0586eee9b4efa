"""The Kullback-Leibler divergence between distributions, by pairs of their classes."""

import math

from .._C import ops
from .bernoulli import Bernoulli
from .beta import Beta
from .categorical import Categorical
from .dirichlet import Dirichlet
from .exponential import Exponential
from .gamma import Gamma
from .geometric import Geometric
from .gumbel import Gumbel
from .half_normal import HalfNormal
from .independent import Independent
from .laplace import Laplace
from .log_normal import LogNormal
from .multivariate_normal import MultivariateNormal, _squared_distance
from .normal import Normal
from .one_hot_categorical import OneHotCategorical
from .poisson import Poisson
from .uniform import Uniform

__all__ = ["kl_divergence", "register_kl"]
_pairs = {}


def register_kl(type_p, type_q):
    """A decorator: the function computes kl_divergence(p, q) for these classes and those that derive from them."""

    def register(function):
        _pairs[type_p, type_q] = function
        return function

    return register


def infinite(values):
    """Infinity for each of the batch."""
    return ops.full_like(values, math.inf)


def _found(type_p, type_q):
    """The function of the pair of classes that is nearest."""
    for p in type_p.__mro__:
        for q in type_q.__mro__:
            if (p, q) in _pairs:
                return _pairs[p, q]
    return None


def kl_divergence(p, q):
    """The mean over p of log p - log q, one for each of the batch. Raises NotImplementedError for classes without a
    formula."""
    function = _found(type(p), type(q))
    if function is None:
        raise NotImplementedError(
            f"No KL(p || q) is implemented for p type {type(p).__name__} and q type {type(q).__name__}"
        )
    return function(p, q)


@register_kl(Normal, Normal)
def _normal(p, q):
    ratio = (p.scale / q.scale).pow(2)
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale).pow(2) - 1 - ratio.log())


@register_kl(LogNormal, LogNormal)
def _log_normal(p, q):
    return _normal(p.base_dist, q.base_dist)


@register_kl(HalfNormal, HalfNormal)
def _half_normal(p, q):
    return _normal(p._normal, q._normal)


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p, q):
    def weighted(probs, difference):
        return ops.where(probs == 0, 0.0, probs * difference)

    yes = weighted(p.probs, ops.logsigmoid(p.logits) - ops.logsigmoid(q.logits))
    return yes + weighted(1 - p.probs, ops.logsigmoid(-p.logits) - ops.logsigmoid(-q.logits))


@register_kl(Geometric, Geometric)
def _geometric(p, q):
    return -p.entropy() - ops.log1p(-q.probs) / p.probs - q.logits


@register_kl(Categorical, Categorical)
def _categorical(p, q):
    terms = p.probs * (p.logits - q.logits)
    terms = ops.where(q.probs == 0, math.inf, terms)
    return ops.where(p.probs == 0, 0.0, terms).sum(-1)


@register_kl(OneHotCategorical, OneHotCategorical)
def _one_hot(p, q):
    return _categorical(p._categorical, q._categorical)


@register_kl(Uniform, Uniform)
def _uniform(p, q):
    result = ((q.high - q.low) / (p.high - p.low)).log()
    return ops.where((q.low > p.low) | (q.high < p.high), math.inf, result)


@register_kl(Exponential, Exponential)
def _exponential(p, q):
    ratio = q.rate / p.rate
    return -ratio.log() + ratio - 1


@register_kl(Poisson, Poisson)
def _poisson(p, q):
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@register_kl(Gamma, Gamma)
def _gamma(p, q):
    return (
        q.concentration * (p.rate / q.rate).log() + ops.lgamma(q.concentration) - ops.lgamma(p.concentration)
        + (p.concentration - q.concentration) * ops.digamma(p.concentration)
        + (q.rate - p.rate) * (p.concentration / p.rate)
    )  # fmt: skip


@register_kl(Dirichlet, Dirichlet)
def _dirichlet(p, q):
    total_p, total_q = p.concentration.sum(-1), q.concentration.sum(-1)
    beta = ops.lgamma(total_p) - ops.lgamma(total_q)
    beta = beta - (ops.lgamma(p.concentration) - ops.lgamma(q.concentration)).sum(-1)
    mean = ops.digamma(p.concentration) - ops.digamma(total_p).unsqueeze(-1)
    return beta + ((p.concentration - q.concentration) * mean).sum(-1)


@register_kl(Beta, Beta)
def _beta(p, q):
    return _dirichlet(p._dirichlet, q._dirichlet)


@register_kl(Laplace, Laplace)
def _laplace(p, q):
    ratio, distance = p.scale / q.scale, (p.loc - q.loc).abs()
    return -ratio.log() + distance / q.scale + ratio * (-distance / p.scale).exp() - 1


@register_kl(Gumbel, Gumbel)
def _gumbel(p, q):
    from .utils import euler_constant

    ratio, difference = p.scale / q.scale, q.loc / q.scale - p.loc / q.scale
    spread = (difference + ops.lgamma(1 + ratio)).exp()
    return -ratio.log() - difference + ratio * euler_constant + spread - (1 + euler_constant)


@register_kl(MultivariateNormal, MultivariateNormal)
def _multivariate_normal(p, q):
    if p.event_shape != q.event_shape:
        raise ValueError(
            "KL-divergence between two Multivariate Normals with different event shapes cannot be computed"
        )
    factors = ops.broadcast_tensors([p._factor, q._factor])
    trace = ops.linalg_solve_triangular(factors[1], factors[0], upper=False).pow(2).sum((-2, -1))
    distance = _squared_distance(q._factor, q.loc - p.loc)
    return q._half_log_determinant() - p._half_log_determinant() + 0.5 * (trace + distance - p.event_shape[0])


@register_kl(Independent, Independent)
def _independent(p, q):
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError
    return p._summed(kl_divergence(p.base_dist, q.base_dist))
