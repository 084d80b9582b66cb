"""signal_uniform_filter: the mean of five by five pixels around each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance


def run(backend: str | None, image: Any, out: Any) -> None:
    """Average the image."""
    jk.signal.uniform_filter(image, 5, out=out, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return an image of about `size` pixels, and room for the result."""
    rows = math.isqrt(size)
    image = rng.random((rows, size // rows), dtype=dtype)
    return Problem(size, (image, np.zeros_like(image)), written=("out",))


def reference(problem: Problem) -> Arrays:
    """Return `out`, computed in float64 and rounded once."""
    image, out = problem.args
    padded = np.pad(image.astype(np.float64), 2, mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (5, 5))
    return {"out": windows.mean(axis=(2, 3)).astype(out.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the input, write the result; the operations as they are written down."""
    size = int(problem.space)  # type: ignore[arg-type]
    return Cost(points=size, bytes=4 * problem.args[0].nbytes, flops=18 * size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for two sums of positive terms."""
    eps = float(np.finfo(dtype).eps)
    return Tolerance(rtol=32 * eps, atol=0 * eps)


CASE = Case(
    name="signal_uniform_filter",
    summary="the mean of five by five pixels around each",
    kernel=Primitive(run, "signal_uniform_filter"),
    sizes={"tiny": 1_000, "small": 2**18, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="scipy.ndimage.uniform_filter, SciPy reference",
    tolerance=tolerance,
)
