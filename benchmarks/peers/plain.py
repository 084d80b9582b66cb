"""The plain peers: the problem of a group kernel solved by a kernel without groups, one work-item for each element.

On a GPU a tile in shared memory saves traffic; on a CPU the caches do, and these are what a group kernel must not fall
behind.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit.cases import Case, Problem
from jitkit.cases.heat import heat
from jitkit.cases.stencil_tiled import STEPS


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


def steps_of_heat(backend: str, u: Any, out: Any, k: float) -> Callable[[], None]:
    """Return the steps of `stencil_tiled` one by one, between two plates of their own."""
    device = None if isinstance(u, np.ndarray) else "cuda"
    first, second = (jk.asarray(jk.to_numpy(u).copy(), device=device) for _ in range(2))
    launch = heat.on(backend)[tuple(slice(1, extent - 1) for extent in u.shape)]
    plates = [u, *([first, second] * STEPS)[: STEPS - 1], out]

    def run() -> None:
        for before, after in itertools.pairwise(plates):
            launch(before, after, k)

    return run


# Each prepares a peer for a backend and the arguments of the case.
PEERS: dict[str, Callable[..., Callable[[], None]]] = {
    "matmul_tiled": lambda backend, A, B, C: functools.partial(matmul.on(backend)[C.shape], A, B, C),
    "transpose": lambda backend, x, out: functools.partial(transpose.on(backend)[x.shape], x, out),
    "stencil_tiled": steps_of_heat,
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
    return PEERS[case.name](backend, *problem.args)
