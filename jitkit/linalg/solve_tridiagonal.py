"""solve_tridiagonal: many tridiagonal systems at once."""

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


@jk.kernel
def sweep(s, dl, d, du, b, ratios, x, out):
    """Solve a system; `ratios` and `x` are (n, count), so that neighbouring points write neighbouring elements."""
    n = d.shape[1]
    ratio, value = 0.0 * d[s, 0], 0.0 * d[s, 0]
    for k in range(n):
        below = dl[s, k - 1] if k > 0 else 0
        pivot = 1 / (d[s, k] - below * ratio)
        value = (b[s, k] - below * value) * pivot
        ratio = du[s, k] * pivot if k < n - 1 else 0
        ratios[k, s] = ratio
        x[k, s] = value
    for back in range(n):
        k = n - 1 - back
        value = x[k, s] - ratios[k, s] * value if back > 0 else x[k, s]
        out[s, k] = value


_sweep = Launcher(sweep)


def solve_tridiagonal(dl: Any, d: Any, du: Any, b: Any, *, out: Any = None, backend: str | None = None) -> Any:
    """Solve tridiagonal systems of equations, many at once.

    Parameters
    ----------
    dl : array_like or device array, shape (..., n - 1)
        The elements below the diagonals.
    d : array_like or device array, shape (..., n)
        The diagonals.
    du : array_like or device array, shape (..., n - 1)
        The elements above the diagonals.
    b : array_like or device array, shape (..., n)
        The right-hand sides. The leading axes of all four are broadcast on the host, and equal on a GPU.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array, shape (..., n)

    Raises
    ------
    LaunchError
        For shapes that do not fit.
    KernelTypeError
        For complex numbers.

    Notes
    -----
    Each point solves one system by elimination without pivots (L. H. Thomas, Elliptic problems in linear difference
    equations over a network, Columbia University, 1949), which is stable for diagonally dominant and for symmetric positive
    definite matrices. A zero pivot shows as infinities and NaN in the result. The arguments are those of LAPACK's gtsv.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.linalg.solve_tridiagonal([1.0, 1.0], [4.0, 4.0, 4.0], [1.0, 1.0], [6.0, 12.0, 14.0])
    array([1., 2., 3.])
    """
    name = "linalg.solve_tridiagonal"
    given = operands.arrays_alike((dl, d, du, b), name)
    shapes = [tuple(x.shape) for x in given]
    n = shapes[1][-1] if shapes[1] else 0
    if any(len(s) < 1 for s in shapes) or [s[-1] for s in shapes] != [max(n - 1, 0), n, max(n - 1, 0), n]:
        listed = ", ".join(map(str, shapes))
        raise LaunchError(
            f"jk.{name}: takes the shapes (..., n - 1), (..., n), (..., n - 1) and (..., n), not {listed}"
        )
    device = operands.device_of(given[0])
    try:
        stack = np.broadcast_shapes(*(s[:-1] for s in shapes))
    except ValueError:
        raise LaunchError(
            f"jk.{name}: the stacks of the shapes {', '.join(map(str, shapes))} do not broadcast"
        ) from None
    if device is None:
        given = [np.broadcast_to(x, (*stack, x.shape[-1])) for x in given]
    elif len({s[:-1] for s in shapes}) > 1:
        raise LaunchError(f"jk.{name}: stacks on a GPU are of one shape, not {', '.join(str(s[:-1]) for s in shapes)}")
    count, dtype = math.prod(stack), operands.dtype_of(given[1])
    flat = [x.reshape((count, x.shape[-1])) for x in given]
    x = operands.made((count, n), (dtype,), device)
    if count and n:
        scratch = [operands.made((n, count), (dtype,), device) for _ in range(2)]
        _sweep(count, backend)(*flat, *scratch, x)
    x = x.reshape((*stack, n))
    return x if out is None else operands.store(x, out, (*stack, n), name)
