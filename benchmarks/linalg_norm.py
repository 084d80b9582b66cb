"""linalg_norm: the length of a vector, beside NumPy's."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Norms(_primitives.BesideNumPy):
    """`jk.linalg.norm` and `numpy.linalg.norm`, taking turns."""

    def in_numpy(self, x: np.ndarray, length: np.ndarray) -> object:
        return np.linalg.norm(x)
