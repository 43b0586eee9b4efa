"""The profiler: which ops ran how often and how long, forward and backward, and how much memory was in use at most.

    with torch.profiler.profile() as prof:
        model(input).sum().backward()
    print(prof.key_averages().table(sort_by="self_cpu_time_total", row_limit=10))
    prof.export_chrome_trace("trace.json")
"""

import collections
import enum
import warnings

from ._C import ops
from ._modes import _Guard

__all__ = [
    "EventList", "ProfilerAction", "ProfilerActivity", "profile", "record_function", "schedule", "tensorboard_trace_handler",
]  # fmt: skip


class ProfilerActivity(enum.Enum):
    """What to profile. There is only the CPU; CUDA is accepted with a warning, as by PyTorch without a GPU."""

    CPU = 0
    CUDA = 2


class ProfilerAction(enum.Enum):
    """What a schedule says of a step."""

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3


def schedule(*, wait, warmup, active, repeat=0, skip_first=0, skip_first_wait=0):
    """A function of the number of a step: after skip_first steps, cycles of wait steps that are not recorded, warmup steps
    likewise, and active steps that are, repeat times (0: to the end). With skip_first_wait the first cycle does not wait."""
    if min(wait, warmup, repeat, skip_first) < 0 or active <= 0:
        raise AssertionError("Invalid profiler schedule arguments")

    def action(step):
        if step < 0:
            raise AssertionError("Step must be non-negative.")
        step -= skip_first
        if step < 0:
            return ProfilerAction.NONE
        if skip_first_wait:
            step += wait
        cycle = wait + warmup + active
        if repeat and step >= repeat * cycle:
            return ProfilerAction.NONE
        place = step % cycle
        if place < wait:
            return ProfilerAction.NONE
        if place < wait + warmup:
            return ProfilerAction.WARMUP
        return ProfilerAction.RECORD if place < cycle - 1 else ProfilerAction.RECORD_AND_SAVE

    return action


def tensorboard_trace_handler(dir_name, worker_name=None, use_gzip=False):
    """A function for on_trace_ready that writes a Chrome trace of a name of its own into a folder."""
    import os
    import socket
    import time

    if use_gzip:
        raise NotImplementedError("tensorboard_trace_handler: Relume writes traces uncompressed, use use_gzip=False")

    def handler(prof):
        os.makedirs(dir_name, exist_ok=True)
        worker = worker_name or f"{socket.gethostname()}_{os.getpid()}"
        prof.export_chrome_trace(os.path.join(dir_name, f"{worker}.{time.time_ns()}.pt.trace.json"))

    return handler


_RECORDING = (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)


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

    schedule is a function of the number of a step that says when to record; the program says step() after each. on_trace_ready
    is called with the profiler whenever a stretch of recorded steps has ended. One profiler runs at a time: entering a second
    one raises RuntimeError. Shapes, stacks and counts of operations are not recorded.
    """

    def __init__(
        self, *, activities=None, schedule=None, on_trace_ready=None, record_shapes=False, profile_memory=False,
        with_stack=False, with_flops=False, with_modules=False,
    ):  # fmt: skip
        activities = set(activities or ())
        unknown = activities - set(ProfilerActivity)
        if unknown:
            raise ValueError(f"profile: expected activities of the CPU, got {unknown}")
        if ProfilerActivity.CUDA in activities:
            warnings.warn("CUDA is not available, disabling CUDA profiling", stacklevel=2)
        self._schedule = schedule or (lambda step: ProfilerAction.RECORD)
        self._on_trace_ready = on_trace_ready
        self._running = False
        self._result = None
        self.step_num = 0
        self.current_action = self._schedule(0)

    def start(self):
        """Begins, as entering does."""
        if self.current_action in _RECORDING:
            self._begin()

    def stop(self):
        """Ends, as leaving does."""
        if self._running:
            self._end()

    def step(self):
        """Says that a step has ended: the schedule decides about the next one."""
        before = self.current_action
        self.step_num += 1
        self.current_action = self._schedule(self.step_num)
        goes_on = self.current_action in _RECORDING
        if self._running and (before is ProfilerAction.RECORD_AND_SAVE or not goes_on):
            self._end()
        if goes_on and not self._running:
            self._begin()

    def _begin(self):
        ops._profiler_start()
        self._running = True

    def _end(self):
        self._running = False
        self._result = ops._profiler_stop()
        if self._on_trace_ready:
            self._on_trace_ready(self)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.stop()

    def _finished(self):
        if self._result is None:
            raise RuntimeError("Profiler didn't finish running")
        return self._result

    def key_averages(self, group_by_input_shape=False, group_by_stack_n=0):
        """One row a name. Raises RuntimeError before the profile has ended."""
        if group_by_input_shape or group_by_stack_n:
            raise NotImplementedError("key_averages: Relume records neither shapes nor stacks to group by")
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
