"""linalg_lstsq: many small problems of least squares, beside NumPy's pseudoinverses."""

from __future__ import annotations

import numpy as np

from . import _primitives, _suite


class Polynomials(_primitives.BesideNumPy):
    """`jk.linalg.lstsq` and NumPy's `pinv`, whose `lstsq` takes no stacks, taking turns."""

    params = [[1_000, 2**15], _suite.DTYPES]

    def in_numpy(self, a: np.ndarray, b: np.ndarray, x: np.ndarray) -> object:
        return np.linalg.pinv(a) @ b
