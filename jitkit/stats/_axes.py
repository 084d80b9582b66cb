"""How the functions of this package see an array: as (outer, length, inner), without a copy where memory allows it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.primitives import _arrays


def along(x: Any, axes: tuple[int, ...]) -> Any:
    """Return an array as (outer, length, inner), contiguous, the axes that are meant joined in the middle.

    An array whose axes only stand in another order is taken as it lies, where the order of the results allows it.
    """
    if type(x) is not np.ndarray:
        return _arrays.split(x, axes) if len(x.shape) else x.reshape((1, 1, 1))
    if not x.ndim:
        return np.ascontiguousarray(x).reshape(1, 1, 1)
    if not x.flags.c_contiguous:
        x, axes = _as_it_lies(x, axes)
    return np.ascontiguousarray(_arrays.split(x, axes))


def _as_it_lies(x: np.ndarray, axes: tuple[int, ...]) -> tuple[np.ndarray, tuple[int, ...]]:
    order = sorted(range(x.ndim), key=lambda k: (-x.strides[k], k))
    turned = x.transpose(order)
    kept = [k for k in order if k not in axes]
    if kept != sorted(kept) or not turned.flags.c_contiguous:
        return np.ascontiguousarray(x), axes
    return turned, tuple(sorted(order.index(k) for k in axes))


def result_shape(shape: tuple[int, ...], axes: tuple[int, ...], keepdims: bool) -> tuple[int, ...]:
    """Return the shape of a result for each place outside some axes."""
    if keepdims:
        return tuple(1 if k in axes else n for k, n in enumerate(shape))
    return tuple(n for k, n in enumerate(shape) if k not in axes)


def length(shape: tuple[int, ...], axes: tuple[int, ...]) -> int:
    """Return how many elements a result is of."""
    return math.prod(shape[k] for k in axes)


def finished(flat: Any, shape: tuple[int, ...], out: Any, name: str) -> Any:
    """Return results in their shape: in `out`, as an array, or as a number where there is one on the host."""
    if out is not None:
        return operands.store(flat.reshape(shape), out, shape, name)
    if shape == ():
        from jitkit.arrays import to_numpy

        return to_numpy(flat).reshape(())[()]
    return flat.reshape(shape)
