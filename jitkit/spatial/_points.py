"""Points as kernels read them: checked, in rows, or with one coordinate of all of them after the other."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.primitives.map import map


def checked(arrays: Sequence[Any], names: Sequence[str], name: str) -> list[Any]:
    """Return sets of points as C-contiguous arrays of one floating-point type, with a row for each point.

    Raises
    ------
    LaunchError
        Where one is not 2-D, or they have different numbers of columns.
    KernelTypeError
        Where they are complex, or no numbers.
    """
    found = operands.alike([np.asarray(x) if isinstance(x, (int, float)) else x for x in arrays], name)
    for x, which in zip(found, names, strict=True):
        if len(x.shape) != 2:
            raise LaunchError(
                f"jk.{name}: {which} has the shape {tuple(x.shape)}; expected 2 dimensions, a row for each point: "
                "x[:, None] makes points of a vector of numbers"
            )
    if len({x.shape[1] for x in found}) > 1:
        widths = " and ".join(f"{which} {x.shape[1]}" for x, which in zip(found, names, strict=True))
        raise LaunchError(f"jk.{name}: points have as many coordinates in all arrays; {widths} columns were given")
    return [np.ascontiguousarray(x) if isinstance(x, np.ndarray) else x for x in found]


def in_range(
    arrays: Sequence[Any], bounds: Sequence[np.ndarray], backend: str | None, order: float = 2
) -> tuple[list[Any], float]:
    """Return points in a unit in which powers neither vanish nor overflow, and that unit: a power of two, mostly 1.

    `bounds` are coordinates of which one is the farthest from zero. In float32, squares of less than 1e-19 are 0 otherwise,
    and those from 2e19 on infinite.
    """
    bits = int(np.finfo(operands.dtype_of(arrays[0])).maxexp)
    exponent = math.frexp(max(float(np.abs(x).max()) for x in bounds if x.size))[1]
    if abs(exponent) <= bits / (2 * order):
        return list(arrays), 1.0
    unit = 2.0 ** max(min(exponent, bits - 2), 2 - bits)
    return [scaled(x, 1 / unit, None, backend) for x in arrays], unit


def scaled(x: Any, factor: float, out: Any, backend: str | None) -> Any:
    """Return an array times a number of its own type."""
    return map(operator.mul, x, operands.dtype_of(x).type(factor), out=out, backend=backend)
