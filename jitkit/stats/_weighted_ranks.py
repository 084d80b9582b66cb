"""Quantiles of weighted elements: rows are sorted along with their weights, whose running sums say where a share lies."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.launch.launcher import Launcher
from jitkit.primitives._sorting import Rows
from jitkit.primitives.map import map
from jitkit.primitives.map_reduce import map_reduce
from jitkit.primitives.scan import scan
from jitkit.primitives.sort_by_key import sort_by_key
from jitkit.stats import _axes, _selection
from jitkit.stats._weights import wide


@jk.kernel
def weigh_places(r, q, x, running, numbers, share, missing, out):
    """Find, in each sorted row, the first element up to which the weights come to a share of those of all numbers."""
    n = numbers[r]
    if n == 0 or (missing and n < x.shape[1]):
        out[q, r] = math.nan
    else:
        total = running[r, n - 1]
        low, high = 0, n - 1
        while low < high:
            half = (low + high) // 2
            here = running[r, half]
            if here > 0.0 and here / total >= share[q]:  # what weighs nothing is at no share, not at 0 either
                high = half
            else:
                low = half + 1
        out[q, r] = x[r, low] if total > 0.0 else math.nan


_weigh = Launcher(weigh_places)


def no_weight(w):
    """Return 1 for what is no weight: less than nothing, infinite, or NaN."""
    return 0 if w >= 0.0 and w < math.inf else 1


def weighted(
    x: Any, w: Any, axes: tuple[int, ...], shares: np.ndarray, missing: bool, backend: str | None, name: str
) -> Any:
    """Return quantiles along some axes, in the order of `shares`, then of results.

    Raises
    ------
    ValueError
        Where a weight is below 0, infinite or NaN, or those of a result are all 0.
    """
    device = operands.device_of(x)
    if to_numpy(map_reduce(no_weight, "add", w, backend=backend)):
        raise ValueError(f"jk.{name}: weights= has elements below 0, infinite or NaN; a weight is a number from 0")
    outer, n, inner = (lying := _axes.along(x, axes)).shape
    cut = Rows((outer, n, inner), 1, backend)
    count = outer * inner
    rows = cut.of(lying).reshape((count, n))
    weights = Rows((outer, n, inner), 1, backend).of(_axes.along(w, axes)).reshape((count, n))
    rows, weights = sort_by_key(rows, weights, backend=backend)
    running = scan("add", map(wide, weights, backend=backend), backend=backend)
    if not to_numpy(running)[:, -1].all():
        raise ValueError(f"jk.{name}: weights= are all 0 for a result; some element is to count")
    numbers = operands.made((count,), (np.dtype(np.int64),), device)
    _selection.numbers_of(count, backend)(rows, numbers)
    result = operands.made((shares.size, count), (operands.dtype_of(x),), device)
    _weigh((count, shares.size), backend)(rows, running, numbers, operands.constant(shares, device), missing, result)
    return result
