"""dot and vdot: sums of products."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.launch import choice
from jitkit.linalg._products import multiply
from jitkit.linalg.matmul import matmul
from jitkit.primitives._operators import resolve
from jitkit.primitives.map_reduce import map_reduce_by

_ndarray, _ON_CPU = np.ndarray, (None, "cpu")
_FLOATS = frozenset((np.dtype(np.float32), np.dtype(np.float64)))
_SHORT = 2**16
"""Elements from which a reduction in all threads is ahead of one call of BLAS."""


def dot(a: Any, b: Any, *, out: Any = None, backend: str | None = None) -> Any:
    """Return the dot product of two arrays.

    Parameters
    ----------
    a : array_like or device array, shape (..., k)
        A vector, or an array whose last axis is summed over.
    b : array_like or device array, shape (k,) or (..., k, m)
        A vector, or an array whose last axis but one is summed over.
    out : array, optional
        Where the result goes, if that is an array.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    number or array, shape (*a.shape[:-1], *b.shape[:-2], m)
        A number for two vectors; the product with it where one operand is a number.

    Raises
    ------
    LaunchError
        For shapes that do not fit.
    KernelTypeError
        For complex numbers.

    Notes
    -----
    As `numpy.dot`. Vectors on the host up to 65536 elements go to NumPy's BLAS; longer ones are summed as by `reduce`, in
    blocks, which is no worse than pairwise summation. Matrices are multiplied by `matmul`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> float(jk.linalg.dot([1.0, 2.0], [3.0, 4.0]))
    11.0
    """
    if out is None and are_short(a, b, backend):
        return np.dot(a, b)
    a, b = operands.arrays_alike((a, b), "linalg.dot")
    ndims = (len(a.shape), len(b.shape))
    if 0 in ndims:
        if operands.device_of(a) is not None:
            raise LaunchError("jk.linalg.dot: an array on a GPU is not multiplied by a number here; use jk.map")
        return _put(a * b, out, "linalg.dot")
    if ndims == (1, 1):
        total = of_vectors(a, b, backend, "linalg.dot")
        return total if out is None else _put(total, out, "linalg.dot")
    if max(ndims) <= 2 or ndims[1] == 1:
        return matmul(a, b, out=out, backend=backend)
    if operands.device_of(a) is not None:
        raise LaunchError(
            f"jk.linalg.dot: takes vectors and matrices on a GPU, not the shapes {tuple(a.shape)} and {tuple(b.shape)}; "
            "reshape them, or use jk.linalg.matmul for stacks"
        )
    rows, terms = a.shape[:-1], a.shape[-1]
    stack = (*b.shape[:-2], b.shape[-1])
    if b.shape[-2] != terms:
        raise LaunchError(
            f"jk.linalg.dot: sums of {terms} and of {b.shape[-2]} products: {a.shape} and {b.shape} do not fit"
        )
    columns = np.moveaxis(b, -2, 0).reshape(terms, math.prod(stack))
    found = matmul(a.reshape(math.prod(rows), terms), columns, backend=backend)
    return _put(found.reshape((*rows, *stack)), out, "linalg.dot")


def vdot(a: Any, b: Any, *, backend: str | None = None) -> Any:
    """Return the sum of the products of all elements of two arrays.

    Parameters
    ----------
    a, b : array_like or device array
        Arrays of equally many elements, read in the order of their indices.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    number

    Raises
    ------
    LaunchError
        For arrays of different sizes.
    KernelTypeError
        For complex numbers.

    Notes
    -----
    As `numpy.vdot` for real numbers; summed as by `dot`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> float(jk.linalg.vdot(np.ones((2, 3)), np.arange(6.0).reshape(2, 3)))
    15.0
    """
    if are_short(a, b, backend):
        return np.dot(a, b)
    a, b = operands.arrays_alike((a, b), "linalg.vdot")
    return of_vectors(a.reshape((-1,)), b.reshape((-1,)), backend, "linalg.vdot")


def are_short(a: Any, b: Any, backend: str | None) -> bool:
    """Tell whether BLAS takes two vectors as they are: asked first, because it multiplies a thousand elements in 0.3 us."""
    return (
        type(a) is type(b) is _ndarray
        and a.ndim == b.ndim == 1
        and a.size == b.size <= _SHORT
        and a.dtype is b.dtype
        and a.dtype in _FLOATS
        and (backend == "cpu" or (backend is None and choice.requested() in _ON_CPU))
    )


def of_vectors(a: Any, b: Any, backend: str | None, name: str) -> Any:
    """Return the dot product of two vectors of one dtype."""
    if a.shape[0] != b.shape[0]:
        raise LaunchError(f"jk.{name}: vectors of {a.shape[0]} and {b.shape[0]} elements have no dot product")
    on_host = operands.device_of(a) is None and (backend or choice.requested() or "cpu") == "cpu"
    if on_host and a.shape[0] <= _SHORT:
        return np.dot(a, b)
    return map_reduce_by(multiply, resolve("add"), [a, b], None, None, None, None, False, backend, name)


def _put(result: Any, out: Any, name: str) -> Any:
    return result if out is None else operands.store(np.asarray(result), out, np.shape(result), name)
