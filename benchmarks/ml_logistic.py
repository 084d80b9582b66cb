"""ml_logistic: logistic regression of two classes, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives, _suite


class Regression(_primitives.BesideNumPy):
    """`jk.ml` and NumPy, taking turns."""

    params = [[1_000, 2**20], _suite.DTYPES]

    def in_numpy(self, X: np.ndarray, y: np.ndarray, chances: np.ndarray) -> object:
        from jitkit.cases.ml_logistic import newton

        return newton(X, y)
