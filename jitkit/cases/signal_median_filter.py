"""signal_median_filter: the median of three by three pixels around each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance


def run(backend: str | None, image: Any, out: Any) -> None:
    """Filter the image."""
    jk.signal.median_filter(image, 3, out=out, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return an image of about `size` pixels, and room for the result."""
    rows = math.isqrt(size)
    image = rng.random((rows, size // rows), dtype=dtype)
    return Problem(size, (image, np.zeros_like(image)), written=("out",))


def reference(problem: Problem) -> Arrays:
    """Return `out`."""
    image, _ = problem.args
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(image, 1, mode="symmetric"), (3, 3))
    return {"out": np.median(windows, axis=(2, 3)).astype(image.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the input, write the result; the operations as they are written down."""
    size = int(problem.space)  # type: ignore[arg-type]
    return Cost(points=size, bytes=2 * problem.args[0].nbytes, flops=38 * size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Return none: medians are elements."""
    eps = float(np.finfo(dtype).eps)
    return Tolerance(rtol=0 * eps, atol=0 * eps)


CASE = Case(
    name="signal_median_filter",
    summary="the median of three by three pixels around each",
    kernel=Primitive(run, "signal_median_filter"),
    sizes={"tiny": 1_000, "small": 2**16, "large": 2**22},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="scipy.ndimage.median_filter, SciPy reference",
    tolerance=tolerance,
)
