"""ml_mlp: three steps of training a perceptron, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives, _suite


class Training(_primitives.BesideNumPy):
    """`jk.ml` and NumPy, taking turns."""

    params = [[1_000, 2**20], _suite.DTYPES]

    def in_numpy(self, X: np.ndarray, y: np.ndarray, predicted: np.ndarray) -> object:
        from jitkit.cases.ml_mlp import train

        return train(X, y)
