"""det and slogdet: the determinants of many small matrices at once."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.launch.launcher import Launcher
from jitkit.linalg._systems import by_lapack, square
from jitkit.linalg.solve import pivot

ROOM = 4
"""Rows up to which each lane takes a matrix: 4 take half the time of what is done for more rows, 8 1.2 of it."""


class SlogdetResult(NamedTuple):
    """What `slogdet` returns.

    Attributes
    ----------
    sign : array, shape (...)
        1, -1, or 0 where the determinant is 0.
    logabsdet : array, shape (...)
        The logarithm of its absolute value.
    """

    sign: Any
    logabsdet: Any


def _signed(sign, logarithm, element):
    """Return the sign and the logarithm of a product with one element more."""
    if element == 0:
        return 0 * sign, logarithm - math.inf
    return -sign if element < 0 else sign, logarithm + math.log(abs(element))


@jk.kernel
def multiply_lanes(s, a, determinants, logarithms=None):
    """Write the determinant of a matrix of up to `ROOM` rows, or, with logarithms, only its sign.

    Rows with a larger element are exchanged one by one, and not found first: places are those of all lanes then.
    """
    n, m = a.shape[1], jk.local((ROOM, ROOM), a.dtype)
    for i in range(n):
        for j in range(n):
            m[i, j] = a[s, i, j]
    product, logarithm = 1.0, 0.0
    for c in range(n):
        for r in range(c + 1, n):
            if abs(m[r, c]) > abs(m[c, c]):
                product = -product
                for j in range(c, n):
                    held = m[r, j]
                    m[r, j] = m[c, j]
                    m[c, j] = held
        if logarithms is None:
            product = product * m[c, c]
        else:
            product, logarithm = _signed(product, logarithm, m[c, c])
        for r in range(c + 1, n):
            factor = m[r, c] / m[c, c] if m[c, c] != 0 else 0
            for j in range(c + 1, n):
                m[r, j] -= factor * m[c, j]
    determinants[s] = product
    if logarithms is not None:
        logarithms[s] = logarithm


@jk.kernel
def multiply_rows(s, one, a, determinants, logarithms=None):
    """Write the same of a matrix of any size, which is lost.

    `one` is the only place along its axis, so that LLVM widens the loops over j.
    """
    n, product, logarithm = a.shape[1], 1.0, 0.0
    for c in range(n):
        p = pivot(a, s, c)
        if p != c:
            product = -product
            for j in range(c, n):
                held = a[s, c, j]
                a[s, c, j] = a[s, p, j]
                a[s, p, j] = held
        if logarithms is None:
            product = product * a[s, c, c]
        else:
            product, logarithm = _signed(product, logarithm, a[s, c, c])
        if a[s, c, c] != 0:
            for r in range(c + 1, n):
                factor = a[s, r, c] / a[s, c, c]
                for j in range(c + 1, n):
                    a[s, r, j] -= factor * a[s, c, j]
    determinants[s] = product
    if logarithms is not None:
        logarithms[s] = logarithm


_multiply_lanes, _multiply_rows = Launcher(multiply_lanes), Launcher(multiply_rows)


def det(a: Any, *, out: Any = None, backend: str | None = None) -> Any:
    """Return the determinants of many small matrices at once.

    Parameters
    ----------
    a : array_like or device array, shape (..., n, n)
        The matrices.
    out : array, shape (...), optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array, shape (...), or number
        1 for matrices of no rows.

    Raises
    ------
    LaunchError
        For matrices that are not square, and an `out` of another shape.
    KernelTypeError
        For complex numbers.

    Notes
    -----
    As `numpy.linalg.det`, which takes matrices of more than 48 rows on the host: the product of what elimination with the
    largest element of each column leaves on the diagonal (G. H. Golub, C. F. Van Loan, Matrix Computations, chapter 3). Where
    that may be too large or too small for a number, take `slogdet`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.linalg.det(np.array([[[1.0, 2.0], [4.0, 2.0]], [[3.0, 0.0], [1.0, 2.0]]]))
    array([-6.,  6.])
    """
    name = "linalg.det"
    (determinants,) = _multiplied(a, False, out if out is None else (out,), name, backend)
    return determinants


def slogdet(a: Any, *, out: Any = None, backend: str | None = None) -> SlogdetResult:
    """Return the signs of the determinants of many small matrices, and the logarithms of their absolute values.

    Parameters
    ----------
    a, backend
        As for `det`.
    out : tuple of two arrays, shape (...), optional
        Where the signs and the logarithms go.

    Returns
    -------
    SlogdetResult
        A named tuple of ``sign`` and ``logabsdet``: 0 and minus infinity for a singular matrix.

    Raises
    ------
    LaunchError, KernelTypeError
        As `det`.

    Notes
    -----
    As `numpy.linalg.slogdet`; the method is that of `det`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> sign, logabsdet = jk.linalg.slogdet(-1e-200 * np.eye(3))
    >>> float(sign), round(float(logabsdet), 3)
    (-1.0, -1381.551)
    """
    name = "linalg.slogdet"
    if out is not None:
        operands.check_tuple(out, 2, name)
    return SlogdetResult(*_multiplied(a, True, out, name, backend))


def _multiplied(a: Any, logarithms: bool, out: Any, name: str, backend: str | None) -> Any:
    """Return the determinants, or their signs and logarithms, in `out` if there is one."""
    a = operands.floating(a, name)
    stack, shape, n, device = square(a, name), tuple(a.shape)[:-2], a.shape[-1], operands.device_of(a)
    dtypes = (operands.dtype_of(a),) * (1 + logarithms)
    for part in out or ():
        operands.check_out(part, shape, dtypes[0], name)
    if by_lapack(n, device, backend):
        return operands.delivered(tuple(np.linalg.slogdet(a)) if logarithms else (np.linalg.det(a),), out, name)
    count = stack.shape[0]
    found = tuple(operands.made((count,), (dtype,), device) for dtype in dtypes)
    if n <= ROOM:
        _multiply_lanes(count, backend)(stack, *found)
    else:
        _multiply_rows((count, 1), backend)(operands.copied(stack), *found)
    return operands.delivered(tuple(part.reshape(shape) if shape else part[0] for part in found), out, name)
