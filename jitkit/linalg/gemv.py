"""gemv: the product of a matrix and a vector, scaled and added to another vector."""

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
from jitkit.primitives import _arrays

RUN = 2048
"""Terms that are summed in the lanes of a vector before they join the total, which keeps rounding near that of pairs."""
SOME = 16
"""Rows from which a host takes four at once; fewer would leave threads without work."""
COLUMNS = 2048
"""Sums that one point keeps for a matrix that lies by columns: 16 KiB of float64, half of a first cache."""
TERMS = 256
"""Columns of such a matrix that one point adds up."""


@jk.kernel(fastmath=True)
def multiply_rows(i, one, a, x, y, out, alpha, beta):
    """Sum a row; `one` is the only place along its axis, so that LLVM widens the inner loop."""
    terms = a.shape[1]
    total = 0.0
    for first in range(0, terms, RUN):
        part = 0.0
        for k in range(first, min(first + RUN, terms)):
            part += a[i, k] * x[k]
        total += part
    put(out, i, total, y, alpha, beta)


@jk.kernel(fastmath=True)
def multiply_four_rows(p, one, a, x, y, out, alpha, beta):
    """Sum four rows at once: one stream of memory to each keeps more reads on their way than a single one."""
    n, terms = a.shape
    i = p * 4
    i1, i2, i3 = min(i + 1, n - 1), min(i + 2, n - 1), min(i + 3, n - 1)
    t0, t1, t2, t3 = 0.0, 0.0, 0.0, 0.0
    for first in range(0, terms, RUN):
        p0, p1, p2, p3 = 0.0, 0.0, 0.0, 0.0
        for k in range(first, min(first + RUN, terms)):
            factor = x[k]
            p0 += a[i, k] * factor
            p1 += a[i1, k] * factor
            p2 += a[i2, k] * factor
            p3 += a[i3, k] * factor
        t0 += p0
        t1 += p1
        t2 += p2
        t3 += p3
    put(out, i, t0, y, alpha, beta)
    if i + 1 < n:
        put(out, i1, t1, y, alpha, beta)
    if i + 2 < n:
        put(out, i2, t2, y, alpha, beta)
    if i + 3 < n:
        put(out, i3, t3, y, alpha, beta)


def put(out, i, total, y, alpha, beta):
    """Write an element; `y` is not read where `beta` is 0."""
    out[i] = alpha * total + (beta * y[i] if beta != 0 else 0)


@jk.kernel(fastmath=True)
def multiply_columns(p, q, one, a, x, parts):
    """Add up a stretch of columns, for `COLUMNS` rows; `a` is the transposed matrix."""
    terms, n = a.shape
    first, height = p * COLUMNS, min(COLUMNS, n - p * COLUMNS)
    sums = jk.local(COLUMNS, a.dtype)
    for i in range(COLUMNS):
        sums[i] = 0
    k, last = q * TERMS, min(q * TERMS + TERMS, terms)
    while k + 3 < last:  # four columns, so that sums are read and written once for them
        f0, f1, f2, f3 = x[k], x[k + 1], x[k + 2], x[k + 3]
        for i in range(height):
            pair = a[k, first + i] * f0 + a[k + 1, first + i] * f1
            sums[i] += pair + (a[k + 2, first + i] * f2 + a[k + 3, first + i] * f3)
        k += 4
    for rest in range(k, last):
        factor = x[rest]
        for i in range(height):
            sums[i] += a[rest, first + i] * factor
    for i in range(height):
        parts[q, first + i] = sums[i]


@jk.kernel
def join_parts(i, parts, y, out, alpha, beta):
    """Add up what the stretches of columns gave."""
    total = parts[0, i]
    for q in range(1, parts.shape[0]):
        total += parts[q, i]
    put(out, i, total, y, alpha, beta)


_rows, _four_rows = Launcher(multiply_rows), Launcher(multiply_four_rows)
_columns, _join = Launcher(multiply_columns), Launcher(join_parts)


def gemv(
    alpha: float, a: Any, x: Any, beta: float = 0.0, y: Any = None, *, out: Any = None, backend: str | None = None
) -> Any:
    """Return ``alpha a x + beta y``.

    Parameters
    ----------
    alpha : float
        Factor of the product; it takes the dtype of the arrays.
    a : array_like or device array, shape (n, k)
        The matrix; a transposed one (``m.T``) is read where it lies.
    x : array_like or device array, shape (k,)
        The vector.
    beta : float, default 0.0
        Factor of `y`, which is not read where this is 0.
    y : array_like or device array, shape (n,), optional
        The vector to add.
    out : array, optional
        Where the result goes; may be `y`.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array, shape (n,)

    Raises
    ------
    LaunchError
        For shapes that do not fit, and a `beta` without a `y`.
    KernelTypeError
        For complex numbers.

    Notes
    -----
    The routine of BLAS (J. J. Dongarra et al., ACM TOMS 14(1), 1988), bound by reading the matrix. Sums are of stretches of
    2048 terms, each in the lanes of vectors.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.linalg.gemv(2.0, np.array([[1.0, 2.0], [3.0, 4.0]]), [1.0, 1.0], 1.0, [10.0, 10.0])
    array([16., 24.])
    """
    name = "linalg.gemv"
    a, x, *rest = operands.arrays_alike((a, x) if y is None else (a, x, y), name)
    if len(a.shape) != 2 or tuple(x.shape) != (a.shape[1],) or (rest and tuple(rest[0].shape) != (a.shape[0],)):
        shapes = " and ".join(str(tuple(v.shape)) for v in (a, x, *rest))
        raise LaunchError(
            f"jk.{name}: takes a matrix (n, k), a vector (k,) and perhaps one (n,), not the shapes {shapes}"
        )
    alpha, beta = operands.number(alpha, "alpha", name), operands.number(beta, "beta", name)
    if not rest and beta != 0:
        raise LaunchError(f"jk.{name}: beta={beta} is a factor of y=, which is missing")
    n, device, dtype = a.shape[0], operands.device_of(a), operands.dtype_of(a)
    inputs = (a, x, *rest)
    if device is None:
        where = _arrays.room(out, (n,), (dtype,), inputs, device, name)
    else:
        where = operands.result(out, (n,), dtype, device, name, inputs)
    if n:
        y = rest[0] if rest else where
        by_columns = device is None and a.flags.f_contiguous and not a.flags.c_contiguous
        on_cpu = (backend or choice.requested() or "cpu") == "cpu"
        _run(a, x, y, where, alpha, beta, by_columns and on_cpu, backend)
    return operands.delivered(where, out, name)


def _run(a: Any, x: Any, y: Any, out: Any, alpha: float, beta: float, by_columns: bool, backend: str | None) -> None:
    n, terms = a.shape
    if not by_columns or not terms:
        if operands.device_of(a) is None and n >= SOME:
            _four_rows.run((-(-n // 4), 1), backend, (a, x, y, out, alpha, beta))
        else:
            _rows.run((n, 1), backend, (a, x, y, out, alpha, beta))
        return
    parts = np.empty((-(-terms // TERMS), n), a.dtype)
    _columns((-(-n // COLUMNS), parts.shape[0], 1), backend)(a.T, x, parts)
    _join(n, backend)(parts, y, out, alpha, beta)
