"""sparse_pagerank: PageRank of a random graph with eight links a node, some without any."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit.sparse import Csr, pagerank

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance
from .sparse_matvec import links


def change(dtype: DTypeLike) -> float:
    """Return by how much the ranks, of sum 1, may still change in all when the iteration ends."""
    return 1e-6 if np.dtype(dtype) == np.float32 else 1e-9


def run(backend: str | None, data: Any, indices: Any, indptr: Any, ranks: Any) -> None:
    """Write the ranks, times how many there are."""
    n = ranks.size
    links_of = Csr(data, indices, indptr, (n, n))
    ranks[:] = n * pagerank(links_of, max_iter=200, tol=change(data.dtype) / n, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a graph of `size` nodes, and room for their ranks."""
    return Problem(size, (*links(size, dtype, rng), np.full(size, -1, dtype)), written=("ranks",))


def reference(problem: Problem) -> Arrays:
    """Return the fixed point, by the power iteration in float64."""
    data, indices, indptr, ranks = problem.args
    n, rows = ranks.size, np.repeat(np.arange(ranks.size), np.diff(indptr))
    leaving = np.bincount(rows, data, minlength=n)
    shares = data / leaving[rows]
    x = np.full(n, 1 / n)
    for _ in range(200):
        lost = x[leaving == 0].sum()
        x = 0.85 * (np.bincount(indices, shares * x[rows], minlength=n) + lost / n) + 0.15 / n
    return {"ranks": (n * x).astype(ranks.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the matrix, write the ranks: for each of about 60 steps."""
    data, indices, indptr, ranks = problem.args
    size = data.nbytes + indices.nbytes + indptr.nbytes + 2 * ranks.nbytes
    return Cost(points=ranks.size, bytes=60 * size, flops=120 * data.size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for where the iteration stops."""
    return Tolerance(rtol=200 * change(dtype), atol=200 * change(dtype))


CASE = Case(
    name="sparse_pagerank",
    summary="PageRank of a random graph with eight links a node, some without any",
    kernel=Primitive(run, "sparse_pagerank"),
    sizes={"tiny": 300, "small": 30_000, "large": 2**20},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="L. Page, S. Brin, R. Motwani, T. Winograd, The PageRank citation ranking: Bringing order to the Web, 1999",
    tolerance=tolerance,
)
