"""signal_decimate: every fourth element of a signal, behind the filter against aliasing that the ratio asks for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance

DOWN, HALF = 4, 40


def run(backend: str | None, x: Any, out: Any) -> None:
    """Decimate the signal."""
    jk.signal.decimate(x, DOWN, ftype="fir", out=out, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a signal of `size`, and room for the result."""
    return Problem(size, (rng.random(size, dtype=dtype), np.zeros(-(-size // DOWN), dtype)), ("out",))


def reference(problem: Problem) -> Arrays:
    """Return `out`, computed in float64 and rounded once: the whole signal filtered, and every fourth element kept."""
    x, out = problem.args
    taps = np.sinc(np.arange(-HALF, HALF + 1) / DOWN) * np.hamming(2 * HALF + 1)
    found = np.convolve(taps / taps.sum(), x.astype(np.float64))[HALF::DOWN]
    return {"out": found[: out.size].astype(out.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the input, write the result; a multiplication and an addition for each tap of each element that is kept."""
    x, out = problem.args
    return Cost(points=x.size, bytes=x.nbytes + out.nbytes, flops=2 * (2 * HALF + 1) * out.size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for a sum of 81 terms of both signs."""
    eps = float(np.finfo(dtype).eps)
    return Tolerance(rtol=64 * eps, atol=16 * eps)


CASE = Case(
    name="signal_decimate",
    summary="every fourth element of a signal, behind a filter against aliasing",
    kernel=Primitive(run, "signal_decimate"),
    sizes={"tiny": 1_000, "small": 2**18, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="R. E. Crochiere, L. R. Rabiner, Multirate Digital Signal Processing, Prentice Hall 1983",
    tolerance=tolerance,
)
