"""inv: the inverses of many small matrices at once."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.linalg._systems import by_lapack, named, refuse_singular, square
from jitkit.linalg.solve import eliminated

ROOMS = (4, 8)
"""Rows that kernels of a matrix to each lane are compiled for: with AVX-512 4 take 0.16 (float32) and 0.35 of the time that
`solve`'s kernel takes with the unit matrix, 8 take 0.42 and 0.72, 12 in float64 are level."""


def inversion_kernel(room: int) -> Kernel:
    """Return the kernel that inverts matrices of up to `room` rows, one to each lane.

    Rows with a larger element are exchanged one by one, and not found first: places are those of all lanes then.
    """

    @jk.kernel
    def invert(s, a, out, singular):
        n = a.shape[1]
        m, x = jk.local((room, room), a.dtype), jk.local((room, room), a.dtype)
        for i in range(n):
            for j in range(n):
                m[i, j] = a[s, i, j]
                x[i, j] = 1 if i == j else 0
        for c in range(n):
            for r in range(c + 1, n):
                if abs(m[r, c]) > abs(m[c, c]):
                    for j in range(n):
                        held = m[r, j]
                        m[r, j] = m[c, j]
                        m[c, j] = held
                        held = x[r, j]
                        x[r, j] = x[c, j]
                        x[c, j] = held
            if m[c, c] == 0:
                singular[s] = 1
            for r in range(c + 1, n):
                factor = m[r, c] / m[c, c]
                for j in range(c + 1, n):
                    m[r, j] -= factor * m[c, j]
                for j in range(n):
                    x[r, j] -= factor * x[c, j]
        for back in range(n):
            c = n - 1 - back
            for j in range(n):
                x[c, j] /= m[c, c]
                out[s, c, j] = x[c, j]
            for r in range(c):
                for j in range(n):
                    x[r, j] -= m[r, c] * x[c, j]

    return invert


@functools.cache
def _inverting(room: int) -> Launcher:
    return Launcher(inversion_kernel(room))


def inv(a: Any, *, out: Any = None, backend: str | None = None) -> Any:
    """Return the inverses of many small matrices at once.

    Parameters
    ----------
    a : array_like or device array, shape (..., n, n)
        The matrices.
    out : array, shape (..., n, n), optional
        Where the result goes; may be `a`.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array, shape (..., n, n)

    Raises
    ------
    LaunchError
        For matrices that are not square, and an `out` of another shape.
    KernelTypeError
        For complex numbers.
    numpy.linalg.LinAlgError
        For a singular matrix.

    Notes
    -----
    As `numpy.linalg.inv`, which inverts matrices of more than 48 rows on the host: elimination with the largest element of each
    column as pivot, of the unit matrix (G. H. Golub, C. F. Van Loan, Matrix Computations, chapter 3). To solve equations,
    `solve` is faster and more precise.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.linalg.inv(np.array([[[0.0, 2.0], [4.0, 0.0]], [[1.0, 1.0], [0.0, 1.0]]]))
    array([[[ 0.  ,  0.25],
            [ 0.5 ,  0.  ]],
    <BLANKLINE>
           [[ 1.  , -1.  ],
            [ 0.  ,  1.  ]]])
    """
    name = "linalg.inv"
    a = operands.floating(a, name)
    shape, stack, device, dtype = tuple(a.shape), square(a, name), operands.device_of(a), operands.dtype_of(a)
    if out is not None:
        operands.check_out(out, shape, dtype, name)
    count, n = stack.shape[0], shape[-1]
    if by_lapack(n, device, backend):
        with named(name):
            return operands.delivered(np.linalg.inv(a), out, name)
    result = operands.made((count, n, n), (dtype,), device)  # not `out`, which a singular matrix leaves as it is
    if count and n:
        singular = jk.zeros(count, np.int32, device=device)
        if n <= ROOMS[-1]:
            room = next(room for room in ROOMS if room >= n)
            _inverting(room)(count, backend)(stack, result, singular)
        else:
            operands.assign(result, jk.asarray(np.broadcast_to(np.eye(n, dtype=dtype), (count, n, n)), device=device))
            eliminated(stack, result, singular, backend)
        refuse_singular(singular, name)
    return operands.delivered(result.reshape(shape), out, name)
