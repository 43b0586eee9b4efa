"""utils.benchmark: times of statements."""

import re

import relume as torch
from relume.utils import benchmark


def test_timers_measure():
    ran = []
    timer = benchmark.Timer("run(torch.ones(2))", globals={"run": ran.append}, label="L", sub_label="s", description="d")
    found = timer.timeit(50)
    assert len(ran) == 52 and found.number_per_run == 50 and len(found.times) == 1 and found.mean > 0
    assert repr(found).split("\n")[1:3] == ["L: s", "d"]
    assert re.fullmatch(r"  1 measurement, 50 runs , 1 thread", repr(found).split("\n")[-1])
    assert timer.blocked_autorange(min_run_time=0.01).median > 0 and timer.adaptive_autorange(max_run_time=0.02).iqr >= 0
    assert torch.get_num_threads() > 0


def test_measurements_are_printed_as_pytorch_prints_them():
    timer = benchmark.Timer("f(x)", label="Label", description="desc")
    found = benchmark.Measurement(10, [1e-5, 1.1e-5, 1.05e-5, 3e-5, 1e-5, 1e-5], timer)
    assert repr(found).split("\n")[1:] == [
        "Label",
        "desc",
        "  Median: 1.02 us",
        "  IQR:    0.09 us (1.00 to 1.09)",
        "  6 measurements, 10 runs per measurement, 1 thread",
    ]
