"""random_uniform: numbers in [0, 1), beside NumPy's fastest generator."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Uniform(_primitives.BesideNumPy):
    """`jk.random.Generator.random` and that of `numpy.random.Generator(SFC64)`, taking turns."""

    def in_numpy(self, x: np.ndarray, seed: int) -> object:
        return np.random.Generator(np.random.SFC64(seed)).random(dtype=x.dtype, out=x)
