"""Distributions: densities, moments, samples, divergences, and what they refuse."""

import math

import pytest
import relume as torch
import relume.distributions as D

CONTINUOUS = [
    (D.Normal(0.5, 2.0), -20, 20),
    (D.Uniform(-1.0, 2.0), -1, 2 - 1e-5),
    (D.Exponential(1.5), 1e-6, 30),
    (D.Laplace(0.5, 1.0), -30, 30),
    (D.Gamma(2.5, 1.5), 1e-6, 40),
    (D.Chi2(4.0), 1e-6, 100),
    (D.Beta(2.0, 3.5), 1e-6, 1 - 1e-6),
    (D.LogNormal(0.0, 0.5), 1e-6, 60),
    (D.HalfNormal(2.0), 1e-6, 30),
    (D.Gumbel(0.5, 1.0), -8, 40),
    (D.StudentT(8.0), -60, 60),
    (D.MixtureSameFamily(D.Categorical(torch.tensor([0.3, 0.7])), D.Normal(torch.tensor([-2.0, 2.0]), 0.5)), -10, 10),
    (D.TransformedDistribution(D.Normal(0.0, 0.5), [D.TanhTransform()]), -1 + 1e-6, 1 - 1e-6),
    (D.TransformedDistribution(D.Normal(0.0, 1.0), [D.AffineTransform(1.0, -2.0)]), -20, 20),
]
DISCRETE = [
    (D.Bernoulli(0.3), [0.0, 1.0]),
    (D.Categorical(torch.tensor([1.0, 2.0, 3.0])), [0, 1, 2]),
    (D.Poisson(2.5), [float(k) for k in range(40)]),
    (D.Geometric(0.4), [float(k) for k in range(80)]),
]


def name(value):
    return type(value).__name__ if isinstance(value, D.Distribution) else None


@pytest.mark.parametrize("d, low, high", CONTINUOUS, ids=name)
class TestContinuous:
    def grid(self, low, high):
        return torch.linspace(low, high, 20001, dtype=torch.float64)

    def test_the_density_integrates_to_one(self, d, low, high):
        x = self.grid(low, high)
        density = d.expand(()).log_prob(x.float()).double().exp()
        assert math.isclose(torch.trapezoid(density, x).item(), 1, abs_tol=2e-3)

    def test_moments_are_those_of_the_density(self, d, low, high):
        x = self.grid(low, high)
        density = d.log_prob(x.float()).double().exp()
        try:
            mean, variance = d.mean.item(), d.variance.item()
        except NotImplementedError:
            assert isinstance(d, D.TransformedDistribution)
            return
        assert math.isclose(torch.trapezoid(density * x, x).item(), mean, abs_tol=1e-2)
        assert math.isclose(torch.trapezoid(density * (x - mean) ** 2, x).item(), variance, rel_tol=2e-2)

    def test_samples_have_the_mean_of_the_density(self, d, low, high):
        x = self.grid(low, high)
        mean = torch.trapezoid(d.log_prob(x.float()).double().exp() * x, x).item()
        torch.manual_seed(0)
        samples = d.sample((4000,))
        spread = samples.std().item()
        assert samples.shape == (4000,) and abs(samples.mean().item() - mean) < 5 * spread / math.sqrt(4000)
        assert d.support.check(samples).all()

    def test_entropy_is_the_mean_of_the_surprise(self, d, low, high):
        x = self.grid(low, high)
        log_density = d.log_prob(x.float()).double()
        terms = torch.where(log_density == -math.inf, 0.0, -log_density.exp() * log_density)
        try:
            entropy = d.entropy().item()
        except NotImplementedError:
            assert isinstance(d, (D.TransformedDistribution, D.MixtureSameFamily))
            return
        assert math.isclose(torch.trapezoid(terms, x).item(), entropy, abs_tol=1e-2)

    def test_cdf_and_its_inverse(self, d, low, high):
        q = torch.tensor([0.1, 0.5, 0.9])
        try:
            values = d.icdf(q)
        except NotImplementedError:
            return
        assert torch.allclose(d.cdf(values), q, atol=1e-5)


@pytest.mark.parametrize("d, values", DISCRETE, ids=name)
def test_probabilities_of_discrete_values(d, values):
    values = torch.tensor(values)
    p = d.log_prob(values).exp()
    assert math.isclose(p.sum().item(), 1, abs_tol=1e-5)
    torch.manual_seed(0)
    samples = d.sample((4000,))
    mean = (p * values).sum().item()
    assert abs(samples.float().mean().item() - mean) < 0.1 and d.support.check(samples).all()
    if not isinstance(d, D.Categorical):
        assert math.isclose(d.mean.item(), mean, rel_tol=1e-4)
        assert math.isclose(d.variance.item(), (p * (values - mean) ** 2).sum().item(), rel_tol=1e-3)
    if not isinstance(d, D.Poisson):
        assert math.isclose(d.entropy().item(), -torch.xlogy(p, p).sum().item(), rel_tol=1e-4)


