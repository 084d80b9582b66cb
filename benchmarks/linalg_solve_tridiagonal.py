"""linalg_solve_tridiagonal: many tridiagonal systems, beside elimination in NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives, _suite


class Systems(_primitives.BesideNumPy):
    """`jk.linalg.solve_tridiagonal` and elimination in all systems at once by NumPy, taking turns."""

    params = [[1_000, 2**20], _suite.DTYPES]

    def in_numpy(self, a: np.ndarray, b: np.ndarray, x: np.ndarray) -> object:
        below, pivot, above = a
        ratios, values = np.zeros_like(b), np.empty_like(b)
        ratios[:, 0], values[:, 0] = above[:, 0] / pivot[:, 0], b[:, 0] / pivot[:, 0]
        for k in range(1, b.shape[1]):
            scale = 1 / (pivot[:, k] - below[:, k] * ratios[:, k - 1])
            ratios[:, k], values[:, k] = above[:, k] * scale, (b[:, k] - below[:, k] * values[:, k - 1]) * scale
        for k in range(b.shape[1] - 2, -1, -1):
            values[:, k] -= ratios[:, k] * values[:, k + 1]
        return values
