"""linalg_matmul: a layer of a neural network, beside NumPy's product, sum and maximum."""

from __future__ import annotations

import numpy as np

from . import _primitives, _suite


class Layers(_primitives.BesideNumPy):
    """`jk.linalg.matmul` with its epilogue and NumPy's three calls, taking turns."""

    params = [[1_000, 2**20], _suite.DTYPES]

    def in_numpy(self, a: np.ndarray, b: np.ndarray, bias: np.ndarray, c: np.ndarray) -> object:
        return np.maximum(a @ b + bias, 0)
