"""relume.profiler and relume.memory."""

import json

import pytest
import relume as torch


def profiled(function):
    with torch.profiler.profile() as prof:
        function()
    return prof


def step():
    x = torch.ones(4, 4, requires_grad=True)
    with torch.profiler.record_function("forward pass"):
        y = (torch.relu(x) @ x).sum()
    y.backward()


class TestProfiler:
    def test_counts_ops_nodes_and_scopes(self):
        rows = {row.key: row for row in profiled(step).key_averages()}
        for name in ["relu", "matmul", "sum", "ReluBackward0", "SumBackward0", "forward pass"]:
            assert rows[name].count == 1, name
            assert 0 <= rows[name].self_cpu_time_total <= rows[name].cpu_time_total
        inside = sum(rows[name].cpu_time_total for name in ["relu", "matmul", "sum"])
        assert rows["forward pass"].cpu_time_total >= inside

    def test_prints_a_table(self):
        table = profiled(step).key_averages().table(sort_by="count", row_limit=3)
        assert "Self CPU %" in table and "# of Calls" in table and "Peak memory: " in table
        assert len(table.splitlines()) == 3 + 4 + 2
        with pytest.raises(ValueError, match="sorted by self_cpu_time_total"):
            profiled(step).key_averages().table(sort_by="colour")

    def test_exports_a_trace(self, tmp_path):
        path = tmp_path / "trace.json"
        profiled(step).export_chrome_trace(path)
        events = [event for event in json.loads(path.read_text())["traceEvents"] if event["ph"] == "X"]
        assert {"relu", "ReluBackward0", "forward pass"} <= {event["name"] for event in events}
        assert all({"ts", "dur", "pid", "tid", "cat"} <= event.keys() for event in events)
        with pytest.raises(RuntimeError, match="nowhere"):
            profiled(step).export_chrome_trace(tmp_path / "nowhere" / "trace.json")

    def test_one_runs_at_a_time(self):
        with torch.profiler.profile() as outer:
            with pytest.raises(RuntimeError, match="running already"):
                with torch.profiler.profile():
                    pass
            with pytest.raises(RuntimeError, match="didn't finish"):
                outer.key_averages()
        assert outer.key_averages() == []

    def test_decorates(self):
        decorated = torch.profiler.record_function("decorated")(lambda: torch.ones(3) + 1)
        rows = {row.key: row.count for row in profiled(lambda: (decorated(), decorated())).key_averages()}
        assert rows["decorated"] == 2 and rows["add"] == 2

    def test_knows_the_peak(self):
        assert profiled(lambda: torch.zeros(1 << 20)).peak_memory >= 4 << 20


class TestSchedules:
    def recorded(self, steps, **options):
        """Whether each stretch of recorded steps saw the op, by the number of the step that ended it."""
        seen = []

        def ready(prof):
            seen.append((prof.step_num, [row.count for row in prof.key_averages() if row.key == "add"]))

        plan = torch.profiler.schedule(**options) if options else None
        with torch.profiler.profile(schedule=plan, on_trace_ready=ready, record_shapes=True) as prof:
            for _ in range(steps):
                torch.ones(3) + 1
                prof.step()
        return seen

    def test_record_some_steps(self):
        assert self.recorded(10, wait=1, warmup=1, active=2, repeat=2) == [(4, [2]), (8, [2])]

    def test_record_what_the_end_cuts_off(self):
        assert self.recorded(5, wait=0, warmup=1, active=3, skip_first=2) == [(5, [2])]

    def test_record_everything_without_one(self):
        assert self.recorded(3) == [(3, [3])]

    def test_skip_the_first_wait(self):
        plan = torch.profiler.schedule(wait=2, warmup=1, active=1, skip_first=1, skip_first_wait=1)
        assert [plan(i).name for i in range(6)] == ["NONE", "WARMUP", "RECORD_AND_SAVE", "NONE", "NONE", "WARMUP"]

    def test_refuse_what_makes_no_sense(self):
        with pytest.raises(AssertionError, match="Invalid profiler schedule arguments"):
            torch.profiler.schedule(wait=0, warmup=0, active=0)
        with pytest.raises(NotImplementedError, match="neither shapes nor stacks"):
            profiled(lambda: torch.ones(1)).key_averages(group_by_input_shape=True)
        with pytest.warns(UserWarning, match="disabling CUDA profiling"):
            torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA])

    def test_write_traces_into_a_folder(self, tmp_path):
        handler = torch.profiler.tensorboard_trace_handler(str(tmp_path / "log"), "worker")
        with torch.profiler.profile(on_trace_ready=handler):
            torch.ones(3)
        (path,) = (tmp_path / "log").iterdir()
        assert path.name.startswith("worker.") and path.name.endswith(".pt.trace.json")
        assert json.loads(path.read_text())["traceEvents"]


class TestMemory:
    def test_counts_what_is_in_use(self):
        before = torch.memory.current()
        x = torch.zeros(1 << 20)
        assert torch.memory.current() >= before + (4 << 20)
        del x
        assert torch.memory.current() < before + (1 << 20)
        assert torch.memory.peak() >= before + (4 << 20)
        torch.memory.reset_peak()
        assert torch.memory.peak() < before + (4 << 20)
        torch.memory.empty_cache()
        assert torch.memory.cached() < 4 << 20

    def test_the_limit_holds_and_can_be_lifted(self):
        assert torch.memory.limit() is None
        torch.memory.set_limit(torch.memory.current() + (1 << 20))
        try:
            with pytest.raises(torch.OutOfMemoryError, match=r"out of memory: tried to allocate 8388608 bytes; \d+ bytes are in use"):
                torch.zeros(1 << 21)
        finally:
            torch.memory.set_limit(None)
        assert torch.zeros(1 << 21).sum().item() == 0
        with pytest.raises(ValueError):
            torch.memory.set_limit(-1)

    def test_a_huge_tensor_is_refused(self):
        with pytest.raises(torch.OutOfMemoryError, match="out of memory: tried to allocate"):
            torch.empty(1 << 60)
        assert torch.ones(3).sum().item() == 3
