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


@jk.kernel
def fill_words(chunk: Any, lane: Any, x: Any, key: Any, step: Any, first: Any) -> None:
    """Write 32 random bits to each element; four rows a chunk."""
    at = chunk * (4 * LANES) + lane
    x[at], x[at + LANES], x[at + 2 * LANES], x[at + 3 * LANES] = block(key, (first + chunk) * LANES + lane, step)


@jk.kernel
def fill_double_words(chunk: Any, lane: Any, x: Any, key: Any, step: Any, first: Any) -> None:
    """Write 64 random bits to each element; two rows a chunk."""
    a, b, c, d = block(key, (first + chunk) * LANES + lane, step)
    at = chunk * (2 * LANES) + lane
    x[at] = joined(a, b)
    x[at + LANES] = joined(c, d)


@jk.kernel
def fill_uniform(chunk: Any, lane: Any, x: Any, key: Any, step: Any, first: Any, low: Any, width: Any) -> None:
    """Write float64 numbers from `low` on; two rows a chunk, and two lanes a point."""
    counter, at = (first + chunk) * LANES + lane, chunk * (2 * LANES) + lane
    a, b, c, d = block(key, counter, step)
    e, f, g, h = block(key, counter + LANES // 2, step)
    x[at] = low + width * unit(a, b)
    x[at + LANES // 2] = low + width * unit(e, f)
    x[at + LANES] = low + width * unit(c, d)
    x[at + LANES + LANES // 2] = low + width * unit(g, h)


@jk.kernel
def fill_uniform32(chunk: Any, lane: Any, x: Any, key: Any, step: Any, first: Any, low: Any, width: Any) -> None:
    """Write float32 numbers from `low` on; four rows a chunk."""
    a, b, c, d = block(key, (first + chunk) * LANES + lane, step)
    at = chunk * (4 * LANES) + lane
    x[at] = low + width * unit32(a)
    x[at + LANES] = low + width * unit32(b)
    x[at + 2 * LANES] = low + width * unit32(c)
    x[at + 3 * LANES] = low + width * unit32(d)


@jk.kernel
def fill_normal(chunk: Any, lane: Any, x: Any, key: Any, step: Any, first: Any, mean: Any, deviation: Any) -> None:
    """Write float64 normal numbers; two rows a chunk."""
    a, b, c, d = block(key, (first + chunk) * LANES + lane, step)
    first, second = normal_pair(positive_unit(a, b), unit(c, d))
    at = chunk * (2 * LANES) + lane
    x[at] = mean + deviation * first
    x[at + LANES] = mean + deviation * second


@jk.kernel
def fill_normal32(chunk: Any, lane: Any, x: Any, key: Any, step: Any, first: Any, mean: Any, deviation: Any) -> None:
    """Write float32 normal numbers; four rows a chunk."""
    a, b, c, d = block(key, (first + chunk) * LANES + lane, step)
    first, second = normal_pair32(a, b)
    third, fourth = normal_pair32(c, d)
    at = chunk * (4 * LANES) + lane
    x[at] = mean + deviation * first
    x[at + LANES] = mean + deviation * second
    x[at + 2 * LANES] = mean + deviation * third
    x[at + 3 * LANES] = mean + deviation * fourth


@jk.kernel
def fill_exponential(chunk: Any, lane: Any, x: Any, key: Any, step: Any, first: Any, scale: Any) -> None:
    """Write float64 numbers of mean `scale`, by the inverse of the distribution; two rows a chunk."""
    a, b, c, d = block(key, (first + chunk) * LANES + lane, step)
    at = chunk * (2 * LANES) + lane
    x[at] = -scale * math.log(positive_unit(a, b))
    x[at + LANES] = -scale * math.log(positive_unit(c, d))


@jk.kernel
def fill_exponential32(chunk: Any, lane: Any, x: Any, key: Any, step: Any, first: Any, scale: Any) -> None:
    """Write float32 numbers of mean `scale`, by the inverse of the distribution; four rows a chunk."""
    a, b, c, d = block(key, (first + chunk) * LANES + lane, step)
    at = chunk * (4 * LANES) + lane
    x[at] = -scale * math.log(positive_unit32(a))
    x[at + LANES] = -scale * math.log(positive_unit32(b))
    x[at + 2 * LANES] = -scale * math.log(positive_unit32(c))
    x[at + 3 * LANES] = -scale * math.log(positive_unit32(d))


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
