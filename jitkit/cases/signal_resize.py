"""signal_resize: an image made larger by half, linearly between pixels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance


def run(backend: str | None, image: Any, out: Any) -> None:
    """Scale the image."""
    jk.signal.resize(image, out.shape, out=out, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return an image of about `size` pixels, and room for one with half as many rows and columns again."""
    rows = math.isqrt(size)
    image = rng.random((rows, size // rows), dtype=dtype)
    return Problem(size, (image, np.zeros((rows + rows // 2, image.shape[1] * 3 // 2), dtype)), written=("out",))


def reference(problem: Problem) -> Arrays:
    """Return `out`, computed in float64 and rounded once: one axis after the other."""
    image, out = problem.args
    wide = image.astype(np.float64)
    for n in out.shape:
        given = wide.shape[0]
        places = (np.arange(n) + 0.5) * (given / n) - 0.5
        wide = np.stack([np.interp(places, np.arange(given), column) for column in wide.T])
    return {"out": wide.astype(out.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the input, write the result; the operations as they are written down."""
    size = int(problem.space)  # type: ignore[arg-type]
    return Cost(points=size, bytes=problem.args[0].nbytes + problem.args[1].nbytes, flops=18 * size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for weights that are rounded."""
    eps = float(np.finfo(dtype).eps)
    return Tolerance(rtol=64 * eps, atol=64 * eps)


CASE = Case(
    name="signal_resize",
    summary="an image made larger by half, linearly between pixels",
    kernel=Primitive(run, "signal_resize"),
    sizes={"tiny": 1_000, "small": 2**18, "large": 2**23},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="W. K. Pratt, Digital Image Processing, 4th ed., Wiley 2007, ch. 13",
    tolerance=tolerance,
)
