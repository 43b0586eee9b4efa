"""utils.benchmark: times of statements."""

import re

import pytest
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
    spec = benchmark.TaskSpec("f(x)", "pass", label="Label", description="desc")
    found = benchmark.Measurement(10, [1e-5, 1.1e-5, 1.05e-5, 3e-5, 1e-5, 1e-5], spec)
    assert repr(found).split("\n")[1:] == [
        "Label",
        "desc",
        "  Median: 1.02 us",
        "  IQR:    0.09 us (1.00 to 1.09)",
        "  6 measurements, 10 runs per measurement, 1 thread",
    ]


def measured(seconds, label="mul", sub_label="a", description="x", times=1, **more):
    spec = benchmark.TaskSpec("s", "", label=label, sub_label=sub_label, description=description, **more)
    return benchmark.Measurement(1, [seconds * (1 + 0.01 * i) for i in range(times)], spec)


GRID = [measured(t * n, sub_label=s, description=d, num_threads=n)
        for n in (2, 1) for s, d, t in (("a", "x", 1e-6), ("a", "y", 3e-6), ("b", "x", 2e-3), ("b", "y", 6e-3))]  # fmt: skip


def test_measurements_side_by_side():
    assert str(benchmark.Compare(GRID)) == (
        "[----------- mul ------------]\n"
        "         |    x     |     y   \n"
        "1 threads: -------------------\n"
        "      a  |     1.0  |      3.0\n"
        "      b  |  2000.0  |   6000.0\n"
        "2 threads: -------------------\n"
        "      a  |     2.0  |      6.0\n"
        "      b  |  4000.0  |  12000.0\n"
        "\nTimes are in microseconds (us).\n"
    )


def test_tables_of_what_was_not_measured_everywhere(capsys):
    results = [measured(1e-3, env="A"), measured(2e-3, env="B"), measured(1e-3, sub_label="long", env="A")]
    compare = benchmark.Compare(results + [measured(2e-9, label="other")])
    compare.print()
    assert capsys.readouterr().out == (
        "[------ mul ------]\n"
        "             |   x \n"
        "1 threads: --------\n"
        "  (A)  a     |  1.0\n"
        "       long  |  1.0\n"
        "  (B)  a     |  2.0\n"
        "\nTimes are in milliseconds (ms).\n"
        "\n[--- other ---]\n"
        "         |   x \n"
        "1 threads: ----\n"
        "      a  |  2.0\n"
        "\nTimes are in nanoseconds (ns).\n\n"
    )


def test_tables_show_what_is_fast_and_how_sure_that_is():
    compare = benchmark.Compare([measured(1.2345e-3, times=100), measured(123.456e-3, description="y", times=3)])
    compare.trim_significant_figures()
    compare.colorize(rowwise=True)
    assert str(compare).splitlines()[3] == "      a  |  \033[92m\033[1m2\033[0m\033[0m  |  \033[31m\033[1m120\033[0m\033[0m"
    spread = benchmark.Measurement(1, [1e-3, 5e-3, 9e-3, 1e-2], measured(1, sub_label="w").task_spec)
    compare = benchmark.Compare([measured(1e-3)])
    compare.extend_results([spread])
    compare.highlight_warnings()
    assert str(compare).splitlines()[4] == "      w  |  7.0 (! 75%)" and "(! XX%) Measurement has high variance" in str(compare)
    with pytest.raises(ValueError, match="Expected an instance of `Measurement`, got <class 'int'> instead."):
        benchmark.Compare([1])
