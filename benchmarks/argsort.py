"""argsort: the order of vectors of a thousand elements, a million and sixteen million, beside NumPy's stable one."""

from __future__ import annotations

from typing import Any

from . import _measure, _suite


class Orders:
    """`jk.argsort(x)` and ``numpy.argsort(x, kind="stable")``, taking turns."""

    version = "1"
    timeout = 600
    params = [[1_000, 1_000_000, 2**24], ["int32", "float32", "float64"]]
    param_names = ["size", "dtype"]

    def setup(self, size: int, dtype: str) -> None:
        _suite.keep_caches_apart()
        import jitkit as jk

        if not hasattr(jk, "argsort"):
            raise NotImplementedError("this commit has no jk.argsort")
        import numpy as np

        self.x = (np.random.default_rng(0).standard_normal(size) * 1e8).astype(dtype)
        self.ours: Any = lambda: jk.argsort(self.x, backend="cpu")
        self.numpys: Any = lambda: np.argsort(self.x, kind="stable")
        self.ours()

    def time_argsort(self, size: int, dtype: str) -> None:
        self.ours()

    def track_relative_to_numpy(self, size: int, dtype: str) -> float:
        return _measure.ratio(self.ours, self.numpys, turns=3)

    track_relative_to_numpy.unit = "times NumPy"
