"""eigh and eigvalsh: eigenvalues and eigenvectors of many small symmetric matrices at once."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.linalg._systems import named, square

ROOMS = (4, 8, 16)
"""Rows that kernels are compiled for: `eigh` of 16 rows takes 0.13 to 0.35 of LAPACK's time with AVX-512, 0.8 to 1 with AVX2.

`eigvalsh` of 16, for which LAPACK does less, takes 1 (float32) to 1.4 of it with AVX2; one bound keeps the values of both
alike."""
SWEEPS = 30
"""The most sweeps over all pairs of rows; six to nine are usual, and NaN never ends."""
NEGLIGIBLE = 0.125
"""Elements are as good as zero below this part of the last digit of both elements of the diagonal beside them."""
_NEGLIGIBLE = {np.dtype(kind): NEGLIGIBLE * float(np.finfo(kind).eps) for kind in (np.float32, np.float64)}
_ALONE = 9
"""Rows from which a single matrix is LAPACK's on a host, where all lanes but one would idle: 16 take 0.55 to 0.8 of the time."""


class EighResult(NamedTuple):
    """What `eigh` returns.

    Attributes
    ----------
    eigenvalues : array, shape (..., n)
        Ascending.
    eigenvectors : array, shape (..., n, n)
        Of length 1: column ``[..., :, i]`` belongs to eigenvalue i.
    """

    eigenvalues: Any
    eigenvectors: Any


def rotations_kernel(room: int, vectors: bool) -> Kernel:
    """Return the kernel that turns each matrix, of up to `room` rows, into a diagonal one, and its vectors with it.

    Loops end at the number of rows, which LLVM does not know: unrolled for three rows, lanes are not vectors (8 times slower).
    """

    @jk.kernel
    def rotate(s, upper, negligible, a, values, columns, wrong):
        n = a.shape[1]
        m, v = jk.local((room, room), a.dtype), jk.local((room, room), a.dtype)
        for i in range(n):
            for j in range(n):
                m[i, j] = a[s, min(i, j), max(i, j)] if upper else a[s, max(i, j), min(i, j)]
                v[i, j] = 1 if i == j else 0
        turned, sweeps = 1, 0
        while turned > 0 and sweeps < SWEEPS:
            turned = 0
            sweeps += 1
            for p in range(n - 1):
                for q in range(p + 1, n):
                    g = m[p, q]
                    if not ((abs(g) <= negligible * abs(m[p, p])) & (abs(g) <= negligible * abs(m[q, q]))):
                        turned = 1
                        theta = (0.5 * m[q, q] - 0.5 * m[p, p]) / g
                        t = 1 / (abs(theta) + math.sqrt(theta * theta + 1))
                        t = t if theta >= 0 else -t
                        cosine = 1 / math.sqrt(t * t + 1)
                        sine = t * cosine
                        tau = sine / (1 + cosine)
                        m[p, p] -= t * g
                        m[q, q] += t * g
                        m[p, q] = 0
                        m[q, p] = 0
                        for k in range(n):
                            if k != p and k != q:
                                x, y = m[k, p], m[k, q]
                                m[k, p] = x - sine * (y + tau * x)
                                m[k, q] = y + sine * (x - tau * y)
                                m[p, k] = m[k, p]
                                m[q, k] = m[k, q]
                        if vectors:
                            for k in range(n):
                                x, y = v[k, p], v[k, q]
                                v[k, p] = x - sine * (y + tau * x)
                                v[k, q] = y + sine * (x - tau * y)
        wrong[s] = turned
        for j in range(n):
            rank = 0
            if not math.isfinite(m[j, j]):
                wrong[s] = 1
            for k in range(n):
                rank += 1 if m[k, k] < m[j, j] or (m[k, k] == m[j, j] and k < j) else 0
            values[s, rank] = m[j, j]
            if vectors:
                for k in range(n):
                    columns[s, k, rank] = v[k, j]

    return rotate


@functools.cache
def _rotating(room: int, vectors: bool) -> Launcher:
    return Launcher(rotations_kernel(room, vectors))


