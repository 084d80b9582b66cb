"""Trajectories as functions of time: the curves of all their steps, kept one behind another, and what reads them."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.arrays import asarray, empty, to_numpy, zeros
from jitkit.launch.launcher import Launcher
from jitkit.ode._curve import state_on
from jitkit.primitives import _arrays

_NAME = "ode.OdeSolution"


class Keeping(NamedTuple):
    """What a kernel calls for the curves of a trajectory.

    Attributes
    ----------
    keep : callable
        ``keep(i, k, t, h, y, curve, kept)`` writes down the k-th step, which begins at t.
    close : callable
        ``close(i, k, t, y, curve, kept)`` writes down where the last one ended, over the curve.
    wanted : bool
        Whether they are kept.
    """

    keep: Callable[..., None]
    close: Callable[..., None]
    wanted: bool


@functools.cache
def keeping_of(n: int, wanted: bool) -> Keeping:
    """Return what a kernel calls for the curves of a trajectory of n components.

    `kept` is where the rows of a trajectory begin, when each step begins, and in a row its length, the state and the curve.
    Behind the last row, as in a launch that only counts steps, nothing is written.
    """

    def keep(i, k, t, h, y, curve, kept):
        offsets, begins, rows = kept
        row = offsets[i] + k
        if row < begins.shape[0]:
            begins[row], rows[row, 0] = t, h
            for d in range(n):
                rows[row, 1 + d] = y[d]
            for d in range(4 * n):
                rows[row, 1 + n + d] = curve[d]

    def close(i, k, t, y, curve, kept):
        for d in range(4 * n):
            curve[d] = 0.0
        keep(i, k, t, 1.0, y, curve, kept)

    def keep_nothing(i, k, t, h, y, curve, kept):
        pass

    def close_nothing(i, k, t, y, curve, kept):
        pass

    return Keeping(keep, close, True) if wanted else Keeping(keep_nothing, close_nothing, False)


def room_for(n: int, steps: np.ndarray | None, trajectories: int, dtype: np.dtype[Any], device: str | None) -> Any:
    """Return what `keeping_of` writes to, for so many steps of each trajectory; for no row where they are not known."""
    if steps is None:
        offsets, count = zeros(trajectories, np.int64, device=device), 0
    else:
        bounds = np.concatenate([[0], np.cumsum(steps + 1)])
        offsets, count = asarray(bounds, device=device), int(bounds[-1])
    return offsets, empty(count, dtype, device=device), empty((count, 1 + 5 * n), dtype, device=device)


@functools.cache
def _reader(n: int) -> Launcher:
    at = state_on(n)

    @jk.kernel
    def read_solution(m, i, times, way, offsets, begins, rows, out):
        t = times[m]
        low, high = offsets[i], offsets[i + 1]
        inside = way * (t - begins[low]) >= 0 and way * (t - begins[high - 1]) <= 0
        while high - low > 1:  # for the last step that begins no later
            middle = (low + high) // 2
            later = way * (t - begins[middle]) < 0
            high = middle if later else high
            low = low if later else middle
        y, curve, u = jk.local(n, out.dtype), jk.local(4 * n, out.dtype), jk.local(n, out.dtype)
        for d in range(n):
            y[d] = rows[low, 1 + d]
        for d in range(4 * n):
            curve[d] = rows[low, 1 + n + d]
        at((t - begins[low]) / rows[low, 0], rows[low, 0], y, curve, u)
        for d in range(n):
            out[d, m, i] = u[d] if inside else math.nan

    return Launcher(read_solution)


@dataclass(frozen=True, eq=False)
class OdeSolution:
    """Trajectories as functions of time: call it with the points of time.

    Attributes
    ----------
    t_min, t_max : float
        The ends of the interval.
    ascending : bool
        Whether it was gone through from the first to the second.
    offsets : array of int64, shape (trajectories + 1,)
        The steps of trajectory `i` begin at ``ts[offsets[i]:offsets[i + 1]]``.
    ts : array
        When steps begin, and, last of each trajectory, where the last one ends.
    rows : array, shape (len(ts), 1 + 5 n)
        Of each step its length, the state where it begins, and the coefficients of its curve.

    Notes
    -----
    Named after SciPy's `OdeSolution`, which is of one trajectory. There is no extrapolation: outside of what a trajectory
    reached, the states are NaN.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> found = jk.ode.solve_ensemble(
    ...     lambda t, y, p: (p[0] * y[0],), (0, 1), [1.0], ([-1.0, 1.0],), rtol=1e-6, dense_output=True
    ... )
    >>> found.sol([0.25, 0.5]).round(4)
    array([[[0.7788, 1.284 ],
            [0.6065, 1.6487]]])
    """

    t_min: float
    t_max: float
    ascending: bool
    offsets: Any
    ts: Any
    rows: Any

    def __call__(self, t: Any, *, out: Any = None, backend: str | None = None) -> Any:
        """Return the states at points of time.

        Parameters
        ----------
        t : float or array_like, shape (points,)
            The points, in any order.
        out : array, optional
            Where the result goes.
        backend : {"python", "cpu", "cuda"}, optional
            The backend; chosen as for a launch unless given.

        Returns
        -------
        array, shape (n, trajectories) or (n, points, trajectories)

        Raises
        ------
        LaunchError
            For an `out` of another shape.
        ValueError
            For times of more than one dimension.
        KernelTypeError
            For times that are no real numbers.
        """
        times = np.asarray(to_numpy(operands.floating(t, _NAME)), np.float64)
        if times.ndim > 1:
            raise ValueError(f"jk.{_NAME}: t has the shape {times.shape}; give a number, or a vector of them")
        dtype, device = operands.dtype_of(self.rows), operands.device_of(self.rows)
        n, points, trajectories = (self.rows.shape[1] - 1) // 5, times.size, self.offsets.shape[0] - 1
        result = _arrays.room(out, (n, *times.shape, trajectories), (dtype,), (), device, _NAME)
        if points * trajectories:
            there = asarray(times.reshape(points).astype(dtype), device=device)
            whole, way = result.reshape((n, points, trajectories)), 1.0 if self.ascending else -1.0
            _reader(n)((points, trajectories), backend)(there, way, self.offsets, self.ts, self.rows, whole)
        return operands.delivered(result, out, _NAME)
