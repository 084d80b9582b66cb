"""Statistics of the elements that a mask chooses: those that it does not are made NaN, which the kernels leave out."""

# Functions for primitives take numbers of any type, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.primitives.map import map
from jitkit.primitives.map_reduce import map_reduce
from jitkit.stats._statistic import Axis, of_moments


def chosen(v, there):
    """Return an element where a mask is true."""
    return v if there else math.nan


def spoils(v, there):
    """Return 1 for NaN where a mask is true."""
    return 1 if there and v != v else 0


def spoilt(v, count):
    """Return a result, or NaN where there were some among what it is of."""
    return math.nan if count > 0 else v


def fitting(x: Any, where: Any, name: str) -> Any:
    """Return a mask in the shape of an array.

    Raises
    ------
    KernelTypeError
        Where it is not of booleans.
    LaunchError
        Where it does not broadcast to that shape, lies elsewhere, or has another shape on a GPU.
    """
    mask = operands.array(where, name)
    if operands.dtype_of(mask) != np.bool_:
        raise KernelTypeError(
            f"jk.{name}: where= is an array of bool, not of {operands.dtype_of(mask)}; compare its elements, as in where=w > 0"
        )
    shape, given = tuple(x.shape), tuple(mask.shape)
    if operands.device_of(mask) != operands.device_of(x) and given:
        raise LaunchError(f"jk.{name}: where= and the array lie on different devices; move one with jk.asarray")
    if given == shape:
        return mask
    if operands.device_of(x) is not None:
        raise LaunchError(f"jk.{name}: on a GPU where= has the shape of the array, {shape}, not {given}")
    try:
        return np.broadcast_to(mask, shape)
    except ValueError:
        raise LaunchError(f"jk.{name}: where= has the shape {given}, which does not broadcast to {shape}") from None


def moments_of_chosen(
    x: Any,
    where: Any,
    what: int,
    axis: Axis,
    out: Any,
    keepdims: bool,
    backend: str | None,
    name: str,
    *,
    skip: bool = False,
    ddof: float = 0.0,
) -> Any:
    """Do what `of_moments` does for the elements that a mask chooses; `skip` leaves NaN among them out, too."""
    x = operands.floating(x, name)
    mask = fitting(x, where, name)
    kept = map(chosen, x, mask, backend=backend)
    # as without a mask, a variance of too few elements is infinite where NaN are not left out
    result = of_moments(kept, what, axis, None, keepdims, backend, name, skip=True, ddof=ddof, bias=skip)
    if not skip:
        count = map_reduce(spoils, "add", x, mask, axis=axis, keepdims=keepdims, backend=backend)
        result = map(spoilt, result, count, backend=backend)
    shape = tuple(np.shape(result))
    if out is not None:
        return operands.store(result, out, shape, name)
    return result[()] if shape == () else result
