"""Rolling statistics of windows that lie about their element, made of those that end at it.

What a window about element i gives is what the window that ends half a window later gives. Behind the last element it ends
in nothing: those few windows are rolled over the end of the axis with NaN behind it, which do not count.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.stats import _rolling


def centred(
    make: _rolling.Make,
    a: Any,
    window: Any,
    least: Any,
    axis: Any,
    center: Any,
    out: Any,
    backend: str | None,
    name: str,
    turn: bool = False,
) -> Any:
    """Roll a window that lies about its element along an axis; where `center` is false, one that ends at it."""
    if not isinstance(center, (bool, np.bool_)):
        raise LaunchError(f"jk.{name}: center={center!r}; it is True for windows about their element, or False")
    a, window, least, axis = _rolling.checked(a, window, least, axis, out, name)
    shape, ahead = tuple(a.shape), (window - 1) // 2
    if not center or not ahead or 0 in shape:
        return _rolling.rolled(make, a, window, least, axis, out, backend, name, turn)
    n, outer = shape[axis], math.prod(shape[:axis])
    a = a.reshape((outer, n, math.prod(shape[axis + 1 :])))
    roll = functools.partial(
        _rolling.rolled, make, window=window, least=least, axis=1, backend=backend, name=name, turn=turn
    )
    dtypes, device = (operands.dtype_of(a),), operands.device_of(a)
    # One run of the host's is rolled where it stays, and its result begins `more` later: a copy took as long again.
    more = ahead if outer == 1 and device is None else 0
    result = operands.made((outer, n + more, a.shape[2]), dtypes, device)
    if more:
        roll(a, out=result[:, :n])
    else:
        operands.assign(result[:, : n - ahead], roll(a, out=None)[:, ahead:])
    end = operands.made((outer, window - 1 + ahead, a.shape[2]), dtypes, device)
    operands.assign(end[:, : window - 1], a[:, n - window + 1 :])
    operands.assign(end[:, window - 1 :], math.nan)
    operands.assign(result[:, n - ahead + more :], roll(end, out=None)[:, window - 1 :])
    return operands.delivered(result[:, more:].reshape(shape), out, name)
