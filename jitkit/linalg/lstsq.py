"""lstsq: many small problems of least squares at once."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.errors import LaunchError
from jitkit.launch.launcher import Launcher
from jitkit.linalg._systems import systems
from jitkit.linalg.qr import factored, reflect


class LstsqResult(NamedTuple):
    """What `lstsq` returns.

    Attributes
    ----------
    x : array, shape (..., n) or (..., n, k)
        The solutions.
    residuals : array, shape (...) or (..., k)
        The sums of the squares of ``b - a x``.
    """

    x: Any
    residuals: Any


@jk.kernel(fastmath=True)
def fit(s, one, a, b, least, m, factors, sides, x, residuals, deficient):
    """Solve a problem by reflections of its right-hand sides; `one` is the only place along its axis."""
    rows, columns, k = a.shape[1], a.shape[2], b.shape[2]
    factored(a, s, m, factors)
    largest = 0.0
    for c in range(columns):
        largest = max(largest, abs(m[s, c, c]))
    for c in range(columns):
        if abs(m[s, c, c]) <= least * largest:
            deficient[s] = 1
    for j in range(k):
        for i in range(rows):
            sides[s, j, i] = b[s, i, j]
        for c in range(columns):
            reflect(m, s, c, factors[s, c], sides, j, rows)
        total = 0.0
        for i in range(columns, rows):
            total += sides[s, j, i] * sides[s, j, i]
        residuals[s, j] = total
        for back in range(columns):
            c = columns - 1 - back
            found = sides[s, j, c] / m[s, c, c]
            x[s, c, j] = found
            for i in range(c):
                sides[s, j, i] -= found * m[s, c, i]


_fit = Launcher(fit)


def lstsq(a: Any, b: Any, rcond: float | None = None, *, out: Any = None, backend: str | None = None) -> LstsqResult:
    """Return what makes ``b - a x`` least in squares, for many small problems at once.

    Parameters
    ----------
    a : array_like or device array, shape (..., m, n)
        The matrices, of as many rows as columns or more, and of full rank.
    b : array_like or device array, shape (m,) or (..., m, k)
        The right-hand sides; a vector where it has one axis, else matrices. Stacks are broadcast; on a GPU they are of one shape.
    rcond : float, optional
        A matrix is refused where an element of the diagonal of its triangle is not above this part of the largest one; the
        larger one of m and n times the last digit of the type unless given.
    out : tuple of two arrays, optional
        Where the solutions and the residuals go.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    LstsqResult
        A named tuple of ``x``, shape (..., n) or (..., n, k), and ``residuals``, shape (...) or (..., k): the sums of squares
        that are left, which are 0 for as many rows as columns.

    Raises
    ------
    LaunchError
        For shapes that do not fit, fewer rows than columns, an `rcond` that is no number from 0, and an `out` of another shape.
    KernelTypeError
        For complex numbers.
    numpy.linalg.LinAlgError
        For a matrix whose columns depend on one another.

    Notes
    -----
    As `numpy.linalg.lstsq`, for stacks, by Householder's reflections and not by singular values (G. H. Golub, C. F. Van Loan,
    Matrix Computations, chapter 5): the rank is that of the columns, and not returned. Where columns may depend on one another,
    or rows are fewer, take `numpy.linalg.lstsq`, which finds the smallest of all solutions.

    Examples
    --------
    Lines through four points each:

    >>> import numpy as np, jitkit as jk
    >>> t = np.arange(4.0)
    >>> a = np.stack([np.ones(4), t], axis=1)
    >>> b = np.stack([2 + 3 * t, 1 - t, np.array([0.0, 1.0, 1.0, 2.0])], axis=1)
    >>> x, residuals = jk.linalg.lstsq(a, b)
    >>> x.round(6)
    array([[ 2. ,  1. ,  0.1],
           [ 3. , -1. ,  0.6]])
    >>> abs(residuals.round(6))
    array([0. , 0. , 0.2])
    """
    name = "linalg.lstsq"
    a, b = operands.arrays_alike((a, b), name)
    vectors, shape, dtype, device = len(b.shape) == 1, tuple(a.shape), operands.dtype_of(a), operands.device_of(a)
    if len(shape) < 2 or shape[-2] < shape[-1]:
        raise LaunchError(
            f"jk.{name}: takes matrices (..., m, n) of at least as many rows as columns, not the shape {shape}: "
            "numpy.linalg.lstsq finds the smallest of many solutions"
        )
    rows, columns = shape[-2:]
    least = rows * float(np.finfo(dtype).eps) if rcond is None else operands.number(rcond, "rcond", name)
    if not least >= 0:
        raise LaunchError(f"jk.{name}: rcond={rcond!r}; it is a number from 0, or None")
    found = systems(a, b, vectors, name, tall=True)
    stack = found.shape[:-1] if vectors else found.shape[:-2]
    count, k = found.b.shape[0], found.b.shape[2]
    shapes = ((*stack, columns), stack) if vectors else ((*stack, columns, k), (*stack, k))
    if out is not None:
        operands.check_tuple(out, 2, name)
        for part, fitting in zip(out, shapes, strict=True):
            operands.check_out(part, fitting, dtype, name)
    x, residuals = jk.zeros((count, columns, k), dtype, device=device), jk.zeros((count, k), dtype, device=device)
    if count and rows and k:
        deficient = jk.zeros(count, np.int32, device=device)
        m, factors, sides = (
            operands.made((count, *part), (dtype,), device) for part in ((columns, rows), (columns,), (k, rows))
        )
        _fit((count, 1), backend)(found.a, found.b, least, m, factors, sides, x, residuals, deficient)
        wrong = np.flatnonzero(to_numpy(deficient))
        if wrong.size:
            raise np.linalg.LinAlgError(
                f"jk.{name}: the columns of matrix {wrong[0]} depend on one another, of {wrong.size} such among {count}: "
                "numpy.linalg.lstsq finds the smallest of many solutions"
            )
    parts = tuple(
        part.reshape(fitting) if fitting else part.reshape((1,))[0]
        for part, fitting in zip((x, residuals), shapes, strict=True)
    )
    return LstsqResult(*operands.delivered(parts, out, name))
