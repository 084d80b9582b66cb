"""sort_by_key: pairs of a key and a value, a thousand, a million and sixteen million, beside NumPy's way of doing it."""

from __future__ import annotations

from typing import Any

from . import _measure, _suite


class Pairs:
    """`jk.sort_by_key(keys, values)`, and a stable `numpy.argsort` with what it indexes, taking turns."""

    version = "1"
    timeout = 600
    params = [[1_000, 1_000_000, 2**24], ["int32", "float32", "float64"]]
    param_names = ["size", "dtype"]

    def setup(self, size: int, dtype: str) -> None:
        _suite.keep_caches_apart()
        import jitkit as jk

        if not hasattr(jk, "sort_by_key"):
            raise NotImplementedError("this commit has no jk.sort_by_key")
        import numpy as np

        self.keys = (np.random.default_rng(0).standard_normal(size) * 1e8).astype(dtype)
        self.values = np.arange(size, dtype=np.int32)
        self.ours: Any = lambda: jk.sort_by_key(self.keys, self.values, backend="cpu")
        self.numpys: Any = self._by_numpy
        self.ours()

    def _by_numpy(self) -> Any:
        import numpy as np

        order = np.argsort(self.keys, kind="stable")
        return self.keys[order], self.values[order]

    def time_sort_by_key(self, size: int, dtype: str) -> None:
        self.ours()

    def track_relative_to_numpy(self, size: int, dtype: str) -> float:
        return _measure.ratio(self.ours, self.numpys, turns=3)

    track_relative_to_numpy.unit = "times NumPy"
