"""What solvers are given: states, parameters and points of time, checked before any kernel runs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.arrays import asarray, to_numpy
from jitkit.errors import KernelTypeError, LaunchError

MOST_COMPONENTS = 1024
"""Components of a state: some ten copies of it lie in the private memory of a point."""
MOST_PARAMETERS = 256


def ensemble(y0: Any, params: Any, name: str) -> tuple[Any, Any, int]:
    """Return initial states (n, trajectories) and parameters (count, trajectories) of one dtype, and the count.

    Without parameters the array for them has one row, which is not read.

    Raises
    ------
    KernelTypeError
        Where they are no real numbers.
    LaunchError
        Where their shapes do not belong together.
    """
    y0 = operands.floating(y0, name)
    shape = tuple(y0.shape)
    if len(shape) not in (1, 2) or not 1 <= shape[0] <= MOST_COMPONENTS:
        raise LaunchError(
            f"jk.{name}: y0 has the shape {shape}; give (n,) or (n, trajectories), with n from 1 to {MOST_COMPONENTS}"
        )
    rows = _rows(params, name)
    starts = shape[1] if len(shape) == 2 else 1
    lengths = {len(row) for row in rows if row.ndim} | {starts}
    lengths = lengths - {1} or {1}
    if len(lengths) > 1:
        raise LaunchError(
            f"jk.{name}: y0 has {starts} trajectories, and params are for {sorted(lengths - {starts})}: "
            "give each parameter as a number, or as an array with a value for each trajectory"
        )
    trajectories, dtype, device = lengths.pop(), operands.dtype_of(y0), operands.device_of(y0)
    if starts != trajectories:  # one start, many parameters
        host = to_numpy(y0).reshape(shape[0], 1)
        y0 = asarray(np.repeat(host, trajectories, axis=1), device=device)
    p = np.zeros((max(1, len(rows)), trajectories), dtype)
    for target, row in zip(p, rows, strict=False):
        target[:] = row
    if device is None:  # for each layout the kernel would be compiled anew
        y0 = np.ascontiguousarray(y0)
    return y0.reshape((shape[0], trajectories)), asarray(p, device=device), len(rows)


def _rows(params: Any, name: str) -> list[np.ndarray]:
    """Return the parameters on the host, each a number or an array with a value for each trajectory."""
    if params is None:
        return []
    if operands.device_of(params) is not None:
        params = to_numpy(params)
    items = list(params) if np.iterable(params) else [params]
    if not 1 <= len(items) <= MOST_PARAMETERS:
        raise LaunchError(
            f"jk.{name}: params holds {len(items)} parameters, of 1 to {MOST_PARAMETERS}; a single one that differs "
            "between trajectories is params=(values,)"
        )
    rows = [np.asarray(to_numpy(item) if operands.device_of(item) else item) for item in items]
    for k, row in enumerate(rows):
        if row.dtype.kind not in "?biuf":
            raise KernelTypeError(f"jk.{name}: params[{k}] holds {row.dtype}; parameters are real numbers")
        if row.ndim > 1:
            raise LaunchError(f"jk.{name}: params[{k}] has the shape {row.shape}; give a number, or one per trajectory")
    return rows


def interval(t_span: Any, name: str) -> tuple[float, float]:
    """Return the ends of an interval of time.

    Raises
    ------
    ValueError
        Where they are not two finite numbers.
    """
    try:
        start, end = map(float, t_span)
    except (TypeError, ValueError):
        raise ValueError(f"jk.{name}: t_span is {t_span!r}; give two numbers, (start, end)") from None
    if not (math.isfinite(start) and math.isfinite(end)):
        raise ValueError(f"jk.{name}: t_span is {t_span!r}; both ends must be finite")
    return start, end


def times(t_eval: Any, start: float, end: float, name: str) -> np.ndarray:
    """Return the points of time to give back, in float64; both ends unless some are given.

    Raises
    ------
    ValueError
        Where they are not sorted from the start to the end.
    KernelTypeError
        Where they are no real numbers.
    """
    if t_eval is None:
        return np.array([start, end])
    host = to_numpy(t_eval) if operands.device_of(t_eval) else t_eval
    points: np.ndarray = operands.floating(host, f"{name}, t_eval").astype(np.float64)
    if points.ndim != 1:
        raise ValueError(f"jk.{name}: t_eval has the shape {points.shape}; it has one dimension")
    if not ((points >= min(start, end)) & (points <= max(start, end))).all():
        raise ValueError(f"jk.{name}: t_eval is not within t_span, {start} to {end}")
    steps = np.diff(points)
    if not ((steps > 0).all() if end >= start else (steps < 0).all()):
        raise ValueError(f"jk.{name}: t_eval is not sorted from the start of t_span to its end, each point once")
    return points


def positive(value: Any, what: str, name: str) -> float:
    """Return a number above 0.

    Raises
    ------
    ValueError
        Where it is none.
    """
    if not isinstance(value, (int, float, np.number)) or isinstance(value, bool) or not value > 0:
        raise ValueError(f"jk.{name}: {what} is {value!r}; give a number above 0")
    return float(value)


def whole(value: Any, what: str, name: str) -> int:
    """Return an integer from 1 to 2**31 - 1.

    Raises
    ------
    ValueError
        Where it is none.
    """
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or not 0 < value < 2**31:
        raise ValueError(f"jk.{name}: {what} is {value!r}; give an integer from 1 to 2**31 - 1")
    return int(value)
