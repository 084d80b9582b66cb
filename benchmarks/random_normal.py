"""random_normal: normal numbers, beside NumPy's fastest generator."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Normal(_primitives.BesideNumPy):
    """`jk.random.Generator.standard_normal` and that of `numpy.random.Generator(SFC64)`, taking turns."""

    def in_numpy(self, x: np.ndarray, seed: int) -> object:
        return np.random.Generator(np.random.SFC64(seed)).standard_normal(dtype=x.dtype, out=x)
