"""upwind: a plain kernel that reads a neighbour on one side or the other, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _beside, _measure, _suite


class Advection(_beside.Launches):
    """A step of advection by a wind of either sign on a square."""

    params = [[32, 512], _suite.DTYPES]

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        import jitkit as jk

        @jk.kernel
        def advection(i, j, u, wind, c, out):
            slope = u[i, j] - u[i, j - 1] if wind[i, j] > 0 else u[i, j + 1] - u[i, j]
            out[i, j] = u[i, j] - c * wind[i, j] * slope

        u, wind = np.random.default_rng(0).uniform(-1, 1, (2, size, size)).astype(dtype)

        def numpys() -> np.ndarray:
            steps, out = np.diff(u), u.copy()
            slopes = np.where(wind[:, 1:-1] > 0, steps[:, :-1], steps[:, 1:])
            out[:, 1:-1] -= 0.25 * wind[:, 1:-1] * slopes
            return out

        return _beside.launching(advection, (size, slice(1, size - 1)), u, wind, 0.25, u.copy()), numpys
