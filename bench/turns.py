"""Times one row of work by several programs that take turns. harness.h and harness.py are their side of it."""

import dataclasses
import json
import os
import statistics
import subprocess
import tempfile
import time

from libraries import BenchError, reason, run

PAUSE = 0.015  # seconds after which the threads of the program before have stopped spinning


@dataclasses.dataclass
class Sample:
    """What one program said of a row: microseconds a run, or why there are none."""

    us: float | None = None
    checksum: float | None = None
    note: str = ""
    error: str = ""


class Participant:
    """A program that has prepared a row and times it whenever it is asked to."""

    def __init__(self, command, threads):
        self.errors = tempfile.TemporaryFile()
        self.child = subprocess.Popen(
            [*map(str, command), "--threads", str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env=dict(os.environ, OMP_NUM_THREADS=str(threads)),
        )

    def read(self):
        line = self.child.stdout.readline()
        if not line:
            code = self.child.wait()
            self.errors.seek(0)
            raise BenchError(reason(self.errors.read().decode(errors="replace"), code).removeprefix("error: "))
        return json.loads(line)

    def turn(self):
        self.child.stdin.write("\n")
        self.child.stdin.flush()
        return self.read()["us"]

    def close(self):
        self.child.stdin.close()
        self.child.stdout.close()
        self.child.wait()
        self.errors.close()


def take_turns(commands, rounds, agree):
    """{who: Sample} for {who: (command, threads)}. Nothing is timed where agree(samples) is false."""
    samples, playing = {}, {}
    for who, (command, threads) in commands.items():
        samples[who] = Sample()
        try:
            playing[who] = Participant(command, threads)
            said = playing[who].read()
            samples[who] = Sample(checksum=said["checksum"], note=said.get("note", ""))
        except (OSError, BenchError) as error:
            samples[who].error = str(error)
            if who in playing:
                playing.pop(who).close()
    times = {who: [] for who in playing}
    if agree(samples):
        for _ in range(rounds):
            for who in list(playing):
                time.sleep(PAUSE)
                try:
                    times[who].append(playing[who].turn())
                except (OSError, BenchError) as error:
                    samples[who].error = str(error)
                    playing.pop(who).close()
    for who, participant in playing.items():
        participant.close()
        samples[who].us = statistics.median(times[who]) if times[who] else None
    return samples


def extra_memory(commands):
    """{who: Sample} with megabytes in place of microseconds."""
    samples = {}
    for who, (command, threads) in commands.items():
        try:
            said = run([*command, "--memory", "--threads", threads], OMP_NUM_THREADS=str(threads))
            samples[who] = Sample(us=json.loads(said.output)["bytes"] / 1e6)
        except (OSError, BenchError) as error:
            samples[who] = Sample(error=str(error))
    return samples
