"""bilateral_filter: an image smoothed within its edges."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.launch.launcher import Launcher
from jitkit.signal import _borders


@jk.kernel(fastmath=True)
def bilateral_grey(i, j, x, spatial, radius, steepness, out):
    """Average a window with weights that fall with distance and with difference in grey; `spatial` holds exponents."""
    centre = x[0, i + radius, j + radius]
    total = 0.0
    weights = 0.0
    for a in range(2 * radius + 1):
        for b in range(2 * radius + 1):
            difference = x[0, i + a, j + b] - centre
            weight = math.exp(spatial[a, b] - difference * difference * steepness)
            total += weight * difference
            weights += weight
    out[i, j, 0] = centre + total / weights


@jk.kernel(fastmath=True)
def bilateral_colour(i, j, x, spatial, radius, steepness, out):
    """Do the same with three channels, whose differences count together."""
    red, green, blue = x[0, i + radius, j + radius], x[1, i + radius, j + radius], x[2, i + radius, j + radius]
    reds, greens, blues = 0.0, 0.0, 0.0
    weights = 0.0
    for a in range(2 * radius + 1):
        for b in range(2 * radius + 1):
            r, g, u = x[0, i + a, j + b] - red, x[1, i + a, j + b] - green, x[2, i + a, j + b] - blue
            weight = math.exp(spatial[a, b] - (r * r + g * g + u * u) * steepness)
            reds += weight * r
            greens += weight * g
            blues += weight * u
            weights += weight
    out[i, j, 0] = red + reds / weights
    out[i, j, 1] = green + greens / weights
    out[i, j, 2] = blue + blues / weights


_grey, _colour = Launcher(bilateral_grey), Launcher(bilateral_colour)


def bilateral_filter(
    image: Any,
    sigma_space: float = 1.0,
    sigma_range: float = 0.1,
    radius: int | None = None,
    *,
    mode: str = "nearest",
    cval: float = 0.0,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Smooth an image within its edges: average pixels that are near both in place and in grey or colour.

    Parameters
    ----------
    image : array_like or device array, (rows, columns) or (rows, columns, 3)
        A grey or a colour image.
    sigma_space : float, default 1.0
        The standard deviation of the Gaussian in place, in pixels.
    sigma_range : float, default 0.1
        The standard deviation of the Gaussian in grey, or in the distance of two colours.
    radius : int, optional
        The window has ``2 * radius + 1`` rows and columns; by default the next integer from three times `sigma_space`.
    mode : {"reflect", "constant", "nearest", "mirror", "wrap"}
        What stands for pixels outside; see `correlate1d`.
    cval : float, default 0.0
        The value outside, for ``"constant"``.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        Of the shape of `image`, float32 or float64.

    Raises
    ------
    LaunchError
        For other shapes, and an `out` of another one.
    ValueError
        For a standard deviation that is not positive, a negative radius, and a mode that there is not.

    Notes
    -----
    C. Tomasi, R. Manduchi, "Bilateral filtering for gray and color images", ICCV 1998.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> step = np.array([[0.0, 0.1, 1.0, 1.1]])
    >>> jk.signal.bilateral_filter(step, 2.0, 0.2, 1).round(2)
    array([[0.03, 0.06, 1.04, 1.07]])
    """
    name = "signal.bilateral_filter"
    x = operands.floating(image, name)
    if len(x.shape) not in (2, 3) or (len(x.shape) == 3 and x.shape[2] != 3):
        raise LaunchError(f"jk.{name}: takes (rows, columns) or (rows, columns, 3), not the shape {tuple(x.shape)}")
    sigma_space = operands.number(sigma_space, "sigma_space", name)
    sigma_range = operands.number(sigma_range, "sigma_range", name)
    if not (0 < sigma_space < math.inf and sigma_range > 0):
        raise ValueError(f"jk.{name}: sigma_space={sigma_space}, sigma_range={sigma_range}; both are positive")
    radius = math.ceil(3 * sigma_space) if radius is None else operands.integer(radius, 0, "radius", name)
    shape, dtype, device = tuple(x.shape), operands.dtype_of(x), operands.device_of(x)
    result = operands.result(out, shape, dtype, device, name)
    if 0 in shape:
        return operands.delivered(result, out, name)
    channels = 3 if len(shape) == 3 else 1
    side = 2 * radius + 1
    whole = x.reshape((*shape[:2], channels))
    padded = _borders.planes(whole, (side, side), (radius, radius), mode, cval, backend, name)
    squares = np.arange(-radius, radius + 1) ** 2 / (-2 * float(sigma_space) ** 2)
    spatial = operands.constant((squares[:, None] + squares).astype(dtype), device)
    steepness = dtype.type(1 / (2 * float(sigma_range) ** 2))
    target = result.reshape((*shape[:2], channels))
    if isinstance(result, np.ndarray) and not np.may_share_memory(target, result):
        target = np.empty((*shape[:2], channels), dtype)
    (_colour if channels == 3 else _grey)(shape[:2], backend)(padded, spatial, radius, steepness, target)
    if isinstance(result, np.ndarray) and not np.may_share_memory(target, result):
        result[...] = target.reshape(shape)
    return operands.delivered(result, out, name)
