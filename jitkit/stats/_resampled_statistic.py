"""What a user's statistic is: a function in what a kernel may contain, or one that takes arrays and an axis, as SciPy's do."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import jitkit as jk
from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.launch.launcher import Launcher


def difference_of_means(x, y):
    """Return the difference of the means of two vectors."""
    first, second = 0.0, 0.0
    for k in range(x.shape[0]):
        first += x[k]
    for k in range(y.shape[0]):
        second += y[k]
    return first / x.shape[0] - second / y.shape[0]


def apply(statistic: Callable, rows: Sequence[Any], out: Any, backend: str | None, name: str) -> None:
    """Write the statistic of each row of one or two matrices.

    Raises
    ------
    LaunchError
        Where a function along an axis returns anything but a number for each row.
    """
    if not takes_axis(statistic):
        _of_rows(statistic, len(rows))(out.shape[0], backend)(*rows, out)
        return
    found = statistic(*rows, axis=-1)
    shape = tuple(getattr(found, "shape", ()))
    if shape != tuple(out.shape):
        shapes = " and ".join(str(tuple(each.shape)) for each in rows)
        raise LaunchError(
            f"jk.{name}: statistic(..., axis=-1) returned {f'an array of the shape {shape}' if shape else repr(found)} for "
            f"samples of the shape {shapes}: return a number for each row"
        )
    operands.assign(out, found)


def takes_axis(statistic: Callable) -> bool:
    """Tell whether a function is one of arrays along an axis, by the name of a parameter."""
    try:
        return "axis" in inspect.signature(statistic).parameters
    except (TypeError, ValueError):  # some builtins say nothing of their parameters
        return False


@functools.lru_cache(maxsize=64)
def _of_rows(statistic: Callable, samples: int) -> Launcher:
    """Return the kernel that applies a user's function to each row of one or two matrices."""

    @jk.kernel
    def apply_statistic(r, x, out):
        out[r] = statistic(x[r])

    @jk.kernel
    def apply_statistic_of_two(r, x, y, out):
        out[r] = statistic(x[r], y[r])

    return Launcher(apply_statistic if samples == 1 else apply_statistic_of_two)