PAIRS = [
    (D.Normal(0.0, 1.0), D.Normal(1.0, 2.0)),
    (D.Laplace(0.0, 1.0), D.Laplace(1.0, 2.0)),
    (D.Exponential(1.0), D.Exponential(3.0)),
    (D.Gamma(2.0, 1.0), D.Gamma(3.0, 2.0)),
    (D.Beta(2.0, 3.0), D.Beta(3.0, 2.0)),
    (D.Gumbel(0.0, 1.0), D.Gumbel(1.0, 2.0)),
    (D.LogNormal(0.0, 0.5), D.LogNormal(0.5, 1.0)),
    (D.HalfNormal(1.0), D.HalfNormal(2.0)),
    (D.Uniform(0.0, 1.0), D.Uniform(-1.0, 2.0)),
    (D.Bernoulli(0.3), D.Bernoulli(0.6)),
    (D.Categorical(torch.ones(3)), D.Categorical(torch.tensor([1.0, 2.0, 3.0]))),
    (D.Poisson(2.0), D.Poisson(3.0)),
    (D.Geometric(0.4), D.Geometric(0.5)),
    (D.Dirichlet(torch.tensor([1.0, 2.0, 3.0])), D.Dirichlet(torch.ones(3))),
    (
        D.MultivariateNormal(torch.zeros(2), torch.tensor([[2.0, 0.5], [0.5, 1.0]])),
        D.MultivariateNormal(torch.ones(2), 3 * torch.eye(2)),
    ),
    (D.Independent(D.Normal(torch.zeros(2), 1.0), 1), D.Independent(D.Normal(torch.ones(2), 2.0), 1)),
    (D.OneHotCategorical(torch.ones(3)), D.OneHotCategorical(torch.tensor([1.0, 2.0, 3.0]))),
]


@pytest.mark.parametrize("p, q", PAIRS, ids=name)
def test_divergence_is_the_mean_difference_of_log_prob(p, q):
    torch.manual_seed(0)
    x = p.sample((4000,))
    differences = p.log_prob(x) - q.log_prob(x)
    exact = D.kl_divergence(p, q).item()
    error = 5 * differences.std().item() / math.sqrt(4000) + 1e-5
    assert abs(differences.mean().item() - exact) < error
    assert abs(D.kl_divergence(p, p).item()) < 1e-5


def test_shapes():
    d = D.Normal(torch.zeros(3, 1), torch.ones(2))
    assert d.batch_shape == (3, 2) and d.sample((5, 4)).shape == (5, 4, 3, 2) and d.expand((7, 3, 2)).sample().shape == (7, 3, 2)
    i = D.Independent(d, 1)
    assert i.batch_shape == (3,) and i.event_shape == (2,) and i.log_prob(torch.zeros(3, 2)).shape == (3,)
    m = D.MultivariateNormal(torch.zeros(3, 2), torch.eye(2))
    assert m.batch_shape == (3,) and m.event_shape == (2,) and m.rsample((4,)).shape == (4, 3, 2)
    assert D.Categorical(torch.ones(2, 3)).sample((5,)).shape == (5, 2)
    assert D.Multinomial(4, torch.ones(3)).sample((2,)).sum(-1).tolist() == [4, 4]
    assert D.OneHotCategorical(torch.ones(2, 3)).sample().sum(-1).tolist() == [1, 1]


def test_the_multivariate_normal_from_each_of_its_matrices():
    covariance = torch.tensor([[2.0, 0.5], [0.5, 1.0]])
    a = D.MultivariateNormal(torch.zeros(2), covariance)
    b = D.MultivariateNormal(torch.zeros(2), precision_matrix=torch.linalg.inv(covariance))
    c = D.MultivariateNormal(torch.zeros(2), scale_tril=torch.linalg.cholesky(covariance))
    x = torch.tensor([0.3, -1.0])
    assert torch.allclose(a.log_prob(x), b.log_prob(x)) and torch.allclose(a.log_prob(x), c.log_prob(x))
    expected = -0.5 * x @ torch.linalg.solve(covariance, x) - 0.5 * torch.logdet(2 * math.pi * covariance)
    assert torch.allclose(a.log_prob(x), expected) and torch.allclose(c.covariance_matrix, covariance)


