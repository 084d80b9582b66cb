"""What the first launch of a new process costs on the CPU: with nothing in the cache, and with the code found there.

Numba is imported before the clock starts.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from . import _measure, _suite

FIRST_LAUNCH = """
import sys, time
import numba
from jitkit import cases
case = cases.load(sys.argv[1])
problem = case.problem("tiny")
expected = case.reference(problem)
started = time.perf_counter()
case.launch(problem, backend="cpu")
print(time.perf_counter() - started)
case.check(problem, expected)
"""
PROCESSES = 3
# The plainest kernel, one of three dimensions with a helper, and one with math functions and loops of its own.
CASES = ["saxpy", "wave", "bilateral"]


def first_launch(case: str, folder: str) -> float:
    """Return the seconds of the first launch of a case in a new process; the cache lies in `folder`."""
    return _measure.in_new_process(FIRST_LAUNCH, case, JITKIT_CACHE_DIR=folder)


class Cold:
    """The first launch has to compile."""

    version = "1"
    timeout = 120
    params = [CASES]
    param_names = ["case"]

    def setup(self, case: str) -> None:
        _suite.load(case)

    def track_first_launch(self, case: str) -> float:
        times = []
        for _ in range(PROCESSES):
            with tempfile.TemporaryDirectory() as folder:
                times.append(first_launch(case, folder))
        return statistics.median(times)

    track_first_launch.unit = "seconds"


class Cached:
    """An earlier process has compiled: the first launch loads."""

    version = "1"
    timeout = 120
    params = [CASES]
    param_names = ["case"]

    def setup(self, case: str) -> None:
        _suite.load(case)
        self.folder = tempfile.TemporaryDirectory()
        first_launch(case, self.folder.name)
        if not any(Path(self.folder.name).iterdir()):
            raise NotImplementedError("this commit keeps no compiled code")

    def teardown(self, case: str) -> None:
        self.folder.cleanup()

    def track_first_launch(self, case: str) -> float:
        return statistics.median(first_launch(case, self.folder.name) for _ in range(PROCESSES))

    track_first_launch.unit = "seconds"
