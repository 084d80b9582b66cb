"""all: whether no element is zero."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from typing import Any

import numpy as np

from jitkit.primitives import _arrays, _operators
from jitkit.primitives._arrays import Axis
from jitkit.primitives._numpys import BOOL, FEW_BOOLEANS, on_cpu
from jitkit.primitives.map_reduce import map_reduce_by

_OPERATOR = _operators.resolve("logical_and")


def _is_true(x):
    return x != 0


def all(x: Any, axis: Axis = None, *, out: Any = None, keepdims: bool = False, backend: str | None = None) -> Any:
    """Return whether no element is zero; a NaN is not zero.

    Parameters
    ----------
    x : array_like or device array
        The elements.
    axis : int or tuple of int, optional
        The axis to look along; all unless given.
    out : array, optional
        Where the result goes.
    keepdims : bool, default False
        Whether the axes stay, of length 1.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    bool number or array
        True of no elements.

    Notes
    -----
    The definition is that of `numpy.all`, which is called for booleans of the host; see `reduce` for the method.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> bool(jk.all(np.array([1, 0, 3])))
    False
    """
    plain = type(x) is np.ndarray and x.dtype is BOOL and x.flags.c_contiguous
    if plain and axis is None and out is None and not keepdims and x.size < FEW_BOOLEANS and on_cpu(backend):
        return x.all()
    given = x if type(x) is np.ndarray else _arrays.array(x, "all")
    return map_reduce_by(
        _is_true, _OPERATOR, (given,), axis, None, out, None, keepdims, backend, "all", identity=_is_true
    )
