"""signal_correlate1d: an image filtered along its columns by nine taps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance


def run(backend: str | None, image: Any, taps: Any, out: Any) -> None:
    """Filter the image."""
    jk.signal.correlate1d(image, taps, axis=0, out=out, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return an image of about `size` pixels and nine taps, and room for the result."""
    rows = math.isqrt(size)
    image = rng.random((rows, size // rows), dtype=dtype)
    return Problem(size, (image, rng.random(9, dtype=dtype), np.zeros_like(image)), written=("out",))


def reference(problem: Problem) -> Arrays:
    """Return `out`, computed in float64 and rounded once."""
    image, taps, out = problem.args
    padded = np.pad(image.astype(np.float64), ((4, 4), (0, 0)), mode="symmetric")
    total = sum(w * padded[k : k + image.shape[0]] for k, w in enumerate(taps.astype(np.float64)))
    return {"out": np.asarray(total).astype(out.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the input, write the result; the operations as they are written down."""
    size = int(problem.space)  # type: ignore[arg-type]
    return Cost(points=size, bytes=2 * problem.args[0].nbytes, flops=17 * size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for a sum of nine positive terms."""
    eps = float(np.finfo(dtype).eps)
    return Tolerance(rtol=32 * eps, atol=0 * eps)


CASE = Case(
    name="signal_correlate1d",
    summary="an image filtered along its columns by nine taps",
    kernel=Primitive(run, "signal_correlate1d"),
    sizes={"tiny": 1_000, "small": 2**18, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="scipy.ndimage.correlate1d, SciPy reference",
    tolerance=tolerance,
)
