"""Times of statements: Timer measures, and a Measurement says what it found."""

import importlib
import math
import statistics
import textwrap
import timeit

from .._C import ops
from .benchmark_table import Compare

__all__ = ["Compare", "Measurement", "TaskSpec", "Timer"]


def _unit(seconds):
    """(name, seconds in one) of the unit in which a time is readable."""
    for name, size in (("s", 1), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return name, size
    return "ns", 1e-9


def _quantile(values, share):
    place = share * (len(values) - 1)
    low, high = values[math.floor(place)], values[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))


class TaskSpec:
    """What was measured, and how tables call it."""

    __module__ = "relume.utils.benchmark.utils.common"

    def __init__(self, stmt, setup, global_setup="", label=None, sub_label=None, description=None, env=None, num_threads=1):
        self.stmt, self.setup, self.global_setup = stmt, setup, global_setup
        self.label, self.sub_label, self.description, self.env = label, sub_label, description, env
        self.num_threads = num_threads


class Measurement:
    """Times of a statement: raw_times are seconds, each for number_per_run runs."""

    __module__ = "relume.utils.benchmark.utils.common"

    def __init__(self, number_per_run, raw_times, task_spec, metadata=None):
        self.number_per_run, self.raw_times, self.task_spec, self.metadata = number_per_run, raw_times, task_spec, metadata

    def __getattr__(self, name):  # stmt, setup, label, sub_label, description, env, num_threads
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.__dict__["task_spec"], name)

    @staticmethod
    def merge(measurements):
        """Those of the same task as one each."""
        merged = {}
        for each in measurements:
            names = "number_per_run stmt setup label sub_label description env num_threads".split()
            merged.setdefault(tuple(getattr(each, name) for name in names), []).append(each)
        return [
            Measurement(parts[0].number_per_run, sum((list(part.raw_times) for part in parts), []), parts[0].task_spec)
            for parts in merged.values()
        ]

    @property
    def times(self):
        """Seconds a run."""
        return [seconds / self.number_per_run for seconds in self.raw_times]

    @property
    def mean(self):
        """The mean of times."""
        return statistics.fmean(self.times)

    @property
    def median(self):
        """The median of times."""
        return statistics.median(self.times)

    @property
    def iqr(self):
        """The distance between the quartiles of times."""
        times = sorted(self.times)
        return _quantile(times, 0.75) - _quantile(times, 0.25)

    @property
    def significant_figures(self):
        """How many figures of the median the middle half of the times leaves certain, about: 1 to 4."""
        times = sorted(self.times)
        middle = times[len(times) // 4 : math.ceil(3 * len(times) / 4)]
        spread = max(1.645 * statistics.pstdev(middle) / math.sqrt(len(middle)), 25e-9)
        return min(max(math.floor(math.log10(self.median / spread)), 1), 4)

    @property
    def has_warnings(self):
        """Whether the quartiles are a tenth of the median apart, or more."""
        return len(self.raw_times) > 1 and self.iqr / self.median > 0.1

    def meets_confidence(self, threshold=0.1):
        """Whether the quartiles are closer than the share `threshold` of the median."""
        return self.iqr / self.median < threshold

    @property
    def as_row_name(self):
        """What the rows of tables call it."""
        return self.sub_label or self.stmt or "[Unknown]"

    @property
    def title(self):
        """What was measured, in a line."""
        if self.label is None:
            return self.stmt
        return self.label + (f": {self.sub_label}" if self.sub_label else "")

    def __repr__(self):
        times, (unit, size) = sorted(self.times), _unit(self.median)
        module = type(self).__module__.replace("relume", "torch", 1)
        lines = [f"<{module}.Measurement object at {id(self):#x}>", self.title]
        if self.label is not None and self.description:
            lines.append(self.description)
        if self.label is None and self.setup != "pass":
            lines.append(f"setup: {self.setup}")
        threads = f"{self.num_threads} thread{'s' if self.num_threads > 1 else ''}"
        if len(times) == 1:
            lines += [f"  {self.median / size:.2f} {unit}", f"  1 measurement, {self.number_per_run} runs , {threads}"]
            return "\n".join(lines)
        lines.append(f"  Median: {self.median / size:.2f} {unit}")
        if len(times) > 3:
            quartiles = " to ".join(f"{_quantile(times, share) / size:.2f}" for share in (0.25, 0.75))
            lines.append(f"  IQR:    {self.iqr / size:.2f} {unit} ({quartiles})")
        lines.append(f"  {len(times)} measurements, {self.number_per_run} runs per measurement, {threads}")
        return "\n".join(lines)


class Timer:
    """Runs a statement many times, on num_threads threads, and measures how long that takes."""

    def __init__(self, stmt="pass", setup="pass", timer=timeit.default_timer, globals=None, label=None, sub_label=None,
                 description=None, env=None, num_threads=1):  # fmt: skip
        stmt, setup = textwrap.dedent(stmt).strip(), textwrap.dedent(setup).strip()
        self._task_spec = TaskSpec(stmt, setup, "", label, sub_label, description, env, num_threads)
        names = {"torch": importlib.import_module("relume"), **(globals or {})}
        self._timer = timeit.Timer(stmt, setup, timer, names)

    def _run(self, number):
        before = ops.get_num_threads()
        ops.set_num_threads(self._task_spec.num_threads)
        try:
            return self._timer.timeit(number)
        finally:
            ops.set_num_threads(before)

    def timeit(self, number=1000000):
        """One measurement of `number` runs, after some to warm up."""
        self._run(max(number // 100, 2))
        return Measurement(number, [self._run(number)], self._task_spec)

    def blocked_autorange(self, callback=None, min_run_time=0.2):
        """Measurements of as many runs each as take a thousandth of min_run_time, for min_run_time seconds together."""
        number = 1
        while self._run(number) < min_run_time / 1000:
            number *= 10
        times = []
        while sum(times) < min_run_time:
            times.append(self._run(number))
            if callback is not None:
                callback(number, times[-1])
        return Measurement(number, times, self._task_spec)

    def adaptive_autorange(self, threshold=0.1, *, min_run_time=0.01, max_run_time=10.0, callback=None):
        """Measurements until their quartiles are closer than the share `threshold` of the median, or max_run_time."""
        found = self.blocked_autorange(callback, min_run_time)
        while sum(found.raw_times) < max_run_time and found.iqr >= threshold * found.median:
            found.raw_times.append(self._run(found.number_per_run))
        return found
