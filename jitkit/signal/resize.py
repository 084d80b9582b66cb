"""resize: an image with other numbers of rows and columns, linear between its pixels."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.launch.launcher import Launcher


def mixed(low, high, part):
    """Return what lies between two pixels; one that is infinite or NaN does not reach those that it has no part in."""
    return low if part == 0 or low == high else low + part * (high - low)


@jk.kernel
def between_rows(i, q, x, lows, highs, parts, out):
    """Mix two rows; q counts columns and channels."""
    out[i, q] = mixed(x[lows[i], q], x[highs[i], q], parts[i])


@jk.kernel
def between_columns(i, q, x, lows, highs, parts, out):
    """Mix two columns."""
    out[i, q] = mixed(x[i, lows[q]], x[i, highs[q]], parts[q])


_rows, _columns = Launcher(between_rows), Launcher(between_columns)


def resize(image: Any, shape: tuple[int, int], *, out: Any = None, backend: str | None = None) -> Any:
    """Return an image with other numbers of rows and columns, linear between its pixels.

    Parameters
    ----------
    image : array_like or device array, (rows, columns) or (rows, columns, channels)
        The image.
    shape : tuple of two ints
        Rows and columns of the result.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        float32 or float64.

    Raises
    ------
    LaunchError
        For another number of dimensions, and an `out` of another shape.
    ValueError
        For an extent below 1, and for an image without pixels.

    Notes
    -----
    Pixels are squares that cover the picture, and beyond the centres of the outermost ones the image goes on as it ends
    there: `scipy.ndimage.zoom` with ``order=1, mode="nearest", grid_mode=True``. A smaller image is not smoothed
    beforehand.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.resize(np.array([[0.0, 4.0]]), (1, 4))
    array([[0., 1., 3., 4.]])
    """
    name = "signal.resize"
    x = operands.floating(image, name)
    if len(x.shape) not in (2, 3) or not np.iterable(shape) or len(shape) != 2:
        raise LaunchError(
            f"jk.{name}: takes (rows, columns) or (rows, columns, channels), and two extents; "
            f"given {tuple(x.shape)} and {shape!r}"
        )
    height, width = (operands.integer(n, 0, "shape", name) for n in shape)
    if min(height, width) < 1 or 0 in x.shape:
        raise ValueError(f"jk.{name}: from {tuple(x.shape)} to {(height, width)}; both have a pixel or more")
    dtype, device, rest = operands.dtype_of(x), operands.device_of(x), tuple(x.shape[2:])
    result = operands.result(out, (height, width, *rest), dtype, device, name)
    channels = rest[0] if rest else 1
    x = np.ascontiguousarray(x) if isinstance(x, np.ndarray) else x
    source = x.reshape((x.shape[0], -1))
    for launch, axis, n, each in ((_rows, 0, height, 1), (_columns, 1, width, channels)):
        tables = _steps(x.shape[axis], n, each, dtype)
        extent = (n, source.shape[1]) if axis == 0 else (height, n * each)
        target = operands.made(extent, (dtype,), device)
        launch(extent, backend)(source, *(operands.constant(a, device) for a in tables), target)
        source = target
    found = source.reshape((height, width, *rest))
    if out is None:
        return found
    operands.assign(result, found)
    return operands.delivered(result, out, name)


def _steps(given: int, n: int, each: int, dtype: np.dtype[Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for each of n places, of so many channels each, the elements before and behind it, and how far it lies on."""
    places = np.clip((np.arange(n) + 0.5) * (given / n) - 0.5, 0, given - 1)
    before = np.floor(places).astype(np.int64)
    both = [
        np.add.outer(low * each, np.arange(each)).reshape(-1) for low in (before, np.minimum(before + 1, given - 1))
    ]
    return both[0], both[1], np.repeat((places - before).astype(dtype), each)
