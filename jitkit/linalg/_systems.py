"""What solvers of many small systems share: matrices and right-hand sides brought into the shapes of their kernels."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.errors import LaunchError
from jitkit.launch import choice
from jitkit.primitives import _arrays

_LARGE = 48
"""Rows from which NumPy's LAPACK is ahead for each matrix, since it works in blocks."""


def by_lapack(n: int, device: str | None, backend: str | None) -> bool:
    """Tell whether matrices of `n` rows are left to NumPy: large ones on the host."""
    return n > _LARGE and device is None and (backend or choice.requested() or "cpu") == "cpu"


@contextlib.contextmanager
def named(name: str) -> Iterator[None]:
    """Name the function in an error of LAPACK's."""
    try:
        yield
    except np.linalg.LinAlgError as error:
        raise np.linalg.LinAlgError(f"jk.{name}: {str(error).lower()}") from None


def refuse_singular(singular: Any, name: str) -> None:
    """Refuse matrices of which a kernel found some to be singular, where the others are zero.

    Raises
    ------
    numpy.linalg.LinAlgError
        Where there is one.
    """
    wrong = np.flatnonzero(to_numpy(singular))
    if wrong.size:
        raise np.linalg.LinAlgError(
            f"jk.{name}: matrix {wrong[0]} is singular, of {wrong.size} such among {singular.shape[0]}"
        )


class Systems(NamedTuple):
    """Systems of equations side by side.

    Attributes
    ----------
    a : array, shape (count, m, n)
    b : array, shape (count, m, k)
    shape : tuple of int
        Of the result.
    """

    a: Any
    b: Any
    shape: tuple[int, ...]


def square(a: Any, name: str) -> Any:
    """Return matrices (count, n, n).

    Raises
    ------
    LaunchError
        Where they are not square.
    """
    shape = tuple(a.shape)
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise LaunchError(f"jk.{name}: takes square matrices (..., n, n), not the shape {shape}")
    return a.reshape((math.prod(shape[:-2]), *shape[-2:]))


def systems(a: Any, b: Any, vectors: bool, name: str, *, tall: bool = False) -> Systems:
    """Return systems of equations, stacks broadcast on the host.

    Parameters
    ----------
    a, b : array
        Matrices and right-hand sides, of one dtype and in one place.
    vectors : bool
        Whether each right-hand side is a vector, and not a matrix.
    name : str
        Who asks.
    tall : bool, default False
        Whether there may be more equations than unknowns.

    Raises
    ------
    LaunchError
        For shapes that do not fit.
    """
    matrices, sides = tuple(a.shape), tuple(b.shape)
    if not tall:
        square(a, name)
    core = (*sides, 1) if vectors else sides
    if len(core) < 2 or core[-2] != matrices[-2]:
        raise LaunchError(
            f"jk.{name}: matrices of the shape {matrices} and right-hand sides of the shape {sides} do not fit: {matrices[-2]} "
            "equations each"
        )
    try:
        stack = np.broadcast_shapes(matrices[:-2], core[:-2])
    except ValueError:
        raise LaunchError(f"jk.{name}: the stacks of the shapes {matrices} and {sides} do not broadcast") from None
    if operands.device_of(a) is None:
        b = b.reshape(core)
        if not matrices[:-2] == core[:-2] == stack:
            a, b = np.broadcast_to(a, (*stack, *matrices[-2:])), np.broadcast_to(b, (*stack, *core[-2:]))
    elif matrices[:-2] != core[:-2]:
        raise LaunchError(f"jk.{name}: stacks on a GPU are of one shape, not {matrices[:-2]} and {core[:-2]}")
    count = math.prod(stack)
    shape = (*stack, *(core[-2:-1] if vectors else core[-2:]))
    return Systems(a.reshape((count, *matrices[-2:])), b.reshape((count, *core[-2:])), shape)


def begun(found: Systems, out: Any, name: str) -> tuple[Any, Any]:
    """Return where a result goes, and the same memory as (count, n, k), which holds the right-hand sides.

    That is `out`, where a solver can work in it while it reads the matrices; pass it to `operands.delivered`.

    Raises
    ------
    LaunchError, KernelTypeError
        As `operands.check_out`.
    """
    if out is None:  # one system in 15 us, and not in 16.5
        x = operands.copied(found.b)
        return x.reshape(found.shape), x
    dtype, device = operands.dtype_of(found.b), operands.device_of(found.b)
    result = _arrays.room(out, found.shape, (dtype,), (found.a,), device, name)
    x = result.reshape(tuple(found.b.shape))
    operands.assign(x, found.b)
    return result, x
