"""Reducing arrays as a plan says: along axes, from an initial value, into an array of the user's."""

from __future__ import annotations

from typing import Any

import numpy as np

from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.errors import LaunchError
from jitkit.primitives import _arrays, _values
from jitkit.primitives._arrays import Axis
from jitkit.primitives._lazy import Lazy
from jitkit.primitives._reduction import Reduction

OF_VECTORS = (0, -1)
"""Axes along which a vector is all of its elements."""


def reduce_by(
    plan: Reduction,
    arrays: list[Any],
    axis: Axis,
    initial: Any,
    out: Any,
    keepdims: bool,
    backend: str | None,
    name: str,
) -> Any:
    """Reduce arrays of one shape as a plan says."""
    if (axis is None or axis in OF_VECTORS) and all(map(is_vector, arrays)):
        return reduce_vectors(plan, arrays, initial, out, keepdims, backend, name)
    start = None if initial is None else _values.initial_value(initial, plan.dtypes, name)
    ndim, shape = len(arrays[0].shape), tuple(arrays[0].shape)
    axes = operands.sorted_axes(axis, ndim, name)
    kept = tuple(1 if k in axes else n for k, n in enumerate(shape))
    result_shape = kept if keepdims else tuple(n for k, n in enumerate(shape) if k not in axes)
    device = _arrays.device_of(arrays[0])
    if 0 in shape:
        total = _of_nothing(plan, plan.identity if start is None else start, shape, axes, result_shape, device, name)
    elif not axes or not ndim:
        one = (1, 1, int(np.prod(shape)))
        total = plan.along(_arrays.each(lambda a: a.reshape(one), _arrays.value_of(arrays)), backend)
    else:
        total = plan.along(_arrays.value_of([_arrays.split(a, axes) for a in arrays]), backend)
    if start is not None and 0 not in shape:
        plan.begin(start, total, int(np.prod(result_shape)), backend)
    return finished(total, result_shape, out, name)


def reduce_vectors(
    plan: Reduction, arrays: list[Any], initial: Any, out: Any, keepdims: bool, backend: str | None, name: str
) -> Any:
    """Do what `reduce_by` does for all elements of what `is_vector` tells to be vectors."""
    start = None if initial is None else _values.initial_value(initial, plan.dtypes, name)
    total = plan.of_vectors(arrays, start, keepdims, backend)
    return total if out is None else operands.store(total, out, (1,) if keepdims else (), name)


def finished(total: Any, shape: tuple[int, ...], out: Any, name: str) -> Any:
    """Return results in their shape: in `out`, as arrays, or as numbers where there is one."""
    if out is not None:
        return operands.store(total, out, shape, name)
    if shape == ():
        return _arrays.each(lambda a: to_numpy(a).reshape(())[()], total)
    return _arrays.each(lambda a: a.reshape(shape), total)


def is_vector(x: Any) -> bool:
    """Tell whether elements go the short way, 8 us less: most reductions are of vectors."""
    if type(x) is np.ndarray:
        return x.ndim == 1 and x.size > 0
    return isinstance(x, Lazy) and len(x.shape) == 1 and x.shape[0] > 0 and _arrays.device_of(x) is None


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
        raise LaunchError(
            f"jk.{name}: no elements along axis {axes if len(axes) > 1 else axes[0]} of shape {shape}, and the operator has "
            "no identity: pass initial="
        )
    filled = start if isinstance(start, tuple) else (start,)
    results = tuple(
        _arrays.filled(result_shape, value, dtype, device) for value, dtype in zip(filled, plan.dtypes, strict=True)
    )
    return results[0] if len(results) == 1 else results
