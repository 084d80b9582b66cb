"""Reducing arrays as a plan says: along axes, from an initial value, into an array of the user's."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.errors import LaunchError
from jitkit.launch.ready import FEW, Ready
from jitkit.primitives import _arrays, _values
from jitkit.primitives._again import Again
from jitkit.primitives._arrays import Axis
from jitkit.primitives._lazy import Lazy, as_row
from jitkit.primitives._numpys import BOOL
from jitkit.primitives._operators import ALIKE
from jitkit.primitives._reduction import Reduction

_ndarray, _NUMBERS = np.ndarray, frozenset((type(None), bool, int, float))
WITH_INITIAL = frozenset(("reduce", "map_reduce"))
"""Functions that take an initial value."""
AXES = frozenset((type(None), int, tuple))
"""Types of axes of which calls are told apart."""
OF_VECTORS = (0, -1)
"""Axes along which a vector is all of its elements."""


def reduce_by(
    plan: Reduction,
    arrays: Sequence[Any],
    axis: Axis,
    initial: Any,
    out: Any,
    keepdims: bool,
    backend: str | None,
    name: str,
) -> Any:
    """Reduce arrays of one shape as a plan says."""
    start = None if initial is None else _values.initial_value(initial, plan.dtypes, name)
    shape = arrays[0].shape
    ndim = len(shape)
    if type(axis) is tuple and axis == tuple(range(ndim)):  # all axes, in their order, are none in particular
        axis = None
    if axis is None or (ndim == 1 and axis in OF_VECTORS):  # most reductions take but microseconds
        x = arrays[0]
        if len(arrays) == 1 and type(x) is _ndarray and x.size and (ndim == 1 or (ndim and x.flags.c_contiguous)):
            row: Any = x[None] if ndim == 1 else x.reshape(1, -1)
        else:
            if ndim > 1 and plan.in_any_order and all(map(_is_transposed, arrays)):
                arrays = [a.T for a in arrays]  # as they lie in memory: no copy
            row = _as_row(arrays)
        if row is not None:
            if out is not None:
                whole = (1,) * ndim if keepdims else ()
                target = plan.target_of(out, whole)
                total = plan.of_row(row, start, target, False, backend)
                return operands.store(total, out, whole, name) if target is None else out
            total = plan.of_row(row, start, None, keepdims, backend)
            return finished(total, (1,) * ndim, None, name) if keepdims and ndim > 1 else total
    if axis is not None and type(axis) is not int:
        axis = operands.sorted_axes(axis, ndim, name)
    axes, joined, result_shape = _cut(shape, axis, keepdims, name)
    x = arrays[0]
    if joined is not None and len(arrays) == 1 and type(x) is _ndarray and x.size:
        target = None if out is None else plan.target_of(out, result_shape, arrays)
        if joined[0] == joined[2] == 1:
            total = plan.of_row(x.reshape((1, -1)), start, target, True, backend)
        else:
            total = plan.of_array(x, joined, start, target, backend)
        return out if target is not None else finished(total, result_shape, out, name)
    if 0 in shape:
        device = _arrays.device_of(arrays[0])
        start = plan.identity if start is None else start
        total = _of_nothing(plan, start, tuple(shape), axes, result_shape, device, name)
    else:
        views = [_arrays.split(a, axes) if joined is None else a.reshape(joined) for a in arrays]
        plain = out is not None and all([type(a) is _ndarray for a in arrays])
        target = plan.target_of(out, result_shape, arrays) if plain else None
        total = plan.along(_arrays.value_of(views), start, target, backend)
        if target is not None:
            return out
    return finished(plan.given(total), result_shape, out, name)


def ready_to_reduce(plan: Reduction, x: np.ndarray, axis: Axis, keepdims: bool, brief: bool, name: str) -> Ready | None:
    """Return the one launch that does what `reduce_by` does for arrays like this one; None where it takes several."""
    _, joined, final = _cut(x.shape, axis, keepdims, name)
    return None if joined is None or not x.size else plan.ready(joined, final, brief)


def know_reduction(
    again: Again,
    plan: Reduction,
    functions: tuple[Any, Any],
    x: Any,
    axis: Axis,
    keepdims: bool,
    asked: tuple[Any, ...],
    initial: Any,
) -> None:
    """Have compiled code know reductions of a few elements by functions that ask for the same; no `out` among it.

    It makes no booleans, and reads what it is given where that lies.
    """
    if type(x) is not _ndarray or not 0 < x.size <= FEW or not (x.ndim == 1 or x.flags.c_contiguous):
        return
    if plan.dtypes[0] is BOOL or plan.kind is not None or type(initial) not in _NUMBERS:
        return
    key = again.key_of(functions, (x,), asked)
    if key is not None:
        _, joined, final = _cut(x.shape, axis, keepdims, "reduce")
        start = None if initial is None else _values.initial_value(initial, plan.dtypes, "reduce")
        brief = all([type(f) in ALIKE or f is None for f in functions])
        ready = None if joined is None else plan.ready(joined, final, brief, start)
        if ready is None:
            again.refuse(key)
        else:
            ready.know(again, key, functions, x, asked, brief)


def know_vectors(
    again: Again,
    plan: Reduction,
    functions: tuple[Any, Any],
    arrays: Sequence[Any],
    asked: tuple[Any, ...],
    initial: Any,
) -> None:
    """Do what `know_reduction` does for all elements of one or several vectors, whose values may be tuples."""
    first = arrays[0]
    if type(first) is not _ndarray or not 0 < first.size <= FEW or first.ndim != 1 or initial is not None:
        return
    if BOOL in plan.dtypes or plan.kind is not None:
        return
    key = again.key_of(functions, arrays, asked)
    if key is None:
        return
    work = plan.block_of(tuple([x[None] for x in arrays])) if all([x.ndim == 1 for x in arrays]) else None
    if work is None:
        again.refuse(key)
    else:
        launch, values, held, outs = work
        brief = all([type(f) in ALIKE or f is None for f in functions])
        again.keep_call(key, functions, arrays, asked, launch, values, outs, (), not brief, None, held)


@functools.lru_cache(maxsize=256, typed=True)
def _cut(
    shape: tuple[int, ...], axis: Axis, keepdims: bool, name: str
) -> tuple[tuple[int, ...], tuple[int, int, int] | None, tuple[int, ...]]:
    """Return the axes that are meant, the shape in which they are joined in the middle, and the shape of the result.

    The shape in the middle is None where the axes are no neighbours.
    """
    axes = operands.sorted_axes(axis, len(shape), name)
    kept = tuple(1 if k in axes else n for k, n in enumerate(shape))
    left = tuple(n for k, n in enumerate(shape) if k not in axes)
    first, end = (axes[0], axes[-1] + 1) if axes else (0, 0)
    joined = None
    if axes == tuple(range(first, end)):
        joined = (math.prod(shape[:first]), math.prod(shape[first:end]), math.prod(shape[end:]))
    return axes, joined, kept if keepdims else left


def finished(total: Any, shape: tuple[int, ...], out: Any, name: str) -> Any:
    """Return results in their shape: in `out`, as arrays, or as numbers where there is one."""
    if out is not None:
        return operands.store(total, out, shape, name)
    if shape and type(total) is _ndarray:  # in half the time of what follows
        return total.reshape(shape)
    if shape == ():
        return _arrays.each(lambda a: to_numpy(a).reshape(())[()], total)
    return _arrays.each(lambda a: a.reshape(shape), total)


def _is_transposed(x: Any) -> bool:
    return type(x) is _ndarray and x.flags.f_contiguous


def _as_row(arrays: Sequence[Any]) -> Any:
    """Return all elements as matrices of one row, or None where they do not go the short way, 8 us less."""
    rows: list[Any] = []
    for x in arrays:
        if type(x) is _ndarray:
            if not x.size or not x.ndim:
                return None
            rows.append(x[None] if x.ndim == 1 else x.reshape((1, -1)))
        elif isinstance(x, Lazy) and len(x.shape) == 1 and x.shape[0] > 0 and _arrays.device_of(x) is None:
            rows.append(as_row(x))
        else:
            return None
    return _arrays.value_of(rows)


def _of_nothing(
    plan: Reduction,
    start: Any,
    shape: tuple[int, ...],
    axes: tuple[int, ...],
    result_shape: tuple[int, ...],
    device: str | None,
    name: str,
) -> Any:
    """Return the results where an extent is zero: none at all, or each of no elements."""
    out = operands.made(result_shape, plan.dtypes, device)
    if 0 in result_shape:
        return out
    if start is None:
        why = "the operator has no identity: pass initial=" if name in WITH_INITIAL else "of none there is no result"
        raise LaunchError(
            f"jk.{name}: no elements along axis {axes if len(axes) > 1 else axes[0]} of shape {shape}, and {why}"
        )
    filled = start if isinstance(start, tuple) else (start,)
    results = tuple(
        _arrays.filled(result_shape, value, dtype, device) for value, dtype in zip(filled, plan.dtypes, strict=True)
    )
    return results[0] if len(results) == 1 else results
