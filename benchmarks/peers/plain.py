"""The plain peers: the problem of a group kernel solved by a kernel without groups, one work-item for each element.

On a GPU a tile in shared memory saves traffic; on a CPU the caches do, and these are what a group kernel must not fall
behind.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jitkit as jk
from jitkit.cases import Case, Problem
from jitkit.cases.heat import heat


@jk.kernel
def matmul(i, j, A, B, C):  # type: ignore[no-untyped-def]
    """Compute an element of `C = A B`."""
    total = 0
    for k in range(A.shape[1]):
        total += A[i, k] * B[k, j]
    C[i, j] = total


@jk.kernel
def transpose(i, j, x, out):  # type: ignore[no-untyped-def]
    """Copy an element of `x` to its place in `out`."""
    out[j, i] = x[i, j]


def interior(shape: tuple[int, ...]) -> tuple[slice, ...]:
    """Return the points of a plate that have neighbours on all sides."""
    return tuple(slice(1, extent - 1) for extent in shape)


# The kernel of each peer, and its launch space from the arguments of the case.
PEERS: dict[str, tuple[Any, Callable[..., Any]]] = {
    "matmul_tiled": (matmul, lambda A, B, C: C.shape),
    "transpose": (transpose, lambda x, out: x.shape),
    "stencil_tiled": (heat, lambda u, out, k: interior(u.shape)),
}


def bind(case: Case, problem: Problem, backend: str = "cpu") -> Callable[[], None]:
    """Prepare the plain peer of a case for one problem.

    Parameters
    ----------
    case : Case
        The case, one of `PEERS`.
    problem : Problem
        A problem of that case; the call writes its results there.
    backend : {"python", "cpu", "cuda"}
        Where to launch.

    Returns
    -------
    callable
        Runs the peer, without arguments; the first call compiles it.

    Examples
    --------
    >>> from jitkit import cases
    >>> case = cases.load("transpose")
    >>> problem = case.problem("tiny")
    >>> expected = case.reference(problem)
    >>> bind(case, problem)()
    >>> case.check(problem, expected)
    """
    kernel, space = PEERS[case.name]
    return functools.partial(kernel.on(backend)[space(*problem.args)], *problem.args)
