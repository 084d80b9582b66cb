"""run_length_encode: runs of four or so, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Runs(_primitives.BesideNumPy):
    """`jk.run_length_encode` and `numpy.flatnonzero of neighbours that differ`, taking turns."""

    def in_numpy(self, x: np.ndarray, values: np.ndarray, lengths: np.ndarray) -> object:
        begins = np.flatnonzero(np.append(True, x[1:] != x[:-1]))
        return x[begins], np.diff(begins, append=x.size)
