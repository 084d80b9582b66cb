"""What a kernel reads and writes of a trajectory: its start and parameters, and its states at points of time."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np


@functools.cache
def load_of(n: int, count: int) -> Callable[..., None]:
    """Return ``load(i, start, params, y, p)``, which fetches the state and the parameters that a trajectory begins with."""

    def load(i, start, params, y, p):
        for d in range(count):
            p[d] = params[d, i]
        for d in range(n):
            y[d] = start[d, i]

    return load


@functools.cache
def save_of(n: int) -> Callable[..., None]:
    """Return ``save(i, m, y, out)``, which writes the state at the m-th point of time."""

    def save(i, m, y, out):
        for d in range(n):
            out[d, m, i] = y[d]

    return save


@functools.cache
def before(n: int) -> Callable[..., np.int32]:
    """Return the function that writes what belongs to the start, and gives the first point of time behind it."""
    save = save_of(n)

    def at_start(i, times, t, y, out):
        m = np.int32(0)
        while m < times.shape[0] and times[m] == t:
            save(i, m, y, out)
            m += 1
        return m

    return at_start


@functools.cache
def behind(n: int) -> Callable[..., None]:
    """Return the function that writes NaN from the m-th point of time on, which a trajectory did not reach."""

    def not_reached(i, m, times, out):
        while m < times.shape[0]:
            for d in range(n):
                out[d, m, i] = math.nan
            m += 1

    return not_reached


@functools.cache
def finite_of(n: int) -> Callable[..., bool]:
    """Return ``finite(y)``, which tells whether all components are."""

    def finite(y):
        found = True
        for d in range(n):
            found = found and math.isfinite(y[d])
        return found

    return finite
