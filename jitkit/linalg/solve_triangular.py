"""solve_triangular: systems with a triangular matrix."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.launch import choice
from jitkit.launch.launcher import Launcher
from jitkit.linalg._systems import begun, systems
from jitkit.linalg.matmul import matmul

BLOCK = 128
"""Equations that are solved one after another; the rest of a larger system is matrix products."""
ROWS = 4
"""Rows that are read at once for a vector: one by one they took 1.5 times as long."""


@jk.kernel
def substitute(s, j, a, x, upper, turned, unit):
    """Solve a system for one right-hand side in place; `turned` takes the transposed matrix."""
    n = a.shape[1]
    for step in range(n):
        i = n - 1 - step if upper else step
        total = x[s, i, j]
        for done in range(step):
            k = n - 1 - done if upper else done
            total -= (a[s, k, i] if turned else a[s, i, k]) * x[s, k, j]
        x[s, i, j] = total if unit else total / a[s, i, i]


@jk.kernel(fastmath=True)
def substitute_vector(s, one, a, x, upper, turned, unit):
    """Solve a system for one vector in place, reading rows only, four of them at once; `one` is the only place along its axis.

    A row is a sum over what is solved, or, of the transposed matrix, what a solved element takes from the others.
    """
    n = a.shape[1]
    way = -1 if upper else 1
    for done in range(0, n, ROWS):
        top = n - 1 - done if upper else done
        if not turned:
            first, last = (top + 1, n) if upper else (0, top)
            take_sums(s, a, x, top, way, min(ROWS, n - done), first, last)
        for step in range(min(ROWS, n - done)):
            i = top + way * step
            total = x[s, i]
            if not turned:
                for other in range(step):
                    total -= a[s, i, top + way * other] * x[s, top + way * other]
            if not unit:
                total /= a[s, i, i]
            x[s, i] = total
            if turned:
                for other in range(step + 1, min(ROWS, n - done)):
                    x[s, top + way * other] -= a[s, i, top + way * other] * total
        if turned:
            first, last = (0, top - ROWS + 1) if upper else (top + ROWS, n)
            give_out(s, a, x, top, way, first, last)


def take_sums(s, a, x, top, way, rows, first, last):
    """Subtract the products of up to four rows with what is solved."""
    if rows == ROWS:
        p, q, t, u = 0.0, 0.0, 0.0, 0.0
        for k in range(first, last):
            p += a[s, top, k] * x[s, k]
            q += a[s, top + way, k] * x[s, k]
            t += a[s, top + 2 * way, k] * x[s, k]
            u += a[s, top + 3 * way, k] * x[s, k]
        x[s, top] -= p
        x[s, top + way] -= q
        x[s, top + 2 * way] -= t
        x[s, top + 3 * way] -= u
    else:
        for row in range(rows):
            i, p = top + way * row, 0.0
            for k in range(first, last):
                p += a[s, i, k] * x[s, k]
            x[s, i] -= p


def give_out(s, a, x, top, way, first, last):
    """Subtract from the others what four solved elements take from them; behind fewer there is none."""
    if first < last:
        p, q, t, u = x[s, top], x[s, top + way], x[s, top + 2 * way], x[s, top + 3 * way]
        for k in range(first, last):
            x[s, k] -= (
                a[s, top, k] * p + a[s, top + way, k] * q + a[s, top + 2 * way, k] * t + a[s, top + 3 * way, k] * u
            )


_substitute, _substitute_vector = Launcher(substitute), Launcher(substitute_vector)


def solve_triangular(
    a: Any,
    b: Any,
    trans: int | str = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    *,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Solve ``a x = b`` for triangular matrices.

    Parameters
    ----------
    a : array_like or device array, shape (..., n, n)
        The matrices; only one triangle is read.
    b : array_like or device array, shape (..., n) or (..., n, k)
        The right-hand sides: vectors where it has the shape of `a` without its last axis, or one axis, else matrices.
    trans : {0, 1, 2, "N", "T", "C"}, default 0
        1, 2, "T" and "C" solve with the transposed matrix.
    lower : bool, default False
        Read the lower triangle.
    unit_diagonal : bool, default False
        Take the diagonal for ones without reading it.
    out : array, optional
        Where the result goes; may be `b`.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        Of the shape of `b`.

    Raises
    ------
    LaunchError
        For shapes that do not fit, and an `out` of another shape.
    KernelTypeError
        For complex numbers.
    ValueError
        For another `trans`.
    numpy.linalg.LinAlgError
        For a zero on the diagonal.

    Notes
    -----
    As `scipy.linalg.solve_triangular`. A point solves one system for one right-hand side; on the host, matrices of more than
    128 rows are solved in blocks (J. J. Dongarra et al., ACM TOMS 16(1), 1990), and for a vector by sums over rows.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.linalg.solve_triangular(np.array([[2.0, 0.0], [1.0, 4.0]]), [2.0, 9.0], lower=True)
    array([1., 2.])
    """
    name = "linalg.solve_triangular"
    if trans not in (0, 1, 2, "N", "T", "C"):
        raise ValueError(f"jk.{name}: trans={trans!r} is none of 0, 1, 2, 'N', 'T' and 'C'")
    a, b = operands.arrays_alike((a, b), name)
    found = systems(a, b, is_vectors(a, b), name)
    if not unit_diagonal:
        check_diagonal(found.a, name)
    result, x = begun(found, out, name)
    substituted(found.a, x, not lower, trans not in (0, "N"), unit_diagonal, backend)
    return operands.delivered(result, out, name)


