"""reduce: sums of vectors, a thousand elements and sixteen million, beside NumPy."""

from __future__ import annotations

from typing import Any

from . import _measure, _suite


class Sums:
    """`jk.reduce("add", x)` and `numpy.sum`, taking turns."""

    version = "1"
    timeout = 120
    params = [[1_000, 2**24], _suite.DTYPES]
    param_names = ["size", "dtype"]

    def setup(self, size: int, dtype: str) -> None:
        _suite.keep_caches_apart()
        import numpy as np

        import jitkit as jk

        if not hasattr(jk, "reduce"):
            raise NotImplementedError("this commit has no jk.reduce")
        self.x = np.random.default_rng(0).random(size, dtype=dtype)
        self.ours: Any = lambda: jk.reduce("add", self.x, backend="cpu")
        self.numpys: Any = lambda: np.sum(self.x)
        self.ours()

    def time_sum(self, size: int, dtype: str) -> None:
        self.ours()

    def track_relative_to_numpy(self, size: int, dtype: str) -> float:
        return _measure.ratio(self.ours, self.numpys)

    track_relative_to_numpy.unit = "times NumPy"
