"""The Kullback-Leibler divergence between distributions of different classes, and of classes that derive from others."""

import itertools
import math

from .._C import ops
from ..autograd import grad
from .bernoulli import Bernoulli
from .beta import Beta
from .binomial import Binomial
from .cauchy import Cauchy
from .continuous_bernoulli import ContinuousBernoulli
from .exp_family import ExponentialFamily
from .exponential import Exponential
from .gamma import Gamma
from .gumbel import Gumbel
from .kl import infinite, kl_divergence, register_kl
from .laplace import Laplace
from .lowrank_multivariate_normal import LowRankMultivariateNormal
from .multivariate_normal import MultivariateNormal, _squared_distance
from .normal import Normal
from .pareto import Pareto
from .poisson import Poisson
from .transform import summed
from .transformed_distribution import TransformedDistribution
from .uniform import Uniform
from .utils import euler_constant


def _register_infinite(kinds, others, parameter):
    """p of one of the kinds gives values that q of one of the others cannot give."""
    for pair in itertools.product(kinds, others):
        register_kl(*pair)(lambda p, q: infinite(getattr(p, parameter)))


_BOUNDED = (Beta, ContinuousBernoulli, Uniform)
_register_infinite([Beta], [Pareto], "concentration1")
_register_infinite([ContinuousBernoulli], [Pareto], "probs")
_register_infinite([Exponential], [*_BOUNDED, Pareto], "rate")
_register_infinite([Gamma], [*_BOUNDED, Pareto], "concentration")
_register_infinite([Gumbel, Laplace, Normal], [*_BOUNDED, Pareto, Exponential, Gamma], "loc")
_register_infinite([Pareto], _BOUNDED, "scale")
_register_infinite([Poisson], [Bernoulli, Binomial], "rate")


def _with_infinity(where, result):
    return ops.where(where, math.inf, result)


@register_kl(Binomial, Binomial)
def _binomial(p, q):
    if (p.total_count < q.total_count).any():
        raise NotImplementedError("KL between Binomials where q.total_count > p.total_count is not implemented")
    each = p.probs * (p.logits - q.logits) + (-p.probs).log1p() - (-q.probs).log1p()
    return _with_infinity(p.total_count > q.total_count, p.total_count * each)


@register_kl(ContinuousBernoulli, ContinuousBernoulli)
def _continuous_bernoulli(p, q):
    own, other = p._log_constant() + ops.log1p(-p.probs), q._log_constant() + ops.log1p(-q.probs)
    return p.mean * (p.logits - q.logits) + own - other


@register_kl(ExponentialFamily, ExponentialFamily)
def _exponential_family(p, q):
    if type(p) is not type(q):
        raise NotImplementedError(
            "The cross KL-divergence between different exponential families cannot                             be computed "
            "using Bregman divergences"
        )
    own = [parameter.detach().requires_grad_() for parameter in p._natural_params]
    normalizer = p._log_normalizer(*own)
    slopes = grad(normalizer.sum(), own, create_graph=True)
    result = q._log_normalizer(*q._natural_params) - normalizer
    for mine, other, slope in zip(own, q._natural_params, slopes):
        term = (other - mine) * slope
        result = result - summed(term, min(len(q.event_shape), term.dim() - len(q.batch_shape)))
    return result


def _squares(matrix):
    return matrix.pow(2).sum((-2, -1))


def _check_shapes(p, q, what):
    if p.event_shape != q.event_shape:
        raise ValueError(
            f"KL-divergence between two {what} with                          different event shapes cannot be computed"
        )


@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
def _low_rank(p, q):
    _check_shapes(p, q, "Low Rank Multivariate Normals")
    solved = ops.linalg_solve_triangular(q._capacitance(), q._weighted(), upper=False)
    trace = (p.cov_diag / q.cov_diag).sum(-1) + _squares(p.cov_factor * q.cov_diag.rsqrt().unsqueeze(-1))
    trace = trace - _squares(solved * p.cov_diag.sqrt().unsqueeze(-2)) - _squares(solved.matmul(p.cov_factor))
    determinants = q._log_determinant() - p._log_determinant()
    return 0.5 * (determinants + trace + q._squared_distance(q.loc - p.loc) - p.event_shape[0])


