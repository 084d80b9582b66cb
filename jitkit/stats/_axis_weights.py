"""Weights of the elements of an array, or of the places along some of its axes, as NumPy's averages and quantiles take them."""

# Functions for primitives take numbers of any type, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from typing import Any

import numpy as np

from jitkit import operands
from jitkit.errors import LaunchError


def weights_of(weights: Any, x: Any, axis: Any, name: str) -> Any:
    """Return weights as floats in the shape of an array: each of them, or those along the axes in the order given.

    Raises
    ------
    LaunchError
        Where they have neither shape, lie elsewhere, or are not of each element on a GPU.
    KernelTypeError
        Where they are no real numbers.
    """
    w = operands.floating(weights, name)
    shape, given = tuple(x.shape), tuple(w.shape)
    if operands.device_of(w) != operands.device_of(x):
        raise LaunchError(f"jk.{name}: the array and weights= lie on different devices; move one with jk.asarray")
    if given == shape:
        return w
    axes = operands.axes_of(axis, len(shape), name)
    along = tuple(shape[k] for k in axes)
    if operands.device_of(x) is not None:
        raise LaunchError(f"jk.{name}: on a GPU weights= has the shape of the array, {shape}, not {given}")
    if axis is None or given != along:
        places = "" if axis is None else f", or {along}, that of the axes"
        raise LaunchError(
            f"jk.{name}: weights= has the shape {given}; it is {shape}, that of the array{places}"
            + ("; for weights of the places along an axis pass axis=" if axis is None else "")
        )
    w = w.transpose(np.argsort(axes)).reshape([n if k in axes else 1 for k, n in enumerate(shape)])
    return np.broadcast_to(w, shape)
