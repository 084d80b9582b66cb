"""norm: lengths of vectors, and sizes of matrices."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.linalg.dot import of_vectors
from jitkit.primitives._operators import resolve
from jitkit.primitives.map import map as map_elements
from jitkit.primitives.map_reduce import map_reduce_by
from jitkit.primitives.reduce import reduce


def _square(x: Any) -> Any:
    return x * x


def _not_zero(x: Any) -> Any:
    return x != 0


@functools.lru_cache(maxsize=64)
def _power(order: float) -> Callable[[Any], Any]:
    return lambda x: abs(x) ** order


def norm(
    x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False, *, out: Any = None, backend: str | None = None
) -> Any:
    """Return the norm of a vector or a matrix, or of each along one or two axes.

    Parameters
    ----------
    x : array_like or device array
        Real numbers.
    ord : {None, "fro", inf, -inf} or number, optional
        Of vectors: inf, -inf, 0 (how many elements are not 0), or p for ``sum(abs(x) ** p) ** (1 / p)``; None is 2. Of
        matrices: None or "fro", 1 and -1 (the largest and smallest sum of a column), inf and -inf (of a row).
    axis : int or tuple of two ints, optional
        The axis of the vectors, or the two of the matrices. By default all elements are one vector where `ord` is None,
        else `x` is one vector or matrix.
    keepdims : bool, default False
        Keep the axes, of extent 1.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    number or array
        In the dtype of `x`.

    Raises
    ------
    ValueError
        For an order that there is not, or that needs singular values (2, -2 and "nuc" of matrices).
    LaunchError
        For the smallest of no elements, and an `out` of another shape; the largest of none is 0.
    numpy.exceptions.AxisError
        For an axis that there is not.

    Notes
    -----
    As `numpy.linalg.norm`. Sums are those of `reduce`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> float(jk.linalg.norm([3.0, 4.0]))
    5.0
    >>> jk.linalg.norm(np.array([[3.0, 4.0], [-5.0, 12.0]]), axis=1)
    array([ 5., 13.])
    """
    name = "linalg.norm"
    x = operands.floating(x, name)
    ndim = len(x.shape)
    if axis is None and (ord is None or (ord == 2 and ndim == 1) or (ord == "fro" and ndim == 2)):
        axes: tuple[int, ...] = tuple(range(ndim))
    else:
        axes = operands.axes_of(axis, ndim, name)
        if len(axes) > 2:
            raise ValueError(
                f"jk.{name}: norms are of vectors and matrices; {axes} are {len(axes)} axes, give one or two"
            )
    if len(axes) == 2 and ord not in (None, "fro"):
        found = _of_matrices(x, ord, axes, keepdims, backend, name)
    elif ord == "fro" and len(axes) == 1:
        raise ValueError(f"jk.{name}: ord='fro' is a norm of matrices, and this is one of vectors")
    else:
        found = _of_vectors(x, 2 if ord in (None, "fro") else ord, tuple(sorted(axes)), keepdims, backend, name)
    return operands.delivered(found, out, name)


def _of_vectors(x: Any, order: Any, axes: tuple[int, ...], keepdims: bool, backend: str | None, name: str) -> Any:
    if not isinstance(order, (int, float, np.integer, np.floating)):
        raise ValueError(f"jk.{name}: ord={order!r} is no norm of vectors; give None, 0, inf, -inf or another number")
    dtype = operands.dtype_of(x)
    if math.isinf(order):
        return _combined(abs, _extreme(x, axes, order, x.shape, name), x, axes, keepdims, None, backend, name)
    if order == 0:
        return _combined(_not_zero, "add", x, axes, keepdims, dtype, backend, name)
    if order == 1:
        return _combined(abs, "add", x, axes, keepdims, None, backend, name)
    if order == 2:
        return _root(_combined(_square, "add", x, axes, keepdims, None, backend, name), math.sqrt, backend)
    total = _combined(_power(float(order)), "add", x, axes, keepdims, None, backend, name)
    return _root(total, _power(1 / order), backend)


def _extreme(x: Any, axes: tuple[int, ...], order: Any, shape: tuple[int, ...], name: str) -> str:
    """Return the operator that finds the largest of numbers from 0, or the smallest; a sum where there are none, which is 0."""
    if all(shape[k] for k in axes):
        return "maximum" if order > 0 else "minimum"
    if order < 0:
        raise LaunchError(f"jk.{name}: no elements along {axes} of the shape {tuple(x.shape)}: nothing is smallest")
    return "add"


def _combined(
    f: Any, op: str, x: Any, axes: tuple[int, ...], keepdims: bool, dtype: Any, backend: str | None, name: str
) -> Any:
    every = axes == tuple(range(len(x.shape)))
    if every and not keepdims:
        if type(x) is np.ndarray and not x.flags.c_contiguous and x.flags.f_contiguous:
            x = x.T  # as it lies in memory
        x, axes = x.reshape((-1,)), (0,)
        if f is _square:
            return of_vectors(x, x, backend, name)
    return map_reduce_by(f, resolve(op), [x], axes, None, None, dtype, keepdims, backend, name)


def _root(total: Any, root: Any, backend: str | None) -> Any:
    """Return the root of each number, or of the one there is."""
    if isinstance(total, np.generic) and root is math.sqrt:
        return total.dtype.type(math.sqrt(total))  # of no negative number; correctly rounded, of float32 too
    if isinstance(total, np.generic):
        with np.errstate(divide="ignore"):
            return total.dtype.type(root(total))
    return map_elements(root, total, backend=backend)


def _of_matrices(x: Any, order: Any, axes: tuple[int, ...], keepdims: bool, backend: str | None, name: str) -> Any:
    if order in (2, -2, "nuc"):
        raise ValueError(f"jk.{name}: ord={order!r} of a matrix needs its singular values; use numpy.linalg.norm")
    if order not in (1, -1, math.inf, -math.inf):
        raise ValueError(f"jk.{name}: ord={order!r} is no norm of matrices; give None, 'fro', 1, -1, inf or -inf")
    summed, left = axes if abs(order) == 1 else axes[::-1]
    sums = _combined(abs, "add", x, (summed,), True, None, backend, name)
    result = reduce(_extreme(x, (left,), order, sums.shape, name), sums, axis=left, keepdims=True, backend=backend)
    shape = tuple(n for k, n in enumerate(result.shape) if k not in axes)
    return result if keepdims else result.reshape(shape) if shape else result.reshape((1,))[0]
