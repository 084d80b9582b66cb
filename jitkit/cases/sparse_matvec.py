"""sparse_matvec: product of a sparse matrix of eight elements a row and a vector."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit.sparse import Csr, matvec

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance


def links(n: int, dtype: np.dtype[Any], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the parts of a square matrix by rows: eight elements in a row on average, some rows empty."""
    indptr = np.concatenate([[0], np.cumsum(rng.integers(0, 17, n))]).astype(np.int32)
    count = int(indptr[-1])
    return rng.random(count, dtype=dtype), rng.integers(0, n, count, dtype=np.int32), indptr


def run(backend: str | None, data: Any, indices: Any, indptr: Any, x: Any, out: Any) -> None:
    """Write the product."""
    matvec(Csr(data, indices, indptr, (x.size, x.size)), x, out=out, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a square matrix of `size` rows, a vector, and room for the product."""
    x = rng.random(size, dtype=dtype)
    return Problem(size, (*links(size, dtype, rng), x, np.full(size, -1, dtype)), written=("out",))


def reference(problem: Problem) -> Arrays:
    """Return the product, computed in float64 and rounded once."""
    data, indices, indptr, x, out = problem.args
    rows = np.repeat(np.arange(x.size), np.diff(indptr))
    return {"out": np.bincount(rows, data.astype(np.float64) * x[indices], minlength=x.size).astype(out.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the matrix and the vector, write the product; two operations for each element of the matrix."""
    data, indices, indptr, x, out = problem.args
    size = data.nbytes + indices.nbytes + indptr.nbytes + x.nbytes + out.nbytes
    return Cost(points=x.size, bytes=size, flops=2 * data.size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for sums of some positive numbers in another order."""
    return Tolerance(rtol=32 * float(np.finfo(dtype).eps))


CASE = Case(
    name="sparse_matvec",
    summary="product of a sparse matrix of eight elements a row and a vector",
    kernel=Primitive(run, "sparse_matvec"),
    sizes={"tiny": 1_000, "small": 100_000, "large": 2**21},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="N. Bell, M. Garland, Implementing Sparse Matrix-Vector Multiplication on Throughput-Oriented Processors, SC 2009",
    tolerance=tolerance,
)
