"""softmax: numbers turned into probabilities, and its logarithm, with their gradients."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jitkit as jk
from jitkit import operands
from jitkit.ml._columns import BLOCK as COLUMNS
from jitkit.ml._columns import RUN, Columns
from jitkit.ml._rows import Lanes, Rows, by_rows
from jitkit.primitives._turned import BLOCK, in_blocks

ABREAST = 64
"""Maxima side by side: of 32, LLVM makes scalars."""


def largest(row, lane, n, x):
    """Return the largest element of a row.

    LLVM makes no vectors of one running maximum that has to mind NaN, but of many side by side: 0.13 ns an element of rows
    of 1000 instead of 0.3 (float32, one core).
    """
    top = x[row, 0]
    done = 1
    if n >= 4 * ABREAST:
        best = jk.local(ABREAST, x.dtype)
        for k in range(ABREAST):
            best[k] = x[row, k]
        for c in range(ABREAST, n - ABREAST + 1, ABREAST):
            for k in range(ABREAST):
                best[k] = max(best[k], x[row, c + k])
        for k in range(ABREAST // 2):
            best[k] = max(best[k], best[k + ABREAST // 2])
        for k in range(ABREAST // 2):
            top = max(top, best[k])
        done = n // ABREAST * ABREAST
    for c in range(done, n):
        top = max(top, x[row, c])
    return top


def largest_of(lanes: Lanes):
    """Return the helper that finds the largest element of a row."""
    width, highest = lanes.width, lanes.largest
    if lanes.vectors:
        return largest

    def shared(row, lane, n, x):
        top = x[row, min(lane, n - 1)]
        for c in range(lane + width, n, width):
            top = max(top, x[row, c])
        return highest(top)

    return shared


def _softmax(lanes: Lanes):
    width, add = lanes.width, lanes.total
    largest = largest_of(lanes)

    def softmax(row, lane, n, args):
        x, out = args
        top = largest(row, lane, n, x)
        total = 0.0
        for c in range(lane, n, width):
            power = math.exp(x[row, c] - top)
            out[row, c] = power
            total += power
        scale = 1.0 / add(total)
        for c in range(lane, n, width):
            out[row, c] *= scale

    return softmax


def _log_softmax(lanes: Lanes):
    width, add = lanes.width, lanes.total
    largest = largest_of(lanes)

    def log_softmax(row, lane, n, args):
        x, out = args
        top = largest(row, lane, n, x)
        total = 0.0
        for c in range(lane, n, width):
            total += math.exp(x[row, c] - top)
        shift = math.log(add(total))
        for c in range(lane, n, width):
            out[row, c] = x[row, c] - top - shift

    return log_softmax


def largest_of_turned(tile, n, top, total):
    """Find the largest element of each row of a turned block, and begin its sum."""
    for r in range(BLOCK):
        top[r] = tile[0, r]
        total[r] = 0.0
    for c in range(1, n):
        for r in range(BLOCK):
            top[r] = max(top[r], tile[c, r])


def softmax_of_turned(tile, n, top, total):
    """Do as `softmax` does, for a block of short rows."""
    largest_of_turned(tile, n, top, total)
    for c in range(n):
        for r in range(BLOCK):
            power = math.exp(tile[c, r] - top[r])
            tile[c, r] = power
            total[r] += power
    for r in range(BLOCK):
        total[r] = 1.0 / total[r]
    for c in range(n):
        for r in range(BLOCK):
            tile[c, r] *= total[r]


def logarithms_of_turned(tile, n, top, total):
    """Find the largest element of each row of a turned block, and the logarithm of the sum of exponentials above it."""
    largest_of_turned(tile, n, top, total)
    for c in range(n):
        for r in range(BLOCK):
            total[r] += math.exp(tile[c, r] - top[r])
    for r in range(BLOCK):
        total[r] = math.log(total[r])


def log_softmax_of_turned(tile, n, top, total):
    """Do as `log_softmax` does, for a block of short rows."""
    logarithms_of_turned(tile, n, top, total)
    for c in range(n):
        for r in range(BLOCK):
            tile[c, r] = tile[c, r] - top[r] - total[r]


def part_of_softmax(grad, y):
    """Return what an element adds to its row's sum in the gradient of `softmax`."""
    return grad * y


def slope_of_softmax(grad, y, total):
    """Return an element of the gradient of `softmax`."""
    return y * (grad - total)


def part_of_logarithm(grad, _):
    """Return what an element adds to its row's sum in the gradient of `log_softmax`."""
    return grad


