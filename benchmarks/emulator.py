"""emulator: PTX executed on the CPU, beside the compiled CPU backend and beside Numba's CUDA simulator."""

from __future__ import annotations

from typing import Any

from . import _measure, _suite

SIMULATED = """
import sys
import time

import jitkit as jk
from jitkit import cases

case = cases.load("block_sum")
problem = case.problem(int(sys.argv[1]), "float32")
best = float("inf")
for _ in range(2):
    started = time.perf_counter()
    case.launch(problem, "cuda")
    best = min(best, time.perf_counter() - started)
print(best)
"""
FIRST = """
import sys
import time

import jitkit as jk
from jitkit import cases
from jitkit.backends import cuda_emulated

case = cases.load("block_sum")
problem = case.problem(int(sys.argv[1]), "float32")
started = time.perf_counter()
with jk.emulate_cuda(always=True):
    case.launch(problem, "cuda")
print(time.perf_counter() - started)
"""
BLOCKS = 16
ELEMENTS = BLOCKS * 2048  # 16 groups of 256 work-items


def prepare(name: str, size: int, dtype: str = "float32") -> tuple[Any, Any]:
    """Return calls that launch a case on the CPU backend and in the emulator, each warm.

    Raises
    ------
    NotImplementedError
        Where this commit has no emulator.
    """
    _suite.keep_caches_apart()
    import jitkit as jk

    if not hasattr(jk, "emulate_cuda"):
        raise NotImplementedError("this commit has no emulator")
    case = _suite.load(name)
    host = case.problem(size, dtype)
    with jk.emulate_cuda(always=True):
        args = tuple(jk.asarray(arg, device="cuda") if hasattr(arg, "shape") else arg for arg in host.args)
    there = type(host)(host.space, args, host.written)

    def emulated() -> None:
        with jk.emulate_cuda(always=True):
            case.launch(there, "cuda")
            jk.synchronize()

    def compiled() -> None:
        case.launch(host, "cpu")

    emulated()
    compiled()
    return compiled, emulated


class BesideTheCPUBackend:
    """The same launches, taking turns; a million points, n-body fewer, since each point visits all others."""

    version = "1"
    timeout = 300
    params = [["saxpy", "heat", "nbody", "block_sum"]]
    param_names = ["case"]
    sizes = {"saxpy": 2**20, "heat": 1024, "nbody": 4096, "block_sum": 2**20}

    def setup(self, case: str) -> None:
        self.compiled, self.emulated = prepare(case, self.sizes[case])

    def time_launch(self, case: str) -> None:
        self.emulated()

    def track_relative_to_cpu(self, case: str) -> float:
        return _measure.ratio(self.emulated, self.compiled)

    track_relative_to_cpu.unit = "times the CPU backend"


class BesideTheSimulator:
    """A block sum of 16 blocks of 256 threads: Numba's simulator starts an OS thread for each."""

    version = "1"
    timeout = 300

    def setup(self) -> None:
        _, self.emulated = prepare("block_sum", ELEMENTS)

    def track_times_faster(self) -> float:
        simulated = _measure.in_new_process(SIMULATED, str(ELEMENTS), NUMBA_ENABLE_CUDASIM="1")
        return simulated / min(_measure.seconds(self.emulated) for _ in range(5))

    track_times_faster.unit = "times faster than Numba's simulator"


class SecondProcess:
    """The first launch in a process that finds its code in the cache."""

    version = "1"
    timeout = 300

    def setup(self) -> None:
        prepare("block_sum", ELEMENTS)

    def track_first_launch(self) -> float:
        return _measure.in_new_process(FIRST, str(ELEMENTS))

    track_first_launch.unit = "seconds"
