"""matmul: products of matrices, also over other semirings than plus and times."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.launch import choice
from jitkit.linalg import _products
from jitkit.linalg._products import Semiring

_LARGE = 180**3
"""Terms of a product from which BLAS, or packing the right matrix if it has some rows to serve, is ahead of the plain kernel."""
_FEW_ROWS = 32
_BLAS = 80**3
"""Terms of each product of a stack from which NumPy's BLAS is ahead of the kernel."""


def matmul(
    a: Any,
    b: Any,
    *,
    bias: Any = None,
    activation: Any = None,
    semiring: Any = "plus_times",
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the matrix product of two arrays.

    Parameters
    ----------
    a : array_like or device array, shape (..., n, k) or (k,)
        The left matrix, or a stack of them; a vector is one row.
    b : array_like or device array, shape (..., k, m) or (k,)
        The right matrix, or a stack of them; a vector is one column. Stacks are broadcast as by `numpy.matmul`; on a GPU
        they are equally long, or one of them is one matrix.
    bias : array_like or device array, shape (m,), optional
        Added to each row of the product.
    activation : callable or str, optional
        A function of one number, applied to each element after the bias.
    semiring : str or pair of callables, default "plus_times"
        What is added and multiplied: "plus_times", "min_plus", "max_plus", "max_times", "or_and", or two functions of two
        numbers, of which the first is associative. With another semiring than the first, integers and booleans keep their
        dtype; "or_and" takes any number but 0 for true, and gives booleans.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array, shape (..., n, m)
        Without n where `a` is a vector, without m where `b` is; float32 of float32 arrays.

    Raises
    ------
    LaunchError
        For shapes that do not fit, a bias of another length, and an empty sum of a semiring without a known zero.
    KernelTypeError
        For complex numbers, and for another semiring for arrays of two dtypes on a GPU.
    ValueError
        For a semiring that there is not.

    Notes
    -----
    A product of host arrays on the cpu backend with plus and times goes to `numpy.matmul`, and so to its BLAS, except stacks
    of small matrices, which the kernel multiplies in both less time and all threads. Bias and activation are part of that
    kernel, and go over a large product in one pass. Over other semirings the kernel for large matrices packs the right one
    into panels and keeps sums in registers (K. Goto, R. A. van de Geijn, ACM TOMS 34(3), 2008); it reads strided and
    transposed arrays where they lie, but for a left matrix without contiguous rows and a small right one.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> a, b = np.array([[1.0, 2.0], [3.0, -4.0]]), np.eye(2)
    >>> jk.linalg.matmul(a, b, bias=[0.5, 0.5], activation=lambda x: max(x, 0.0))
    array([[1.5, 2.5],
           [3.5, 0. ]])
    >>> jk.linalg.matmul(a, a, semiring="min_plus")
    array([[ 2., -2.],
           [-1., -8.]])
    """
    name = "linalg.matmul"
    plain = bias is None and activation is None and semiring == "plus_times"
    if plain and _are_two_matrices(a, b) and (backend or choice.requested() or "cpu") == "cpu":  # in 1.9 us and not 5.7
        return _by_numpy(a, b, out, (a.shape[0], b.shape[1]), name)
    ring = _products.semiring_of(semiring, name)
    a, b, *rest = _given(a, b, bias, ring, name)
    shape = _shape(tuple(a.shape), tuple(b.shape), name)
    dtype, device = operands.dtype_of(a), operands.device_of(a)
    vector: Any = rest[0] if rest else 0
    if rest and tuple(vector.shape) != shape[-1:]:
        raise LaunchError(f"jk.{name}: bias= has the shape {tuple(vector.shape)}, and a row of the result {shape[-1:]}")
    on_host = device is None and (backend or choice.requested() or "cpu") == "cpu"
    if on_host and not rest and activation is None and ring is _products.SEMIRINGS["plus_times"] and _is_numpys(a, b):
        return _by_numpy(a, b, out, _squeezed(shape, a, b), name)
    if 0 not in shape and a.shape[-1] == 0:
        a, b = _of_no_terms(a, b, ring, dtype, device, name)
    left, right, batch = _stacked(a, b, shape[:-2], name)
    where = _target(out, (a, b, vector), _squeezed(shape, a, b), dtype, device, name)
    if 0 not in shape:
        product = _products.product_of(ring, activation, bool(rest), name)
        c = where.reshape((batch, *shape[-2:]))
        large = on_host and math.prod(shape[-2:]) * left.shape[-1] >= _LARGE
        if large and ring is _products.SEMIRINGS["plus_times"]:
            product.finish(np.matmul(left, right, out=c), vector, backend)
        elif large and shape[-2] >= _FEW_ROWS and shape[-1] >= _products.PANEL:
            _large(product, left, right, c, vector, backend)
        else:
            product.small(left, right if device else np.ascontiguousarray(right), c, vector, backend)
    return where[()] if out is None and not where.shape else operands.delivered(where, out, name)


def semiring_matmul(add: Any, multiply: Any, a: Any, b: Any, *, out: Any = None, backend: str | None = None) -> Any:
    """Return the matrix product in which two functions take the place of plus and times.

    Parameters
    ----------
    add : callable or str
        An associative function of two numbers: a plain function, `min`, `max`, one of `operator`, a ufunc or its name.
    multiply : callable or str
        A function of two numbers, an element of `a` and one of `b`.
    a, b : array_like or device array
        As for `matmul`; integers and booleans keep their dtype.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array, shape (..., n, m)

    Raises
    ------
    LaunchError, KernelTypeError
        As `matmul`.

    Notes
    -----
    Sums begin with their first product, so no neutral element is needed; an empty sum is an error.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> roads = np.array([[0, 4, 9], [4, 0, 3], [9, 3, 0]])
    >>> jk.linalg.semiring_matmul(min, "add", roads, roads)      # shortest ways of at most two roads
    array([[0, 4, 7],
           [4, 0, 3],
           [7, 3, 0]])
    """
    return matmul(a, b, semiring=(add, multiply), out=out, backend=backend)


def _given(a: Any, b: Any, bias: Any, ring: Semiring, name: str) -> list[Any]:
    """Return the operands in one dtype: floating-point for plus and times, for other semirings as they are."""
    given = [a, b] if bias is None else [a, b, bias]
    arrays = [operands.array(x, name) for x in given]
    if ring is _products.SEMIRINGS["or_and"] and not any(operands.device_of(x) for x in arrays):
        return [np.asarray(x, np.bool_) for x in arrays]
    if ring is _products.SEMIRINGS["plus_times"] or any(operands.dtype_of(x).kind in "fc" for x in arrays):
        return operands.alike(arrays, name)
    dtypes = {operands.dtype_of(x) for x in arrays}
    if any(operands.device_of(x) is not None for x in arrays):
        if len(dtypes) > 1 or None in map(operands.device_of, arrays):
            raise KernelTypeError(f"jk.{name}: arrays on a GPU are of one dtype, all of them there; use jk.asarray")
        return arrays
    dtype = np.result_type(*dtypes)
    return [np.asarray(x, dtype) for x in arrays]


def _shape(a: tuple[int, ...], b: tuple[int, ...], name: str) -> tuple[int, ...]:
    """Return the shape of the product of matrices, vectors taken for a row and a column."""
    if not a or not b:
        raise LaunchError(f"jk.{name}: takes matrices or vectors, not a number; multiply by it instead")
    rows, columns = (1, *a)[-2:], b if len(b) > 1 else (*b, 1)
    if rows[-1] != columns[-2]:
        raise LaunchError(
            f"jk.{name}: the shapes {a} and {b} do not fit: {rows[-1]} columns on the left and {columns[-2]} rows on the right"
        )
    try:
        stack = np.broadcast_shapes(a[:-2], b[:-2])
    except ValueError:
        raise LaunchError(f"jk.{name}: the stacks of the shapes {a} and {b} do not broadcast") from None
    return (*stack, rows[0], columns[-1])


def _squeezed(shape: tuple[int, ...], a: Any, b: Any) -> tuple[int, ...]:
    """Return a shape without the axes that vectors have not."""
    rows, columns = shape[-2:-1] if len(a.shape) > 1 else (), shape[-1:] if len(b.shape) > 1 else ()
    return (*shape[:-2], *rows, *columns)


def _are_two_matrices(a: Any, b: Any) -> bool:
    """Tell whether two arguments are matrices that fit, with nothing to be done to them."""
    return operands.are_alike((a, b)) and a.ndim == b.ndim == 2 and a.shape[1] == b.shape[0]


def _by_numpy(a: np.ndarray, b: np.ndarray, out: Any, shape: tuple[int, ...], name: str) -> Any:
    if out is None:
        return np.matmul(a, b)
    operands.check_out(out, shape, a.dtype, name)
    return np.matmul(a, b, out=out) if type(out) is np.ndarray else operands.store(np.matmul(a, b), out, shape, name)


def _is_numpys(a: np.ndarray, b: np.ndarray) -> bool:
    """Tell whether NumPy is ahead of the kernel: but for stacks of small matrices."""
    stacked = math.prod(a.shape[:-2]) > 1 or math.prod(b.shape[:-2]) > 1
    return not stacked or math.prod(a.shape[-2:]) * (b.shape[-1] if b.ndim > 1 else 1) >= _BLAS


def _of_no_terms(a: Any, b: Any, ring: Semiring, dtype: Any, device: str | None, name: str) -> tuple[Any, Any]:
    """Return matrices of one term, whose products are the semiring's zero."""
    if ring.zero is None:
        raise LaunchError(f"jk.{name}: sums of no terms have no value where the semiring has no known zero")
    zero = ring.zero
    if dtype.kind in "iu" and math.isinf(zero):
        zero = np.iinfo(dtype).max if zero > 0 else np.iinfo(dtype).min
    rows = (*a.shape[:-1], 1)
    columns = (*b.shape[:-2], 1, b.shape[-1]) if len(b.shape) > 1 else (1,)
    return jk.full(rows, zero, dtype, device), jk.full(columns, ring.one, dtype, device)


def _stacked(a: Any, b: Any, stack: tuple[int, ...], name: str) -> tuple[Any, Any, int]:
    """Return both operands as stacks of matrices, of one matrix where it goes for all, and how many products there are."""
    count = math.prod(stack)
    left = a if len(a.shape) > 1 else a.reshape((1, *a.shape))
    right = b if len(b.shape) > 1 else b.reshape((*b.shape, 1))
    return _stack(left, stack, count, name), _stack(right, stack, count, name), count


def _stack(x: Any, stack: tuple[int, ...], count: int, name: str) -> Any:
    matrix = tuple(x.shape[-2:])
    own = math.prod(x.shape[:-2])
    if own not in (1, count):
        if operands.device_of(x) is not None:
            raise LaunchError(
                f"jk.{name}: a stack of the shape {tuple(x.shape[:-2])} on a GPU is not broadcast to {stack}; "
                "repeat its matrices"
            )
        x, own = np.broadcast_to(x, (*stack, *matrix)), count
    return x if len(x.shape) == 3 else x.reshape((own, *matrix))


def _target(out: Any, given: tuple[Any, ...], shape: tuple[int, ...], dtype: Any, device: Any, name: str) -> Any:
    """Return where kernels may write: a contiguous `out` that shares no memory with an operand, else a new array."""
    where = operands.result(out, shape, dtype, device, name, given)
    return where if device is not None or where.flags.c_contiguous else np.empty(shape, dtype)


def _large(product: Any, a: np.ndarray, b: np.ndarray, c: np.ndarray, bias: Any, backend: str | None) -> None:
    """Multiply large matrices one after another, each in all threads."""
    for k in range(c.shape[0]):
        left = np.ascontiguousarray(a[min(k, a.shape[0] - 1)])
        product.large(left, b[min(k, b.shape[0] - 1)], c[k], bias, backend)
