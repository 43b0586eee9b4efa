"""Python's multiprocessing under PyTorch's name: tensors travel between processes as copies."""

import traceback
from multiprocessing import *  # noqa: F403
from multiprocessing import connection, context, queues, reduction  # noqa: F401

from ._missing import attribute_finder

__getattr__ = attribute_finder("torch.multiprocessing")
_strategy = "file_descriptor"


class ProcessException(Exception):
    """A process that spawn() started did not end well."""

    def __init__(self, msg, error_index, error_pid):
        super().__init__(msg)
        self.msg, self.error_index, self.error_pid = msg, error_index, error_pid


class ProcessRaisedException(ProcessException):
    """It raised an exception, whose traceback is in the message."""


class ProcessExitedException(ProcessException):
    """It ended with an exit code other than 0, or by a signal."""

    def __init__(self, msg, error_index, error_pid, exit_code, signal_name=None):
        super().__init__(msg, error_index, error_pid)
        self.exit_code, self.signal_name = exit_code, signal_name


def get_all_sharing_strategies():
    """The names that set_sharing_strategy takes."""
    return {"file_descriptor", "file_system"}


def get_sharing_strategy():
    """What set_sharing_strategy was given; "file_descriptor" at first."""
    return _strategy


def set_sharing_strategy(new_strategy):
    """Kept, and changes nothing: tensors travel as bytes."""
    global _strategy
    if new_strategy not in get_all_sharing_strategies():
        raise AssertionError(f"invalid sharing strategy {new_strategy!r}, expected one of {get_all_sharing_strategies()}")
    _strategy = new_strategy


def _run(fn, i, args, errors):
    """What a process of spawn() does."""
    try:
        fn(i, *args)
    except KeyboardInterrupt:
        pass
    except Exception:
        errors.put(traceback.format_exc())
        raise SystemExit(1) from None


class ProcessContext:
    """The processes of spawn(join=False)."""

    def __init__(self, processes, errors):
        self.processes, self._errors = processes, errors

    def pids(self):
        """Their numbers."""
        return [process.pid for process in self.processes]

    def join(self, timeout=None, grace_period=None):
        """Waits for one process at least; True where all have ended. Raises ProcessRaisedException or
        ProcessExitedException, and ends the others, where one did not end well."""
        waiting = {process.sentinel: i for i, process in enumerate(self.processes) if process.is_alive()}
        if waiting:
            connection.wait(waiting, timeout)
        ended = not any(process.is_alive() for process in self.processes)  # asked first: exit codes are known from here on
        for i, process in enumerate(self.processes):
            if process.exitcode:
                self._raise(i, process)
        return ended

    def _raise(self, i, failed):
        for process in self.processes:
            if process.is_alive():
                process.terminate()
            process.join()
        if self._errors[i].empty():
            how = f"exit code {failed.exitcode}" if failed.exitcode > 0 else f"signal {-failed.exitcode}"
            raise ProcessExitedException(f"process {i} terminated with {how}", i, failed.pid, failed.exitcode)
        text = f"\n\n-- Process {i} terminated with the following error:\n{self._errors[i].get()}"
        raise ProcessRaisedException(text, i, failed.pid)


SpawnContext = ProcessContext


def start_processes(fn, args=(), nprocs=1, join=True, daemon=False, start_method="spawn"):
    """Calls fn(i, *args) in nprocs processes, i from 0 on, and waits for them; with join=False it returns a
    ProcessContext."""
    context_of = get_context(start_method)  # noqa: F405
    errors = [context_of.SimpleQueue() for _ in range(nprocs)]
    processes = [
        context_of.Process(target=_run, args=(fn, i, args, errors[i]), daemon=daemon) for i in range(nprocs)
    ]
    for process in processes:
        process.start()
    started = ProcessContext(processes, errors)
    if not join:
        return started
    while not started.join():
        pass
    return None


def spawn(fn, args=(), nprocs=1, join=True, daemon=False, start_method="spawn"):
    """start_processes with new interpreters."""
    return start_processes(fn, args, nprocs, join, daemon, start_method)
