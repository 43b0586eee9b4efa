"""The profiler: which ops ran how often and how long, forward and backward, and how much memory was in use at most.

    with torch.profiler.profile() as prof:
        model(input).sum().backward()
    print(prof.key_averages().table(sort_by="self_cpu_time_total", row_limit=10))
    prof.export_chrome_trace("trace.json")
"""

import collections
import enum

from ._C import ops
from ._modes import _Guard

__all__ = ["ProfilerActivity", "profile", "record_function"]


class ProfilerActivity(enum.Enum):
    """What to profile. There is only the CPU."""

    CPU = 0


class EventAverage(collections.namedtuple("EventAverage", "key count cpu_time_total self_cpu_time_total")):
    """What ran under one name. Times are in microseconds; self is without what ran inside under other rows."""

    @property
    def cpu_time(self):
        """The mean of a call."""
        return self.cpu_time_total / self.count


class EventList(list):
    """The rows of a profile, those with the most self time first."""

    def __init__(self, result):
        super().__init__(EventAverage(*row) for row in ops._profile_averages(result))
        self._result = result

    def table(self, sort_by=None, row_limit=100):
        """The rows as text, sorted by "self_cpu_time_total", "cpu_time_total", "cpu_time" or "count", of which the first
        row_limit are shown. Raises ValueError for another column."""
        return ops._profile_table(self._result, sort_by or "self_cpu_time_total", row_limit)


class profile:
    """A context manager that profiles every op, node of backward passes and record_function, on all threads.

    One runs at a time: entering a second one raises RuntimeError. activities is for PyTorch's sake.
    """

    def __init__(self, *, activities=None):
        unknown = set(activities or ()) - {ProfilerActivity.CPU}
        if unknown:
            raise ValueError(f"profile: expected activities of the CPU, got {unknown}")
        self._result = None

    def start(self):
        """Begins, as entering does."""
        ops._profiler_start()

    def stop(self):
        """Ends, as leaving does."""
        self._result = ops._profiler_stop()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.stop()

    def _finished(self):
        if self._result is None:
            raise RuntimeError("Profiler didn't finish running")
        return self._result

    def key_averages(self):
        """One row a name. Raises RuntimeError before the profile has ended."""
        return EventList(self._finished())

    def export_chrome_trace(self, path):
        """Writes every event, by thread, as JSON for chrome://tracing and Perfetto; the file appears when it is whole."""
        ops._profile_export(self._finished(), str(path))

    @property
    def peak_memory(self):
        """The most bytes in use at a time while it ran."""
        return ops._profile_peak_memory(self._finished())


class record_function(_Guard):
    """Shows its scope under a name around the ops inside, as a context manager or a decorator."""

    def __init__(self, name):
        self.name = name

    def clone(self):
        return record_function(self.name)

    def __enter__(self):
        self._scope = ops._enter_function(self.name)
        return self

    def __exit__(self, *error):
        ops._leave_function(self._scope)
