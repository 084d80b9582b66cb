"""scan: cumulative sums of vectors, a thousand elements and sixteen million, beside NumPy."""

from __future__ import annotations

from typing import Any

from . import _measure, _suite


class CumulativeSums:
    """`jk.scan("add", x)` and `numpy.cumsum`, taking turns."""

    version = "1"
    timeout = 120
    params = [[1_000, 2**24], _suite.DTYPES]
    param_names = ["size", "dtype"]

    def setup(self, size: int, dtype: str) -> None:
        _suite.keep_caches_apart()
        import numpy as np

        import jitkit as jk

        if not hasattr(jk, "scan"):
            raise NotImplementedError("this commit has no jk.scan")
        self.x = np.random.default_rng(0).random(size, dtype=dtype)
        self.ours: Any = lambda: jk.scan("add", self.x, backend="cpu")
        self.numpys: Any = lambda: np.cumsum(self.x)
        self.ours()

    def time_cumulative_sum(self, size: int, dtype: str) -> None:
        self.ours()

    def track_relative_to_numpy(self, size: int, dtype: str) -> float:
        return _measure.ratio(self.ours, self.numpys)

    track_relative_to_numpy.unit = "times NumPy"
