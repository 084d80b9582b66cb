"""matvec: the product of a sparse matrix and a vector, and the format of equally long rows."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.launch.launcher import Launcher
from jitkit.sparse._by_columns import multiplied_by_columns
from jitkit.sparse._formats import Csc, Csr, Ell, csr_of, form_of, pieces_of

LONG = 24
"""Terms a row from which rows have four sums, since one would wait for each addition: 0.63 of the time at 64 terms in cache."""


@jk.kernel
def multiply_csr(piece, one, height, data, indices, indptr, x, out):
    """Multiply a piece of the rows; `one` is the only place along its axis.

    The terms of short rows are one loop, which turns to the next row at a row's end: loops of their own would be unrolled, and
    end with branches that nobody foresees where rows differ (8 terms a row: 1.2 to 1.3 times the time).
    """
    i = piece * height
    rows = min(i + height, out.shape[0])
    k = np.int64(indptr[i])
    stop = np.int64(indptr[rows])
    if stop - k < LONG * (rows - i):
        end = np.int64(indptr[i + 1])
        total = 0.0
        for term in range(k, stop):
            while term == end:
                out[i] = total
                total = 0.0
                i += 1
                end = np.int64(indptr[i + 1])
            total += data[term] * x[indices[term]]
        for rest in range(i, rows):
            out[rest] = total
            total = 0.0
    else:
        for row in range(i, rows):
            end = np.int64(indptr[row + 1])
            a, b, c, d = 0.0, 0.0, 0.0, 0.0
            while k + 3 < end:
                a += data[k] * x[indices[k]]
                b += data[k + 1] * x[indices[k + 1]]
                c += data[k + 2] * x[indices[k + 2]]
                d += data[k + 3] * x[indices[k + 3]]
                k += 4
            while k < end:
                a += data[k] * x[indices[k]]
                k += 1
            out[row] = (a + b) + (c + d)


@jk.kernel
def multiply_ell(i, data, indices, x, out):
    """Multiply a row."""
    total = 0.0
    for k in range(data.shape[0]):
        total += data[k, i] * x[indices[k, i]]
    out[i] = total


@jk.kernel
def multiply_ell_of_any(i, data, indices, x, out):
    """Multiply a row; where it is filled up, `x` does not count, whatever it holds. Takes a CPU twice the time."""
    total = 0.0
    for k in range(data.shape[0]):
        value = data[k, i]
        total += value * (x[indices[k, i]] if value != 0 else 0)
    out[i] = total


@jk.kernel
def fill_ell(i, data, indices, indptr, long_data, long_indices):
    """Copy a row, and fill it up."""
    first, count = indptr[i], indptr[i + 1] - indptr[i]
    for k in range(long_data.shape[0]):
        if k < count:
            long_data[k, i] = data[first + k]
            long_indices[k, i] = indices[first + k]
        else:
            long_data[k, i] = 0
            long_indices[k, i] = 0


_csr, _ell, _fill = Launcher(multiply_csr), Launcher(multiply_ell), Launcher(fill_ell)
_ell_of_any = Launcher(multiply_ell_of_any)


def matvec(a: Any, x: Any, *, out: Any = None, backend: str | None = None) -> Any:
    """Return the product of a sparse matrix and a vector.

    Parameters
    ----------
    a : sparse matrix, shape (n, m)
        One of SciPy's, a tuple ``(data, indices, indptr, shape)`` or a `Csr` of the same, whose parts may be on a GPU, or what
        `ell` returned. SciPy's others than CSR, and on the host CSC, are converted at each call.
    x : array_like or device array, shape (m,)
        The vector.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array, shape (n,)
        Of the wider of both dtypes.

    Raises
    ------
    LaunchError
        For shapes that do not fit, and parts that are no matrix.
    KernelTypeError
        For what is no sparse matrix, and for complex numbers.

    Notes
    -----
    Threads share pieces of rows (W. F. Tinney, J. W. Walker, Proc. IEEE 55(11), 1967, for the format; N. Bell, M. Garland,
    Implementing Sparse Matrix-Vector Multiplication on Throughput-Oriented Processors, SC 2009, for the formats on GPUs), or
    of columns, whose sums are added up in order: equal inputs give equal bits, whatever the number of threads. A transposed
    CSR matrix of SciPy's is a CSC matrix, and ``matvec(a.T, y)`` multiplies it as it lies. The indices of a tuple on the host
    are checked at each call, and those of a matrix of SciPy's at the first with its arrays, which takes 0.05 to 0.6 of the
    time of the product; a `Csr`, an `Ell` and what is on a GPU are trusted.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> a = (np.array([2.0, 3.0, 4.0]), np.array([0, 1, 0]), np.array([0, 2, 2, 3]), (3, 2))
    >>> jk.sparse.matvec(a, [1.0, 10.0])
    array([32.,  0.,  4.])
    """
    name = "sparse.matvec"
    x = operands.array(x, name)
    matrix = form_of(a, x, name, backend)
    data, x = operands.alike([matrix.data, x], name)
    n, m = matrix.shape
    if tuple(x.shape) != (m,):
        raise LaunchError(
            f"jk.{name}: a matrix of the shape {matrix.shape} takes a vector of {m}, not {tuple(x.shape)}"
        )
    where = operands.result(out, (n,), operands.dtype_of(x), operands.device_of(x), name, (data, x))
    if isinstance(matrix, Csc):
        if n:
            multiplied_by_columns(matrix if data is matrix.data else matrix._replace(data=data), x, where, backend)
    else:
        multiplied(matrix if data is matrix.data else matrix._replace(data=data), x, where, backend)
    return operands.delivered(where, out, name)


def multiplied(a: Csr | Ell, x: Any, out: Any, backend: str | None) -> None:
    """Write the product of a matrix and a vector that are known to fit."""
    n = a.shape[0]
    if not n:
        return
    if isinstance(a, Ell):
        harmless = type(x) is np.ndarray and np.isfinite(x[:1]).all()  # column 0 fills rows up
        (_ell if harmless else _ell_of_any)(n, backend)(a.data, a.indices, x, out)
        return
    pieces, height = pieces_of(n) if operands.device_of(out) is None else (n, 1)
    _csr.run((pieces, 1), backend, (height, a.data, a.indices, a.indptr, x, out))


def ell(a: Any, *, backend: str | None = None) -> Ell:
    """Return a sparse matrix as equally long rows, the format that suits GPUs and matrices of even rows.

    Parameters
    ----------
    a : sparse matrix, shape (n, m)
        As for `matvec`.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    Ell
        A named tuple: ``data`` and ``indices`` of the shape (width, n), and ``shape``.

    Raises
    ------
    LaunchError, KernelTypeError
        As `matvec`.

    Notes
    -----
    R. Grimes, D. Kincaid, D. Young, ITPACK 2.0 User's Guide, 1979. As wide as the longest row: the memory of a matrix with
    one long row grows with it.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> a = (np.array([2.0, 3.0, 4.0]), np.array([0, 1, 0]), np.array([0, 2, 2, 3]), (3, 2))
    >>> jk.sparse.ell(a).data
    array([[2., 0., 4.],
           [3., 0., 0.]])
    """
    matrix = csr_of(a, "sparse.ell")
    n, device = matrix.shape[0], operands.device_of(matrix.data)
    bounds = jk.to_numpy(matrix.indptr)
    width = int(np.diff(bounds).max()) if n else 0
    data = operands.made((width, n), (operands.dtype_of(matrix.data),), device)
    indices = operands.made((width, n), (operands.dtype_of(matrix.indices),), device)
    if n and width:
        _fill(n, backend)(matrix.data, matrix.indices, matrix.indptr, data, indices)
    return Ell(data, indices, matrix.shape)
