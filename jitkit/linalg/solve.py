"""solve: many systems of equations at once, by elimination with pivots."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.launch.launcher import Launcher
from jitkit.linalg._systems import begun, by_lapack, named, refuse_singular, systems


def pivot(a, s, c):
    """Return the row below with the largest element of a column."""
    best, row = abs(a[s, c, c]), c
    for r in range(c + 1, a.shape[1]):
        if abs(a[s, r, c]) > best:
            best, row = abs(a[s, r, c]), r
    return row


@jk.kernel
def eliminate(s, one, a, x, singular):
    """Solve a system in place; `one` is the only place along its axis, so that LLVM widens the loops over rows."""
    n, columns = a.shape[1], x.shape[2]
    for c in range(n):
        p = pivot(a, s, c)
        if p != c:
            for j in range(c, n):
                held = a[s, c, j]
                a[s, c, j] = a[s, p, j]
                a[s, p, j] = held
            for j in range(columns):
                held = x[s, c, j]
                x[s, c, j] = x[s, p, j]
                x[s, p, j] = held
        if a[s, c, c] == 0:
            singular[s] = 1
        for r in range(c + 1, n):
            factor = a[s, r, c] / a[s, c, c]
            for j in range(c + 1, n):
                a[s, r, j] -= factor * a[s, c, j]
            for j in range(columns):
                x[s, r, j] -= factor * x[s, c, j]
    for back in range(n):
        c = n - 1 - back
        for j in range(columns):
            x[s, c, j] /= a[s, c, c]
        for r in range(c):
            for j in range(columns):
                x[s, r, j] -= a[s, r, c] * x[s, c, j]


_eliminate = Launcher(eliminate)


def eliminated(a: Any, x: Any, singular: Any, backend: str | None) -> None:
    """Put solutions in the place of the right-hand sides `x`, and mark singular matrices by 1; `a` is (count, n, n)."""
    _eliminate((a.shape[0], 1), backend)(operands.copied(a), x, singular)


def solve(a: Any, b: Any, *, out: Any = None, backend: str | None = None) -> Any:
    """Solve ``a x = b`` for many small systems of equations at once.

    Parameters
    ----------
    a : array_like or device array, shape (..., n, n)
        The matrices.
    b : array_like or device array, shape (n,) or (..., n, k)
        The right-hand sides; a vector where it has one axis, else matrices. Stacks are broadcast as by `numpy.linalg.solve`;
        on a GPU they are of one shape.
    out : array, optional
        Where the result goes; may be `b`.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array, shape (..., n) or (..., n, k)

    Raises
    ------
    LaunchError
        For shapes that do not fit, and an `out` of another shape.
    KernelTypeError
        For complex numbers.
    numpy.linalg.LinAlgError
        For a singular matrix.

    Notes
    -----
    As `numpy.linalg.solve`, which solves systems of more than 48 equations on the host. Each point eliminates one system,
    with the largest element of each column as pivot (G. H. Golub, C. F. Van Loan, Matrix Computations, chapter 3).

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> a = np.array([[[0.0, 2.0], [4.0, 1.0]], [[1.0, 0.0], [0.0, 5.0]]])
    >>> jk.linalg.solve(a, np.array([[[2.0], [5.0]], [[3.0], [10.0]]]))[..., 0]
    array([[1., 1.],
           [3., 2.]])
    """
    name = "linalg.solve"
    a, b = operands.arrays_alike((a, b), name)
    found = systems(a, b, len(b.shape) == 1, name)
    device = operands.device_of(a)
    if by_lapack(found.a.shape[1], device, backend):
        with named(name):
            solved = np.linalg.solve(found.a, found.b)
        return operands.delivered(solved.reshape(found.shape), out, name)
    if out is not None:
        operands.check_out(out, found.shape, operands.dtype_of(found.b), name)
    # Not in `out`, which a singular matrix leaves as it is.
    (result, x), count = begun(found, None, name), found.a.shape[0]
    if count and found.a.shape[1]:
        singular = jk.zeros(count, np.int32, device=device)
        eliminated(found.a, x, singular, backend)
        refuse_singular(singular, name)
    return operands.delivered(result, out, name)
