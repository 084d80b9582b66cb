"""spatial_cdist: the Euclidean distances of all points of one set to all points of another."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance

COORDINATES = 3


def run(backend: str | None, XA: Any, XB: Any, out: Any) -> None:
    """Write the distances."""
    jk.spatial.cdist(XA, XB, out=out, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return two sets of points in the unit cube that have about `size` pairs."""
    m = math.isqrt(size)
    XA, XB = rng.random((size // m, COORDINATES), dtype=dtype), rng.random((m, COORDINATES), dtype=dtype)
    return Problem(size, (XA, XB, np.full((size // m, m), -1, dtype)), written=("out",))


def reference(problem: Problem) -> Arrays:
    """Return the distances, computed in float64 and rounded once."""
    XA, XB, out = problem.args
    total = np.zeros(out.shape)
    for k in range(COORDINATES):
        total += np.subtract.outer(XA[:, k].astype(np.float64), XB[:, k].astype(np.float64)) ** 2
    return {"out": np.sqrt(total).astype(out.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the points, write the distances; three operations for each coordinate, and a root."""
    XA, XB, out = problem.args
    return Cost(problem.space, XA.nbytes + XB.nbytes + out.nbytes, flops=(3 * COORDINATES + 1) * out.size)  # type: ignore[arg-type]


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Return a few ULP; what cancels in a difference is exact in both."""
    return Tolerance(rtol=8 * float(np.finfo(dtype).eps))


CASE = Case(
    name="spatial_cdist",
    summary="the Euclidean distances of all points of one set to all points of another",
    kernel=Primitive(run, "spatial_cdist"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="scipy.spatial.distance.cdist, SciPy reference",
    tolerance=tolerance,
)