def eigh(a: Any, UPLO: str = "L", *, out: Any = None, backend: str | None = None) -> EighResult:
    """Return the eigenvalues and eigenvectors of real symmetric matrices.

    Parameters
    ----------
    a : array_like or device array, shape (..., n, n)
        The matrices; only one triangle is read.
    UPLO : {"L", "U"}, default "L"
        Which: the lower or the upper one.
    out : tuple of two arrays, shape (..., n) and (..., n, n), optional
        Where the eigenvalues and the eigenvectors go.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    EighResult
        A named tuple of ``eigenvalues``, shape (..., n), ascending, and ``eigenvectors``, shape (..., n, n): columns of length 1.

    Raises
    ------
    LaunchError
        For matrices that are not square, and an `out` of another shape.
    ValueError
        For another `UPLO`.
    KernelTypeError
        For complex numbers.
    numpy.linalg.LinAlgError
        For NaN and infinity.

    Notes
    -----
    As `numpy.linalg.eigh`, which decomposes matrices of more than 16 rows, on the host, and there single ones of 9 or more. Each
    point decomposes one matrix by Jacobi's rotations (H. Rutishauser, The Jacobi method for real symmetric matrices, Numer. Math.
    9, 1-10, 1966). The signs of eigenvectors, and the vectors of equal eigenvalues, can differ from LAPACK's.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> stack = np.array([[[2.0, 1.0], [1.0, 2.0]], [[5.0, 0.0], [0.0, -1.0]]])
    >>> values, vectors = jk.linalg.eigh(stack)
    >>> values
    array([[ 1.,  3.],
           [-1.,  5.]])
    >>> bool(np.allclose(stack @ vectors, vectors * values[:, None, :]))
    True
    """
    name = "linalg.eigh"
    a = operands.floating(a, name)
    shapes = (tuple(a.shape)[:-1], tuple(a.shape))
    if out is not None:
        operands.check_tuple(out, 2, name)
        for part, shape in zip(out, shapes, strict=True):
            operands.check_out(part, shape, operands.dtype_of(a), name)
    return EighResult(*operands.delivered(_decomposed(a, UPLO, True, name, backend), out, name))


def eigvalsh(a: Any, UPLO: str = "L", *, out: Any = None, backend: str | None = None) -> Any:
    """Return the eigenvalues of real symmetric matrices.

    Parameters
    ----------
    a, UPLO, backend
        As for `eigh`.
    out : array, shape (..., n), optional
        Where the result goes.

    Returns
    -------
    array, shape (..., n)
        Ascending.

    Raises
    ------
    LaunchError, ValueError, KernelTypeError, numpy.linalg.LinAlgError
        As `eigh`.

    Notes
    -----
    As `numpy.linalg.eigvalsh`; the method is that of `eigh`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.linalg.eigvalsh(np.array([[2.0, 1.0], [1.0, 2.0]]))
    array([1., 3.])
    """
    name = "linalg.eigvalsh"
    a = operands.floating(a, name)
    if out is not None:
        operands.check_out(out, tuple(a.shape)[:-1], operands.dtype_of(a), name)
    values, _ = _decomposed(a, UPLO, False, name, backend)
    return operands.delivered(values, out, name)


def _decomposed(a: Any, uplo: Any, vectors: bool, name: str, backend: str | None) -> tuple[Any, Any]:
    """Return the eigenvalues and the eigenvectors, if they are asked for, in new arrays: a wrong matrix leaves `out` as it is."""
    stack, shape = square(a, name), tuple(a.shape)
    if not isinstance(uplo, str) or uplo.upper() not in ("L", "U"):
        raise ValueError(f"jk.{name}: UPLO={uplo!r}; it is 'L' for the lower triangle or 'U' for the upper one")
    count, n, device, dtype = stack.shape[0], shape[-1], operands.device_of(a), operands.dtype_of(a)
    if n > ROOMS[-1] or (count == 1 and n >= _ALONE and not operands.on_device(a, backend)):
        return _by_lapack(a, uplo, vectors, name)
    values = operands.made((count, n), (dtype,), device)
    columns = operands.made((count, n, n) if vectors else (0, 0, 0), (dtype,), device)
    if count and n:
        wrong = jk.zeros(count, np.int32, device=device)
        room = next(room for room in ROOMS if room >= n)
        args = uplo.upper() == "U", _NEGLIGIBLE[dtype], stack, values, columns, wrong
        _rotating(room, vectors).run(count, backend, args)
        bad = jk.to_numpy(wrong)
        if bad.any():
            found = np.flatnonzero(bad)
            raise np.linalg.LinAlgError(
                f"jk.{name}: matrix {found[0]} has no eigenvalues that can be found, of {found.size} such among {count}: are "
                "there NaN or infinities in it?"
            )
    return values.reshape(shape[:-1]), columns.reshape(shape) if vectors else columns


def _by_lapack(a: Any, uplo: Any, vectors: bool, name: str) -> tuple[Any, Any]:
    device, whole, triangle = operands.device_of(a), jk.to_numpy(a), uplo.upper()
    if not np.isfinite(whole).all():
        raise np.linalg.LinAlgError(f"jk.{name}: there are NaN or infinities in a matrix")
    with named(name):
        values, columns = np.linalg.eigh(whole, triangle) if vectors else (np.linalg.eigvalsh(whole, triangle), None)
    if device is None:
        return values, columns
    return jk.asarray(values, device=device), None if columns is None else jk.asarray(columns, device=device)
