"""signal_upfirdn: a signal at two thirds of its rate, by a filter of 41 taps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance

UP, DOWN, TAPS = 2, 3, 41


def run(backend: str | None, taps: Any, x: Any, out: Any) -> None:
    """Resample the signal."""
    jk.signal.upfirdn(taps, x, UP, DOWN, out=out, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a filter, a signal of `size`, and room for the result."""
    room = ((size - 1) * UP + TAPS - 1) // DOWN + 1
    return Problem(
        size, (rng.random(TAPS, dtype=dtype), rng.random(size, dtype=dtype), np.zeros(room, dtype)), ("out",)
    )


def reference(problem: Problem) -> Arrays:
    """Return `out`, computed in float64 and rounded once: with zeros between the elements."""
    taps, x, out = problem.args
    wide = np.zeros((x.size - 1) * UP + 1)
    wide[::UP] = x
    return {"out": np.convolve(taps.astype(np.float64), wide)[::DOWN].astype(out.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the input, write the result; the operations as they are written down."""
    size = int(problem.space)  # type: ignore[arg-type]
    return Cost(points=size, bytes=problem.args[1].nbytes + problem.args[2].nbytes, flops=2 * TAPS * size // DOWN)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for a sum of 21 positive terms."""
    eps = float(np.finfo(dtype).eps)
    return Tolerance(rtol=64 * eps, atol=0 * eps)


CASE = Case(
    name="signal_upfirdn",
    summary="a signal at two thirds of its rate, by a filter of 41 taps",
    kernel=Primitive(run, "signal_upfirdn"),
    sizes={"tiny": 1_000, "small": 2**18, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="F. J. Harris, Multirate Signal Processing for Communication Systems, Prentice Hall 2004",
    tolerance=tolerance,
)
