"""torch.multiprocessing's names: processes, queues with tensors, spawn."""

import os

import pytest
import relume as torch
from relume import multiprocessing as mp


def double(queue, x):
    queue.put(x * 2)


def write(i, folder, scale):
    with open(os.path.join(folder, str(i)), "w", encoding="utf-8") as file:
        file.write(str(torch.full((2,), i * scale).sum().item()))


def fail(i, folder):
    if i == 1:
        raise ValueError("one of them fails")


def leave(i):
    os._exit(3)


def test_tensors_go_through_queues():
    context = mp.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=double, args=(queue, torch.arange(3.0)))
    process.start()
    assert queue.get().tolist() == [0, 2, 4]
    process.join()
    assert torch.multiprocessing is mp


def test_start_processes(tmp_path):
    assert mp.start_processes(write, (str(tmp_path), 3.0), nprocs=2, start_method="fork") is None
    assert (tmp_path / "0").read_text() == "0.0" and (tmp_path / "1").read_text() == "6.0"
    started = mp.start_processes(write, (str(tmp_path), 1.0), nprocs=1, join=False, start_method="fork")
    assert len(started.pids()) == 1
    while not started.join():
        pass


def test_failures_surface(tmp_path):
    with pytest.raises(mp.ProcessRaisedException, match="(?s)Process 1 terminated .*ValueError: one of them fails") as caught:
        mp.start_processes(fail, (str(tmp_path),), nprocs=2, start_method="fork")
    assert caught.value.error_index == 1
    with pytest.raises(mp.ProcessExitedException, match="process 0 terminated with exit code 3"):
        mp.start_processes(leave, nprocs=1, start_method="fork")


def test_settings():
    assert mp.get_sharing_strategy() in mp.get_all_sharing_strategies()
    with pytest.raises(AssertionError, match="expected one of"):
        mp.set_sharing_strategy("telepathy")
    assert not torch.distributed.is_available() and not torch.distributed.is_initialized()
    with pytest.raises(RuntimeError, match="Relume trains in one process"):
        torch.distributed.init_process_group("gloo")
    for call in (torch.distributed.get_world_size, lambda: torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(1, 1))):
        with pytest.raises(ValueError, match="Default process group has not been initialized"):
            call()
    with pytest.raises(AttributeError, match="Relume does not have it"):
        torch.distributed.fsdp
