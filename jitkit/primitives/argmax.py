"""argmax: where the largest element is."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.errors import KernelTypeError
from jitkit.plans import remember
from jitkit.primitives import _arrays, _numpys
from jitkit.primitives._lazy import Lazy
from jitkit.primitives._operators import UNORDERED
from jitkit.primitives._reducing import finished, reduce_by
from jitkit.primitives._reduction import Reduction
from jitkit.primitives.reduce import reduce

PIECE = 4096
"""Elements of which one extreme is kept."""
MANY = 8 * PIECE
"""Elements from which pieces are worth a second launch."""
FEW, FEW_ROWS = 2048, 128
"""Elements, and rows along the last axis, up to which NumPy finds the places along an axis sooner."""
_PLAIN = frozenset(map(np.dtype, ("f4", "f8", "i4", "i8", "u4", "u8")))
_ndarray = np.ndarray
_OF_A_PIECE: dict[str, tuple[str, Callable[[np.ndarray], Any]]] = {
    "argmax": ("maximum", np.argmax),
    "argmin": ("minimum", np.argmin),
}
_plans: dict[Hashable, Reduction] = {}


def _larger(a, b):
    missing, before = a[0] != a[0], b[0] != b[0]
    beyond = (b[0] > a[0]) | (before & ~missing)
    equal = (b[0] == a[0]) | (before & missing)
    take = beyond | (equal & (b[1] < a[1]))
    return (b[0] if take else a[0]), (b[1] if take else a[1])


def _larger_later(a, b):
    take = (b[0] > a[0]) | ((b[0] != b[0]) & (a[0] == a[0]))
    return (b[0] if take else a[0]), (b[1] if take else a[1])


def placed(x, at):
    """Return an element and its place along the axis: the second index of whichever kernel reads it."""
    return x[at], at[1]


def argmax(
    x: Any, axis: int | None = None, *, out: Any = None, keepdims: bool = False, backend: str | None = None
) -> Any:
    """Return the index of the largest element, the first of equal ones; the first NaN where there is one.

    Parameters
    ----------
    x : array_like or device array
        Real numbers.
    axis : int, optional
        The axis to look along; by default the index is that in the flattened array.
    out : array, optional
        Where the result goes.
    keepdims : bool, default False
        Whether the axis stays, of length 1.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    int64 number or array

    Raises
    ------
    LaunchError
        For no elements.
    KernelTypeError
        For complex numbers, which have no order.

    Notes
    -----
    The order is that of `numpy.argmax`, which is called for small arrays of the host; else a reduction of pairs of value and
    index, see `reduce`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> int(jk.argmax(np.array([1.0, 5.0, 5.0])))
    1
    """
    if out is None and not keepdims and is_for_numpy(x, axis, backend):
        return x.argmax(axis)
    return extreme_place((_larger, _larger_later), _plans, x, axis, out, keepdims, backend, "argmax")


def is_for_numpy(x: Any, axis: Any, backend: str | None) -> bool:
    """Tell whether NumPy finds the places in an array sooner: it looks at vectors of elements where those lie side by side."""
    if type(x) is not _ndarray or x.dtype not in _numpys.REAL or not 0 < x.size < MANY or not _numpys.on_cpu(backend):
        return False
    if axis is None:
        return True
    if not _numpys.fits(axis, x):
        return False
    rows_lie = axis in (-1, x.ndim - 1) and x.flags.c_contiguous
    return x.size <= FEW or (rows_lie and x.size <= FEW_ROWS * x.shape[axis])


def _by_pieces(x: np.ndarray, extreme: str, place_of: Callable[[np.ndarray], Any], backend: str | None) -> np.int64:
    """Return the place in a vector by the extremes of its pieces: only one piece is looked at for the place.

    Values alone fill vectors; beside places of 64 bits, float32 took twice as long.
    """
    whole = x.size // PIECE * PIECE
    pieces = x[:whole].reshape(-1, PIECE)
    best = int(place_of(reduce(extreme, pieces, axis=1, backend=backend)))
    place = best * PIECE + int(place_of(pieces[best]))
    if whole < x.size:
        places = (place, whole + int(place_of(x[whole:])))
        place = places[int(place_of(x[list(places)]))]
    return np.int64(place)


def extreme_place(
    prefer: tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]],
    plans: dict[Hashable, Reduction],
    x: Any,
    axis: int | None,
    out: Any,
    keepdims: bool,
    backend: str | None,
    name: str,
) -> Any:
    """Return the index of the element that an operator on pairs of value and index prefers.

    `prefer` is that operator, and another for pairs of which the second comes later.
    """
    known = plans.get(x.dtype) if isinstance(x, Lazy) or (type(x) is np.ndarray and x.size < MANY) else None
    if known is not None:
        return reduce_by(known, [x], axis, None, out, keepdims, backend, name)
    x = _arrays.array(x, name)
    dtype = operands.dtype_of(x)
    if dtype.kind == "c":
        raise KernelTypeError(f"jk.{name}: {UNORDERED}")
    plain = axis is None and type(x) is np.ndarray and dtype in _PLAIN and x.flags.c_contiguous
    if plain and x.size >= MANY and _arrays.on_host(x, backend):
        place = _by_pieces(_arrays.flat(x), *_OF_A_PIECE[name], backend)
        return finished(place, (1,) * x.ndim if keepdims else (), out, name)
    plan = plans.get(dtype)
    if plan is None:
        made = Reduction(placed, prefer[0], (dtype, np.dtype(np.int64)), True, part=1, in_order=prefer[1])
        plan = remember(plans, dtype, made)
    return reduce_by(plan, [x], axis, None, out, keepdims, backend, name)
