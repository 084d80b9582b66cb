"""How every statistic made of moments is computed: the arguments checked, the kernels for its shape chosen and launched."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.launch import choice
from jitkit.plans import remember
from jitkit.stats import _axes, _moments
from jitkit.stats._moments import BLOCK, LANES, MANY, MERGING, PLANES, SHORT, SPAN, TILE, Kernels

Axis = int | tuple[int, ...] | None
_FLOAT64 = np.dtype(np.float64)
_RESOLUTION = {np.dtype(t): float(np.finfo(t).resolution) for t in (np.float32, np.float64)}
_ndarray, _NUMBERS = np.ndarray, frozenset((int, float))
_known: dict[Hashable, Any] = {}
"""What was found for arguments: kernels, options, how they see the array, and the shape of the result."""
_FEW_COLUMNS = 4
"""Fewer columns than this are taken as rows of a copy: a tile of them would have no vectors."""
_FEW_RESULTS = 1 << 13
"""Results up to which a GPU merges the blocks of each by a group: one work-item to each would leave it idle."""
_FEW_ROWS = 8
"""Rows up to which columns go straight to mean or variance: 0.5 to 0.7 of the time. With 32 it took 0.6 to 1.3 of it."""


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
    ddof: float = 0.0,
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
    asked = (what, axis, keepdims, skip, ddof, bias)
    plain = type(x) is _ndarray and (axis is None or type(axis) is int) and type(ddof) in _NUMBERS
    if plain:
        found = _known.get((*asked, x.dtype, x.shape))
        if found is not None and x.flags.carray and (backend or choice.requested()) != "cuda":
            kernels, options, lengths, final = found
            result = np.empty((lengths[0], lengths[2]), x.dtype)
            _run(kernels, x.reshape(lengths), options, result, None, backend)
            return result[0, 0] if final == () and out is None else _axes.finished(result, final, out, name)
    x = operands.floating(x, name)
    shape, dtype, device = tuple(x.shape), operands.dtype_of(x), operands.device_of(x)
    axes = operands.sorted_axes(axis, len(shape), name)
    final = _axes.result_shape(shape, axes, keepdims)
    if out is not None:
        operands.check_out(out, final, dtype, name)
    kernels = _moments.kernels_for(what, skip)
    options = (what, operands.number(ddof, "ddof", name), bool(bias), _RESOLUTION[dtype])
    if 0 in shape:
        flat = operands.made((int(np.prod(final)),), (dtype,), device)
        operands.assign(flat, 0.0 if what == _moments.SUM else np.nan)
        return _axes.finished(flat, final, out, name)
    in_order = plain and x.flags.c_contiguous
    x = _axes.along(x, axes)
    if in_order and not 1 < x.shape[2] < _FEW_COLUMNS:
        remember(_known, (*asked, dtype, shape), (kernels, options, x.shape, final))
    if device is None and 1 < x.shape[2] < _FEW_COLUMNS:
        x = np.ascontiguousarray(x.swapaxes(1, 2)).reshape(-1, x.shape[1], 1)
    result = operands.made((x.shape[0], x.shape[2]), (dtype,), device)
    _run(kernels, x, options, result, device, backend)
    return _axes.finished(result, final, out, name)


def _run(kernels: Kernels, x: Any, options: Any, result: Any, device: str | None, backend: str | None) -> None:
    outer, n, inner = x.shape
    if inner == 1 and n <= BLOCK and device is None:
        if n <= SHORT and outer >= MANY:
            kernels.shortest_rows.run(outer, backend, (x.reshape((outer, n)), n, options, result))
        else:
            kernels.short_rows.run((outer, 1), backend, (x.reshape((outer, n)), n, options, result))
        return
    few = outer == 1 and n <= _FEW_ROWS
    if few and kernels.order + kernels.skip <= 2 and inner >= MANY and device is None:
        # Sums of few rows straight to the result: those of all columns would go to memory and back. Variances without
        # NaN are the exception: they took 1.2 of the time.
        kernels.shortest_rows(inner, backend)(x[0].T, n, options, result.T)
        return
    blocks = -(-n // (BLOCK if inner == 1 else SPAN))
    part = operands.made((PLANES[kernels.order], outer, blocks, inner), (_FLOAT64,), device)
    if inner == 1:
        rows = x.reshape((outer, n))
        if device is None:
            kernels.rows((outer, blocks, 1), backend)(rows, n, part)
        else:
            kernels.groups((outer, blocks, LANES), backend)(rows, n, part)
    else:
        centre = operands.made((outer, blocks, inner), (operands.dtype_of(x),), device)
        if device is None:
            kernels.tiles.run((outer, blocks, -(-inner // TILE), 1), backend, (x, centre, part))
        else:
            kernels.columns((outer, blocks, inner), backend)(x, centre, part)
    if device is None or blocks == 1 or outer * inner > _FEW_RESULTS:
        kernels.merge((outer, inner), backend)(part, blocks, options, result)
    else:
        kernels.merge_in_groups((outer, inner, MERGING), backend)(part, blocks, options, result)
