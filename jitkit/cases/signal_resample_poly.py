"""signal_resample_poly: a signal at two thirds of its rate, by the filter that the ratio asks for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance

UP, DOWN, HALF = 2, 3, 30


def run(backend: str | None, x: Any, out: Any) -> None:
    """Resample the signal."""
    jk.signal.resample_poly(x, UP, DOWN, out=out, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a signal of `size`, and room for the result."""
    return Problem(size, (rng.random(size, dtype=dtype), np.zeros(-(-size * UP // DOWN), dtype)), ("out",))


def reference(problem: Problem) -> Arrays:
    """Return `out`, computed in float64 and rounded once: with zeros between the elements."""
    x, out = problem.args
    taps = np.sinc(np.arange(-HALF, HALF + 1) / DOWN) * np.kaiser(2 * HALF + 1, 5.0)
    wide = np.zeros(x.size * UP)
    wide[::UP] = x
    found = np.convolve(UP * taps / taps.sum(), wide)[HALF::DOWN]
    return {"out": found[: out.size].astype(out.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the input, write the result; the operations as they are written down."""
    size = int(problem.space)  # type: ignore[arg-type]
    return Cost(points=size, bytes=problem.args[0].nbytes + problem.args[1].nbytes, flops=4 * HALF * size // DOWN)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for a sum of 31 terms of both signs."""
    eps = float(np.finfo(dtype).eps)
    return Tolerance(rtol=64 * eps, atol=16 * eps)


CASE = Case(
    name="signal_resample_poly",
    summary="a signal at two thirds of its rate, by the filter that the ratio asks for",
    kernel=Primitive(run, "signal_resample_poly"),
    sizes={"tiny": 1_000, "small": 2**18, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="F. J. Harris, Multirate Signal Processing for Communication Systems, Prentice Hall 2004",
    tolerance=tolerance,
)
