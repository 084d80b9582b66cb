"""ml_cross_entropy: the gradient of the cross entropy of rows of 100 scores, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Gradient(_primitives.BesideNumPy):
    """`jk.ml` and NumPy, taking turns."""

    def in_numpy(self, x: np.ndarray, labels: np.ndarray, out: np.ndarray) -> object:
        power = np.exp(x - x.max(axis=-1, keepdims=True))
        share = power / power.sum(axis=-1, keepdims=True)
        share[np.arange(len(x)), labels] -= 1
        return share
