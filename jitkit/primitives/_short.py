"""The short way to sort a vector of a thousand elements: NumPy needs 4 us for that, and the general way as much again."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from jitkit.launch import choice
from jitkit.launch.kernel import Launch
from jitkit.plans import remember
from jitkit.primitives._keys import flip_of
from jitkit.primitives._radix import Radix

radix_plans: dict[Hashable, Radix] = {}
_known: dict[Hashable, Short | None] = {}


class Short:
    """The sort of one vector of one dtype by one point, ready to be called.

    Parameters
    ----------
    dtype : numpy.dtype
        Of the keys.
    what : {"nothing", "values", "places"}
        What goes along.
    along : numpy.dtype
        Of what goes along.
    """

    __slots__ = ("along", "bits", "dtype", "flip", "launch", "most", "moved", "what")

    def __init__(
        self, dtype: np.dtype[Any], what: str, along: np.dtype[Any], descending: bool, backend: str | None
    ) -> None:
        plan = radix_of(dtype, what, on_gpu=False)
        self.launch: Launch = plan.rows((1, 1), backend)
        self.bits, self.flip = plan.order.bits, flip_of(kind_of(dtype), dtype.itemsize, descending)
        self.what, self.dtype, self.along, self.most = what, dtype, along, plan.limits.short
        self.moved = np.dtype(f"u{along.itemsize}") if what == "values" else along

    def __call__(self, x: Any, v: Any) -> tuple[Any, Any]:
        """Return the sorted vector, and what goes along with it."""
        n, bits = x.size, self.bits
        out, spare = np.empty(n, bits), np.empty(n, bits)
        if self.what == "nothing":
            self.launch(n, x.view(bits), 0, out, 0, spare, 0, self.flip)
            return out.view(self.dtype), None
        w, held = np.empty(n, self.moved), np.empty(n, self.moved)
        values = v.view(self.moved) if self.what == "values" else 0
        self.launch(n, x.view(bits), values, out, w, spare, held, self.flip)
        return out.view(self.dtype), w.view(self.along)


def short(x: Any, what: str, v: Any, descending: Any, backend: str | None) -> tuple[Any, Any] | None:
    """Return a sorted vector and what goes along, or None where that is not for the short way."""
    if not _is_plain(x) or (what == "values" and not (_is_plain(v) and v.size == x.size)):
        return None
    along = v.dtype if what == "values" else _INT64
    key = (x.dtype, what, along, bool(descending), backend, choice.requested())
    plan = _known.get(key)
    if plan is None and key not in _known:
        plan = remember(_known, key, _short_of(*key))
    return plan(x, v) if plan is not None and x.size <= plan.most else None


_INT64 = np.dtype(np.int64)


def _is_plain(x: Any) -> bool:
    if type(x) is not np.ndarray or x.ndim != 1 or not x.size:
        return False
    flags = x.flags
    return bool(flags.c_contiguous and flags.writeable)


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
