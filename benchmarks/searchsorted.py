"""searchsorted: places in a table of 65536, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Places(_primitives.BesideNumPy):
    """`jk.searchsorted` and `numpy.searchsorted`, taking turns."""

    def in_numpy(self, table: np.ndarray, x: np.ndarray, places: np.ndarray) -> object:
        return np.searchsorted(table, x)
