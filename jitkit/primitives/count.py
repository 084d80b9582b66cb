"""count: how many elements satisfy a predicate."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from numpy._core.multiarray import count_nonzero  # NumPy's own, below what looks for an axis first, in 0.15 us

from jitkit.plans import remember
from jitkit.primitives import _functions, _operators
from jitkit.primitives._again import Again
from jitkit.primitives._arrays import Axis
from jitkit.primitives._identity import identity_of
from jitkit.primitives._numpys import BOOL, FEW_BOOLEANS, NUMBERS, on_cpu
from jitkit.primitives._reducing import AXES, know_reduction
from jitkit.primitives.map_reduce import known_plan, map_reduce_by

FEW = 4096
"""Elements up to which `numpy.count_nonzero` takes no longer."""
_ADD = _operators.resolve("add")
_ndarray, _int64 = np.ndarray, np.int64
_AS_IT_IS = (1, 0)
_of_booleans: dict[Hashable, tuple[int, int]] = {}
"""By predicate, what to multiply the number of true booleans and that of all by, to count those that satisfy it."""
_again = Again("call")
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
    A reduction of ones; see `reduce`. A predicate of booleans has two results, and `numpy.count_nonzero` counts what they are
    of; of a few other numbers it counts those that are not zero, where the predicate is `bool`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> int(jk.count(lambda x: x > 2, np.arange(5)))
    2
    """
    whole = axis is None and out is None and not keepdims
    boolean = type(x) is _ndarray and x.dtype is BOOL
    few = pred is bool and whole and type(x) is _ndarray and on_cpu(backend)
    if few and (x.size < FEW_BOOLEANS if boolean else x.size < FEW and x.dtype in NUMBERS):
        return _int64(count_nonzero(x))
    if not (boolean and whole):
        found = _again.enter(pred, None, (x,), backend, axis, keepdims, out)
        if found is not None:
            return found
    key = identity_of(pred)
    if boolean and whole:
        factors = _of_booleans.get(key)
        if factors is not None and x.size < FEW_BOOLEANS and on_cpu(backend):
            if factors is not _AS_IT_IS:
                return _int64(count_nonzero(x) * factors[0] + x.size * factors[1])
            return _int64(count_nonzero(x))
    counter = _counters.get(key)
    if counter is None:
        counter = remember(_counters, key, _one_where(_functions.function_of(pred, 1, "count")))
    if boolean and key not in _of_booleans and on_cpu(backend):
        none, one = (int(_counted(counter, np.array([value]), None, None, False, backend)) for value in (False, True))
        remember(_of_booleans, key, _AS_IT_IS if one and not none else (one - none, none))
    result = _counted(counter, x, axis, out, keepdims, backend)
    if out is None and type(x) is _ndarray and type(axis) in AXES:
        plan = known_plan(counter, _ADD, (x.dtype,))
        if plan is not None:
            know_reduction(_again, plan, (pred, None), x, axis, keepdims, (axis, keepdims), None)
    return result


def _counted(counter: Callable[[Any], Any], x: Any, axis: Axis, out: Any, keepdims: bool, backend: str | None) -> Any:
    return map_reduce_by(counter, _ADD, (x,), axis, None, out, None, keepdims, backend, "count", identity=counter)


def _one_where(pred: Callable[[Any], Any]) -> Callable[[Any], Any]:
    one, zero = np.int64(1), np.int64(0)

    def counted(x):
        return one if pred(x) else zero

    return counted
