"""linalg_eigh: eigenvalues and eigenvectors of many symmetric matrices of three rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit.linalg.eigh import eigh

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance


def run(backend: str | None, a: Any, values: Any) -> None:
    """Write the eigenvalues; the vectors, whose signs may differ, are found as well."""
    values[...] = eigh(a, backend=backend).eigenvalues


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` symmetric matrices, and room for eigenvalues."""
    half = rng.random((size, 3, 3)) - 0.5
    a = (half + half.swapaxes(1, 2)).astype(dtype)
    return Problem(size, (a, np.full((size, 3), -9, dtype)), written=("values",))


def reference(problem: Problem) -> Arrays:
    """Return the eigenvalues, computed in float64 and rounded once."""
    a, values = problem.args
    return {"values": np.linalg.eigvalsh(a.astype(np.float64)).astype(values.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the matrices, write values and vectors; four sweeps of three rotations of some 45 operations."""
    a, values = problem.args
    return Cost(points=len(a), bytes=2 * a.nbytes + values.nbytes, flops=540 * len(a))


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for a dozen rotations, of matrices whose elements are below one."""
    return Tolerance(rtol=0.0, atol=32 * float(np.finfo(dtype).eps))


CASE = Case(
    name="linalg_eigh",
    summary="eigenvalues and eigenvectors of many symmetric matrices of three rows",
    kernel=Primitive(run, "linalg_eigh"),
    sizes={"tiny": 200, "small": 30_000, "large": 2**19},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="H. Rutishauser, The Jacobi method for real symmetric matrices, Numer. Math. 9, 1-10, 1966",
    tolerance=tolerance,
)
