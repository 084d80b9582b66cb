"""ml_softmax: probabilities of rows of 100 scores, beside NumPy."""

from __future__ import annotations

import functools

import numpy as np

from . import _measure, _primitives, _suite


class Softmax(_primitives.BesideNumPy):
    """`jk.ml` and NumPy, taking turns."""

    def in_numpy(self, x: np.ndarray, out: np.ndarray) -> object:
        power = np.exp(x - x.max(axis=-1, keepdims=True))
        return power / power.sum(axis=-1, keepdims=True)


class AlongTheMiddle:
    """The middle axis of three, whose columns lie side by side in memory, taking turns with NumPy."""

    version = "1"
    timeout = 120
    params = [[4_096, 2**20], _suite.DTYPES]
    param_names = ["size", "dtype"]

    def setup(self, size: int, dtype: str) -> None:
        _suite.keep_caches_apart()
        import jitkit as jk

        x = np.random.default_rng(0).standard_normal((size // 2048, 64, 32)).astype(dtype)
        self.ours = functools.partial(jk.ml.softmax, x, axis=1)
        self.numpys = functools.partial(in_numpy, x)
        self.ours()

    def track_relative_to_numpy(self, size: int, dtype: str) -> float:
        return _measure.ratio(self.ours, self.numpys)

    track_relative_to_numpy.unit = "times NumPy"


def in_numpy(x: np.ndarray) -> np.ndarray:
    """Return softmax along the middle axis."""
    power = np.exp(x - x.max(axis=1, keepdims=True))
    return power / power.sum(axis=1, keepdims=True)
