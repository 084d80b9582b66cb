"""What jitkit costs before a kernel does any work: the launch of a tiny one, and the import."""

from __future__ import annotations

import functools
import itertools
import statistics
from typing import Any

from . import _measure, _suite

POINTS = 16
LAUNCHES = 1_000
IMPORT = """
import sys, time
started = time.perf_counter()
exec(sys.argv[1])
print(time.perf_counter() - started)
"""


@functools.cache
def sides() -> dict[str, tuple[_measure.Call, Any, Any]]:
    """Return for jitkit and for Numba: a call that launches a thousand times, its input and its output.

    The kernel averages `y` with `x`, so that after so many launches `y` equals `x`.
    """
    _suite.keep_caches_apart()
    import numba
    import numpy as np

    import jitkit as jk

    @jk.kernel
    def ours(i, a, x, b, y):
        y[i] = a * x[i] + b * y[i]

    @numba.njit
    def bare(a, x, b, y):
        for i in range(y.size):
            y[i] = a * x[i] + b * y[i]

    def launch_ours() -> None:
        for _ in itertools.repeat(None, LAUNCHES):
            ours[POINTS](0.5, x, 0.5, y)

    def launch_bare() -> None:
        for _ in itertools.repeat(None, LAUNCHES):
            bare(0.5, x, 0.5, z)

    x, y, z = np.arange(1.0, POINTS + 1), np.zeros(POINTS), np.zeros(POINTS)
    launch_ours()
    launch_bare()
    return {"jitkit": (launch_ours, x, y), "Numba": (launch_bare, x, z)}


class Overhead:
    """A thousand launches over 16 points with four arguments, beside as many calls of a bare `njit` function."""

    version = "1"
    repeat = (5, 200, 0.5)
    params = [["jitkit", "Numba"]]
    param_names = ["by"]

    def setup(self, by: str) -> None:
        self.launch, self.x, self.y = sides()[by]

    def time_thousand_launches(self, by: str) -> None:
        self.launch()


class OverheadBesideNumba:
    """The same as a ratio, the two taking turns."""

    version = "1"

    def setup(self) -> None:
        sides()

    def track_relative_to_numba(self) -> float:
        return _measure.ratio(sides()["jitkit"][0], sides()["Numba"][0])

    track_relative_to_numba.unit = "times Numba"


class Import:
    """The import of jitkit, and of what a module with a kernel needs of it, each in new processes."""

    version = "1"
    params = [["import jitkit", "from jitkit import kernel"]]
    param_names = ["statement"]
    processes = 5

    def track_relative_to_numpy(self, statement: str) -> float:
        pairs = ((imported(statement), imported("import numpy")) for _ in range(self.processes))
        return statistics.median(ours / numpy for ours, numpy in pairs)

    track_relative_to_numpy.unit = "times `import numpy`"


def imported(statement: str) -> float:
    """Return the seconds that an import takes in a new process."""
    return _measure.in_new_process(IMPORT, statement)
