"""Mixtures of distributions of one family."""

from .. import _C
from .._C import ops
from .._modes import no_grad
from . import constraints
from .categorical import Categorical
from .distribution import Distribution


class MixtureSameFamily(Distribution):
    """MixtureSameFamily(mixture_distribution, component_distribution): the last dimension of the components' batch are the
    components, of which a Categorical chooses."""

    arg_constraints = {}

    def __init__(self, mixture_distribution, component_distribution, validate_args=None):
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError(" The Mixture distribution needs to be an  instance of torch.distributions.Categorical")
        if not isinstance(component_distribution, Distribution):
            raise ValueError(
                "The Component distribution need to be an instance of torch.distributions.Distribution"
            )
        if mixture_distribution.logits.shape[-1] != component_distribution.batch_shape[-1]:
            raise ValueError(
                f"`mixture_distribution component` ({mixture_distribution.logits.shape[-1]}) does not equal "
                f"`component_distribution.batch_shape[-1]` ({component_distribution.batch_shape[-1]})"
            )
        self._mixture_distribution, self._component_distribution = mixture_distribution, component_distribution
        super().__init__(component_distribution.batch_shape[:-1], component_distribution.event_shape, validate_args)

    @property
    def mixture_distribution(self):
        """The Categorical over components."""
        return self._mixture_distribution

    @property
    def component_distribution(self):
        """The components."""
        return self._component_distribution

    @property
    def support(self):
        return constraints.MixtureSameFamilyConstraint(self._component_distribution.support)

    def expand(self, batch_shape, _instance=None):
        batch = tuple(batch_shape)
        components = self._component_distribution.expand(batch + tuple(self._component_distribution.batch_shape[-1:]))
        return MixtureSameFamily(self._mixture_distribution.expand(batch), components, validate_args=False)

    def _weights(self):
        probs = self._mixture_distribution.probs
        return probs.reshape(tuple(probs.shape) + (1,) * len(self._event_shape))

    def _component_dim(self):
        return -1 - len(self._event_shape)

    @property
    def mean(self):
        return (self._weights() * self._component_distribution.mean).sum(self._component_dim())

    @property
    def variance(self):
        weights, dim = self._weights(), self._component_dim()
        within = (weights * self._component_distribution.variance).sum(dim)
        return within + (weights * (self._component_distribution.mean - self.mean.unsqueeze(dim)).pow(2)).sum(dim)

    def sample(self, sample_shape=_C.Size()):
        with no_grad():
            chosen = self._mixture_distribution.sample(sample_shape)
            values = self._component_distribution.sample(sample_shape)
            places = chosen.reshape(tuple(chosen.shape) + (1,) * (1 + len(self._event_shape)))
            places = places.expand(tuple(chosen.shape) + (1,) + tuple(self._event_shape))
            return values.gather(self._component_dim(), places).squeeze(self._component_dim())

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        padded = value.unsqueeze(self._component_dim())
        logits = ops.log_softmax(self._mixture_distribution.logits, -1)
        return ops.logsumexp(self._component_distribution.log_prob(padded) + logits, -1)

    def cdf(self, value):
        components = self._component_distribution.cdf(value.unsqueeze(self._component_dim()))
        return (components * self._mixture_distribution.probs).sum(-1)

    def __repr__(self):
        return f"MixtureSameFamily(\n  {self._mixture_distribution!r},\n  {self._component_distribution!r})"
