"""How steps are chosen by their error, and what else the methods with such steps share.

E. Hairer, S. P. Nørsett, G. Wanner, "Solving Ordinary Differential Equations I", 2nd ed., Springer 1993, section II.4.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
from collections.abc import Callable

SAFETY, LEAST, MOST = 0.9, 0.2, 10.0
"""Of the factor between a step and the next."""
DONE, UNDERFLOW, TOO_MANY, NOT_FINITE = 0, -1, -2, -3


def due_at(times, m):
    """Return the next point of time, NaN behind the last one."""
    return times[m] if m < times.shape[0] else math.nan


def fitting(h, least):
    """Return the length of a step that begins, at least the least; NaN stays."""
    return least if h < least else h


def factor_of(error, most, power):
    """Return what the step is multiplied by after a mean squared error, in units of what is tolerated."""
    # Trajectories that are done stand still, without an error: a logarithm of 0 in any lane costs what ten lanes do.
    above = error if error > 0 else 1.0
    factor = min(most, max(LEAST, SAFETY * math.exp(power * math.log(above))))
    return factor if error > 0 else most if error == 0 else LEAST


def tolerated(before, behind, rtol, atol):
    """Return the error of a component that is tolerated in a step."""
    size = abs(behind)
    if abs(before) > size:  # written so that a NaN behind stays
        size = abs(before)
    return atol + rtol * size


def ended(done, many, finite):
    """Return the status of a trajectory."""
    return DONE if done else TOO_MANY if many else UNDERFLOW if finite else NOT_FINITE


@functools.cache
def error_of(n: int) -> Callable:
    """Return the function that gives the mean square of an error, in units of what is tolerated."""

    def error(y, w, wrong, rtol, atol):
        total = 0.0
        for d in range(n):
            e = wrong[d] / tolerated(y[d], w[d], rtol[0], atol[d])
            total += e * e
        return total / n

    return error


def first_step_of(derivative: Callable, n: int, power: float) -> Callable:
    """Return the function that gives a length for the first step."""

    def first_step(t, direction, length, y, w, k1, k2, p, rtol, atol):
        size, slope = 0.0, 0.0
        for d in range(n):
            scale = atol[d] + rtol[0] * abs(y[d])
            size += (y[d] / scale) * (y[d] / scale)
            slope += (k1[d] / scale) * (k1[d] / scale)
        size, slope = math.sqrt(size / n), math.sqrt(slope / n)
        h = 0.01 * size / slope
        # The slope is infinite where a component is 0 and only its own size says what is tolerated: nothing is known of it.
        if size < 1e-5 or slope < 1e-5 or slope == math.inf:
            h = 1e-6
        h = min(h, length)
        for d in range(n):
            w[d] = y[d] + direction * h * k1[d]
        derivative(t + direction * h, w, k2, p)
        bend = 0.0
        for d in range(n):
            scale = atol[d] + rtol[0] * abs(y[d])
            bend += ((k2[d] - k1[d]) / scale) * ((k2[d] - k1[d]) / scale)
        bend = math.sqrt(bend / n) / h
        steepest = max(slope, bend)
        better = (0.01 / steepest) ** power
        if steepest <= 1e-15 or steepest == math.inf:
            better = max(1e-6, 1e-3 * h)
        return min(100.0 * h, min(better, length))

    return first_step