def slope_of_logarithm(grad, y, total):
    """Return an element of the gradient of `log_softmax`."""
    return grad - math.exp(y) * total


def gradient_of_rows(part, slope):
    """Return what makes the body for rows of a gradient whose elements are ``slope(grad, y, sum of part(grad, y))``."""

    def make(lanes: Lanes):
        width, add = lanes.width, lanes.total

        def gradient(row, lane, n, args):
            grad, y, out = args
            total = 0.0
            for c in range(lane, n, width):
                total += part(grad[row, c], y[row, c])
            whole = add(total)
            for c in range(lane, n, width):
                out[row, c] = slope(grad[row, c], y[row, c], whole)

        return gradient

    return make


def largest_of_columns(stack, first, width, n, x, top):
    """Find the largest element of each column."""
    for r in range(width):
        top[r] = x[stack, 0, first + r]
    for c in range(1, n):
        for r in range(width):
            top[r] = max(top[r], x[stack, c, first + r])


def cleared(width, sums):
    """Make sums zero."""
    for r in range(width):
        sums[r] = 0.0


def added(width, part, total):
    """Add the sums of a run to those of whole columns."""
    for r in range(width):
        total[r] += part[r]


def softmax_of_columns(stack, first, width, n, args):
    """Do as `softmax` does, for columns side by side; results wait in `power`, as `out` may be `x`, which stops vectors."""
    x, out = args
    top, total = jk.local(COLUMNS, x.dtype), jk.local(COLUMNS, x.dtype)
    part, power = jk.local(COLUMNS, x.dtype), jk.local(COLUMNS, x.dtype)
    largest_of_columns(stack, first, width, n, x, top)
    cleared(width, total)
    for start in range(0, n, RUN):
        cleared(width, part)
        for c in range(start, min(start + RUN, n)):
            for r in range(width):
                power[r] = math.exp(x[stack, c, first + r] - top[r])
                part[r] += power[r]
            for r in range(width):
                out[stack, c, first + r] = power[r]
        added(width, part, total)
    for r in range(width):
        total[r] = 1.0 / total[r]
    for c in range(n):
        for r in range(width):
            out[stack, c, first + r] *= total[r]


def log_softmax_of_columns(stack, first, width, n, args):
    """Do as `log_softmax` does, for columns side by side."""
    x, out = args
    top, total = jk.local(COLUMNS, x.dtype), jk.local(COLUMNS, x.dtype)
    part, power = jk.local(COLUMNS, x.dtype), jk.local(COLUMNS, x.dtype)
    largest_of_columns(stack, first, width, n, x, top)
    cleared(width, total)
    for start in range(0, n, RUN):
        cleared(width, part)
        for c in range(start, min(start + RUN, n)):
            for r in range(width):
                part[r] += math.exp(x[stack, c, first + r] - top[r])
        added(width, part, total)
    for r in range(width):
        total[r] = math.log(total[r])
    for c in range(n):
        for r in range(width):
            power[r] = x[stack, c, first + r] - top[r] - total[r]
        for r in range(width):
            out[stack, c, first + r] = power[r]


def gradient_of_columns(part, slope):
    """Return the body for columns side by side of the same gradients."""

    def gradient(stack, first, width, n, args):
        grad, y, out = args
        total, run = jk.local(COLUMNS, y.dtype), jk.local(COLUMNS, y.dtype)
        slopes = jk.local(COLUMNS, y.dtype)
        cleared(width, total)
        for start in range(0, n, RUN):
            cleared(width, run)
            for c in range(start, min(start + RUN, n)):
                for r in range(width):
                    run[r] += part(grad[stack, c, first + r], y[stack, c, first + r])
            added(width, run, total)
        for c in range(n):
            for r in range(width):
                slopes[r] = slope(grad[stack, c, first + r], y[stack, c, first + r], total[r])
            for r in range(width):
                out[stack, c, first + r] = slopes[r]

    return gradient


_forward = Rows(_softmax, in_blocks(softmax_of_turned), Columns(softmax_of_columns))
_log = Rows(_log_softmax, in_blocks(log_softmax_of_turned), Columns(log_softmax_of_columns))


def _gradient(part: Callable, slope: Callable, name: str) -> Rows:
    return Rows(gradient_of_rows(part, slope), columns=Columns(gradient_of_columns(part, slope), name), name=name)


_backward = _gradient(part_of_softmax, slope_of_softmax, "softmax_backward")
_log_backward = _gradient(part_of_logarithm, slope_of_logarithm, "log_softmax_backward")


