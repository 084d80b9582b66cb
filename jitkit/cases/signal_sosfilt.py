"""signal_sosfilt: signals of a thousand elements through two sections of second order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance

LENGTH = 1_000
SECTIONS = ((0.2, 0.4, 0.2, 1.0, -0.5, 0.3), (0.5, 0.1, 0.0, 1.0, -0.3, 0.0))


def run(backend: str | None, x: Any, out: Any) -> None:
    """Filter the signals."""
    jk.signal.sosfilt(SECTIONS, x, out=out, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return signals of `size` elements together, and room for the results."""
    x = rng.random((-(-size // LENGTH), min(size, LENGTH)), dtype=dtype)
    return Problem(x.size, (x, np.zeros_like(x)), ("out",))


def reference(problem: Problem) -> Arrays:
    """Return `out`, computed in float64 and rounded once: each section by its difference equation, all signals at once."""
    x, out = problem.args
    value = np.pad(x.astype(np.float64), ((0, 0), (2, 0)))
    for b0, b1, b2, _, a1, a2 in SECTIONS:
        found = np.zeros_like(value)
        for t in range(2, value.shape[1]):
            found[:, t] = b0 * value[:, t] + b1 * value[:, t - 1] + b2 * value[:, t - 2]
            found[:, t] -= a1 * found[:, t - 1] + a2 * found[:, t - 2]
        value = found
    return {"out": value[:, 2:].astype(out.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the input, write the result; the operations as they are written down."""
    x = problem.args[0]
    return Cost(points=x.size, bytes=2 * x.nbytes, flops=9 * len(SECTIONS) * x.size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for the rounding of what a filter has not yet forgotten."""
    eps = float(np.finfo(dtype).eps)
    return Tolerance(rtol=64 * eps, atol=8 * eps)


CASE = Case(
    name="signal_sosfilt",
    summary="signals of a thousand elements through two sections of second order",
    kernel=Primitive(run, "signal_sosfilt"),
    sizes={"tiny": 1_000, "small": 2**16, "large": 2**22},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="W. Sung, S. K. Mitra, Efficient multi-processor implementation of recursive digital filters, ICASSP 1986",
    tolerance=tolerance,
)
