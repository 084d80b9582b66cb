"""How every statistic made of moments is computed: the arguments checked, the kernels for its shape chosen and launched."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from jitkit import operands
from jitkit.launch import choice
from jitkit.launch.launcher import Launcher
from jitkit.launch.ready import Calls, Ready
from jitkit.plans import remember
from jitkit.stats import _axes, _moments
from jitkit.stats._column_moments import PLANES, SPAN, TILE
from jitkit.stats._moments import BLOCK, LANES, MANY, MERGING, SHORT, Kernels

Axis = int | tuple[int, ...] | None
_FLOAT64 = np.dtype(np.float64)
_RESOLUTION = {np.dtype(t): float(np.finfo(t).resolution) for t in (np.float32, np.float64)}
_ndarray, _NUMBERS = np.ndarray, frozenset((int, float))
calls = Calls()
_known: dict[Hashable, Plan] = {}
"""The plans of calls, by what they ask and the dtype, shape and strides of the array."""
_FEW_COLUMNS = 4
"""Fewer columns than this are taken as rows of a copy: a tile of them would have no vectors."""
_FEW_RESULTS = 1 << 13
"""Results up to which a GPU merges the blocks of each by a group: one work-item to each would leave it idle."""
_FEW_ROWS = 2 * SPAN
"""Rows up to which columns go straight to mean or variance: as many as NumPy adds up in a row in the dtype of the elements."""


def of_moments(
    x: Any,
    what: int,
    axis: Axis,
    out: Any,
    keepdims: bool,
    backend: str | None,
    name: str,
    *,
    skip: bool = False,
    ddof: float = 0,
    bias: bool = True,
) -> Any:
    """Return a statistic of the elements along some axes.

    Parameters
    ----------
    x : array_like or device array
        Real numbers.
    what : int
        One of the names in `_moments`.
    axis, out, keepdims, backend
        As in the public functions.
    name : str
        Who asks, for messages.
    skip : bool
        Whether NaN are left out.
    ddof : float
        Subtracted from the count; for a kurtosis, from the result.
    bias : bool
        Whether skewness and kurtosis stay uncorrected.
    """
    call: tuple[Any, ...] | None = None
    if type(x) is _ndarray and type(ddof) in _NUMBERS and (axis is None or type(axis) is int or is_plain(axis)):
        call = (what, axis, keepdims, skip, ddof, bias, x.dtype, x.shape)
        if out is None:
            result = calls(call, x, backend)
            if result is not None:
                return result
        key = (call, None if x.flags.c_contiguous else x.strides)
        found = _known.get(key)
        if found is not None and x.flags.aligned and (backend or choice.requested()) != "cuda":
            result = _result(found, x, backend)
            return result[0, 0] if found.final == () and out is None else _axes.finished(result, found.final, out, name)
    x = _numbers(x, name)
    shape, dtype, device = tuple(x.shape), operands.dtype_of(x), operands.device_of(x)
    kernels = _moments.kernels_for(what, skip, _moments.kind_of(dtype))
    dtype = dtype if dtype.kind == "f" else _FLOAT64
    axes = operands.sorted_axes(axis, len(shape), name)
    final = _axes.result_shape(shape, axes, keepdims)
    if out is not None:
        operands.check_out(out, final, dtype, name)
    options = (what, operands.number(ddof, "ddof", name), bool(bias), _RESOLUTION[dtype])
    if 0 in shape:
        flat = operands.made((int(np.prod(final)),), (dtype,), device)
        operands.assign(flat, 0.0 if what == _moments.SUM else np.nan)
        return _axes.finished(flat, final, out, name)
    if operands.on_device(x, backend):
        x = _axes.along(x, axes)
        result = operands.made((x.shape[0], x.shape[2]), (dtype,), device)
        _run_there(kernels, x, options, result, device, backend)
        return _axes.finished(result, final, out, name)
    lying = _axes.Lying(x, axes)
    plan = Plan(kernels, options, lying, dtype, final)
    if call is not None and call[6] == x.dtype:
        remember(_known, key, plan)
        if x.flags.c_contiguous and is_single(lying, BLOCK):
            outer, n, _ = lying.lengths
            room = (outer, 1)
            launcher, space = _rows(kernels, outer, n)
            calls.keep(call, Ready(launcher, space, (lying.far, n, options), (x.size,), room, dtype, final))
    return _axes.finished(_result(plan, x, backend), final, out, name)


class Plan(NamedTuple):
    """What was found for arguments: kernels, what they are asked, how they see the array, and the results they give."""

    kernels: Kernels
    options: Any
    lying: _axes.Lying
    dtype: np.dtype[Any]
    final: tuple[int, ...]


def is_plain(axis: Any) -> bool:
    """Tell whether equal axes mean the same: True is equal to 1, and refused elsewhere."""
    return axis is None or type(axis) is int or (type(axis) is tuple and all([type(k) is int for k in axis]))


def _numbers(x: Any, name: str) -> Any:
    """Return an argument as an array of float32, float64, integers or booleans; on a GPU of the first two."""
    found = operands.array(x, name)
    if operands.device_of(found) is None and operands.dtype_of(found).kind in "?biu":
        return found
    return operands.floating(found, name)


def is_single(lying: _axes.Lying, block: int) -> bool:
    """Tell whether rows of at most a block each, as they stand, are all there is: one launch does."""
    _, n, inner = lying.lengths
    return inner == lying.pieces == 1 and n <= block and lying.straight


def _rows(kernels: Kernels, outer: int, n: int) -> tuple[Launcher, Any]:
    """Return what goes over rows of a block each on a host, and its space."""
    return (kernels.shortest_rows, outer) if n <= SHORT and outer >= MANY else (kernels.short_rows, (outer, 1))


def _result(plan: Plan, x: np.ndarray, backend: str | None) -> np.ndarray:
    """Return the results for an array on the host."""
    kernels, options, lying, dtype, _ = plan
    (outer, n, inner), far, near, pieces = lying.lengths, lying.far, lying.near, lying.pieces
    elements = lying.elements(x)
    if 1 < inner < _FEW_COLUMNS:
        columns = as_strided(elements, lying.lengths, [step * x.itemsize for step in (far, near, 1)])
        elements = np.ascontiguousarray(columns.swapaxes(1, 2)).reshape(-1)
        outer, inner, far, near = outer * inner, 1, n, 1
    result = np.empty((outer, inner), dtype)
    if inner == pieces == 1 and n <= BLOCK:
        launcher, space = _rows(kernels, outer, n)
        launcher.run(space, backend, (elements, far, n, options, result))
        return lying.in_order(result)
    tiles = -(-inner // TILE)
    if inner > 1 and n <= _FEW_ROWS and kernels.order < 4:
        what, ddof, _, _ = options
        further = what in (_moments.MEAN, _moments.STD)
        kernels.short_tiles.run((outer, tiles, 1), backend, (elements, far, near, n, further, ddof, result))
        return lying.in_order(result)
    blocks = -(-n // (BLOCK if inner == 1 else SPAN))
    part = np.empty((PLANES[kernels.order], pieces * outer, blocks, inner), np.float64)
    if inner == 1:
        kernels.rows.run((pieces * outer, blocks, 1), backend, (elements, far, n, part))
    else:
        kernels.tiles.run((outer, blocks, tiles, 1), backend, (elements, far, near, n, inner, part))
    if pieces > 1:
        parts = part.reshape((-1, pieces, outer, blocks)).swapaxes(1, 2)
        blocks *= pieces
        part = np.ascontiguousarray(parts).reshape((-1, outer, blocks, 1))
    kernels.merge.run((outer, inner), backend, (part, blocks, options, result))
    return lying.in_order(result)


def _run_there(kernels: Kernels, x: Any, options: Any, result: Any, device: str | None, backend: str | None) -> None:
    """Launch on a GPU over an array, seen as (outer, length, inner)."""
    outer, n, inner = x.shape
    blocks = -(-n // (BLOCK if inner == 1 else SPAN))
    part = operands.made((PLANES[kernels.order], outer, blocks, inner), (_FLOAT64,), device)
    x = x.reshape((-1,))
    if inner == 1:
        kernels.groups((outer, blocks, LANES), backend)(x, n, n, part)
    else:
        kernels.columns((outer, blocks, inner), backend)(x, n * inner, inner, n, part)
    if blocks == 1 or outer * inner > _FEW_RESULTS:
        kernels.merge((outer, inner), backend)(part, blocks, options, result)
    else:
        kernels.merge_in_groups((outer, inner, MERGING), backend)(part, blocks, options, result)
