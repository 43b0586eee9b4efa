"""harness.h for programs in Python: prepares a row, prints its checksum, and times it for every line of input."""

import argparse
import json
import sys
import time

import numpy as np

BLOCK, ENOUGH, BLOCKS = 4e-3, 6e-2, 6  # seconds, and how many blocks at most


def checksum(values):
    """The weighted sum of absolute values that rows.h computes."""
    values = np.abs(np.asarray(values, np.float64)).ravel()
    return float(values @ np.linspace(1, 2, values.size))


def best_seconds(run):
    """Seconds a run: the best mean of a few blocks."""

    def block(times):
        start = time.perf_counter()
        for _ in range(times):
            run()
        return time.perf_counter() - start

    times = 1
    spent = block(times)
    while spent < BLOCK:
        times = max(times + 1, int(times * min(10, 1.1 * BLOCK / spent)))
        spent = block(times)
    means, total = [], 0
    while len(means) < BLOCKS and total < ENOUGH:
        spent = block(times)
        total += spent
        means.append(spent / times)
    return min(means)


def fastest(ways):
    """(name, run) of the fastest of several ways to do the same, {name: run}."""
    return min(ways.items(), key=lambda way: best_seconds(way[1]))


def serve(prepare):
    """main(): prepare(name, threads, folder) gives (run, checksum, note)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", default=".")
    parser.add_argument("name")
    arguments = parser.parse_args()
    try:
        run, total, note = prepare(arguments.name, arguments.threads, arguments.folder)
    except Exception as error:  # whatever the library does not like: the benchmark goes on without it
        sys.exit(f"error: {type(error).__name__}: {error}".splitlines()[0])
    print(json.dumps({"checksum": total, "note": note}), flush=True)
    for _ in sys.stdin:
        print(json.dumps({"us": best_seconds(run) * 1e6}), flush=True)
