"""L-BFGS for smooth functions with a penalty on absolute values, which leaves many variables at exactly zero."""

from __future__ import annotations

import numpy as np

from jitkit.ml._lbfgs import DECREASE, MOST_TRIALS, Minimum, Pairs, Slope, direction_of, remembered


@np.errstate(over="ignore", invalid="ignore")
def minimise_sparse(f: Slope, lengths: np.ndarray, x: np.ndarray, tol: float, max_iter: int) -> Minimum:
    """Return where ``f(x) + sum(lengths * abs(x))`` is least, to a subgradient of at most `tol`, or ceases to fall.

    Parameters
    ----------
    f : callable
        ``f(x)`` gives the value and the gradient.
    lengths : ndarray
        The penalty on the absolute value of each variable, from 0.
    x : ndarray
        Where to begin.
    tol : float
        The largest component of the smallest subgradient at the end.
    max_iter : int
        The most steps.

    Notes
    -----
    G. Andrew, J. Gao, Scalable training of L1-regularized log-linear models, ICML 2007: each step stays within the signs that
    variables have, or take first, and what would leave them is zero.
    """
    value, grad = f(x)
    value += float(lengths @ np.abs(x))
    pairs: Pairs = []
    eps, free = 64 * np.finfo(np.float64).eps, lengths == 0
    for iteration in range(max_iter):
        slope = _subgradient(x, grad, lengths)
        if np.abs(slope).max() <= tol:
            return Minimum(x, value, iteration, True)
        length = float(np.linalg.norm(slope))
        if not np.isfinite(length):
            return Minimum(x, value, iteration, False)
        direction = direction_of(slope, pairs)
        direction[(direction * slope >= 0) & ~free] = 0.0
        if not pairs:
            direction /= max(1.0, length)
        signs = np.where(x != 0, np.sign(x), -np.sign(slope))
        for trial in range(MOST_TRIALS):
            moved = x + 0.5**trial * direction
            moved[(moved * signs < 0) & ~free] = 0.0
            lower, its_grad = f(moved)
            lower += float(lengths @ np.abs(moved))
            if lower <= value + DECREASE * float(slope @ (moved - x)):
                break
        else:
            return Minimum(x, value, iteration, True)
        pairs = remembered(pairs, moved - x, its_grad - grad)
        still = value - lower <= eps * max(abs(value), abs(lower), 1.0)
        x, value, grad = moved, lower, its_grad
        if still:
            return Minimum(x, value, iteration + 1, True)
    return Minimum(x, value, max_iter, bool(np.abs(_subgradient(x, grad, lengths)).max() <= tol))


def _subgradient(x: np.ndarray, grad: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return the smallest of all subgradients: at zero, what the penalty does not hold."""
    at_zero = np.sign(grad) * np.maximum(np.abs(grad) - lengths, 0.0)
    found: np.ndarray = np.where(x != 0, grad + lengths * np.sign(x), at_zero)
    return found
