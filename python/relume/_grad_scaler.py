"""GradScaler: losses are scaled up so that gradients of half precision do not vanish, and steps with infinite ones skipped.

Micikevicius et al., 2018, "Mixed precision training".
"""

import warnings

from . import _C
from ._C import Tensor, ops

_READY, _UNSCALED, _STEPPED = range(3)


class GradScaler:
    """scale(loss).backward(); step(optimizer); update().

    The scale grows by growth_factor after growth_interval steps without infinite gradients, and shrinks by
    backoff_factor where there was one, in which case step() leaves the parameters alone. With enabled=False, and for
    devices that there are not, scale() returns its argument and step() calls the optimizer's.
    """

    def __init__(
        self,
        device="cuda",
        init_scale=2.0**16,
        growth_factor=2.0,
        backoff_factor=0.5,
        growth_interval=2000,
        enabled=True,
    ):
        self._device = _C.device(device).type
        if enabled and self._device != "cpu":
            warnings.warn(
                f"torch.{self._device}.amp.GradScaler is enabled, but {self._device.upper()} is not available.  Disabling.",
                stacklevel=2,
            )
            enabled = False
        self._enabled = enabled
        if enabled:
            assert growth_factor > 1.0, "The growth factor must be > 1.0."
            assert backoff_factor < 1.0, "The backoff factor must be < 1.0."
        self._init_scale = init_scale
        self._scale = None  # a tensor from the first use on
        self._growth_factor = growth_factor
        self._backoff_factor = backoff_factor
        self._growth_interval = growth_interval
        self._growth_tracker = 0
        self._optimizers = {}  # by id: [stage, whether a gradient was infinite or NaN]

    def _scale_tensor(self):
        if self._scale is None:
            self._scale = ops.tensor(float(self._init_scale))
        return self._scale

    def scale(self, outputs):
        """outputs, a tensor or a list or tuple of them, times the scale."""
        if not self._enabled:
            return outputs
        if isinstance(outputs, Tensor):
            return outputs * self._scale_tensor()
        if isinstance(outputs, (list, tuple)):
            scaled = [self.scale(output) for output in outputs]
            return type(outputs)(*scaled) if hasattr(outputs, "_fields") else type(outputs)(scaled)
        if hasattr(outputs, "__iter__"):
            return map(self.scale, outputs)
        raise ValueError("outputs must be a Tensor or an iterable of Tensors")

    def _check_scaled(self, method):
        assert self._scale is not None, (
            f"Attempted {method} but _scale is None.  This may indicate your script did not use "
            "scaler.scale(loss or outputs) earlier in the iteration."
        )

    def _state_of(self, optimizer):
        return self._optimizers.setdefault(id(optimizer), [_READY, None])

    def unscale_(self, optimizer):
        """Divides the gradients of the optimizer's parameters by the scale, so that they can be clipped before step()."""
        if not self._enabled:
            return
        state = self._state_of(optimizer)
        if state[0] == _UNSCALED:
            raise RuntimeError("unscale_() has already been called on this optimizer since the last update().")
        if state[0] == _STEPPED:
            raise RuntimeError("unscale_() is being called after step().")
        self._check_scaled("unscale_")
        state[:] = _UNSCALED, self._unscale(optimizer)

    def _unscale(self, optimizer):
        """Divides, and says whether a gradient is infinite or NaN; None where there are no gradients."""
        factor = 1.0 / self._scale.item()
        gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        with_infinity = False
        with_gradients = False
        for gradient in gradients:
            if gradient.dtype is _C.float16:
                raise ValueError("Attempting to unscale FP16 gradients.")
            with_gradients = True
            with_infinity = with_infinity or not gradient.isfinite().all().item()
            gradient.detach().mul_(factor)
        return with_infinity if with_gradients else None

    def step(self, optimizer, *args, **kwargs):
        """optimizer.step(), with its result, unless a gradient is infinite or NaN; unscales first where that is to do."""
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError("Closure use is not currently supported if GradScaler is enabled.")
        state = self._state_of(optimizer)
        if state[0] == _STEPPED:
            raise RuntimeError("step() has already been called since the last update().")
        if state[0] == _READY:
            self.unscale_(optimizer)
        assert state[1] is not None, "No inf checks were recorded for this optimizer."
        result = None if state[1] else optimizer.step(*args, **kwargs)
        state[0] = _STEPPED
        return result

    def update(self, new_scale=None):
        """Ends the step: sets the scale to new_scale, or lets it grow or shrink."""
        if not self._enabled:
            return
        self._check_scaled("update")
        if new_scale is not None:
            self._scale.fill_(new_scale)
        else:
            found = [state[1] for state in self._optimizers.values() if state[1] is not None]
            assert found, "No inf checks were recorded prior to update."
            self._adapt(any(found))
        self._optimizers = {}

    def _adapt(self, with_infinity):
        if with_infinity:
            self._scale.mul_(self._backoff_factor)
            self._growth_tracker = 0
            return
        self._growth_tracker += 1
        if self._growth_tracker == self._growth_interval:
            grown = self._scale * self._growth_factor
            if grown.isfinite().item():
                self._scale.copy_(grown)
            self._growth_tracker = 0

    def get_scale(self):
        """The scale, as a number; 1 where the scaler is disabled."""
        if not self._enabled:
            return 1.0
        return float(self._init_scale) if self._scale is None else self._scale.item()

    def get_growth_factor(self):
        """What the scale is multiplied with when it grows."""
        return self._growth_factor

    def set_growth_factor(self, new_factor):
        """Sets it."""
        self._growth_factor = new_factor

    def get_backoff_factor(self):
        """What the scale is multiplied with when it shrinks."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor):
        """Sets it."""
        self._backoff_factor = new_factor

    def get_growth_interval(self):
        """After how many steps without infinite gradients the scale grows."""
        return self._growth_interval

    def set_growth_interval(self, new_interval):
        """Sets it."""
        self._growth_interval = new_interval

    def is_enabled(self):
        """Whether the scaler does anything."""
        return self._enabled

    def state_dict(self):
        """What a checkpoint keeps; {} where the scaler is disabled."""
        if not self._enabled:
            return {}
        return {
            "scale": self.get_scale(),
            "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval,
            "_growth_tracker": self._growth_tracker,
        }

    def load_state_dict(self, state_dict):
        """Goes on where the scaler was that state_dict comes from."""
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError(
                "The source state dict is empty, possibly because it was saved from a disabled instance of GradScaler."
            )
        self._init_scale = state_dict["scale"]
        if self._scale is not None:
            self._scale.fill_(state_dict["scale"])
        self._growth_factor = state_dict["growth_factor"]
        self._backoff_factor = state_dict["backoff_factor"]
        self._growth_interval = state_dict["growth_interval"]
        self._growth_tracker = state_dict["_growth_tracker"]