@register_kl(MultivariateNormal, LowRankMultivariateNormal)
def _multivariate_normal_low_rank(p, q):
    _check_shapes(p, q, "(Low Rank) Multivariate Normals")
    solved = ops.linalg_solve_triangular(q._capacitance(), q._weighted(), upper=False)
    trace = _squares(p._factor * q.cov_diag.rsqrt().unsqueeze(-1)) - _squares(solved.matmul(p._factor))
    determinants = q._log_determinant() - 2 * p._half_log_determinant()
    return 0.5 * (determinants + trace + q._squared_distance(q.loc - p.loc) - p.event_shape[0])


@register_kl(LowRankMultivariateNormal, MultivariateNormal)
def _low_rank_multivariate_normal(p, q):
    _check_shapes(p, q, "(Low Rank) Multivariate Normals")
    both = ops.cat([p.cov_factor, ops.diag_embed(p.cov_diag.sqrt())], -1)
    trace = _squares(ops.linalg_solve_triangular(q._factor.expand(*both.shape[:-1], both.shape[-2]), both, upper=False))
    determinants = 2 * q._half_log_determinant() - p._log_determinant()
    return 0.5 * (determinants + trace + _squared_distance(q._factor, q.loc - p.loc) - p.event_shape[0])


@register_kl(Cauchy, Cauchy)
def _cauchy(p, q):
    return ((p.scale + q.scale).pow(2) + (p.loc - q.loc).pow(2)).log() - (4 * p.scale * q.scale).log()


@register_kl(Pareto, Pareto)
def _pareto(p, q):
    ratio = q.alpha / p.alpha
    return _with_infinity(p.scale < q.scale, q.alpha * (p.scale / q.scale).log() - ratio.log() + ratio - 1)


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed(p, q):
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError
    return kl_divergence(p.base_dist, q.base_dist)


@register_kl(Bernoulli, Poisson)
def _bernoulli_poisson(p, q):
    return -p.entropy() - (p.probs * q.rate.log() - q.rate)


# The mean of -log q over p, for q of some classes, from moments of p.


def _mean_under_exponential(q, mean):
    return -q.rate.log() + q.rate * mean


def _mean_under_gamma(q, mean, mean_log):
    return (
        ops.lgamma(q.concentration) - q.concentration * q.rate.log() - (q.concentration - 1) * mean_log + q.rate * mean
    )


def _mean_under_normal(q, mean, square):
    variance = q.scale.pow(2)
    return 0.5 * (variance * 2 * math.pi).log() + (0.5 * square - q.loc * mean + 0.5 * q.loc.pow(2)) / variance


def _mean_under_continuous_bernoulli(q, mean):
    return -mean * q.logits - ops.log1p(-q.probs) - q._log_constant()


def _square(p):
    return p.variance + p.mean.pow(2)


def _mean_log(p):
    """The mean of log x."""
    if isinstance(p, Beta):
        return ops.digamma(p.concentration1) - ops.digamma(p.concentration1 + p.concentration0)
    return (_x_log_x(p.high) - _x_log_x(p.low) - (p.high - p.low)) / (p.high - p.low)  # Uniform


def _x_log_x(x):
    return ops.xlogy(x, x)


@register_kl(Beta, ContinuousBernoulli)
def _beta_continuous_bernoulli(p, q):
    return -p.entropy() + _mean_under_continuous_bernoulli(q, p.mean)


@register_kl(Uniform, ContinuousBernoulli)
def _uniform_continuous_bernoulli(p, q):
    return _with_infinity((p.high >= 1) | (p.low <= 0), -p.entropy() + _mean_under_continuous_bernoulli(q, p.mean))


@register_kl(Beta, Exponential)
@register_kl(ContinuousBernoulli, Exponential)
@register_kl(Gamma, Exponential)
def _under_exponential(p, q):
    return -p.entropy() + _mean_under_exponential(q, p.mean)


@register_kl(Uniform, Exponential)
def _uniform_exponential(p, q):
    return _with_infinity(p.low < 0, q.rate * (p.high + p.low) / 2 - ((p.high - p.low) * q.rate).log())


@register_kl(Pareto, Exponential)
def _pareto_exponential(p, q):
    product = p.scale * q.rate
    result = (p.alpha / product).log() - p.alpha.reciprocal() + p.alpha * product / (p.alpha - 1) - 1
    return _with_infinity(p.alpha <= 1, result)


@register_kl(Beta, Gamma)
def _beta_gamma(p, q):
    return -p.entropy() + _mean_under_gamma(q, p.mean, _mean_log(p))


@register_kl(Uniform, Gamma)
def _uniform_gamma(p, q):
    return _with_infinity(p.low < 0, -(p.high - p.low).log() + _mean_under_gamma(q, p.mean, _mean_log(p)))


