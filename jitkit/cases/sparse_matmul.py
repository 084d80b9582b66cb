"""sparse_matmul: product of a sparse matrix and a dense one of sixteen columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit.sparse import Csr, matmul

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance
from .sparse_matvec import links


def run(backend: str | None, data: Any, indices: Any, indptr: Any, b: Any, out: Any) -> None:
    """Write the product."""
    matmul(Csr(data, indices, indptr, (len(b), len(b))), b, out=out, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return the sparse matrix of the case `sparse_matvec`, sixteen columns, and room for the product."""
    b = rng.random((size, 16), dtype=dtype)
    return Problem(size, (*links(size, dtype, rng), b, np.full((size, 16), -1, dtype)), written=("out",))


def reference(problem: Problem) -> Arrays:
    """Return the product, computed in float64 and rounded once."""
    data, indices, indptr, b, out = problem.args
    terms = data.astype(np.float64)[:, None] * b[indices]
    sums = np.concatenate([np.zeros((1, b.shape[1])), np.cumsum(terms, axis=0)])
    return {"out": (sums[indptr[1:]] - sums[indptr[:-1]]).astype(out.dtype)}


def cost(problem: Problem) -> Cost:
    """Read both matrices, write the product; two operations for each element and column."""
    data, indices, indptr, b, out = problem.args
    size = data.nbytes + indices.nbytes + indptr.nbytes + b.nbytes + out.nbytes
    return Cost(points=len(b), bytes=size, flops=2 * data.size * b.shape[1])


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for sums of some positive numbers in another order, and for the reference's differences of long sums."""
    return Tolerance(rtol=32 * float(np.finfo(dtype).eps), atol=1e-8)


CASE = Case(
    name="sparse_matmul",
    summary="product of a sparse matrix and a dense one of sixteen columns",
    kernel=Primitive(run, "sparse_matmul"),
    sizes={"tiny": 100, "small": 10_000, "large": 2**18},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="scipy.sparse, SciPy reference",
    tolerance=tolerance,
)
