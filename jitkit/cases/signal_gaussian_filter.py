"""signal_gaussian_filter: an image blurred by a Gaussian of standard deviation 2."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance

SIGMA, RADIUS = 2.0, 8


def run(backend: str | None, image: Any, out: Any) -> None:
    """Blur the image."""
    jk.signal.gaussian_filter(image, SIGMA, out=out, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return an image of about `size` pixels, and room for the result."""
    rows = math.isqrt(size)
    image = rng.random((rows, size // rows), dtype=dtype)
    return Problem(size, (image, np.zeros_like(image)), written=("out",))


def reference(problem: Problem) -> Arrays:
    """Return `out`, computed in float64 and rounded once."""
    image, out = problem.args
    taps = np.exp(-0.5 * (np.arange(-RADIUS, RADIUS + 1) / SIGMA) ** 2)
    taps /= taps.sum()
    blurred = image.astype(np.float64)
    for _ in range(2):
        padded = np.pad(blurred, ((RADIUS, RADIUS), (0, 0)), mode="symmetric")
        blurred = np.asarray(sum(w * padded[k : k + blurred.shape[0]] for k, w in enumerate(taps))).T
    return {"out": blurred.astype(out.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the input, write the result; the operations as they are written down."""
    size = int(problem.space)  # type: ignore[arg-type]
    return Cost(points=size, bytes=4 * problem.args[0].nbytes, flops=66 * size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for two sums of positive terms."""
    eps = float(np.finfo(dtype).eps)
    return Tolerance(rtol=32 * eps, atol=0 * eps)


CASE = Case(
    name="signal_gaussian_filter",
    summary="an image blurred by a Gaussian of standard deviation 2",
    kernel=Primitive(run, "signal_gaussian_filter"),
    sizes={"tiny": 1_000, "small": 2**18, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="scipy.ndimage.gaussian_filter, SciPy reference",
    tolerance=tolerance,
)
