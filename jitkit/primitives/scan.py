"""scan: what an associative operator gives for all elements up to each one."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit import operands
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.plans import remember
from jitkit.primitives import _arrays, _operators, _structs, _values
from jitkit.primitives._arrays import given_arrays
from jitkit.primitives._lazy import Lazy
from jitkit.primitives._operators import Operator
from jitkit.primitives._scanning import Scan
from jitkit.primitives._values import initial_value

_ndarray = np.ndarray
_plans: dict[Hashable, Scan] = {}


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
    x : array_like, device array, or tuple or struct of up to 6
        The elements; those of a tuple of arrays of one shape are tuples, those of a named tuple or frozen dataclass of arrays
        are such structs.
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
    array, or tuple or struct of arrays
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
    kind = None if type(x) is _ndarray else _structs.kind_of(x)
    if kind is not None:
        of_tuples, fields = _structs.of_parts(op, kind, "scan"), _structs.parts_of(x)
        begin, target = _structs.parts_of(initial), _structs.parts_of(out)
        found = scan(
            of_tuples, fields, axis=axis, inclusive=inclusive, initial=begin, reverse=reverse, out=target, dtype=dtype,
            backend=backend,
        )  # fmt: skip
        return _structs.put_together(kind, found)
    operator = _operators.resolve(op)
    started = initial is not None or not inclusive
    plan, arrays = None, [x]
    if type(x) is _ndarray or isinstance(x, Lazy):
        plan = _plans.get((operator, (x.dtype,), dtype, inclusive, started, reverse))
    if plan is None:
        arrays = given_arrays(x, "scan")
        key = (operator, tuple(map(operands.dtype_of, arrays)), dtype, bool(inclusive), started, bool(reverse))
        plan = _plans.get(key) or remember(_plans, key, _plan(*key))
    before = _before(operator, plan, initial) if started else plan.nothing
    if axis is None:
        arrays, axis = [_arrays.flat(a) for a in arrays], 0
    first = arrays[0]
    shape = first.shape if type(first) is _ndarray else tuple(first.shape)
    vector = len(shape) == 1 and (axis == 0 or axis == -1)
    cut = None if vector else _cut(shape, axis if type(axis) is int else operands.axes_of(axis, len(shape), "scan"))
    if out is None and plan.only is not None and type(first) is _ndarray:  # in 0.3 us less
        result = np.empty(shape, plan.only)
    else:
        result = _room(plan, arrays, out, shape, backend)
    if 0 not in shape:
        source = first if len(arrays) == 1 else tuple(arrays)
        if cut is None:
            plan.of_vector(source, before, result, reverse, backend)
        else:
            plan.along(source, before, result, cut, reverse, backend)
    return result if out is None or result is out else operands.delivered(result, out, "scan")


@functools.lru_cache(maxsize=256, typed=True)
def _cut(shape: tuple[int, ...], axis: int | tuple[int, ...]) -> tuple[int, int, int]:
    """Return the shape in which an axis is in the middle."""
    axes = operands.axes_of(axis, len(shape), "scan")
    if len(axes) != 1:
        raise LaunchError(f"jk.scan: goes along one axis, not {len(axes)}")
    (at,) = axes
    return math.prod(shape[:at]), shape[at], math.prod(shape[at + 1 :])


def _plan(
    operator: Operator, given: tuple[np.dtype[Any], ...], dtype: Any, inclusive: bool, started: bool, reverse: bool
) -> Scan:
    if len(given) > 1 and dtype is not None:
        raise KernelTypeError("jk.scan: dtype= is for a single array; convert the arrays of a tuple beforehand")
    dtypes = given
    if len(given) == 1:
        dtypes = (operands.dtype_named(dtype, "scan") if dtype is not None else operator.dtype(given[0]),)
    op = _exchanged(operator.func) if reverse and not operator.commutative else operator.func
    return Scan(_values.reader(len(given)), op, dtypes, inclusive, started)


def _exchanged(op: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def exchanged(a, b):
        return op(b, a)

    return exchanged


def _before(operator: Operator, plan: Scan, initial: Any) -> Any:
    """Return the value before the first element."""
    if initial is not None:
        return initial_value(initial, plan.dtypes, "scan")
    identity = operator.identity(plan.dtypes[0]) if len(plan.dtypes) == 1 else None
    if identity is None:
        raise LaunchError(
            f"jk.scan: an exclusive scan begins with a value, and {operator.func} has no identity: pass initial="
        )
    return identity


def _room(plan: Scan, arrays: list[Any], out: Any, shape: tuple[int, ...], backend: str | None) -> Any:
    """Return where to write: `out` itself where that is as good as a new array."""
    if out is not None:
        first = arrays[0]
        fits = type(out) is _ndarray and out.shape == shape and _fits(first, out, plan.only)  # as mostly
        if fits and (_arrays.apart(out, (first,)) or _arrays.on_host(first, backend)):
            return out  # views of one array are copied to a GPU apart
        outs = out if isinstance(out, tuple) else (out,)
        if len(plan.dtypes) > 1 or isinstance(out, tuple):
            operands.check_tuple(out, len(plan.dtypes), "scan")
        for target, dtype in zip(outs, plan.dtypes, strict=True):
            operands.check_out(target, shape, dtype, "scan")
    return operands.made(shape, plan.dtypes, _arrays.device_of(arrays[0]))


def _fits(x: Any, out: np.ndarray, dtype: np.dtype[Any] | None) -> bool:
    """Tell whether `out` can be written while an array is read: it is that, or lies elsewhere."""
    if dtype is None or out.dtype != dtype or type(x) is not _ndarray or not out.flags.carray:
        return False
    if x is out or (x.flags.owndata and out.flags.owndata) or not np.may_share_memory(x, out):
        return True
    return x.dtype == dtype and x.flags.c_contiguous and x.ctypes.data == out.ctypes.data
