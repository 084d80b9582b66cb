"""pagerank: how often a random surfer visits each node of a graph."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.launch import choice
from jitkit.launch.launcher import Launcher
from jitkit.sparse._formats import Csr, csr_of, pieces_of


@jk.kernel
def follow_links(piece, one, height, links, x, spare, alpha, lost, home, dangling, out, parts):
    """Follow the links into a piece of the nodes; `parts` gets how much moved, and how much is at dead ends.

    `links` is the elements, columns and bounds of the transposed matrix; `spare` is 1 for nodes without a link.
    """
    data, indices, indptr = links
    moved, stuck = 0.0, 0.0
    for i in range(piece * height, min(piece * height + height, out.shape[0])):
        total = 0.0
        for k in range(indptr[i], indptr[i + 1]):
            total += data[k] * x[indices[k]]
        new = alpha * (total + lost * dangling[i]) + (1 - alpha) * home[i]
        moved += abs(new - x[i])
        stuck += spare[i] * new
        out[i] = new
    parts[0, piece] = moved
    parts[1, piece] = stuck


@jk.kernel
def share_links(one, other, data, indices, indptr, bounds, weights, sources, spare):
    """Turn the matrix, so that rows hold the links into nodes, those out of a node sharing 1; by counting, in one thread.

    Reference: F. G. Gustavson, "Two fast algorithms for sparse matrices", ACM TOMS 4, 1978.
    """
    n = spare.shape[0]
    for i in range(n + 2):
        bounds[i] = 0
    for k in range(indptr[0], indptr[n]):
        bounds[indices[k] + 2] += 1
    for i in range(2, n + 2):
        bounds[i] += bounds[i - 1]
    for i in range(n):  # bounds[j + 1] is where the next link into j goes
        leaving = np.float64(0)
        for k in range(indptr[i], indptr[i + 1]):
            leaving += data[k]
        spare[i] = 1 if leaving == 0 else leaving - leaving  # NaN where it is not finite
        share = 1 / leaving if leaving != 0 else np.float64(0)
        for k in range(indptr[i], indptr[i + 1]):
            place = bounds[indices[k] + 1]
            bounds[indices[k] + 1] = place + 1
            weights[place] = data[k] * share
            sources[place] = i


_follow, _share = Launcher(follow_links), Launcher(share_links)


def pagerank(
    a: Any,
    alpha: float = 0.85,
    personalization: Any = None,
    max_iter: int = 100,
    tol: float = 1.0e-6,
    nstart: Any = None,
    dangling: Any = None,
    *,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the PageRank of the nodes of a graph.

    Parameters
    ----------
    a : sparse matrix, shape (n, n)
        The weight of the link from node i to node j at ``[i, j]``; one of SciPy's, or a tuple ``(data, indices, indptr,
        shape)`` on the host.
    alpha : float, default 0.85
        How likely the surfer follows a link.
    personalization : array_like, shape (n,), optional
        How likely the surfer goes to each node when not following a link; scaled to sum 1. Evenly by default.
    max_iter : int, default 100
        The most steps.
    tol : float, default 1e-6
        The iteration ends where all ranks together change by less than n times this.
    nstart : array_like, shape (n,), optional
        Where the iteration starts, scaled to sum 1.
    dangling : array_like, shape (n,), optional
        Where the surfer goes from a node without links, scaled to sum 1; as `personalization` by default.
    out : array, shape (n,), optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array, shape (n,)
        Of sum 1, in the dtype of the weights.

    Raises
    ------
    LaunchError
        For a matrix that is not square, and vectors and an `out` of another length.
    ValueError
        For weights that are not finite, and vectors whose sum is 0 or not finite.
    RuntimeError
        Where `max_iter` steps did not do.

    Notes
    -----
    The definition, the arguments and the stopping rule are those of `networkx.pagerank`: L. Page, S. Brin, R. Motwani,
    T. Winograd, The PageRank citation ranking: Bringing order to the Web, 1999. One launch is one step of the power iteration.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> ring = (np.ones(3), np.array([1, 2, 0]), np.array([0, 1, 2, 3]), (3, 3))
    >>> jk.sparse.pagerank(ring).round(6)
    array([0.333333, 0.333333, 0.333333])
    """
    name = "sparse.pagerank"
    matrix = csr_of(a, name)
    n = matrix.shape[0]
    if matrix.shape != (n, n):
        raise LaunchError(f"jk.{name}: links go from nodes to nodes, so the matrix is square, not {matrix.shape}")
    dtype = operands.dtype_of(matrix.data)
    if out is not None:
        operands.check_out(out, (n,), dtype, name)
    alpha, tol = operands.number(alpha, "alpha", name), operands.number(tol, "tol", name)
    max_iter = operands.integer(max_iter, 0, "max_iter", name)
    if not n:
        return operands.delivered(np.empty(0, dtype), out, name)
    even = np.full(n, 1 / n, dtype)
    home = even if personalization is None else _shares(personalization, n, dtype, "personalization", name)
    to = home if dangling is None else _shares(dangling, n, dtype, "dangling", name)
    x = even if nstart is None else _shares(nstart, n, dtype, "nstart", name)
    links, spare = _links(matrix, dtype, backend, name)
    new, lost, (pieces, height) = np.empty(n, dtype), float(x @ spare), pieces_of(n)
    parts = np.empty((2, pieces), dtype)
    x = x.copy()
    for _ in range(max_iter):
        _follow((pieces, 1), backend)(height, links, x, spare, alpha, lost, home, to, new, parts)
        moved, lost = (float(total) for total in parts.sum(1, dtype=np.float64))
        x, new = new, x
        if moved < n * tol:
            return operands.delivered(x, out, name)
    raise RuntimeError(
        f"jk.{name}: the ranks still change by {moved:.3g} after max_iter={max_iter} steps, and tol={tol} asks for "
        f"{n * tol:.3g}; raise one of them"
        if max_iter > 0
        else f"jk.{name}: max_iter={max_iter} allows no step"
    )


def _links(matrix: Csr, dtype: Any, backend: str | None, name: str) -> tuple[tuple[Any, Any, Any], np.ndarray]:
    """Return the links into each node, those out of a node sharing 1 among them, and which nodes have none."""
    data, indices, indptr = matrix.data, matrix.indices, matrix.indptr
    n, count = matrix.shape[0], int(indptr[-1]) - int(indptr[0])
    weights, sources = np.empty(count, dtype), np.empty(count, indices.dtype)
    bounds, spare = np.empty(n + 2, indptr.dtype), np.empty(n, dtype)
    # One thread of the host, whatever takes the steps: the matrix lies there.
    host = "python" if (backend or choice.requested()) == "python" else "cpu"
    _share((1, 1), host)(data, indices, indptr, bounds, weights, sources, spare)
    if np.isnan(spare).any():
        raise ValueError(f"jk.{name}: the weights of links, or their sum at a node, are not finite")
    return (weights, sources, bounds[: n + 1]), spare


def _shares(given: Any, n: int, dtype: Any, what: str, name: str) -> np.ndarray:
    shares = operands.floating(given, name)
    if tuple(shares.shape) != (n,):
        raise LaunchError(f"jk.{name}: {what}= has the shape {tuple(shares.shape)}, and there are {n} nodes")
    with np.errstate(over="ignore", invalid="ignore"):
        total = shares.sum(dtype=np.float64)
    if not total or not np.isfinite(total):
        raise ValueError(f"jk.{name}: {what}= has the sum {total:g}, which no scaling makes 1")
    return np.asarray(shares / total, dtype)
