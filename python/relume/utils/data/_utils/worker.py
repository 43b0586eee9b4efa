"""What runs in a worker process: it fetches batches as it is told, and reports errors as well as batches."""

import os
import random
import sys
import traceback
import weakref
from dataclasses import dataclass
from typing import Any

from ...._C import ops
from ....random import manual_seed
from .link import WorkerLink, packed


@dataclass(frozen=True)
class WorkerInfo:
    """What a data set can know about the worker process it is in."""

    id: int
    num_workers: int
    seed: int
    dataset: Any

    def __repr__(self):
        return f"WorkerInfo(id={self.id}, num_workers={self.num_workers}, seed={self.seed}, dataset={self.dataset})"


_worker_info = None


def get_worker_info():
    """In a worker process of a DataLoader: id, num_workers, seed, and the data set's copy. None elsewhere."""
    return _worker_info


class _KeyErrorMessage(str):
    """Text that prints as it is in a KeyError, with its lines."""

    def __repr__(self):
        return str(self)


class WorkerError:
    """An error in a worker, which the loader raises again with the worker's traceback as text."""

    def __init__(self, where):
        kind, error, trace = sys.exc_info()
        self.kind, self.where = kind, where
        self.text = "".join(traceback.format_exception(kind, error, trace))

    def reraise(self):
        """Raises an error of the same kind, or RuntimeError where that kind needs more than a text."""
        text = f"Caught {self.kind.__name__} {self.where}.\nOriginal {self.text}"
        if self.kind is KeyError:
            text = _KeyErrorMessage(text)
        try:
            error = self.kind(text)
        except Exception:
            raise RuntimeError(text) from None
        raise error


@dataclass
class Task:
    """What a worker is started with."""

    worker_id: int
    num_workers: int
    dataset: Any
    fetcher: Any
    fetcher_arguments: tuple
    base_seed: int
    init_fn: Any


# Sockets of this process to its workers, which a worker forked later must not keep open.
loader_links = weakref.WeakSet()


def _seed(base_seed, worker_id):
    """Seeds the generators that a data set may use, differently in each worker."""
    seed = base_seed + worker_id
    random.seed(seed)
    manual_seed(seed)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        entropy = [worker_id, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]
        numpy.random.seed(numpy.random.SeedSequence(entropy).generate_state(4))
    return seed


def _result_of(fetch, index, where):
    """(kind, value) to be sent: "data", "end" of an iterable data set, or "error"."""
    try:
        return "data", fetch(index)
    except StopIteration:
        return "end", None
    except Exception:
        return "error", WorkerError(where)


def _packed_result(number, result, where):
    """The message of a result, or of the error that it can't be sent."""
    try:
        return packed((number, *result))
    except Exception:
        error = result[1] if result[0] == "error" else WorkerError(where)
    error.kind = RuntimeError  # an error's own kind may be what can't be sent
    return packed((number, "error", error))


def worker_main(socket, task):
    """Answers each (number, index) with (number, kind, value), until the loader closes its end. A message None begins
    the data set anew."""
    for link in list(loader_links):
        link.close()
    try:
        _serve(WorkerLink(socket), task)
    except (EOFError, ConnectionError, KeyboardInterrupt):
        pass  # the loader has no more use for this worker
    finally:
        socket.close()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _serve(link, task):
    global _worker_info
    where = f"in DataLoader worker process {task.worker_id}"
    ops.set_num_threads(1)
    seed = _seed(task.base_seed, task.worker_id)
    _worker_info = WorkerInfo(task.worker_id, task.num_workers, seed, task.dataset)
    failure = fetcher = None
    try:
        if task.init_fn is not None:
            task.init_fn(task.worker_id)
        fetcher = task.fetcher(task.dataset, *task.fetcher_arguments)
    except Exception:
        failure = WorkerError(where)
    while True:
        message = link.receive()
        if message is None:
            if failure is None:
                fetcher = task.fetcher(task.dataset, *task.fetcher_arguments)
            continue
        number, index = message
        result = ("error", failure) if failure else _result_of(fetcher.fetch, index, where)
        link.send(_packed_result(number, result, where))
