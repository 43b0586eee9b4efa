"""Anomaly detection: which forward op a failing backward belongs to, and where NaN comes from."""

import warnings

from .._C import ops


class set_detect_anomaly:
    """Turns anomaly detection on or off: from the call on, or inside a `with`."""

    def __init__(self, mode, check_nan=True):
        self.previous = ops.is_anomaly_enabled(), ops.is_anomaly_check_nan_enabled()
        ops._set_anomaly(mode, check_nan)

    def __enter__(self):
        pass

    def __exit__(self, *error):
        ops._set_anomaly(*self.previous)


class detect_anomaly:
    """Anomaly detection inside a `with`."""

    def __init__(self, check_nan=True):
        self.check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for debugging.",
            stacklevel=2,
        )

    def __enter__(self):
        self.previous = ops.is_anomaly_enabled(), ops.is_anomaly_check_nan_enabled()
        ops._set_anomaly(True, self.check_nan)

    def __exit__(self, *error):
        ops._set_anomaly(*self.previous)
