"""Beyond the border: which element of an axis stands for each place outside it, as in scipy.ndimage, and padded images."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.launch.launcher import Launcher

MODES = {
    "reflect": "reflect", "constant": "constant", "nearest": "nearest", "mirror": "mirror", "wrap": "wrap",
    "grid-mirror": "reflect", "grid-constant": "constant", "grid-wrap": "wrap",
}  # fmt: skip


def sources(places: np.ndarray, n: int, mode: str, name: str) -> np.ndarray:
    """Return the element of an axis of `n` that each place stands for; -1 where it is the constant's.

    Raises
    ------
    ValueError
        Where there is no such mode.
    """
    kind = MODES.get(mode)
    if kind is None:
        raise ValueError(f"jk.{name}: mode={mode!r}; there are {', '.join(map(repr, MODES))}")
    if kind == "constant":
        return np.asarray(np.where((places >= 0) & (places < n), places, -1))
    if kind == "nearest":
        return np.asarray(np.clip(places, 0, n - 1))
    if kind == "wrap":
        return np.asarray(places % n)
    last = 2 * n - 1 if kind == "reflect" else max(2 * n - 2, 1)
    period = 2 * n if kind == "reflect" else last
    found = places % period
    return np.asarray(np.where(found < n, found, last - found))


@jk.kernel
def gather_planes(k, i, j, x, rows, columns, cval, out):
    """Copy one channel of a padded image."""
    row, column = rows[i], columns[j]
    inside = row >= 0 and column >= 0
    out[k, i, j] = x[max(row, 0), max(column, 0), k] if inside else cval


_gather = Launcher(gather_planes)


def planes(
    x: Any, sizes: Sequence[int], lefts: Sequence[int], mode: str, cval: float, backend: str | None, name: str
) -> Any:
    """Return an image (rows, columns, channels) as (channels, rows, columns), padded for windows of these sizes.

    Parameters
    ----------
    x : array, 3-D
        The image.
    sizes, lefts : sequence of two ints
        Rows and columns of the window, and how many of them lie before a pixel.
    mode, cval
        What stands for pixels outside.
    backend : str or None
        The backend.
    name : str
        Who asks, for messages.
    """
    height, width, channels = x.shape
    device, dtype = operands.device_of(x), operands.dtype_of(x)
    tables = [
        jk.asarray(sources(np.arange(-left, n - left + size - 1), n, mode, name), device=device)
        for n, size, left in zip((height, width), sizes, lefts, strict=True)
    ]
    shape = (channels, tables[0].shape[0], tables[1].shape[0])
    out = operands.made(shape, (dtype,), device)
    if 0 not in shape:
        _gather(shape, backend)(x, *tables, dtype.type(cval), out)
    return out
