"""qr: many small matrices at once, each as orthogonal columns and a triangle."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.launch.launcher import Launcher
from jitkit.linalg._systems import by_lapack


class QRResult(NamedTuple):
    """What `qr` returns.

    Attributes
    ----------
    Q : array, shape (..., m, k)
        Columns of length 1 at right angles; k is the smaller one of m and n.
    R : array, shape (..., k, n)
        The upper triangle.
    """

    Q: Any
    R: Any


def _reflector(m, s, c, rows):
    """Put a reflection in the place of column c, whose first element it leaves alone of those from c on; return its factor."""
    largest, total, factor = 0.0, 0.0, 0.0
    for i in range(c, rows):
        largest = max(largest, abs(m[s, c, i]))
    if largest > 0:
        for i in range(c + 1, rows):
            x = m[s, c, i] / largest  # whose square neither overflows nor vanishes
            total += x * x
    if total > 0:
        x = m[s, c, c] / largest
        left = -math.copysign(math.sqrt(x * x + total), x) * largest
        factor = (left - m[s, c, c]) / left
        pivot = m[s, c, c] - left
        for i in range(c + 1, rows):
            m[s, c, i] /= pivot
        m[s, c, c] = left
    return factor


def reflect(m, s, c, factor, x, j, rows):
    """Reflect column j of x by the reflection in column c of m, whose first element is 1."""
    along = x[s, j, c]
    for i in range(c + 1, rows):
        along += m[s, c, i] * x[s, j, i]
    along *= factor
    x[s, j, c] -= along
    for i in range(c + 1, rows):
        x[s, j, i] -= along * m[s, c, i]


def factored(a, s, m, factors):
    """Put the triangle of a matrix and its reflections into m, (columns, rows), so that LLVM widens the loops along columns."""
    rows, columns = a.shape[1], a.shape[2]
    for j in range(columns):
        for i in range(rows):
            m[s, j, i] = a[s, i, j]
    for c in range(min(rows, columns)):
        factors[s, c] = _reflector(m, s, c, rows)
        for j in range(c + 1, columns):
            reflect(m, s, c, factors[s, c], m, j, rows)


@jk.kernel(fastmath=True)
def decompose(s, one, a, m, factors, r, q=None):
    """Write the triangle of a matrix, and its orthogonal columns; `one` is the only place along its axis."""
    rows, columns = a.shape[1], a.shape[2]
    k = min(rows, columns)
    factored(a, s, m, factors)
    for i in range(k):
        for j in range(columns):
            r[s, i, j] = m[s, j, i] if j >= i else 0
    if q is not None:
        for back in range(k):
            c = k - 1 - back
            for j in range(c + 1, k):  # the columns behind are those of Q already
                m[s, j, c] = 0
                reflect(m, s, c, factors[s, c], m, j, rows)
            for i in range(c):
                m[s, c, i] = 0
            m[s, c, c] = 1 - factors[s, c]
            for i in range(c + 1, rows):
                m[s, c, i] *= -factors[s, c]
        for i in range(rows):
            for j in range(k):
                q[s, i, j] = m[s, j, i]


_decompose = Launcher(decompose)


def qr(a: Any, mode: str = "reduced", *, out: Any = None, backend: str | None = None) -> Any:
    """Return many small matrices as products of orthogonal columns and a triangle: ``a = Q R``.

    Parameters
    ----------
    a : array_like or device array, shape (..., m, n)
        The matrices.
    mode : {"reduced", "r"}, default "reduced"
        Both factors, or the triangle alone.
    out : tuple of two arrays, or with ``mode="r"`` an array, optional
        Where the results go.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    QRResult or array
        A named tuple of ``Q``, shape (..., m, k), and ``R``, shape (..., k, n), k being the smaller one of m and n; ``R`` alone
        with ``mode="r"``.

    Raises
    ------
    LaunchError
        For fewer than two axes, and an `out` of another shape.
    ValueError
        For another `mode`.
    KernelTypeError
        For complex numbers.

    Notes
    -----
    As `numpy.linalg.qr`, which decomposes matrices of more than 48 rows and columns on the host: Householder's reflections
    (G. H. Golub, C. F. Van Loan, Matrix Computations, chapter 5). The signs of a column of Q and a row of R can differ from
    LAPACK's.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> a = np.array([[3.0, 1.0], [4.0, 2.0], [0.0, 5.0]])
    >>> Q, R = jk.linalg.qr(a)
    >>> np.abs(np.diagonal(R)).round(4)
    array([5.   , 5.016])
    >>> bool(np.allclose(Q @ R, a) and np.allclose(Q.T @ Q, np.eye(2)))
    True
    """
    name = "linalg.qr"
    a = operands.floating(a, name)
    if mode not in ("reduced", "r"):
        raise ValueError(f"jk.{name}: mode={mode!r}; it is 'reduced' for both factors or 'r' for the triangle alone")
    shape, device, dtype, whole = tuple(a.shape), operands.device_of(a), operands.dtype_of(a), mode == "reduced"
    if len(shape) < 2:
        raise LaunchError(f"jk.{name}: takes matrices (..., m, n), not the shape {shape}")
    (rows, columns), count = shape[-2:], math.prod(shape[:-2])
    k = min(rows, columns)
    shapes = ((*shape[:-2], rows, k), (*shape[:-2], k, columns))
    if out is not None:
        if whole:
            operands.check_tuple(out, 2, name)
        for part, fitting in zip(out, shapes, strict=True) if whole else ((out, shapes[1]),):
            operands.check_out(part, fitting, dtype, name)
    if by_lapack(k, device, backend):
        found = np.linalg.qr(a, mode)  # type: ignore[call-overload]
        return QRResult(*operands.delivered(tuple(found), out, name)) if whole else operands.delivered(found, out, name)
    q, r = (operands.made((count, *part[-2:]), (dtype,), device) for part in shapes)
    if count and k:
        m, factors = (operands.made((count, *part), (dtype,), device) for part in ((columns, rows), (k,)))
        stack = a.reshape((count, rows, columns))
        _decompose((count, 1), backend)(stack, m, factors, r, q if whole else None)
    parts = tuple(part.reshape(fitting) for part, fitting in zip((q, r), shapes, strict=True))
    return QRResult(*operands.delivered(parts, out, name)) if whole else operands.delivered(parts[1], out, name)
