"""The method of limited memory by Broyden, Fletcher, Goldfarb and Shanno, for smooth functions of a vector on the host."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Slope = Callable[[np.ndarray], tuple[float, np.ndarray]]
Pairs = list[tuple[np.ndarray, np.ndarray]]
"""The last steps, the earliest first, each with how the gradient changed along it."""
MEMORY = 10
DECREASE, CURVATURE = 1e-4, 0.9
"""The constants of Wolfe's conditions that Nocedal and Wright give."""
MOST_TRIALS = 40


class Minimum(NamedTuple):
    """Where a search ended."""

    x: np.ndarray
    value: float
    iterations: int
    converged: bool


@np.errstate(over="ignore", invalid="ignore")
def minimise(f: Slope, x: np.ndarray, tol: float, max_iter: int) -> Minimum:
    """Return where no component of the gradient is larger than `tol`, or the function ceases to fall.

    A gradient whose length overflows leads nowhere: there the search has not converged.

    Parameters
    ----------
    f : callable
        ``f(x)`` gives the value and the gradient.
    x : ndarray
        Where to begin.
    tol : float
        The largest component of the gradient at the end.
    max_iter : int
        The most steps.

    Notes
    -----
    J. Nocedal, S. J. Wright, Numerical optimization, Springer 2006, algorithm 7.5; the line search by bisection of A. S.
    Lewis, M. L. Overton, Nonsmooth optimization via quasi-Newton methods, Math. Program. 141, 135-163, 2013.
    """
    value, grad = f(x)
    pairs: Pairs = []
    eps = 64 * np.finfo(np.float64).eps
    for iteration in range(max_iter):
        if np.abs(grad).max() <= tol:
            return Minimum(x, value, iteration, True)
        length = float(np.linalg.norm(grad))
        if not np.isfinite(length):
            return Minimum(x, value, iteration, False)
        direction = direction_of(grad, pairs)
        if not pairs:
            direction /= max(1.0, length)
        found = _search(f, x, value, grad, direction)
        if found is None:
            return Minimum(x, value, iteration, True)
        moved, lower, slope = found
        pairs = remembered(pairs, moved - x, slope - grad)
        still = value - lower <= eps * max(abs(value), abs(lower), 1.0)
        x, value, grad = moved, lower, slope
        if still:
            return Minimum(x, value, iteration + 1, True)
    return Minimum(x, value, max_iter, bool(np.abs(grad).max() <= tol))


def remembered(pairs: Pairs, step: np.ndarray, change: np.ndarray) -> Pairs:
    """Return the last steps with one more, if the gradient rises along it."""
    return [*pairs[-MEMORY + 1 :], (step, change)] if step @ change > 0 else pairs


def direction_of(grad: np.ndarray, pairs: Pairs) -> np.ndarray:
    """Return minus the gradient times the inverse of the remembered curvature: the recursion of two loops."""
    direction, factors = -grad, []
    for step, change in reversed(pairs):
        factor = (step @ direction) / (step @ change)
        direction = direction - factor * change
        factors.append(factor)
    if pairs:
        step, change = pairs[-1]
        direction = direction * ((step @ change) / (change @ change))
    for (step, change), factor in zip(pairs, reversed(factors), strict=True):
        direction = direction + (factor - (change @ direction) / (step @ change)) * step
    return direction


def _search(
    f: Slope, x: np.ndarray, value: float, grad: np.ndarray, direction: np.ndarray
) -> tuple[np.ndarray, float, np.ndarray] | None:
    """Return a point along a direction that meets Wolfe's weak conditions, or None where there is no lower one."""
    slope = float(grad @ direction)
    low, high, length = 0.0, np.inf, 1.0
    lower = None
    for _ in range(MOST_TRIALS):
        moved = x + length * direction
        there, its_grad = f(moved)
        if not there <= value + DECREASE * length * slope:
            high = length
        else:
            lower = moved, there, its_grad
            if its_grad @ direction >= CURVATURE * slope:
                break
            low = length
        length = 2 * low if np.isinf(high) else 0.5 * (low + high)
    return lower