def test_samples_carry_gradients():
    loc, scale = torch.zeros(3, requires_grad=True), torch.ones(3, requires_grad=True)
    torch.manual_seed(0)
    d = D.Normal(loc, scale)
    z = d.rsample()
    z.sum().backward()
    assert loc.grad.tolist() == [1, 1, 1] and torch.allclose(scale.grad, z.detach())
    assert not d.sample().requires_grad and d.log_prob(z.detach()).requires_grad


def test_gamma_samples_carry_gradients_of_their_shape():
    from relume.distributions.gamma import _sample_gradient

    shapes = torch.tensor([0.5, 2.0, 5.0, 20.0], dtype=torch.float64)
    samples = torch.tensor([0.0520, 1.3176, 5.2957, 30.0], dtype=torch.float64)
    exact = torch.tensor([0.324776, 0.874047, 1.063924, 1.226535], dtype=torch.float64)  # by differences of P(a, x)
    assert torch.allclose(_sample_gradient(shapes, samples), exact, atol=1e-5)
    c = torch.tensor([2.0], requires_grad=True)
    D.Gamma(c, 1.0).rsample().sum().backward()
    assert c.grad.item() > 0


def test_a_pair_of_classes_can_be_registered():
    class Own(D.Normal):
        pass

    @D.register_kl(Own, Own)
    def own(p, q):
        return "own"

    assert D.kl_divergence(Own(0.0, 1.0), Own(0.0, 1.0)) == "own"
    assert D.kl_divergence(Own(0.0, 1.0), D.Normal(0.0, 1.0)).item() == 0


def test_transforms_undo_themselves():
    x = torch.tensor([-1.5, 0.2, 0.9])
    for t in (D.ExpTransform(), D.SigmoidTransform(), D.TanhTransform(), D.AffineTransform(1.0, 3.0), D.SoftplusTransform()):
        y = t(x)
        assert torch.allclose(t.inv(y), x, atol=1e-5)
        slope = torch.autograd.functional.jacobian(t, x).diagonal()
        assert torch.allclose(t.log_abs_det_jacobian(x, y), slope.abs().log(), atol=1e-5)
    both = D.ComposeTransform([D.AffineTransform(0.0, 2.0), D.ExpTransform()])
    assert torch.allclose(both.inv(both(x)), x, atol=1e-6)
    assert torch.allclose(both.log_abs_det_jacobian(x, both(x)), math.log(2) + 2 * x)


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda: D.Normal(0, -1.0), ValueError, r"Expected parameter scale .* GreaterThan\(lower_bound=0.0\)"),
        (lambda: D.Normal("a", 1), ValueError, "Input arguments must all be instances of Number"),
        (lambda: D.Categorical(), ValueError, "Either `probs` or `logits` must be specified, but not both"),
        (lambda: D.Categorical(torch.tensor(1.0)), ValueError, "must be at least one-dimensional"),
        (lambda: D.Normal(0.0, 1.0).log_prob(3), ValueError, "The value argument to log_prob must be a Tensor"),
        (lambda: D.Bernoulli(0.5).log_prob(torch.tensor(2.0)), ValueError, r"within the support \(Boolean\(\)\)"),
        (lambda: D.Normal(torch.zeros(2), 1.0).log_prob(torch.zeros(3)), ValueError, "Value is not broadcastable"),
        (lambda: D.Uniform(1.0, 0.0), ValueError, "Expected parameter low"),
        (lambda: D.MultivariateNormal(torch.zeros(2)), ValueError, "Exactly one of covariance_matrix"),
        (lambda: D.MultivariateNormal(torch.zeros(2), -torch.eye(2)), ValueError, r"constraint PositiveDefinite\(\)"),
        (lambda: D.kl_divergence(D.Normal(0.0, 1.0), D.Poisson(1.0)), NotImplementedError, "No KL.* is implemented"),
        (lambda: D.Independent(D.Normal(0.0, 1.0), 1), ValueError, "Expected reinterpreted_batch_ndims"),
        (lambda: D.Normal(0.0, 1.0).enumerate_support(), NotImplementedError, None),
        (lambda: D.Transmogrifier, AttributeError, "Relume does not have it"),
    ],
)
def test_refuses_what_does_not_fit(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_checks_can_be_switched_off():
    assert D.Normal(0.0, -1.0, validate_args=False).scale.item() == -1
    assert D.Bernoulli(0.5, validate_args=False).log_prob(torch.tensor(2.0)) is not None


def test_prints_as_pytorch_does():
    assert repr(D.Normal(torch.zeros(2), 1.0)) == "Normal(loc: torch.Size([2]), scale: torch.Size([2]))"
    assert repr(D.Bernoulli(0.5)) == "Bernoulli(probs: 0.5)"
    assert repr(D.Independent(D.Poisson(2.0).expand((2,)), 1)) == "Independent(Poisson(rate: torch.Size([2])), 1)"
