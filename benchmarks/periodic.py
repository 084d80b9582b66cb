"""periodic: a plain kernel whose neighbours wrap around at the ends of rows, beside NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _beside, _measure, _suite


class Torus(_beside.Launches):
    """A step of diffusion on a square whose edges meet."""

    params = [[32, 512], _suite.DTYPES]

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        u = np.random.default_rng(0).random((size, size)).astype(dtype)

        def numpys() -> np.ndarray:
            around = np.roll(u, -1, 0) + np.roll(u, 1, 0) + np.roll(u, -1, 1) + np.roll(u, 1, 1)
            return 0.2 * (around + u)

        return _beside.launching(self.kernel(), u.shape, u, np.empty_like(u)), numpys

    def kernel(self) -> Any:
        """Return the kernel, whose neighbours are remainders."""
        import jitkit as jk

        @jk.kernel
        def torus(i, j, u, out):
            n, m = u.shape
            around = u[(i + 1) % n, j] + u[(i - 1) % n, j] + u[i, (j + 1) % m] + u[i, (j - 1) % m]
            out[i, j] = 0.2 * (around + u[i, j])

        return torus


class TorusByConditions(Torus):
    """The same step, where conditions tell the first and the last points."""

    def kernel(self) -> Any:
        """Return the kernel, whose neighbours are chosen."""
        import jitkit as jk

        @jk.kernel
        def torus(i, j, u, out):
            n, m = u.shape
            up, down = i - 1 if i > 0 else n - 1, i + 1 if i < n - 1 else 0
            left, right = j - 1 if j > 0 else m - 1, j + 1 if j < m - 1 else 0
            out[i, j] = 0.2 * (u[down, j] + u[up, j] + u[i, right] + u[i, left] + u[i, j])

        return torus
