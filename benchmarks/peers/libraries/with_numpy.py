"""NumPy, in the precision of the arrays; a case that is not here is its reference, which computes in float64."""

from __future__ import annotations

from typing import Any

import numpy as np


def saxpy(a: Any, x: Any, y: Any) -> Any:
    """Return a call that adds to `y` in place."""
    scaled, a = np.empty_like(x), x.dtype.type(a)
    return lambda: np.add(np.multiply(x, a, out=scaled), y, out=y)


def heat(u: Any, out: Any, k: Any) -> Any:
    """Return a call on slices, with one array for what arises in between."""
    inner, k, four = out[1:-1, 1:-1], u.dtype.type(k), u.dtype.type(4)
    term = np.empty_like(inner)

    def step() -> None:
        np.add(u[:-2, 1:-1], u[2:, 1:-1], out=inner)
        np.add(inner, u[1:-1, :-2], out=inner)
        np.add(inner, u[1:-1, 2:], out=inner)
        np.subtract(inner, np.multiply(u[1:-1, 1:-1], four, out=term), out=inner)
        np.add(np.multiply(inner, k, out=inner), u[1:-1, 1:-1], out=inner)

    return step


def wave(u_prev: Any, u: Any, u_next: Any, courant2: Any) -> Any:
    """Return a call on slices."""
    inside, c2 = (slice(1, -1),) * 3, u.dtype.type(courant2)
    inner = u_next[inside]

    def step() -> None:
        np.multiply(u[inside], u.dtype.type(-6), out=inner)
        for axis in range(3):
            for shift in (slice(None, -2), slice(2, None)):
                np.add(inner, u[tuple(shift if k == axis else slice(1, -1) for k in range(3))], out=inner)
        np.multiply(inner, c2, out=inner)
        np.add(inner, 2 * u[inside] - u_prev[inside], out=inner)

    return step


def matmul_tiled(A: Any, B: Any, C: Any) -> Any:
    """Return a call of BLAS."""
    return lambda: np.matmul(A, B, out=C)


def transpose(x: Any, out: Any) -> Any:
    """Return a call that copies."""
    return lambda: np.copyto(out, x.T)


PEERS = {f.__name__: f for f in (saxpy, heat, wave, matmul_tiled, transpose)}