def is_vectors(a: Any, b: Any) -> bool:
    """Tell whether right-hand sides are vectors."""
    return len(b.shape) == 1 or (len(b.shape) == len(a.shape) - 1 and tuple(b.shape) == tuple(a.shape[:-1]))


def check_diagonal(a: Any, name: str) -> None:
    """Refuse matrices (count, n, n) on the host with a zero on the diagonal."""
    if operands.device_of(a) is not None:  # a zero shows as an infinity in the result
        return
    diagonals = a.diagonal(axis1=1, axis2=2)
    if not diagonals.all():
        s, i = (int(k) for k in np.argwhere(diagonals == 0)[0])
        raise np.linalg.LinAlgError(f"jk.{name}: matrix {s} is singular: its diagonal is 0 at {i}")


def substituted(a: Any, x: Any, upper: bool, turned: bool, unit: bool, backend: str | None) -> None:
    """Solve systems (count, n, n) in place for right-hand sides (count, n, k); `upper` is the triangle that is read."""
    count, n, columns = x.shape
    backwards = upper != turned
    if not x.size:
        return
    if operands.device_of(x) is not None or n <= BLOCK:
        _substitute((count, columns), backend)(a, x, backwards, turned, unit)
        return
    on_cpu = (backend or choice.requested() or "cpu") == "cpu"
    if columns == 1 and on_cpu and operands.dtype_of(a).itemsize in (a.strides[2], a.strides[1]):
        if a.strides[2] != a.itemsize:
            a, turned = a.swapaxes(1, 2), not turned
        _substitute_vector((count, 1), backend)(a, x[:, :, 0], backwards, turned, unit)
        return
    blocks = [slice(first, min(first + BLOCK, n)) for first in range(0, n, BLOCK)]
    for block in reversed(blocks) if backwards else blocks:
        _substitute((count, columns), backend)(
            np.ascontiguousarray(a[:, block, block]),
            x_block := np.ascontiguousarray(x[:, block]),
            backwards,
            turned,
            unit,
        )
        x[:, block] = x_block
        rest = slice(0, block.start) if backwards else slice(block.stop, n)
        if rest.start < rest.stop:
            part = a[:, block, rest].swapaxes(1, 2) if turned else a[:, rest, block]
            x[:, rest] -= matmul(part, x_block, backend=backend)
