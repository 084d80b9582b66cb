"""signal_resample: many periodic signals resampled at half as many points again."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance


def length(size: int) -> int:
    """Return the length of a vector: a power of two near the root of the size, 1024 at most."""
    return 1 << max(3, min(10, size.bit_length() // 2 + 1))


def run(backend: str | None, x: Any, out: Any) -> None:
    """Resample each row."""
    jk.signal.resample(x, out.shape[1], axis=1, out=out, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return rows of numbers, `size` in all or a few less, and room for the result."""
    n = length(size)
    x = rng.standard_normal((size // n, n), dtype=dtype)
    return Problem(size, (x, np.zeros((size // n, n * 3 // 2), dtype)), written=("out",))


def reference(problem: Problem) -> Arrays:
    """Return `out`, computed in float64 and rounded once: the highest frequency is shared by its two signs."""
    x, out = problem.args
    spectra = np.fft.rfft(x.astype(np.float64))
    spectra[:, -1] /= 2
    return {"out": (np.fft.irfft(spectra, out.shape[1]) * (out.shape[1] / x.shape[1])).astype(out.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the rows, write the result; two transforms of 2.5 n log2 n operations."""
    size = int(problem.space)  # type: ignore[arg-type]
    x, out = problem.args
    return Cost(points=size, bytes=x.nbytes + out.nbytes, flops=6 * size * (x.shape[1].bit_length() - 1))


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for sums of a thousand terms, which cancel."""
    eps = float(np.finfo(dtype).eps)
    return Tolerance(rtol=16 * eps, atol=512 * eps)


CASE = Case(
    name="signal_resample",
    summary="many periodic signals resampled at half as many points again",
    kernel=Primitive(run, "signal_resample"),
    sizes={"tiny": 1_000, "small": 2**18, "large": 2**21},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="scipy.signal.resample, SciPy reference",
    tolerance=tolerance,
)
