"""The worker processes of a DataLoader's iterator: who does what, in which order results are taken, and their end."""

import itertools
import multiprocessing
import multiprocessing.connection  # join() would import it, maybe amid another import of it
import os
import selectors
import signal
import socket
import time
import weakref

from .link import Link
from .worker import Task, loader_links, worker_main

_PATIENCE = 1.0  # seconds for which a worker may go on with its batch when it is no longer wanted
_LOOK_AFTER = 5.0  # seconds after which silent workers are looked after


def _end(links, processes, selector, owner):
    """Closes the links, upon which workers end; those that do not are killed."""
    if os.getpid() != owner:
        return  # a copy of the loader in a forked process: the workers are not its own
    selector.close()
    for link in links:
        link.close()
    until = time.monotonic() + _PATIENCE
    for process in processes:
        process.join(max(0.0, until - time.monotonic()))
        for end in (process.terminate, process.kill):
            if process.is_alive():
                end()
                process.join(_PATIENCE)


def _why_gone(process):
    """What is said of a worker that ended by itself."""
    process.join(_PATIENCE)
    code = process.exitcode
    if code is not None and code < 0:
        return f"DataLoader worker (pid {process.pid}) is killed by signal: {signal.strsignal(-code)}. "
    return (
        f"DataLoader worker (pid {process.pid}) exited unexpectedly with exit code {code}. Details are lost due to "
        "multiprocessing. Rerunning with num_workers=0 may give better error trace."
    )


class WorkerProcesses:
    """Started with a loader; begin() an epoch, next() until StopIteration."""

    def __init__(self, loader, base_seed):
        self.count, self.prefetch_factor, self.timeout = loader.num_workers, loader.prefetch_factor, loader.timeout
        self.in_order, self.persistent = loader.in_order, loader.persistent_workers
        self.links, self.processes = [], []
        self.next_number = self.wanted = 0
        self.selector = selectors.DefaultSelector()
        self._end = weakref.finalize(self, _end, self.links, self.processes, self.selector, os.getpid())
        context = loader.multiprocessing_context or multiprocessing.get_context("fork")
        kind, arguments = loader._fetcher()
        for i in range(self.count):
            task = Task(i, self.count, loader.dataset, kind, arguments, base_seed, loader.worker_init_fn)
            self._start(context, task)
        for i, link in enumerate(self.links):
            self.selector.register(link, selectors.EVENT_READ, i)

    def _start(self, context, task):
        ours, theirs = socket.socketpair()
        link = Link(ours)
        loader_links.add(link)
        self.links.append(link)
        process = context.Process(target=worker_main, args=(theirs, task), daemon=True)
        process.start()
        theirs.close()
        self.processes.append(process)

    def close(self):
        """Ends the workers."""
        self._end()

    # An epoch.

    def begin(self, indices):
        """Hands out the first tasks."""
        self.indices = indices
        self.owners, self.results = {}, {}
        self.active = [True] * self.count
        self.turns = itertools.cycle(range(self.count))
        self.wanted = self.next_number
        for _ in range(self.prefetch_factor * self.count):
            self._hand_out()

    def restart(self):
        """Tells the workers to begin the data set anew. What they still send of the epoch before is dropped."""
        for link in self.links:
            link.send(None)

    def _hand_out(self):
        """Gives the next task to the next worker that has not come to its end."""
        try:
            index = next(self.indices)
        except StopIteration:
            return
        worker = next((i for i in itertools.islice(self.turns, self.count) if self.active[i]), None)
        if worker is None:
            return
        self.owners[self.next_number] = worker
        self.links[worker].send((self.next_number, index))
        self.next_number += 1

    def next(self):
        """The next batch. Raises StopIteration at the end, and whatever went wrong in a worker."""
        try:
            kind, value = self._next_result()
        except StopIteration:
            if not self.persistent:
                self.close()
            raise
        except BaseException:
            self.close()
            raise
        self._hand_out()
        if kind == "error":
            value.reraise()
        return value

    def _next_result(self):
        while True:
            number = self._number_at_turn()
            if number in self.results:
                del self.owners[number]
                return self.results.pop(number)
            self._gather()

    def _number_at_turn(self):
        """The number of the task whose result is next; tasks of workers at their end are passed over."""
        if not self.in_order and self.results:
            return next(iter(self.results))
        while self.owners:
            number = next(iter(self.owners))
            if number in self.results or self.active[self.owners[number]]:
                return number
            del self.owners[number]
        raise StopIteration

    def _gather(self):
        """Waits until a worker sends something."""
        for i, link in enumerate(self.links):
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if link.has_unsent else 0)
            self.selector.modify(link, events, i)
        timeout = self.timeout
        ready = self.selector.select(timeout if timeout > 0 else _LOOK_AFTER)
        if not ready and timeout > 0:
            raise RuntimeError(f"DataLoader timed out after {timeout} seconds")
        if not ready:
            self._look_after_workers()
        for key, events in ready:
            if events & selectors.EVENT_WRITE:
                key.fileobj.flush()
            if events & selectors.EVENT_READ:
                self._take_from(key.data)

    def _look_after_workers(self):
        """Finds workers that are gone although somebody keeps their socket open."""
        for process in self.processes:
            if not process.is_alive():
                raise RuntimeError(_why_gone(process))

    def _take_from(self, worker):
        try:
            messages = self.links[worker].receive()
        except EOFError:
            raise RuntimeError(_why_gone(self.processes[worker])) from None
        for number, kind, value in messages:
            if number not in self.owners:
                continue  # of an epoch that was left early
            if kind == "end":
                self.active[worker] = False
                self._hand_out()
            else:
                self.results[number] = kind, value
