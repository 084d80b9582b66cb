"""count: how many elements satisfy a predicate."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from jitkit.plans import remember
from jitkit.primitives import _functions, _operators
from jitkit.primitives._arrays import Axis
from jitkit.primitives._identity import identity_of
from jitkit.primitives.map_reduce import map_reduce_by

_ADD = _operators.resolve("add")
_counters: dict[Hashable, Callable[[Any], Any]] = {}


def count(
    pred: Any, x: Any, *, axis: Axis = None, out: Any = None, keepdims: bool = False, backend: str | None = None
) -> Any:
    """Return how many elements satisfy a predicate.

    Parameters
    ----------
    pred : callable or str
        A function of one element; what it returns counts where it is not zero.
    x : array_like or device array
        The elements.
    axis : int or tuple of int, optional
        The axis to count along; all unless given.
    out : array, optional
        Where the result goes.
    keepdims : bool, default False
        Whether counted axes stay, of length 1.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    int64 number or array

    Raises
    ------
    KernelError
        Where `pred` is no function of one number.

    Notes
    -----
    A reduction of ones; see `reduce`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> int(jk.count(lambda x: x > 2, np.arange(5)))
    2
    """
    key = identity_of(pred)
    counter = _counters.get(key)
    if counter is None:
        counter = remember(_counters, key, _one_where(_functions.function_of(pred, 1, "count")))
    return map_reduce_by(counter, _ADD, (x,), axis, None, out, None, keepdims, backend, "count", identity=counter)


def _one_where(pred: Callable[[Any], Any]) -> Callable[[Any], Any]:
    one, zero = np.int64(1), np.int64(0)

    def counted(x):
        return one if pred(x) else zero

    return counted
