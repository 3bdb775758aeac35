"""One contender's measurement: ``python -m benchmarks.child JOURNEY LABEL SECONDS``.

In a process of its own, so that a rival that crashes takes nothing with it and peak memory belongs
to one library alone. Prints one line of JSON.
"""

import gc
import importlib
import json
import os
import resource
import statistics
import sys
import time
from pathlib import Path
from threading import Event, Thread
from typing import Any

from .registry import find_journey

SAMPLE_SECONDS = 0.02  # a sample repeats short work until it lasts so long
LONG_SECONDS = 0.3  # a first pass beyond it is no short work


def status_kib(field: str) -> int:
    """A field of the process's status in KiB; its highest resident size where there is no /proc."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1])
    except OSError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def forget_peak() -> None:
    """Let the peak of resident memory start from what is resident now, where the system can."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


class AnonymousPeak(Thread):
    """The most anonymous memory that was resident in KiB, looked at every millisecond: no system keeps it."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.first_kib = self.peak_kib = status_kib("RssAnon")
        self.ended = Event()

    def run(self) -> None:
        """Look until told to end."""
        while not self.ended.wait(0.001):
            self.peak_kib = max(self.peak_kib, status_kib("RssAnon"))

    def added_mib(self) -> float:
        """End; what came to the first look."""
        self.ended.set()
        self.join()
        return (self.peak_kib - self.first_kib) / 1024


def children_seconds() -> float:
    """CPU time of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def all_seconds() -> float:
    """CPU time of this process and of those that it has started and that have ended."""
    return time.process_time() + children_seconds()


def measure(journey_name: str, label: str, seconds: float) -> dict[str, Any]:
    """Warm up, then repeat the work for about ``seconds`` of CPU time; the median sample counts."""
    journey = find_journey(journey_name)
    contender = next(one for one in journey.contenders if one.label == label)
    arguments, units = journey.prepare(contender.share)
    adapter = importlib.import_module(f"benchmarks.rivals.{contender.module}")
    ready = getattr(adapter, f"{contender.function}_ready", None)
    if ready is not None:
        arguments = ready(*arguments)
    function = getattr(adapter, contender.function)
    work = getattr(adapter, f"{contender.function}_work", None)
    clock = children_seconds if journey.processes else all_seconds

    gc.collect()
    before_kib = status_kib("VmRSS")
    forget_peak()
    anonymous = AnonymousPeak()
    if any(bar.kind == "mib" for bar in journey.bars):
        anonymous.start()
    cpu, wall = clock(), time.perf_counter()
    result = function(*arguments)
    cpu, wall = clock() - cpu, time.perf_counter() - wall
    peak_kib = status_kib("VmHWM")
    anonymous_mib = anonymous.added_mib() if anonymous.ident else 0.0
    if journey.processes:
        before_kib, peak_kib = 0, getattr(adapter, f"{contender.function}_peak")(*arguments)
    done = int(result if work is None else work(result))
    units = units or done
    del result

    # The first pass warms up, and counts only where no time was given to repeat it. A second one tells how
    # often to repeat: what was loaded and opened for the first time is not in it.
    samples = [] if seconds else [(cpu, wall)]
    if seconds and wall < LONG_SECONDS:
        again = time.perf_counter()
        function(*arguments)
        wall = time.perf_counter() - again
    repeats = max(1, int(SAMPLE_SECONDS / max(wall, 1e-7)))
    while not samples or sum(cpu for cpu, _ in samples) * repeats < seconds:
        gc.collect()
        cpu, wall = clock(), time.perf_counter()
        for _ in range(repeats):
            result = function(*arguments)
        cpu, wall = clock() - cpu, time.perf_counter() - wall
        del result
        samples.append((cpu / repeats, wall / repeats))
    return {
        "cpu_ns": statistics.median(cpu for cpu, _ in samples) / units * 1e9,
        "wall_ns": statistics.median(wall for _, wall in samples) / units * 1e9,
        "peak_mib": peak_kib / 1024,
        "added_mib": (peak_kib - before_kib) / 1024,
        "anonymous_mib": anonymous_mib,
        "units": units,
        "work": done,
    }


def main() -> None:
    """Entry of the child process."""
    journey, label, seconds = sys.argv[1:4]
    # What a library prints must not mix with the answer, which goes to the real standard output.
    answer = os.dup(1)
    os.dup2(2, 1)
    line = json.dumps(measure(journey, label, float(seconds)))
    os.write(answer, line.encode() + b"\n")
    os._exit(0)  # a rival's crash at exit is not our business


if __name__ == "__main__":
    main()
