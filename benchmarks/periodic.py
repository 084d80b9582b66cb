"""periodic: a plain kernel whose neighbours wrap around at the ends of rows, beside NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _measure, _suite


class Torus:
    """A step of diffusion on a square whose edges meet."""

    version = "1"
    params = [[32, 512], _suite.DTYPES]
    param_names = ["size", "dtype"]

    def setup(self, size: int, dtype: str) -> None:
        _suite.keep_caches_apart()
        torus = self.kernel()
        u = np.random.default_rng(0).random((size, size)).astype(dtype)
        out = np.empty_like(u)

        def ours() -> np.ndarray:
            torus.on("cpu")[size, size](u, out)
            return out

        def numpys() -> np.ndarray:
            around = np.roll(u, -1, 0) + np.roll(u, 1, 0) + np.roll(u, -1, 1) + np.roll(u, 1, 1)
            return 0.2 * (around + u)

        self.ours: Any = ours
        self.numpys: Any = numpys
        self.ours()

    def kernel(self) -> Any:
        """Return the kernel, whose neighbours are remainders."""
        import jitkit as jk

        @jk.kernel
        def torus(i, j, u, out):
            n, m = u.shape
            around = u[(i + 1) % n, j] + u[(i - 1) % n, j] + u[i, (j + 1) % m] + u[i, (j - 1) % m]
            out[i, j] = 0.2 * (around + u[i, j])

        return torus

    def time_launch(self, size: int, dtype: str) -> None:
        self.ours()

    def track_relative_to_numpy(self, size: int, dtype: str) -> float:
        return _measure.ratio(self.ours, self.numpys)

    track_relative_to_numpy.unit = "times NumPy"


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
