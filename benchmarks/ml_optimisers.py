"""ml_optimisers: a step of Adam, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Adam(_primitives.BesideNumPy):
    """`jk.ml` and NumPy, taking turns."""

    def in_numpy(self, p: np.ndarray, grad: np.ndarray, mean: np.ndarray, square: np.ndarray) -> object:
        slope = grad + 0.1 * p
        m, v = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope * slope
        rate = 1e-2 * float(np.sqrt(1 - 0.999**3)) / (1 - 0.9**3)
        return p - rate * m / (np.sqrt(v) + 1e-8), m, v
