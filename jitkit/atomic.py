"""Atomic read-modify-write of one array element: no update of another work-item comes between the read and the write.

Compiled kernels use the processor's own instructions. Called from Python, interpreted kernels included, the functions
here are plain read-modify-write under one lock. Where a kernel does nothing with an array but update it by one operation
whose old values it ignores, as histograms do, threads on the CPU update copies of their own, which are combined in the
end: sums of floats are rounded in another order each time, as with atomic instructions.

All take ``(array, index, value)``: an array of int32, int64, uint32, uint64, float32 or float64, an index as in a
subscript (an int, or a tuple in more dimensions), and a value, which is converted as an assignment would; integers wrap.
All return the element as it was before. No order between other memory accesses is promised.
"""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jitkit.errors import KernelError

Index = int | tuple[int, ...]
DTYPES = ("int32", "int64", "uint32", "uint64", "float32", "float64")
INTEGER_ONLY = ("and_", "or_", "xor")
_lock = threading.Lock()


def add(array: NDArray[Any], index: Index, value: Any) -> Any:
    """Add `value` to an element; return the element as it was.

    Parameters
    ----------
    array : ndarray
        Of int32, int64, uint32, uint64, float32 or float64.
    index : int or tuple of int
        The element, as in ``array[index]``.
    value : number
        Converted to the array's dtype; integers wrap.

    Returns
    -------
    numpy scalar
        The old value.

    Raises
    ------
    KernelError
        For an array of another dtype, and where `index` names no single element.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> x = np.array([1, 2], dtype=np.int32)
    >>> int(jk.atomic.add(x, 1, 40)), x
    (2, array([ 1, 42], dtype=int32))
    """
    return _update("add", operator.add, array, index, value)


def sub(array: NDArray[Any], index: Index, value: Any) -> Any:
    """Subtract `value` from an element; return the element as it was; parameters as in `add`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> x = np.array([1, 2], dtype=np.int32)
    >>> int(jk.atomic.sub(x, 1, 5)), x
    (2, array([ 1, -3], dtype=int32))
    """
    return _update("sub", operator.sub, array, index, value)


def min(array: NDArray[Any], index: Index, value: Any) -> Any:
    """Let an element be the smaller of itself and `value`; return it as it was; parameters as in `add`.

    A NaN wins over numbers, as in `numpy.minimum`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> x = np.array([1.0, 2.0])
    >>> float(jk.atomic.min(x, 1, 0.5)), x
    (2.0, array([1. , 0.5]))
    """
    return _update("min", np.minimum, array, index, value)


def max(array: NDArray[Any], index: Index, value: Any) -> Any:
    """Let an element be the larger of itself and `value`; return it as it was; parameters as in `add`.

    A NaN wins over numbers, as in `numpy.maximum`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> x = np.array([1.0, 2.0])
    >>> float(jk.atomic.max(x, 0, 1.5)), x
    (1.0, array([1.5, 2. ]))
    """
    return _update("max", np.maximum, array, index, value)


def and_(array: NDArray[Any], index: Index, value: Any) -> Any:
    """Let an integer element be the bitwise and of itself and `value`; return it as it was; parameters as in `add`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> x = np.array([6], dtype=np.uint32)
    >>> int(jk.atomic.and_(x, 0, 3)), x
    (6, array([2], dtype=uint32))
    """
    return _update("and_", operator.and_, array, index, value)


def or_(array: NDArray[Any], index: Index, value: Any) -> Any:
    """Let an integer element be the bitwise or of itself and `value`; return it as it was; parameters as in `add`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> x = np.array([6], dtype=np.uint32)
    >>> int(jk.atomic.or_(x, 0, 3)), x
    (6, array([7], dtype=uint32))
    """
    return _update("or_", operator.or_, array, index, value)


def xor(array: NDArray[Any], index: Index, value: Any) -> Any:
    """Let an integer element be the bitwise exclusive or of itself and `value`; return it as it was; see `add`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> x = np.array([6], dtype=np.uint32)
    >>> int(jk.atomic.xor(x, 0, 3)), x
    (6, array([5], dtype=uint32))
    """
    return _update("xor", operator.xor, array, index, value)


def exch(array: NDArray[Any], index: Index, value: Any) -> Any:
    """Put `value` in the place of an element; return the element as it was; parameters as in `add`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> x = np.array([1.0, 2.0])
    >>> float(jk.atomic.exch(x, 0, 9)), x
    (1.0, array([9., 2.]))
    """
    return _update("exch", lambda old, new: new, array, index, value)


def cas(array: NDArray[Any], index: Index, compare: Any, value: Any) -> Any:
    """Put `value` in the place of an element that equals `compare`, bit for bit; return the element as it was.

    Parameters
    ----------
    array : ndarray
        Of int32, int64, uint32, uint64, float32 or float64.
    index : int or tuple of int
        The element, as in ``array[index]``.
    compare, value : number
        Converted to the array's dtype; integers wrap.

    Returns
    -------
    numpy scalar
        The old value: equal to `compare` where the element was replaced.

    Raises
    ------
    KernelError
        For an array of another dtype, and where `index` names no single element.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> x = np.array([1, 2], dtype=np.int32)
    >>> int(jk.atomic.cas(x, 0, 1, 7)), int(jk.atomic.cas(x, 1, 1, 7)), x
    (1, 2, array([7, 2], dtype=int32))
    """
    checked(array, "cas")
    expected = converted(array.dtype, compare)
    return _update("cas", lambda old, new: new if old.tobytes() == expected.tobytes() else old, array, index, value)


def checked(array: Any, name: str) -> None:
    """Refuse an array whose elements no backend updates atomically.

    Raises
    ------
    KernelError
        The message names the dtype and those there are.
    """
    dtype = getattr(array, "dtype", None)
    if dtype is None or dtype.name not in DTYPES:
        what = f"an array of {dtype}" if dtype is not None else f"a {type(array).__name__}"
        raise KernelError(f"jk.atomic.{name} works on arrays of {', '.join(DTYPES)}, not on {what}")
    if name in INTEGER_ONLY and dtype.kind == "f":
        raise KernelError(f"jk.atomic.{name} works on arrays of integers, not of {dtype}")


def converted(dtype: np.dtype[Any], value: Any) -> Any:
    """Return a number as an element of a dtype: as an assignment converts it, but integers out of range wrap."""
    if type(value) is dtype.type:
        return value
    if isinstance(value, int) and dtype.kind in "iu" and not isinstance(value, np.generic):
        return np.uint64(value & (2**64 - 1)).astype(dtype)
    return np.asarray(value).astype(dtype)[()]


def _update(name: str, combine: Callable[[Any, Any], Any], array: NDArray[Any], index: Index, value: Any) -> Any:
    checked(array, name)
    operand = converted(array.dtype, value)
    with _lock, np.errstate(all="ignore"):
        old = array[index]
        if not isinstance(old, np.generic):
            raise KernelError(
                f"jk.atomic.{name} updates one element: {array.ndim}-D arrays take {array.ndim} indices, not {index!r}"
            )
        array[index] = combine(old, operand)
    return old
