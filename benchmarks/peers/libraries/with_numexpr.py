"""numexpr: an expression over whole arrays, computed in blocks by all threads."""

from __future__ import annotations

from typing import Any

import numexpr
import numpy as np

from ._steps import steps_of

HEAT = "u + k * (up + down + left + right - 4 * u)"
WAVE = "2 * u - before + c2 * (a + b + c + d + e + f - 6 * u)"


def saxpy(a: Any, x: Any, y: Any) -> Any:
    """Return a call that adds to `y` in place."""
    names = {"a": x.dtype.type(a), "x": x, "y": y}
    return lambda: numexpr.evaluate("a * x + y", local_dict=names, out=y)


def heat(u: Any, out: Any, k: Any) -> Any:
    """Return a call on slices."""
    around = {"up": u[:-2, 1:-1], "down": u[2:, 1:-1], "left": u[1:-1, :-2], "right": u[1:-1, 2:]}
    names = around | {"u": u[1:-1, 1:-1], "k": u.dtype.type(k)}
    return lambda: numexpr.evaluate(HEAT, local_dict=names, out=out[1:-1, 1:-1], casting="same_kind")


def wave(u_prev: Any, u: Any, u_next: Any, courant2: Any) -> Any:
    """Return a call on slices."""
    inside = (slice(1, -1),) * 3
    shifts = [(axis, shift) for axis in range(3) for shift in (slice(None, -2), slice(2, None))]
    around = [u[tuple(shift if k == axis else slice(1, -1) for k in range(3))] for axis, shift in shifts]
    names = dict(zip("abcdef", around, strict=True)) | {"u": u[inside], "before": u_prev[inside]}
    names["c2"] = np.asarray(courant2, u.dtype)
    return lambda: numexpr.evaluate(WAVE, local_dict=names, out=u_next[inside], casting="same_kind")


PEERS = {"saxpy": saxpy, "heat": heat, "wave": wave, "stencil_tiled": steps_of(heat)}
