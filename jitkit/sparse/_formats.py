"""How sparse matrices are given: by rows (CSR), from SciPy or as a tuple, and as equally long rows (ELL)."""

from __future__ import annotations

import weakref
from typing import Any, NamedTuple

import numpy as np

from jitkit import operands
from jitkit.errors import KernelTypeError, LaunchError

PIECES = 256
"""Pieces into which the rows of a matrix are cut, so that threads can share long and short ones."""
FEWEST = 32
"""Rows that are worth a piece."""


class Csr(NamedTuple):
    """A matrix by rows, taken for right without a look at its indices.

    Attributes
    ----------
    data, indices : array, shape (nnz,)
        The elements that are stored, row by row, and their columns.
    indptr : array of int, shape (n + 1,)
        Where each row begins and ends.
    shape : tuple of two ints
    """

    data: Any
    indices: Any
    indptr: Any
    shape: tuple[int, int]


class Csc(NamedTuple):
    """A matrix by columns, on the host: the same with columns and rows in each other's place."""

    data: Any
    indices: Any
    indptr: Any
    shape: tuple[int, int]


class Ell(NamedTuple):
    """A matrix whose rows are equally long: element k of all rows side by side, so that neighbours read neighbours.

    Attributes
    ----------
    data, indices : array, shape (width, n)
        The elements of each row and their columns; what fills a row up is 0, in column 0. A 0 leaves out what it would be
        multiplied by, infinities and NaN too.
    shape : tuple of two ints
    """

    data: Any
    indices: Any
    shape: tuple[int, int]


def pieces_of(rows: int) -> tuple[int, int]:
    """Return how many pieces some rows are cut into, and how many rows a piece has."""
    height = max(FEWEST, -(-rows // PIECES))
    return -(-rows // height), height


def csr_of(a: Any, name: str) -> Csr:
    """Return a matrix by rows.

    Raises
    ------
    KernelTypeError
        For what is no sparse matrix.
    LaunchError
        For parts that do not fit together.
    """
    if not isinstance(a, Csr) and isinstance(a, tuple) and len(a) == 4:
        return _checked(a, name)
    if not isinstance(a, Csr) and hasattr(a, "tocsr"):
        a = a if getattr(a, "format", "csr") == "csr" else a.tocsr()
    if not (hasattr(a, "data") and hasattr(a, "indices") and hasattr(a, "indptr") and hasattr(a, "shape")):
        raise KernelTypeError(
            f"jk.{name}: a sparse matrix is one of SciPy's or a tuple (data, indices, indptr, shape), not a "
            f"{type(a).__name__}; make one with scipy.sparse.csr_array(x)"
        )
    if len(a.shape) != 2:
        raise LaunchError(f"jk.{name}: a sparse matrix has two dimensions, not the shape {tuple(a.shape)}")
    n, m = (int(extent) for extent in a.shape)
    if not isinstance(a, Csr):
        _look_once(a, n, m, name)
    return Csr(operands.floating(a.data, name), a.indices, a.indptr, (n, m))


def form_of(a: Any, x: Any, name: str, backend: str | None) -> Csr | Csc | Ell:
    """Return a matrix in the format in which it is multiplied by `x`: SciPy's by columns stay so, where that is on the host.

    Raises
    ------
    KernelTypeError, LaunchError
        As `csr_of`.
    """
    if isinstance(a, Ell):
        return a
    if getattr(a, "format", None) != "csc" or operands.on_device(x, backend) or operands.device_of(x) is not None:
        return csr_of(a, name)
    rows, columns = (int(extent) for extent in a.shape)
    _look_once(a, columns, rows, name, "column")
    return Csc(operands.floating(a.data, name), a.indices, a.indptr, (rows, columns))


def _checked(parts: tuple[Any, ...], name: str) -> Csr:
    data, indices, indptr = operands.floating(parts[0], name), *(operands.array(x, name) for x in parts[1:3])
    n, m = (int(extent) for extent in parts[3])
    if any(operands.dtype_of(x).kind not in "iu" for x in (indices, indptr)):
        raise KernelTypeError(f"jk.{name}: the indices and the indptr of a sparse matrix are integers")
    if tuple(indptr.shape) != (n + 1,) or len(data.shape) != 1 or tuple(data.shape) != tuple(indices.shape):
        shapes = ", ".join(str(tuple(x.shape)) for x in (data, indices, indptr))
        raise LaunchError(
            f"jk.{name}: data, indices and indptr of the shapes {shapes} are no matrix of {n} rows: as many indices as data, "
            f"and {n + 1} pointers"
        )
    if type(indptr) is np.ndarray and type(indices) is np.ndarray:
        _look(data.shape[0], indices, indptr, m, name)
    return Csr(data, indices, indptr, (n, m))


_looked_at: dict[int, tuple[Any, Any, Any, int]] = {}
"""The parts of SciPy's matrices whose indices were looked at, as weak references, and the columns: by the name of the indices
in memory."""


def _look_once(a: Any, n: int, m: int, name: str, by: str = "row") -> None:
    """Refuse a matrix whose indices lie outside it, which SciPy does not look at either. What is on a GPU is trusted.

    It has `n` rows, or columns, of indices below `m`.
    """
    data, indices, indptr = a.data, a.indices, a.indptr
    known = _looked_at.get(id(indices))
    if known is not None:
        same = known[0]() is data and known[1]() is indices and known[2]() is indptr
        if same and known[3] == m:
            return
    if not all(type(part) is np.ndarray for part in (data, indices, indptr)):
        return
    if indptr.shape != (n + 1,) or data.shape != indices.shape:
        raise LaunchError(
            f"jk.{name}: a matrix of {n} {by}s has {n + 1} pointers and as many indices as data, not {indptr.shape[0]} "
            f"pointers, {indices.shape[0]} indices and {data.shape[0]} data"
        )
    _look(data.shape[0], indices, indptr, m, name, "column" if by == "row" else "row")
    key = id(indices)
    forget = weakref.ref(indices, lambda _: _looked_at.pop(key, None))
    _looked_at[key] = weakref.ref(data), forget, weakref.ref(indptr), m


def _look(count: int, indices: np.ndarray, indptr: np.ndarray, m: int, name: str, of: str = "column") -> None:
    """Refuse bounds of rows and columns that lie outside a matrix."""
    if int(indptr[0]) < 0 or int(indptr[-1]) > count or (indptr[1:] < indptr[:-1]).any():
        raise LaunchError(f"jk.{name}: indptr ascends from 0 to at most {count}, the number of elements")
    used = indices[int(indptr[0]) : int(indptr[-1])]
    # A negative number is a large one without its sign: one sweep, an eighth of the time of the product.
    if used.size and int(used.view(f"{used.dtype.byteorder}u{used.itemsize}").max()) >= m:
        wrong = next(int(bound) for bound in (used.min(), used.max()) if not 0 <= bound < m)
        raise LaunchError(f"jk.{name}: indices are {of}s, from 0 to {m - 1}; there is a {wrong} among them")
