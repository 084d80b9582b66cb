"""run_length_encode: the runs of equal neighbours."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.launch.launcher import Launcher
from jitkit.primitives import _arrays
from jitkit.primitives._marks import EACH, Marks, lowest, next_mark, placing_kernel, without_lowest
from jitkit.primitives._selecting import INT64, counting_scan


def begins(x, at):
    """Tell whether an element differs from the one before it."""
    begin = at[1] == 0
    if not begin:
        begin = x[at] != x[at[0], at[1] - 1]
    return begin


def _place(x, out, at, before, mark):
    if mark > 0:
        out[0][before] = x[at]
        out[1][before] = at[1]


@jk.kernel
def close_runs(i, starts, n, offsets):
    """Copy where runs begin, and the end of the last behind them."""
    if i < starts.shape[0]:
        offsets[i] = starts[i]
    else:
        offsets[i] = n


@jk.kernel
def run_lengths(i, offsets, lengths):
    """Write the distance from where each run begins to where it ends."""
    lengths[i] = offsets[i + 1] - offsets[i]


_runs = counting_scan(begins, _place, _place)
_close, _lengths = Launcher(close_runs), Launcher(run_lengths)


@jk.kernel
def write_runs(p, _, x, n, words, before, values, lengths):
    """Write the values and the lengths of the runs that begin in a piece on a host."""
    run, begin = before[p], np.int64(-1)
    last = min(p * EACH + EACH, words.shape[0])
    for w in range(p * EACH, last):
        word = words[w]
        while word != 0:
            k = 64 * w + lowest(word)
            values[run] = x[k]
            if begin >= 0:
                lengths[run - 1] = k - begin
            begin = k
            run += 1
            word = without_lowest(word)
    if begin >= 0:
        lengths[run - 1] = next_mark(words, last, words.shape[0], n) - begin


def _differs(x, k):
    return x[k] != x[k - 1]


def _place_value(x, out, at, k):
    out[at] = x[k]


beginnings = Marks(_differs, origin=1)
_write_runs, _write_values = Launcher(write_runs), Launcher(placing_kernel(_place_value))


def values_of(x: Any, words: Any, before: Any, backend: str | None) -> np.ndarray:
    """Return the elements of a vector on a host that are marked."""
    values = np.empty(before[-1], operands.dtype_of(x))
    _write_values((before.size - 1, 1), backend)(x, words, before, values)
    return values


def runs_on_gpu(x: Any, backend: str | None) -> tuple[Any, Any]:
    """Return the value of each run of a vector, and the index at which it begins; the last index is that of the end."""
    n, dtype, device = x.shape[0], operands.dtype_of(x), _arrays.device_of(x)

    def room(count: int) -> Any:
        return operands.made((count,), (dtype,), device), operands.made((count,), (INT64,), device)

    if n == 0:
        return room(0)[0], _arrays.filled((1,), 0, INT64, device)
    (values, starts), count = _runs.counted(x, n, room, backend)
    offsets = operands.made((count + 1,), (INT64,), device)
    _close(count + 1, backend)(starts, n, offsets)
    return values, offsets


def run_length_encode(x: Any, *, backend: str | None = None) -> tuple[Any, Any]:
    """Return the value and the length of each run of equal neighbours.

    Parameters
    ----------
    x : array_like or device array, 1-D
        The elements. A NaN equals nothing, so each is a run of its own.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    values : array
        Of the dtype of `x`.
    lengths : array of int64
        ``numpy.repeat(values, lengths)`` gives `x` again.

    Raises
    ------
    LaunchError
        Where `x` is no vector.

    Notes
    -----
    The method is that of `select`, which picks the elements that differ from the one before; on a host a bit is kept for
    each element, and `x` is read once where runs are long.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.run_length_encode(np.array([7, 7, 7, 2, 7]))
    (array([7, 2, 7]), array([3, 1, 1]))
    """
    x = _arrays.array(x, "run_length_encode")
    if len(x.shape) != 1:
        raise LaunchError(
            f"jk.run_length_encode: runs are those of a vector, and this array has {len(x.shape)} dimensions"
        )
    if _arrays.on_host(x, backend):
        words, before = beginnings.of(x, x.shape[0], backend)
        values, lengths = np.empty(before[-1], operands.dtype_of(x)), np.empty(before[-1], INT64)
        _write_runs((before.size - 1, 1), backend)(x, x.shape[0], words, before, values, lengths)
        return values, lengths
    values, offsets = runs_on_gpu(x, backend)
    lengths = operands.made((offsets.shape[0] - 1,), (INT64,), _arrays.device_of(x))
    if lengths.shape[0]:
        _lengths(lengths.shape[0], backend)(offsets, lengths)
    return values, lengths
