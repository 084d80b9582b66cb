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
from jitkit.primitives.select import INT64, counting_scan


@jk.kernel
def run_lengths(i, starts, n, lengths):
    """Write the distance from each run's first element to the next one's."""
    following = n
    if i + 1 < starts.shape[0]:
        following = starts[i + 1]
    lengths[i] = following - starts[i]


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


def _place_on_host(x, out, at, before, end):
    if before < end:
        out[0][before] = x[at]
        out[1][before] = at[1]


_runs = counting_scan(begins, _place, _place_on_host)
_lengths = Launcher(run_lengths)


def runs_of(x: Any, name: str, backend: str | None) -> tuple[Any, Any]:
    """Return the value of each run of a vector, and the index at which it begins.

    Raises
    ------
    LaunchError
        Where the array is no vector.
    """
    if len(x.shape) != 1:
        raise LaunchError(f"jk.{name}: runs are those of a vector, and this array has {len(x.shape)} dimensions")
    n, dtype, device = x.shape[0], operands.dtype_of(x), _arrays.device_of(x)

    def room(count: int) -> Any:
        return operands.made((count,), (dtype,), device), operands.made((count,), (INT64,), device)

    if n == 0:
        return room(0)  # type: ignore[no-any-return]
    (values, starts), _ = _runs.counted(x, n, room, backend)
    return values, starts


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
    The method is that of `select`, which picks the elements that differ from the one before.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.run_length_encode(np.array([7, 7, 7, 2, 7]))
    (array([7, 2, 7]), array([3, 1, 1]))
    """
    x = _arrays.array(x, "run_length_encode")
    values, starts = runs_of(x, "run_length_encode", backend)
    lengths = operands.made(tuple(starts.shape), (np.dtype(np.int64),), _arrays.device_of(x))
    if starts.shape[0]:
        _lengths(starts.shape[0], backend)(starts, x.shape[0], lengths)
    return values, lengths
