"""The short way to sort: arrays whose rows one launch sorts where they lie, along any axis.

NumPy needs 4 us for a vector of a thousand elements, and the general way as much again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from jitkit.launch import choice
from jitkit.plans import remember
from jitkit.primitives._keys import flip_of
from jitkit.primitives._network import Lie
from jitkit.primitives._radix import Radix

radix_plans: dict[Hashable, Radix] = {}
_known: dict[Hashable, Short | None] = {}


class Short:
    """The sort of rows of one dtype on the host, ready to be called.

    Parameters
    ----------
    dtype : numpy.dtype
        Of the keys.
    what : {"nothing", "values", "places"}
        What goes along.
    along : numpy.dtype
        Of what goes along.
    descending, backend
        As for `sort`.
    """

    __slots__ = ("along", "backend", "bits", "dtype", "flip", "moved", "plan", "ways", "what")

    def __init__(
        self, dtype: np.dtype[Any], what: str, along: np.dtype[Any], descending: bool, backend: str | None
    ) -> None:
        self.plan, self.backend = radix_of(dtype, what, on_gpu=False), backend
        self.ways: dict[Hashable, Callable[..., None]] = {}
        self.bits, self.flip = self.plan.order.bits, flip_of(kind_of(dtype), dtype.itemsize, descending)
        self.what, self.dtype, self.along = what, dtype, along
        self.moved = np.dtype(f"u{along.itemsize}") if what == "values" else along

    def way(self, shape: tuple[int, ...], axis: int) -> Callable[..., None] | None:
        """Return ``sort(x, v, out, w)`` for the rows along an axis of an array; None where they need more than a launch."""
        if not -len(shape) <= axis < len(shape):
            return None
        n, along = shape[axis], math.prod(shape[axis % len(shape) + 1 :])
        rows = math.prod(shape) // n
        lie = Lie((1, rows), n, n, 1) if along == 1 else Lie((rows // along, along), n, 1, along)
        network, flip, backend = self.plan.network, self.flip, self.backend
        if n == 1:
            return _as_they_are
        if network is not None and lie.short:
            return lambda x, v, out, w: network.sort(x, v, lie, out, w, flip, backend)
        if along == 1 and n <= self.plan.limits.short:
            return lambda x, v, out, w: self.plan.sort(x, v, rows, n, out, w, flip, backend)
        return None

    def __call__(self, x: Any, v: Any, sort: Callable[..., None], out: Any) -> tuple[Any, Any]:
        """Return the array with its rows sorted, `out` if it is given, and what goes along with it."""
        if sort is _as_they_are:
            return self._copied(x, v, out)
        bits = self.bits
        result = np.empty(x.shape, self.dtype) if out is None else out
        given, target = x.reshape(-1).view(bits), result.reshape(-1).view(bits)
        if self.what == "nothing":
            sort(given, 0, target, 0)
            return result, None
        values, w = v.reshape(-1).view(self.moved) if self.what == "values" else 0, np.empty(x.size, self.moved)
        sort(given, values, target, w)
        return result, w.view(self.along).reshape(x.shape)

    def _copied(self, x: Any, v: Any, out: Any) -> tuple[Any, Any]:
        if out is not None:
            out[...] = x
        moved = None if self.what == "nothing" else v.copy() if self.what == "values" else np.zeros(x.shape, self.along)
        return x.copy() if out is None else out, moved


def short(
    x: Any, what: str, v: Any, axis: Any, descending: Any, backend: str | None, out: Any = None
) -> tuple[Any, Any] | None:
    """Return an array sorted along an axis and what goes along, or None where that is not for the short way.

    `out`, if given, is an array like `x`, and shares no memory with it.
    """
    if type(axis) is not int or not _is_plain(x) or (what == "values" and not (_is_plain(v) and v.shape == x.shape)):
        return None
    along = v.dtype if what == "values" else _INT64
    key = (x.dtype, what, along, bool(descending), backend, choice.requested())
    plan = _known.get(key)
    if plan is None and key not in _known:
        plan = remember(_known, key, _short_of(*key))
    if plan is None:
        return None
    at = (x.shape, axis)
    sort = plan.ways.get(at)
    if sort is None:
        sort = plan.way(*at)
        if sort is None:
            return None
        remember(plan.ways, at, sort)
    return plan(x, v, sort, out)


_INT64 = np.dtype(np.int64)


def _is_plain(x: Any) -> bool:
    if type(x) is not np.ndarray or not x.ndim or not x.size:
        return False
    flags = x.flags
    return bool(flags.c_contiguous and flags.writeable)


def _as_they_are(x: Any, v: Any, out: Any, w: Any) -> None:
    """Stand for the sort of rows of one element."""


def _short_of(
    dtype: np.dtype[Any], what: str, along: np.dtype[Any], descending: bool, backend: str | None, asked: str | None
) -> Short | None:
    if dtype.kind not in "biuf" or dtype.itemsize > 8 or not dtype.isnative or (backend or asked) == "cuda":
        return None
    if along.kind not in "biufc" or along.itemsize > 8 or not along.isnative:
        return None
    return Short(dtype, what, along, descending, backend)


def kind_of(dtype: np.dtype[Any]) -> str:
    """Return the kind of a dtype of real numbers as its bits are ordered."""
    return "u" if dtype.kind == "b" else dtype.kind


def radix_of(dtype: np.dtype[Any], what: str, on_gpu: bool) -> Radix:
    """Return what sorts elements of a dtype, made the first time it is asked for."""
    key = (kind_of(dtype), dtype.itemsize, what, on_gpu)
    return radix_plans.get(key) or remember(radix_plans, key, Radix(*key))
