"""signal_convolve: an image convolved with seven by seven numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance


def run(backend: str | None, image: Any, taps: Any, out: Any) -> None:
    """Convolve the image."""
    jk.signal.convolve(image, taps, "same", "direct", out=out, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return an image of about `size` pixels and 49 taps, and room for the result."""
    rows = math.isqrt(size)
    image = rng.random((rows, size // rows), dtype=dtype)
    return Problem(size, (image, rng.random((7, 7), dtype=dtype), np.zeros_like(image)), written=("out",))


def reference(problem: Problem) -> Arrays:
    """Return `out`, computed in float64 and rounded once."""
    image, taps, out = problem.args
    padded, total = np.pad(image.astype(np.float64), 3), np.zeros(image.shape)
    for a, b in np.ndindex(7, 7):
        total += float(taps[6 - a, 6 - b]) * padded[a : a + image.shape[0], b : b + image.shape[1]]
    return {"out": total.astype(out.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the input, write the result; the operations as they are written down."""
    size = int(problem.space)  # type: ignore[arg-type]
    return Cost(points=size, bytes=2 * problem.args[0].nbytes, flops=97 * size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for a sum of 49 positive terms."""
    eps = float(np.finfo(dtype).eps)
    return Tolerance(rtol=64 * eps, atol=0 * eps)


CASE = Case(
    name="signal_convolve",
    summary="an image convolved with seven by seven numbers",
    kernel=Primitive(run, "signal_convolve"),
    sizes={"tiny": 1_000, "small": 2**17, "large": 2**22},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="scipy.signal.convolve, SciPy reference",
    tolerance=tolerance,
)
