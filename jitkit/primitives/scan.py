"""scan: what an associative operator gives for all elements up to each one."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit import operands
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.plans import remember
from jitkit.primitives import _arrays, _operators, _values
from jitkit.primitives._arrays import given_arrays, length_of, value_of
from jitkit.primitives._lazy import Lazy
from jitkit.primitives._operators import Operator
from jitkit.primitives._scanning import Scan
from jitkit.primitives._values import initial_value

_plans: dict[Hashable, Scan] = {}
_OF_VECTORS = (-1, 0, None)
"""Axes along which a vector is scanned as a whole."""


def scan(
    op: Any,
    x: Any,
    *,
    axis: int | None = -1,
    inclusive: bool = True,
    initial: Any = None,
    reverse: bool = False,
    out: Any = None,
    dtype: DTypeLike | None = None,
    backend: str | None = None,
    deterministic: bool = True,
) -> Any:
    """Return, for each element, the elements up to it combined with an associative operator.

    Parameters
    ----------
    op : callable or str
        An associative operator of two values, as for `reduce`; operands stay in order.
    x : array_like, device array, or tuple of up to 6
        The elements; those of a tuple of arrays of one shape are tuples.
    axis : int, default -1
        The axis to go along; None flattens the array first.
    inclusive : bool, default True
        Whether an element's result includes the element.
    initial : number or tuple, optional
        Comes before the first element. Needed where `inclusive` is False and the operator has no identity.
    reverse : bool, default False
        Go from the last element: a result combines the element and all behind it, in the order of the array, `initial` last.
    out : array or tuple of arrays, optional
        Where the result goes; may be `x`.
    dtype : dtype, optional
        In which elements are combined, as for `reduce`.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.
    deterministic : bool, default True
        Equal inputs give equal bits, whatever the number of threads; False changes nothing, as for `reduce`.

    Returns
    -------
    array or tuple of arrays
        Of the shape of `x`.

    Raises
    ------
    KernelError
        Where `op` is no operator of two values.
    LaunchError
        Where an initial value is needed, and for an `out` of another shape.
    numpy.exceptions.AxisError
        Where `x` has no such axis.

    Notes
    -----
    Source: G. E. Blelloch, Prefix sums and their applications, CMU-CS-90-190, 1990.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.scan("add", np.arange(5))
    array([ 0,  1,  3,  6, 10])
    >>> jk.scan("add", np.arange(5), inclusive=False, initial=100)
    array([100, 100, 101, 103, 106])
    """
    operator = _operators.resolve(op)
    if initial is None and inclusive is True and axis in _OF_VECTORS and _is_vector(x):
        known = _plans.get((operator, (x.dtype,), dtype, True, False, bool(reverse)))
        target = None if known is None else _vector_room(known, x, out)
        if known is not None and target is not None:
            source, aim = (x[::-1], target[::-1]) if reverse else (x, target)
            known.of_vector(source, aim, backend)
            return target
    arrays = given_arrays(x, "scan")
    given = tuple(map(operands.dtype_of, arrays))
    started = initial is not None or not inclusive
    key = (operator, given, dtype, bool(inclusive), started, bool(reverse))
    plan = _plans.get(key)
    if plan is None:
        plan = remember(_plans, key, _plan(operator, given, dtype, inclusive, started, reverse))
    before = _before(operator, plan, initial)
    if axis is None:
        arrays, axis = [a.reshape((-1,)) for a in arrays], 0
    shape = tuple(arrays[0].shape)
    axes = operands.sorted_axes(axis, len(shape), "scan")
    result = _room(plan, arrays, out, shape)
    if 0 not in shape:
        source = value_of([_arrays.split(a, axes) for a in arrays])
        target = _arrays.each(lambda a: _arrays.split(a, axes), result)
        if reverse:
            source, target = (_arrays.each(lambda a: a[:, ::-1], v) for v in (source, target))
        plan.along(source, before, target, backend)
    return operands.delivered(result, out, "scan")


def _plan(
    operator: Operator, given: tuple[np.dtype[Any], ...], dtype: Any, inclusive: bool, started: bool, reverse: bool
) -> Scan:
    if len(given) > 1 and dtype is not None:
        raise KernelTypeError("jk.scan: dtype= is for a single array; convert the arrays of a tuple beforehand")
    dtypes = given
    if len(given) == 1:
        dtypes = (np.dtype(dtype) if dtype is not None else operator.dtype(given[0]),)
    op = _exchanged(operator.func) if reverse and not operator.commutative else operator.func
    return Scan(_values.reader(len(given)), op, dtypes, inclusive, started)


def _exchanged(op: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def exchanged(a, b):
        return op(b, a)

    return exchanged


def _before(operator: Operator, plan: Scan, initial: Any) -> Any:
    """Return the value before the first element, or some value of that type where there is none."""
    if initial is not None:
        return initial_value(initial, plan.dtypes, "scan")
    if plan.started:
        identity = operator.identity(plan.dtypes[0]) if len(plan.dtypes) == 1 else None
        if identity is None:
            raise LaunchError(
                f"jk.scan: an exclusive scan begins with a value, and {operator.func} has no identity: pass initial="
            )
        return identity
    zeros = tuple(dtype.type(0) for dtype in plan.dtypes)
    return zeros[0] if len(zeros) == 1 else zeros


def _room(plan: Scan, arrays: list[Any], out: Any, shape: tuple[int, ...]) -> Any:
    """Return where to write: `out` itself where that is as good as a new array."""
    if out is not None:
        outs = out if isinstance(out, tuple) else (out,)
        if len(plan.dtypes) > 1:
            operands.check_tuple(out, len(plan.dtypes), "scan")
        for target, dtype in zip(outs, plan.dtypes, strict=True):
            operands.check_out(target, shape, dtype, "scan")
        if all(_fits(a, o, d) for a, o, d in zip(arrays, outs, plan.dtypes, strict=True)) and len(outs) == 1:
            return out
    return operands.made(shape, plan.dtypes, _arrays.device_of(arrays[0]))


def _is_vector(x: Any) -> bool:
    """Tell whether an array is a vector on the host that is not empty."""
    if type(x) is np.ndarray:
        return x.ndim == 1 and x.size > 0
    return isinstance(x, Lazy) and len(x.shape) == 1 and x.shape[0] > 0 and x.device is None


def _vector_room(plan: Scan, x: Any, out: Any) -> np.ndarray | None:
    """Return where to write the scan of a vector; None where `out` takes more than that."""
    if out is None:
        return np.empty(x.shape, plan.dtypes[0])
    return out if length_of((out,)) == x.size and _fits(x, out, plan.dtypes[0]) else None


def _fits(x: Any, out: Any, dtype: np.dtype[Any]) -> bool:
    """Tell whether `out` can be written while `x` is read: it is `x`, or lies elsewhere."""
    if not isinstance(out, np.ndarray) or not isinstance(x, np.ndarray):
        return False
    if out.dtype != dtype or not out.flags.c_contiguous or not out.flags.writeable:
        return False
    if x is out or not np.may_share_memory(x, out):
        return True
    return x.dtype == dtype and x.flags.c_contiguous and x.ctypes.data == out.ctypes.data
