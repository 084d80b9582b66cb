"""axpy and outer: products of vectors that are vectors and matrices."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.launch.launcher import Launcher


@jk.kernel
def add_multiple(i, a, x, y, out):
    """Write ``a x + y``."""
    out[i] = a * x[i] + y[i]


@jk.kernel
def multiply_pairs(i, j, a, b, out):
    """Write the product of each pair of elements."""
    out[i, j] = a[i] * b[j]


_axpy, _outer = Launcher(add_multiple), Launcher(multiply_pairs)


def axpy(a: float, x: Any, y: Any, *, out: Any = None, backend: str | None = None) -> Any:
    """Return ``a x + y``.

    Parameters
    ----------
    a : float
        The factor; it takes the dtype of the arrays.
    x, y : array_like or device array
        Arrays of one shape.
    out : array, optional
        Where the result goes; may be `x` or `y`.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        Of the shape of `x`.

    Raises
    ------
    LaunchError
        For arrays of different shapes.
    KernelTypeError
        For complex numbers.

    Notes
    -----
    The routine of BLAS (C. L. Lawson et al., ACM TOMS 5(3), 1979), which writes into `y`; here ``out=y`` does.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.linalg.axpy(2, np.array([1.0, 2.0]), np.array([0.5, 0.5]))
    array([2.5, 4.5])
    """
    name = "linalg.axpy"
    x, y = operands.arrays_alike((x, y), name)
    shape = tuple(x.shape)
    if tuple(y.shape) != shape:
        raise LaunchError(f"jk.{name}: x= has the shape {shape} and y= {tuple(y.shape)}; they must be equal")
    where = operands.result(out, shape, operands.dtype_of(x), operands.device_of(x), name)
    if where is out and type(out) is np.ndarray and not (_apart(out, x) and _apart(out, y)):
        where = np.empty(shape, out.dtype)
    flat = where.reshape((-1,))
    if flat.shape[0]:
        _axpy(flat.shape[0], backend)(operands.number(a, "a", name), x.reshape((-1,)), y.reshape((-1,)), flat)
    return operands.delivered(where, out, name) if shape else where[()]


def _apart(out: np.ndarray, x: np.ndarray) -> bool:
    """Tell whether an array may be written while another is read: the same element by element, or elsewhere."""
    same = (out.ctypes.data, out.strides) == (x.ctypes.data, x.strides)
    return out.flags.c_contiguous and (same or not np.may_share_memory(out, x))


def outer(a: Any, b: Any, *, out: Any = None, backend: str | None = None) -> Any:
    """Return the matrix of the products of each element of one vector with each of another.

    Parameters
    ----------
    a : array_like or device array
        n numbers, of any shape.
    b : array_like or device array
        m numbers, of any shape.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array, shape (n, m)

    Raises
    ------
    LaunchError
        For an `out` of another shape.
    KernelTypeError
        For complex numbers.

    Notes
    -----
    As `numpy.outer`.

    Examples
    --------
    >>> import jitkit as jk
    >>> jk.linalg.outer([1.0, 2.0], [3.0, 4.0])
    array([[3., 4.],
           [6., 8.]])
    """
    name = "linalg.outer"
    a, b = (x.reshape((-1,)) for x in operands.arrays_alike((a, b), name))
    shape = (a.shape[0], b.shape[0])
    where = operands.result(out, shape, operands.dtype_of(a), operands.device_of(a), name, (a, b))
    if 0 not in shape:
        _outer(shape, backend)(a, b, where)
    return operands.delivered(where, out, name)
