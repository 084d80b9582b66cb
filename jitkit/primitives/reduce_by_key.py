"""reduce_by_key: values whose neighbouring keys are equal combined."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.launch.launcher import Launcher
from jitkit.primitives import _arrays, _operators
from jitkit.primitives._arrays import given_arrays
from jitkit.primitives.run_length_encode import runs_of
from jitkit.primitives.segment_reduce import reduce_segments
from jitkit.primitives.select import INT64


@jk.kernel
def close_runs(i, starts, n, offsets):
    """Copy where runs begin, and the end of the last behind them."""
    if i < starts.shape[0]:
        offsets[i] = starts[i]
    else:
        offsets[i] = n


_close = Launcher(close_runs)


def reduce_by_key(op: Any, keys: Any, values: Any, *, backend: str | None = None) -> tuple[Any, Any]:
    """Combine the values of each run of equal neighbouring keys with an associative operator.

    Parameters
    ----------
    op : callable or str
        An associative operator of two values, as for `reduce`; operands stay in order.
    keys : array_like or device array, 1-D
        The keys; sort by them first where equal ones shall meet.
    values : array_like, device array, or tuple of up to 6, 1-D
        As many values.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    keys : array
        The key of each run.
    values : array or tuple of arrays
        What its values give; the dtype as for `reduce`.

    Raises
    ------
    LaunchError
        Where there are not as many keys as values.

    Notes
    -----
    The runs are found as `run_length_encode` does, and reduced as `segment_reduce` does.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.reduce_by_key("add", np.array([1, 1, 2, 1]), np.array([1.0, 2.0, 4.0, 8.0]))
    (array([1, 2, 1]), array([3., 4., 8.]))
    """
    keys, arrays = _arrays.array(keys, "reduce_by_key"), given_arrays(values, "reduce_by_key")
    check_keys(keys, arrays, "reduce_by_key")
    found, starts = runs_of(keys, "reduce_by_key", backend)
    count, n = starts.shape[0], keys.shape[0]
    offsets = operands.made((count + 1,), (np.dtype(INT64),), _arrays.device_of(keys))
    _close(count + 1, backend)(starts, n, offsets)
    operator = _operators.resolve(op)
    return found, reduce_segments(operator, arrays, offsets, None, None, backend, "reduce_by_key", check=False)


def check_keys(keys: Any, arrays: list[Any], name: str) -> None:
    """Refuse keys that are not as many as the values, in one dimension."""
    if len(keys.shape) != 1 or tuple(keys.shape) != tuple(arrays[0].shape):
        raise LaunchError(
            f"jk.{name}: keys and values are vectors of one length, not of the shapes {tuple(keys.shape)} and "
            f"{tuple(arrays[0].shape)}"
        )
