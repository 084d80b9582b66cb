"""unique: a thousand distinct values, beside NumPy."""

from __future__ import annotations

import functools

import numpy as np

from . import _beside, _measure, _primitives


class Values(_primitives.BesideNumPy):
    """`jk.unique` and `numpy.unique`, taking turns."""

    def in_numpy(self, x: np.ndarray, found: np.ndarray) -> object:
        return np.unique(x)


class Rows(_beside.Calls):
    """The distinct rows of an array of two columns, taking turns."""

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        import jitkit as jk

        x = np.random.default_rng(0).integers(0, 32, (size, 2)).astype(dtype)
        return functools.partial(jk.unique, x, axis=0), functools.partial(np.unique, x, axis=0)
