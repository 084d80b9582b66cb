"""matmul: the product of a sparse matrix and a dense one."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.launch.launcher import Launcher
from jitkit.sparse._formats import Ell, csr_of
from jitkit.sparse.matvec import matvec


@jk.kernel
def multiply_csr_columns(i, j, data, indices, indptr, b, out):
    """Multiply a row and a column; neighbouring points share the row."""
    total = 0.0
    for k in range(indptr[i], indptr[i + 1]):
        total += data[k] * b[indices[k], j]
    out[i, j] = total


@jk.kernel
def multiply_ell_columns(i, j, data, indices, b, out):
    """Multiply a row of an even length and a column; where it is filled up, `b` does not count."""
    total = 0.0
    for k in range(data.shape[0]):
        value = data[k, i]
        total += value * (b[indices[k, i], j] if value != 0 else 0)
    out[i, j] = total


_csr, _ell = Launcher(multiply_csr_columns), Launcher(multiply_ell_columns)


def matmul(a: Any, b: Any, *, out: Any = None, backend: str | None = None) -> Any:
    """Return the product of a sparse matrix and a dense one.

    Parameters
    ----------
    a : sparse matrix, shape (n, k)
        As for `matvec`; SciPy's others than CSR are converted at each call.
    b : array_like or device array, shape (k, m) or (k,)
        The dense matrix, or a vector.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array, shape (n, m) or (n,)
        Dense, of the wider of both dtypes.

    Raises
    ------
    LaunchError
        For shapes that do not fit, and parts that are no matrix.
    KernelTypeError
        For what is no sparse matrix, and for complex numbers.

    Notes
    -----
    A point computes one element, and neighbouring points read neighbouring elements of `b`. A `b` on the host whose rows are
    not contiguous is copied.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> a = (np.array([2.0, 3.0, 4.0]), np.array([0, 1, 0]), np.array([0, 2, 2, 3]), (3, 2))
    >>> jk.sparse.matmul(a, np.eye(2))
    array([[2., 3.],
           [0., 0.],
           [4., 0.]])
    """
    name = "sparse.matmul"
    b = operands.array(b, name)
    if len(b.shape) == 1:
        return matvec(a, b, out=out, backend=backend)
    matrix = a if isinstance(a, Ell) else csr_of(a, name)
    data, b = operands.alike([matrix.data, b], name)
    n, terms = matrix.shape
    if len(b.shape) != 2 or b.shape[0] != terms:
        raise LaunchError(
            f"jk.{name}: a matrix of the shape {matrix.shape} takes one of {terms} rows, not of the shape {tuple(b.shape)}"
        )
    shape, device = (n, b.shape[1]), operands.device_of(b)
    if device is None:
        b = np.ascontiguousarray(b)
    where = operands.result(out, shape, operands.dtype_of(b), device, name, (data, b))
    if 0 not in shape:
        if isinstance(matrix, Ell):
            _ell(shape, backend)(data, matrix.indices, b, where)
        else:
            _csr(shape, backend)(data, matrix.indices, matrix.indptr, b, where)
    return operands.delivered(where, out, name)
