"""spatial_nbody_accelerations: the gravitational accelerations of bodies whose coordinates stand in rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import jitkit as jk

from . import nbody
from .case import Arrays, Case, Cost, Primitive, Problem
from .nbody import tolerance


def run(backend: str | None, positions: Any, masses: Any, softening: float, out: Any) -> None:
    """Write the accelerations."""
    jk.spatial.nbody_accelerations(positions, masses, softening, out=out, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return bodies in the unit cube that have about `size` pairs, each counted twice, of mass about one together."""
    n = math.isqrt(size)
    masses = ((0.5 + rng.random(n)) / n).astype(dtype)
    return Problem(size, (rng.random((n, 3), dtype=dtype), masses, 0.1, np.zeros((n, 3), dtype)), ("out",))


def reference(problem: Problem) -> Arrays:
    """Return what the reference of the case `nbody` gives, in rows."""
    positions, masses, softening, out = problem.args
    columns = (*positions.T, masses, *out.T, softening**2)
    found = nbody.reference(Problem(problem.space, columns, ("ax", "ay", "az")))
    return {"out": np.stack(list(found.values()), axis=1)}


def cost(problem: Problem) -> Cost:
    """Read positions and masses, write accelerations; twenty operations for each pair, as is usual to count."""
    positions, masses, _, out = problem.args
    return Cost(problem.space, positions.nbytes + masses.nbytes + out.nbytes, flops=20 * masses.size**2)  # type: ignore[arg-type]


CASE = Case(
    name="spatial_nbody_accelerations",
    summary="gravitational accelerations of bodies in rows, with softening",
    kernel=Primitive(run, "spatial_nbody_accelerations"),
    sizes={"tiny": 1_000, "small": 2**20, "large": 2**26},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="L. Nyland, M. Harris, J. Prins, Fast N-body simulation with CUDA, GPU Gems 3, 2007, chapter 31",
    tolerance=tolerance,
)