@register_kl(Exponential, Gamma)
def _exponential_gamma(p, q):
    ratio, c = q.rate / p.rate, q.concentration
    return -c * ratio.log() + ratio + ops.lgamma(c) + c * euler_constant - (1 + euler_constant)


@register_kl(Pareto, Gamma)
def _pareto_gamma(p, q):
    mean_log = p.scale.log() + p.alpha.reciprocal()
    result = p.alpha.log() - mean_log - 1 + _mean_under_gamma(q, p.alpha * p.scale / (p.alpha - 1), mean_log)
    return _with_infinity(p.alpha <= 1, result)


@register_kl(Beta, Normal)
@register_kl(ContinuousBernoulli, Normal)
@register_kl(Exponential, Normal)
@register_kl(Gamma, Normal)
@register_kl(Gumbel, Normal)
@register_kl(Laplace, Normal)
@register_kl(Uniform, Normal)
def _under_normal(p, q):
    return -p.entropy() + _mean_under_normal(q, p.mean, _square(p))


@register_kl(Pareto, Normal)
def _pareto_normal(p, q):
    part, variance = p.scale / (p.alpha - 1), 2 * q.scale.pow(2)
    spread = p.alpha * part.pow(2) / (p.alpha - 2) + (p.alpha * part - q.loc).pow(2)
    constant = (math.sqrt(2 * math.pi) * q.scale * p.alpha / p.scale).log() - p.alpha.reciprocal()
    return _with_infinity(p.alpha <= 2, constant + spread / variance - 1)


@register_kl(Beta, Uniform)
@register_kl(ContinuousBernoulli, Uniform)
def _under_uniform(p, q):
    result = -p.entropy() + (q.high - q.low).log()
    if isinstance(p, ContinuousBernoulli):
        return _with_infinity((q.low >= 0) | (q.high <= 1), result)
    return _with_infinity((q.low > 0) | (q.high < 1), result)


@register_kl(Exponential, Gumbel)
def _exponential_gumbel(p, q):
    product, place = p.rate * q.scale, q.loc / q.scale
    return product.log() - 1 - place + place.exp() * product / (product + 1) + product.reciprocal()


@register_kl(Gamma, Gumbel)
def _gamma_gumbel(p, q):
    c, product, place = p.concentration, p.rate * q.scale, q.loc / q.scale
    own = (c - 1) * ops.digamma(c) - ops.lgamma(c) - c
    return own + product.log() + c / product + place.exp() * (1 + product.reciprocal()).pow(-c) - place


@register_kl(Normal, Gumbel)
def _normal_gumbel(p, q):
    ratio, difference = (p.scale / q.scale).pow(2), (p.loc - q.loc) / q.scale
    return -ratio.log() * 0.5 + difference + (-difference + 0.5 * ratio).exp() - 0.5 * (1 + math.log(2 * math.pi))


@register_kl(Uniform, Gumbel)
def _uniform_gumbel(p, q):
    part = q.scale / (p.high - p.low)
    high, low = (p.high - q.loc) / q.scale, (p.low - q.loc) / q.scale
    return part.log() + 0.5 * (high + low) - part * ((-high).exp() - (-low).exp())


@register_kl(Normal, Laplace)
def _normal_laplace(p, q):
    difference = p.loc - q.loc
    place = difference / p.scale
    mean = math.sqrt(2 / math.pi) * p.scale * (-0.5 * place.pow(2)).exp() + difference * ops.erf(math.sqrt(0.5) * place)
    return -(p.scale / q.scale).log() + mean / q.scale - 0.5 * (1 + math.log(0.5 * math.pi))


@register_kl(Uniform, Beta)
def _uniform_beta(p, q):
    width, a, b = p.high - p.low, q.concentration1, q.concentration0
    mirrored = (_x_log_x(1 - p.high) - _x_log_x(1 - p.low) + width) / width
    beta = ops.lgamma(a) + ops.lgamma(b) - ops.lgamma(a + b)
    result = (b - 1) * mirrored + beta - width.log() - (a - 1) * _mean_log(p)
    return _with_infinity((p.high > 1) | (p.low < 0), result)


@register_kl(Uniform, Pareto)
def _uniform_pareto(p, q):
    constant = (q.alpha * q.scale.pow(q.alpha) * (p.high - p.low)).log()
    return _with_infinity(p.low < q.scale, _mean_log(p) * (q.alpha + 1) - constant)
