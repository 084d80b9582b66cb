"""cholesky and cho_solve: many symmetric positive definite systems at once."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import KernelTypeError
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.linalg._systems import begun, by_lapack, named, square, systems
from jitkit.linalg.solve_triangular import check_diagonal, is_vectors, substituted


def factor_kernel(upper: bool) -> Kernel:
    """Return the kernel that factors each matrix row by row of the triangle that is read and written."""

    @jk.kernel(fastmath=True)
    def factor(s, one, a, out, wrong):  # `one` is the only place along its axis, so that LLVM widens the loop over k
        for i in range(a.shape[1]):
            for j in range(i + 1):
                total = a[s, j, i] if upper else a[s, i, j]
                for k in range(j):
                    total -= out[s, k, i] * out[s, k, j] if upper else out[s, i, k] * out[s, j, k]
                if i == j and not total > 0:
                    wrong[s] = 1
                value = math.sqrt(max(total, 0.0)) if i == j else total / out[s, j, j]
                if upper:
                    out[s, j, i] = value
                else:
                    out[s, i, j] = value
            for j in range(i + 1, a.shape[1]):
                if upper:
                    out[s, j, i] = 0
                else:
                    out[s, i, j] = 0

    return factor


_factor = {upper: Launcher(factor_kernel(upper)) for upper in (False, True)}


def cholesky(a: Any, *, upper: bool = False, out: Any = None, backend: str | None = None) -> Any:
    """Return the Cholesky factors of symmetric positive definite matrices: ``a = L L^T``.

    Parameters
    ----------
    a : array_like or device array, shape (..., n, n)
        The matrices; only the lower triangle is read, or the upper one.
    upper : bool, default False
        Return the upper triangle U of ``a = U^T U``.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array, shape (..., n, n)
        The other triangle is zeros.

    Raises
    ------
    LaunchError
        For matrices that are not square, and an `out` of another shape.
    KernelTypeError
        For complex numbers.
    numpy.linalg.LinAlgError
        For a matrix that is not positive definite.

    Notes
    -----
    As `numpy.linalg.cholesky`, which factors matrices of more than 48 rows on the host. Each point factors one matrix (G. H.
    Golub, C. F. Van Loan, Matrix Computations, chapter 4).

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.linalg.cholesky(np.array([[4.0, 2.0], [2.0, 10.0]]))
    array([[2., 0.],
           [1., 3.]])
    """
    name = "linalg.cholesky"
    a = operands.floating(a, name)
    shape, stack, device = tuple(a.shape), square(a, name), operands.device_of(a)
    if by_lapack(shape[-1], device, backend):
        with named(name):
            factors = np.linalg.cholesky(a, upper=upper)
        return operands.delivered(factors, out, name)
    count, dtype = stack.shape[0], operands.dtype_of(a)
    if out is not None:
        operands.check_out(out, shape, dtype, name)
    result = operands.made(shape, (dtype,), device)  # not `out`, which a wrong matrix leaves as it is
    if count and shape[-1]:
        wrong = jk.zeros(count, np.int32, device=device)
        _factor[bool(upper)]((count, 1), backend)(stack, result.reshape(tuple(stack.shape)), wrong)
        found = np.flatnonzero(jk.to_numpy(wrong))
        if found.size:
            raise np.linalg.LinAlgError(
                f"jk.{name}: matrix {found[0]} is not positive definite, of {found.size} such among {count}"
            )
    return operands.delivered(result, out, name)


def cho_solve(c_and_lower: tuple[Any, bool], b: Any, *, out: Any = None, backend: str | None = None) -> Any:
    """Solve ``a x = b`` by the Cholesky factors of the matrices.

    Parameters
    ----------
    c_and_lower : tuple of (array, bool)
        The factors, of the shape (..., n, n), and whether they are lower triangles: ``(cholesky(a), True)``.
    b : array_like or device array, shape (..., n) or (..., n, k)
        The right-hand sides: vectors where it has the shape of the factors without the last axis, or one axis, else matrices.
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
    numpy.linalg.LinAlgError
        For a zero on a diagonal.

    Notes
    -----
    As `scipy.linalg.cho_solve`: two triangular systems.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.linalg.cho_solve((np.array([[2.0, 0.0], [1.0, 3.0]]), True), [8.0, 22.0])
    array([1., 2.])
    """
    name = "linalg.cho_solve"
    try:
        c, lower = c_and_lower
    except (TypeError, ValueError):
        raise KernelTypeError(
            f"jk.{name}: c_and_lower= is a tuple of the factors and whether they are lower triangles"
        ) from None
    c, b = operands.arrays_alike((c, b), name)
    found = systems(c, b, is_vectors(c, b), name)
    check_diagonal(found.a, name)
    result, x = begun(found, out, name)
    for turned in (False, True) if lower else (True, False):
        substituted(found.a, x, not lower, turned, False, backend)
    return operands.delivered(result, out, name)