def softmax(x: Any, axis: int = -1, *, out: Any = None, backend: str | None = None) -> Any:
    """Return ``exp(x) / sum(exp(x))`` along an axis, without overflow.

    Parameters
    ----------
    x : array_like or device array, of at least one dimension
        Real numbers.
    axis : int, default -1
        The axis along which results add up to 1; the last is the fastest.
    out : array, optional
        Where the result goes; may be `x`.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array of float32 or float64, of the shape of `x`
        A NaN or a positive infinity in a row makes all of it NaN, as in SciPy; a negative infinity gives 0.

    Raises
    ------
    KernelTypeError
        For complex numbers.
    LaunchError
        For a number, and for an `out` of another shape.

    Notes
    -----
    The largest element is taken off first. A row is read from memory once and stays in the cache for the following
    passes, which needs fewer exponentials than one pass that corrects its sum as it goes: M. Milakov, N. Gimelshein,
    Online normalizer calculation for softmax, arXiv:1805.02867, 2018.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.ml.softmax(np.log([[1.0, 2.0, 1.0]]))
    array([[0.25, 0.5 , 0.25]])
    """
    return by_rows(_forward, operands.alike([x], "ml.softmax"), (), axis, out, backend, "ml.softmax")


def log_softmax(x: Any, axis: int = -1, *, out: Any = None, backend: str | None = None) -> Any:
    """Return ``x - log(sum(exp(x)))`` along an axis, without overflow.

    Parameters
    ----------
    x : array_like or device array, of at least one dimension
        Real numbers.
    axis : int, default -1
        The axis along which the exponentials of the results add up to 1.
    out : array, optional
        Where the result goes; may be `x`.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array of float32 or float64, of the shape of `x`
        A NaN or a positive infinity in a row makes all of it NaN; a negative infinity stays.

    Raises
    ------
    KernelTypeError, LaunchError
        As `softmax`.

    Notes
    -----
    As `scipy.special.log_softmax` computes it, in two passes over a row in the cache.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> np.exp(jk.ml.log_softmax(np.log([[1.0, 2.0, 1.0]])))
    array([[0.25, 0.5 , 0.25]])
    """
    return by_rows(_log, operands.alike([x], "ml.log_softmax"), (), axis, out, backend, "ml.log_softmax")


def softmax_backward(grad: Any, y: Any, axis: int = -1, *, out: Any = None, backend: str | None = None) -> Any:
    """Return the gradient with respect to the input of `softmax`.

    Parameters
    ----------
    grad : array_like or device array
        The gradient with respect to the output.
    y : array_like or device array, of the shape of `grad`
        The output, ``softmax(x)``.
    axis : int, default -1
        The axis that `softmax` was given.
    out : array, optional
        Where the result goes; may be `grad` or `y`.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array of float32 or float64, of the shape of `y`
        ``y * (grad - sum(grad * y))``.

    Raises
    ------
    KernelTypeError, LaunchError
        As `softmax`, and for arrays of two shapes.

    Notes
    -----
    The Jacobian of softmax is ``diag(y) - outer(y, y)``: J. S. Bridle, Probabilistic interpretation of feedforward
    classification network outputs, Neurocomputing, Springer 1990, 227-236.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.ml.softmax_backward(np.array([1.0, 0.0]), np.array([0.5, 0.5]))
    array([ 0.25, -0.25])
    """
    arrays = operands.alike([grad, y], "ml.softmax_backward")
    return by_rows(_backward, arrays, (), axis, out, backend, "ml.softmax_backward")


def log_softmax_backward(grad: Any, y: Any, axis: int = -1, *, out: Any = None, backend: str | None = None) -> Any:
    """Return the gradient with respect to the input of `log_softmax`.

    Parameters
    ----------
    grad : array_like or device array
        The gradient with respect to the output.
    y : array_like or device array, of the shape of `grad`
        The output, ``log_softmax(x)``.
    axis : int, default -1
        The axis that `log_softmax` was given.
    out : array, optional
        Where the result goes; may be `grad` or `y`.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array of float32 or float64, of the shape of `y`
        ``grad - exp(y) * sum(grad)``.

    Raises
    ------
    KernelTypeError, LaunchError
        As `softmax_backward`.

    Notes
    -----
    The derivative of ``x - log(sum(exp(x)))``, whose exponentials are read off the output.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.ml.log_softmax_backward(np.array([1.0, 0.0]), np.log([0.5, 0.5]))
    array([ 0.5, -0.5])
    """
    arrays = operands.alike([grad, y], "ml.log_softmax_backward")
    return by_rows(_log_backward, arrays, (), axis, out, backend, "ml.log_softmax_backward")
