"""Kernels that fill arrays, each point from one or two blocks of four words, every word used.

An array is cut into chunks, and a chunk into rows of `LANES` elements: the block of a lane gives that lane's element of
each row. So neighbouring points write neighbouring elements, whole vectors at a time. A launch space is (chunks, lanes);
`first` is the number of the array's first chunk among all those of the call.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

import jitkit as jk
from jitkit.launch.arguments import is_device_array
from jitkit.launch.launcher import Launcher
from jitkit.random.numbers import joined, normal_pair, normal_pair32, positive_unit, positive_unit32, unit, unit32
from jitkit.random.philox import block

LANES = 256
FEW = 4
"""Whole chunks that go through an array of their own together with the rest: a second launch takes longer than the copy."""
ALONE = 1024
"""Points that are not worth waking a thread for: 2000 to 4000 numbers."""


# What a block gives, an element for each row: the fills below write all of them, and few numbers are those of the first row.


def words(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return four integers of 32 random bits; given nothing."""
    return block(key, counter, step)


def double_words(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return two integers of 64 random bits; given nothing."""
    a, b, c, d = block(key, counter, step)
    return joined(a, b), joined(c, d)


def uniform(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return two float64 numbers; given the least and the width."""
    low, width = given
    a, b, c, d = block(key, counter, step)
    return low + width * unit(a, b), low + width * unit(c, d)


def uniform32(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return four float32 numbers; given the least and the width."""
    low, width = given
    a, b, c, d = block(key, counter, step)
    return low + width * unit32(a), low + width * unit32(b), low + width * unit32(c), low + width * unit32(d)


def normal(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return two float64 normal numbers; given mean and deviation."""
    mean, deviation = given
    a, b, c, d = block(key, counter, step)
    first, second = normal_pair(positive_unit(a, b), unit(c, d))
    return mean + deviation * first, mean + deviation * second


def normal32(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return four float32 normal numbers; given mean and deviation."""
    mean, deviation = given
    a, b, c, d = block(key, counter, step)
    first, second = normal_pair32(a, b)
    third, fourth = normal_pair32(c, d)
    return mean + deviation * first, mean + deviation * second, mean + deviation * third, mean + deviation * fourth


def exponential(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return two float64 numbers by the inverse of the exponential distribution; given its mean."""
    scale = given[0]
    a, b, c, d = block(key, counter, step)
    return -scale * math.log(positive_unit(a, b)), -scale * math.log(positive_unit(c, d))


def exponential32(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return four float32 numbers by the inverse of the exponential distribution; given its mean."""
    scale = given[0]
    a, b, c, d = block(key, counter, step)
    return (
        -scale * math.log(positive_unit32(a)),
        -scale * math.log(positive_unit32(b)),
        -scale * math.log(positive_unit32(c)),
        -scale * math.log(positive_unit32(d)),
    )


@jk.kernel
def fill_words(chunk: Any, lane: Any, x: Any, key: Any, step: Any, first: Any) -> None:
    """Write 32 random bits to each element; four rows a chunk."""
    at = chunk * (4 * LANES) + lane
    x[at], x[at + LANES], x[at + 2 * LANES], x[at + 3 * LANES] = block(key, (first + chunk) * LANES + lane, step)


@jk.kernel
def fill_double_words(chunk: Any, lane: Any, x: Any, key: Any, step: Any, first: Any) -> None:
    """Write 64 random bits to each element; two rows a chunk."""
    at = chunk * (2 * LANES) + lane
    x[at], x[at + LANES] = double_words(key, (first + chunk) * LANES + lane, step, ())


@jk.kernel
def fill_uniform(chunk: Any, lane: Any, x: Any, key: Any, step: Any, first: Any, low: Any, width: Any) -> None:
    """Write float64 numbers from `low` on; two rows a chunk, and two lanes a point."""
    counter, at, half = (first + chunk) * LANES + lane, chunk * (2 * LANES) + lane, LANES // 2
    a, b = uniform(key, counter, step, (low, width))
    c, d = uniform(key, counter + half, step, (low, width))
    x[at], x[at + half], x[at + LANES], x[at + LANES + half] = a, c, b, d


@jk.kernel
def fill_uniform32(chunk: Any, lane: Any, x: Any, key: Any, step: Any, first: Any, low: Any, width: Any) -> None:
    """Write float32 numbers from `low` on; four rows a chunk."""
    at, counter = chunk * (4 * LANES) + lane, (first + chunk) * LANES + lane
    x[at], x[at + LANES], x[at + 2 * LANES], x[at + 3 * LANES] = uniform32(key, counter, step, (low, width))


@jk.kernel
def fill_normal(chunk: Any, lane: Any, x: Any, key: Any, step: Any, first: Any, mean: Any, deviation: Any) -> None:
    """Write float64 normal numbers; two rows a chunk."""
    at = chunk * (2 * LANES) + lane
    x[at], x[at + LANES] = normal(key, (first + chunk) * LANES + lane, step, (mean, deviation))


@jk.kernel
def fill_normal32(chunk: Any, lane: Any, x: Any, key: Any, step: Any, first: Any, mean: Any, deviation: Any) -> None:
    """Write float32 normal numbers; four rows a chunk."""
    at, counter = chunk * (4 * LANES) + lane, (first + chunk) * LANES + lane
    x[at], x[at + LANES], x[at + 2 * LANES], x[at + 3 * LANES] = normal32(key, counter, step, (mean, deviation))


@jk.kernel
def fill_exponential(chunk: Any, lane: Any, x: Any, key: Any, step: Any, first: Any, scale: Any) -> None:
    """Write float64 numbers of an exponential distribution; two rows a chunk."""
    at = chunk * (2 * LANES) + lane
    x[at], x[at + LANES] = exponential(key, (first + chunk) * LANES + lane, step, (scale,))


@jk.kernel
def fill_exponential32(chunk: Any, lane: Any, x: Any, key: Any, step: Any, first: Any, scale: Any) -> None:
    """Write float32 numbers of an exponential distribution; four rows a chunk."""
    at, counter = chunk * (4 * LANES) + lane, (first + chunk) * LANES + lane
    x[at], x[at + LANES], x[at + 2 * LANES], x[at + 3 * LANES] = exponential32(key, counter, step, (scale,))


# Two blocks a point are two chains of products that need not wait for each other: 35 ms and not 44 for 16 million.
_POINTS = {fill_uniform: LANES // 2}


@jk.kernel
def copy_behind(i: Any, x: Any, scratch: Any, start: Any) -> None:
    """Copy the beginning of one array on a GPU to behind `start` in another."""
    x[start + i] = scratch[i]


def fill(kernel: jk.Kernel, rows: int, x: Any, key: np.uint64, step: int, *parameters: float | np.uint64) -> None:
    """Fill a one-dimensional array; what is no whole chunk goes through an array of its own, few chunks all together.

    Parameters
    ----------
    kernel : Kernel
        One of this module.
    rows : int
        How many rows its chunks have.
    x : array, shape (n,)
        A NumPy or device array of the kernel's dtype.
    key, step : int
        The stream, and the place in it of this call.
    *parameters : number
        What the kernel takes beyond.
    """
    n, chunk = x.shape[0], rows * LANES
    chunks, rest = divmod(n, chunk)
    points = _POINTS.get(kernel, LANES)
    launcher = _launcher(kernel)
    direct = 0 if rest and chunks < FEW else chunks
    if direct:
        launcher.run((direct, points), None, (x, key, step, 0, *parameters))
    if rest:
        others, done = chunks + 1 - direct, direct * chunk
        scratch = empty_beside(x, others * chunk)
        lanes = points if others > 1 else min(rest, points)
        launcher.run((others, lanes), None, (scratch, key, step, direct, *parameters))
        if type(x) is np.ndarray:
            x[done:] = scratch[: n - done]
        else:
            copy_behind[n - done](x, scratch, done)


@functools.cache
def _launcher(kernel: jk.Kernel) -> Launcher:
    return Launcher(kernel, alone=ALONE)


def empty_beside(x: Any, size: int) -> Any:
    """Return an array without values, of the dtype and on the device of another."""
    if type(x) is not np.ndarray and is_device_array(x):
        return jk.empty(size, numpy_dtype(x), device="cuda")
    return np.empty(size, x.dtype)


def numpy_dtype(x: Any) -> np.dtype[Any]:
    """Return the NumPy dtype of any array; torch has dtypes of its own."""
    return x.dtype if isinstance(x.dtype, np.dtype) else np.dtype(x.__cuda_array_interface__["typestr"])
