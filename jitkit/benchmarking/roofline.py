"""What this machine can do: memory bandwidth by a triad, and arithmetic by fused multiply-adds, both jitkit kernels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk
from jitkit.benchmarking import timing

MIB = 1 << 20
L3 = Path("/sys/devices/system/cpu/cpu0/cache/index3/size")
SMALLEST, LARGEST = 64 * MIB, 512 * MIB
POINTS, REPEATS = 1 << 16, 400
CHAINS = 5
"""Independent sums of a point: two vectors each keep 10 in flight, where 4 cycles of latency times 2 units ask for 8."""


@jk.kernel
def triad(i, a, b, c, s):  # type: ignore[no-untyped-def]
    """Write `a = b + s c`."""
    a[i] = b[i] + s * c[i]


@jk.kernel
def multiply_add(i, x, repeats, f, g):  # type: ignore[no-untyped-def]
    """Apply `c -> f c + g` to five numbers, so that no unit waits for a result."""
    c0 = x[i]
    c1, c2, c3, c4 = c0 + 1, c0 + 2, c0 + 3, c0 + 4
    for _ in range(repeats):
        c0 = f * c0 + g
        c1 = f * c1 + g
        c2 = f * c2 + g
        c3 = f * c3 + g
        c4 = f * c4 + g
    x[i] = c0 + c1 + c2 + c3 + c4


@dataclass(frozen=True)
class Roofline:
    """The ceilings of a machine for one type of numbers.

    Attributes
    ----------
    bandwidth : float
        Bytes a second that a triad reads and writes (J. D. McCalpin's STREAM counting: no write-allocate).
    peak : float
        Floating-point operations a second, a fused multiply-add counting as two.
    """

    bandwidth: float
    peak: float

    def shortest(self, moved: int, flops: int | None) -> float:
        """Return the seconds below which no implementation gets, with data from memory (S. Williams et al., 2009)."""
        return max(moved / self.bandwidth, (flops or 0) / self.peak)


def measure(dtype: DTypeLike, backend: str = "cpu", seconds: float = 0.3, length: int | None = None) -> Roofline:
    """Measure the ceilings of this machine, on as many threads as launches take now.

    Parameters
    ----------
    dtype : dtype
        float32 or float64.
    backend : {"cpu", "cuda"}
        Where.
    seconds : float, optional
        How long for each of the two.
    length : int, optional
        Elements of each array of the triad; by default enough that no cache holds them.

    Returns
    -------
    Roofline
    """
    dtype = np.dtype(dtype)
    length = _array_bytes() // dtype.itemsize if length is None else length
    device = "cuda" if backend == "cuda" else None
    a, b, c = (jk.full(length, value, dtype, device=device) for value in (0.0, 1.0, 2.0))
    x = jk.full(POINTS, 0.5, dtype, device=device)
    moved = _timed(lambda: triad.on(backend)[length](a, b, c, 3.0), seconds)
    computed = _timed(lambda: multiply_add.on(backend)[POINTS](x, REPEATS, 0.999, 0.001), seconds)
    return Roofline(3 * length * dtype.itemsize / moved, 2 * CHAINS * REPEATS * POINTS / computed)


def _timed(launch: timing.Call, seconds: float) -> float:
    """Return the fastest time: a ceiling is what the machine can do undisturbed."""

    def launch_and_wait() -> None:
        launch()
        jk.synchronize()

    launch_and_wait()
    return timing.sample(launch_and_wait, seconds).fastest


def _array_bytes() -> int:
    """Return four times the last cache, within bounds, for each of the three arrays."""
    try:
        cache = int(L3.read_text().strip().removesuffix("K")) << 10
    except (OSError, ValueError):
        return SMALLEST
    return min(max(4 * cache // 3, SMALLEST), LARGEST)
