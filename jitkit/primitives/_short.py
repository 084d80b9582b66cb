"""The short way to sort: arrays whose rows one launch sorts where they lie, along any axis.

NumPy needs 4 us for a vector of a thousand elements, and the general way as much again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from jitkit.plans import remember
from jitkit.primitives._keys import flip_of
from jitkit.primitives._merge import merge_of_complex
from jitkit.primitives._network import Lie
from jitkit.primitives._radix import Radix
from jitkit.primitives._row_network import RowNetwork, row_network

_ndarray, _empty, _INT64 = np.ndarray, np.empty, np.dtype(np.int64)
radix_plans: dict[Hashable, Radix] = {}
_known: dict[Hashable, Short | ShortRows | ShortComplex | None] = {}


class Short:
    """The sort of rows along an axis of arrays of one shape and dtype on the host, ready to be called.

    Parameters
    ----------
    dtype : numpy.dtype
        Of the keys.
    shape, axis : tuple of int, int
        How the rows lie.
    what : {"nothing", "values", "places"}
        What goes along.
    along : numpy.dtype
        Of what goes along.
    descending, backend
        As for `sort`.

    Attributes
    ----------
    in_place : bool
        Whether that sorts `out`; `x` is then the numbers that this is a copy of.
    sort : callable or None
        ``sort(x, v, out, w)``, which does nothing, and says so, for types that were not met before and on other backends than
        the CPU; None where the rows need more than a launch.
    """

    __slots__ = ("along", "bits", "dtype", "in_place", "moved", "sort", "what")

    def __init__(
        self,
        dtype: np.dtype[Any],
        shape: tuple[int, ...],
        axis: int,
        what: str,
        along: np.dtype[Any],
        descending: bool,
        backend: str | None,
    ) -> None:
        plan = radix_of(dtype, what, on_gpu=False)
        self.bits, self.what, self.dtype, self.along = plan.order.bits, what, dtype, along
        self.moved = np.dtype(f"u{along.itemsize}") if what == "values" else along
        n, beyond = shape[axis], math.prod(shape[axis % len(shape) + 1 :])
        rows = math.prod(shape) // n
        lie = Lie((1, rows), n, n, 1) if beyond == 1 else Lie((rows // beyond, beyond), n, 1, beyond)
        flip, network = flip_of(kind_of(dtype), dtype.itemsize, descending), plan.network
        self.sort: Callable[..., bool] | None = None
        self.in_place = network is not None and lie.short and what == "nothing"
        if n == 1:
            self.sort = _as_they_are
        elif network is not None and lie.short:
            if self.in_place:
                self.sort = lambda x, v, out, w: network.sort(out, 0, lie, out, 0, flip, backend, True, x)
            else:
                self.sort = lambda x, v, out, w: network.sort(x, v, lie, out, w, flip, backend, True)
        elif beyond == 1 and n <= plan.limits.short:
            self.sort = lambda x, v, out, w: plan.sort_short(x, v, rows, n, out, w, flip, backend, True)

    def __call__(self, x: Any, v: Any, out: Any) -> tuple[Any, Any] | None:
        """Return the array with its rows sorted, `out` if it is given, and what goes along; None where `sort` does not."""
        sort: Any = self.sort
        if sort is _as_they_are:
            return self._copied(x, v, out)
        bits, shape = self.bits, x.shape
        if self.in_place:  # of a copy, in 0.4 us less
            if out is None:
                out = x.copy()
            else:
                out[...] = x
            target = out.view(bits)
            if len(shape) > 1:
                target = target.reshape(-1)
            return (out, None) if sort(x, 0, target, 0) else None
        result = _empty(shape, self.dtype) if out is None else out
        given, target = _usable(x).view(bits), result.view(bits)
        if len(shape) > 1:
            given, target = given.reshape(-1), target.reshape(-1)
        if self.what == "nothing":
            return (result, None) if sort(given, 0, target, 0) else None
        w = _empty(shape, self.along)
        values: Any = 0
        moved: Any = w
        if self.what == "values":
            values, moved = _usable(v).view(self.moved).reshape(-1), w.view(self.moved)
        return (result, w) if sort(given, values, target, moved.reshape(-1)) else None

    def _copied(self, x: Any, v: Any, out: Any) -> tuple[Any, Any]:
        if out is not None:
            out[...] = x
        moved = None if self.what == "nothing" else v.copy() if self.what == "values" else np.zeros(x.shape, self.along)
        return x.copy() if out is None else out, moved


class ShortRows:
    """What `Short` is for a few rows along the last axis with which nothing goes along.

    Parameters
    ----------
    network : RowNetwork
        What sorts such rows.
    rows, n : int
        How many rows, and elements of each.
    descending, backend
        As for `Short`.
    """

    __slots__ = ("backend", "enter", "flip", "n", "sort", "space")

    def __init__(self, network: RowNetwork, rows: int, n: int, descending: bool, backend: str | None) -> None:
        self.space, self.n, self.backend = rows * network.grid.lanes, n, backend
        self.flip, self.enter = network.keys.flips[descending], network.launcher.enter
        self.sort = self

    def __call__(self, x: Any, v: Any, out: Any) -> tuple[Any, Any] | None:
        """Do what `Short` does."""
        if out is None:
            out = x.copy()
        else:
            out[...] = x
        target = out if len(x.shape) == 1 else out.reshape(-1)
        return (out, None) if self.enter(self.space, self.backend, (self.n, target, target, self.flip)) else None


class ShortComplex:
    """What `Short` is for complex numbers: rows that one point each sorts by merging.

    Parameters
    ----------
    dtype, shape, axis, what, descending, backend
        As for `Short`.
    """

    __slots__ = ("back", "backend", "dtype", "merge", "n", "rows", "sort", "there", "turned", "what")

    def __init__(
        self, dtype: np.dtype[Any], shape: tuple[int, ...], axis: int, what: str, descending: bool, backend: str | None
    ) -> None:
        self.dtype, self.what, self.backend = dtype, what, backend
        axis, last = axis % len(shape), len(shape) - 1
        # How axes change places to rows, and back again: `numpy.moveaxis` takes 3 us to find it.
        self.there = None if axis == last else (*range(axis), *range(axis + 1, last + 1), axis)
        self.back = (*range(axis), last, *range(axis, last))
        self.n, self.turned = shape[axis], (*shape[:axis], *shape[axis + 1 :], shape[axis])
        self.rows = math.prod(shape) // self.n
        self.merge = merge_of_complex(descending, what, False)
        self.sort = self.merge.sort_block if self.n <= self.merge.limits.block else None

    def __call__(self, x: Any, v: Any, out: Any) -> tuple[Any, Any] | None:
        """Do what `Short` does."""
        size, there = x.size, self.there
        given = _usable(x if there is None else x.transpose(there)).reshape(-1)
        result = _empty(size, self.dtype) if out is None or there is not None else out.reshape(-1)
        places = _empty(size, _INT64) if self.what == "places" else result
        if not self.merge.sort_block(given, given, self.rows, self.n, result, places, self.backend):
            return None
        if out is not None and there is None:
            return out, None
        found = places.reshape(self.turned)
        if there is not None:
            found = found.transpose(self.back)
            if out is not None:
                out[...] = found
                return out, None
            found = np.ascontiguousarray(found)
        return (None, found) if self.what == "places" else (found, None)


def short(
    x: Any, what: str, v: Any, axis: Any, descending: Any, backend: str | None, out: Any = None
) -> tuple[Any, Any] | None:
    """Return an array sorted along an axis and what goes along, or None where that is not for the short way.

    `out`, if given, is an array like `x`, and shares no memory with it.
    """
    if type(x) is not _ndarray or type(axis) is not int:
        return None
    along = _INT64
    if what == "values":
        if type(v) is not _ndarray or v.shape != x.shape:
            return None
        along = v.dtype
    key = (x.dtype, x.shape, axis, what, along, bool(descending), backend)
    plan = _known.get(key)
    if plan is None and key not in _known:
        plan = remember(_known, key, _short_of(*key))
    return None if plan is None or plan.sort is None else plan(x, v, out)


def _usable(x: np.ndarray) -> np.ndarray:
    """Return an array as kernels take it: in C order, and not read-only, for which they would be compiled once more."""
    flags = x.flags
    return x if flags.c_contiguous and flags.writeable else x.copy()


def _as_they_are(x: Any, v: Any, out: Any, w: Any) -> bool:
    """Stand for the sort of rows of one element."""
    return True


def _short_of(
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    axis: int,
    what: str,
    along: np.dtype[Any],
    descending: bool,
    backend: str | None,
) -> Short | ShortRows | ShortComplex | None:
    if dtype.kind == "c" and what != "values" and dtype.isnative and backend != "cuda":
        fits = -len(shape) <= axis < len(shape) and 0 not in shape
        return ShortComplex(dtype, shape, axis, what, descending, backend) if fits else None
    if dtype.kind not in "biuf" or dtype.itemsize > 8 or not dtype.isnative or backend == "cuda":
        return None
    if along.kind not in "biufc" or along.itemsize > 8 or not along.isnative:
        return None
    if not -len(shape) <= axis < len(shape) or 0 in shape:
        return None
    if what == "nothing" and axis % len(shape) == len(shape) - 1:
        n = shape[-1]
        rows = math.prod(shape) // n
        network = row_network(dtype, rows, n) if n > 1 else None
        if network is not None:
            return ShortRows(network, rows, n, descending, backend)
    return Short(dtype, shape, axis, what, along, descending, backend)


def kind_of(dtype: np.dtype[Any]) -> str:
    """Return the kind of a dtype of real numbers as its bits are ordered."""
    return "u" if dtype.kind == "b" else dtype.kind


def radix_of(dtype: np.dtype[Any], what: str, on_gpu: bool) -> Radix:
    """Return what sorts elements of a dtype, made the first time it is asked for."""
    key = (kind_of(dtype), dtype.itemsize, what, on_gpu)
    return radix_plans.get(key) or remember(radix_plans, key, Radix(*key))
