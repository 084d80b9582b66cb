"""partition: the elements above a half first, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Partition(_primitives.BesideNumPy):
    """`jk.partition` and `numpy.concatenate of two selections`, taking turns."""

    def in_numpy(self, x: np.ndarray, out: np.ndarray) -> object:
        large = x > 0.5
        return np.concatenate([x[large], x[~large]])
