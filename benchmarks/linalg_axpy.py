"""linalg_axpy: a multiple of a vector added to another, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Sums(_primitives.BesideNumPy):
    """`jk.linalg.axpy` and NumPy's two calls, taking turns."""

    def in_numpy(self, x: np.ndarray, y: np.ndarray, out: np.ndarray) -> object:
        return np.add(np.multiply(x, x.dtype.type(-2.5), out=out), y, out=out)
