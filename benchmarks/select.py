"""select: the elements above a half, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Selection(_primitives.BesideNumPy):
    """`jk.select` and `x[x > 0.5]`, taking turns."""

    def in_numpy(self, x: np.ndarray, found: np.ndarray) -> object:
        return x[x > 0.5]
