"""The sides of the comparison with other libraries: which there are, and a process for each.

Started as `python -m benchmarks.peers.sides SIDE ROW SIZE DTYPE`, a side prepares the row, checks its answer, says "ready",
and times one call whenever it is sent a line. So no library's threads or settings meet another's.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from jitkit import cases
from jitkit.cases import Case, Problem

from . import rows
from .build import BLOCKED
from .rows import Row

ROOT = Path(__file__).parents[2]
LIBRARIES = {
    "NumPy": "numpy",
    "SciPy": "scipy",
    "scikit-learn": "sklearn",
    "bottleneck": "bottleneck",
    "numbagg": "numbagg",
    "pandas": "pandas",
    "numexpr": "numexpr",
    "JAX": "jax",
    "PyTorch": "torch",
    "Warp": "warp",
    "Taichi": "taichi",
}
"""The module of each library."""
DISTRIBUTIONS = {"sklearn": "scikit-learn", "warp": "warp-lang"}
"""What is installed for a module, where it has another name."""
SIDES = ("jitkit", "C", BLOCKED, "Numba", *LIBRARIES)
Call = Callable[[], Any]


def prepare(side: str, row: Row, problem: Problem) -> Call:
    """Return a call that solves a problem, after it has run once and its answer was right.

    Raises
    ------
    NotImplementedError
        Where the library is not installed, or the row is nothing for it.
    AssertionError
        Where the answer is wrong.
    """
    expected = row.case.reference(problem)
    call, finish = _bind(side, row.case, problem)
    call()
    finish()
    row.check(problem, expected, by=side)
    return call


def _bind(side: str, case: Case, problem: Problem) -> tuple[Call, Call]:
    if side in ("C", BLOCKED, "Numba"):
        return _compiled(side, case, problem), _nothing
    peers = _library(side)
    if case.name in peers:
        found = peers[case.name](*problem.args)
        return found if isinstance(found, tuple) else (found, _nothing)
    if side == "jitkit":
        return functools.partial(case.launch, problem, "cpu"), _nothing
    if side in ("NumPy", "SciPy") and (beside := _beside_numpy(case.name)):
        from .libraries._kept import kept

        return kept(functools.partial(beside.in_numpy, None, *problem.args), *case.results(problem).values())
    if side != "NumPy" or case.name not in cases.names():
        raise NotImplementedError(f"no {case.name} for {side}")
    # The reference returns what the others write.
    results: dict[str, Any] = {}
    pristine = problem.copy()
    return lambda: results.update(case.reference(pristine)), lambda: _write(case, problem, results)


def _beside_numpy(name: str) -> Any:
    """Return the benchmark that times a case beside NumPy or SciPy, or None."""
    from .. import _primitives

    if importlib.util.find_spec(f"benchmarks.{name}") is None:
        return None
    found = vars(importlib.import_module(f"benchmarks.{name}")).values()
    base = _primitives.BesideNumPy
    return next((cls for cls in found if isinstance(cls, type) and issubclass(cls, base) and cls is not base), None)


def _compiled(side: str, case: Case, problem: Problem) -> Call:
    if side == "Numba":
        from benchmarks.peers import numba_prange

        return numba_prange.bind(case, problem)
    from benchmarks.peers import build

    try:
        return build.bind(case, problem, "blocked" if side == BLOCKED else "")
    except build.CompilerError as error:
        raise NotImplementedError(str(error)) from None


def _library(side: str) -> dict[str, Any]:
    name = LIBRARIES.get(side, side)
    try:
        importlib.import_module(name)
    except ImportError:
        raise NotImplementedError(f"{side} is not installed") from None
    peers: dict[str, Any] = importlib.import_module(f"benchmarks.peers.libraries.with_{name}").PEERS
    return peers


def _nothing() -> None:
    """Do nothing: the problem's own arrays hold the results."""


def _write(case: Case, problem: Problem, results: dict[str, Any]) -> None:
    for name, array in case.results(problem).items():
        array[...] = results[name]


class Process:
    """A side in a process of its own."""

    def __init__(self, side: str, row: str, size: str, dtype: str, threads: int) -> None:
        command = [sys.executable, "-m", "benchmarks.peers.sides", side, row, size, dtype]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment(threads), text=True, **pipes)
        self.side = side
        self.answer = self._read()

    def seconds(self) -> float:
        """Return the seconds of one call, timed now."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self._read())

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()

    def _read(self) -> str:
        assert self.process.stdout is not None
        while True:
            line = self.process.stdout.readline()
            if not line:
                return "missing: the process died"
            if line.startswith(_MARK):  # libraries greet on the same stream
                return line.removeprefix(_MARK).strip()


_MARK = "side> "


def environment(threads: int) -> dict[str, str]:
    """Return the environment of a side: so many threads, and none that spins while another side is timed."""
    names = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_MAX_THREADS")
    settings = dict.fromkeys(names, str(threads))
    idle = {"OMP_WAIT_POLICY": "passive", "KMP_BLOCKTIME": "0", "OPENBLAS_THREAD_TIMEOUT": "4"}
    return {**os.environ, **settings, **idle, "NUMEXPR_NUM_THREADS": str(threads)}


def main(arguments: Sequence[str]) -> None:
    """Be a side."""
    side, name, size, dtype = arguments
    row = rows.every()[name]
    try:
        call = prepare(side, row, row.case.problem(int(size) if size.isdigit() else size, dtype))
        call()
    except Exception as error:
        print(f"{_MARK}missing: {type(error).__name__}: {error}".replace("\n", " "), flush=True)
        return
    print(f"{_MARK}ready", flush=True)
    for _ in sys.stdin:
        started = time.perf_counter()
        call()
        print(f"{_MARK}{time.perf_counter() - started}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
