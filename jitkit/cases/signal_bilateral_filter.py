"""signal_bilateral_filter: an image smoothed within its edges, window 11 by 11."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance

RADIUS, SIGMA_SPACE, SIGMA_RANGE = 5, 2.5, 0.2


def run(backend: str | None, image: Any, out: Any) -> None:
    """Filter the image."""
    jk.signal.bilateral_filter(image, SIGMA_SPACE, SIGMA_RANGE, RADIUS, out=out, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return an image of about `size` pixels, and room for the result."""
    rows = math.isqrt(size)
    image = rng.random((rows, size // rows), dtype=dtype)
    return Problem(size, (image, np.zeros_like(image)), written=("out",))


def reference(problem: Problem) -> Arrays:
    """Return `out`, computed in float64 and rounded once: one shifted image for each place in the window."""
    image, out = problem.args
    wide, side = image.astype(np.float64), 2 * RADIUS + 1
    padded = np.pad(wide, RADIUS, mode="edge")
    total, weights = np.zeros(image.shape), np.zeros(image.shape)
    for a, b in np.ndindex(side, side):
        shifted = padded[a : a + image.shape[0], b : b + image.shape[1]]
        far = ((a - RADIUS) ** 2 + (b - RADIUS) ** 2) / SIGMA_SPACE**2
        weight = np.exp(-0.5 * (far + ((shifted - wide) / SIGMA_RANGE) ** 2))
        total += weight * shifted
        weights += weight
    return {"out": (total / weights).astype(out.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the input, write the result; the operations as they are written down."""
    size = int(problem.space)  # type: ignore[arg-type]
    return Cost(points=size, bytes=2 * problem.args[0].nbytes, flops=8 * (2 * RADIUS + 1) ** 2 * size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for two sums over a window of 121 terms."""
    eps = float(np.finfo(dtype).eps)
    return Tolerance(rtol=64 * eps, atol=64 * eps)


CASE = Case(
    name="signal_bilateral_filter",
    summary="an image smoothed within its edges, window 11 by 11",
    kernel=Primitive(run, "signal_bilateral_filter"),
    sizes={"tiny": 1_000, "small": 2**14, "large": 2**19},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="C. Tomasi, R. Manduchi, Bilateral filtering for gray and color images, ICCV 1998",
    tolerance=tolerance,
)
