"""sort: vectors of a thousand elements, a million and sixteen million, beside NumPy."""

from __future__ import annotations

from typing import Any

from . import _measure, _suite


class Sorts:
    """`jk.sort(x)` and `numpy.sort`, taking turns, on random numbers of the whole range of a dtype, or normal deviates."""

    version = "1"
    timeout = 240
    params = [[1_000, 1_000_000, 2**24], ["int32", "float32", "float64"]]
    param_names = ["size", "dtype"]

    def setup(self, size: int, dtype: str) -> None:
        _suite.keep_caches_apart()
        import jitkit as jk

        if not hasattr(jk, "sort"):
            raise NotImplementedError("this commit has no jk.sort")
        import numpy as np

        self.x = _numbers(size, dtype)
        self.ours: Any = lambda: jk.sort(self.x, backend="cpu")
        self.numpys: Any = lambda: np.sort(self.x)
        self.ours()

    def time_sort(self, size: int, dtype: str) -> None:
        self.ours()

    def track_relative_to_numpy(self, size: int, dtype: str) -> float:
        return _measure.ratio(self.ours, self.numpys)

    track_relative_to_numpy.unit = "times NumPy"


class SortsByComparison:
    """`jk.sort(x, less=...)` by the last digits of numbers, beside NumPy's stable sort of the digits and taking by it."""

    version = "1"
    timeout = 240
    params = [[1_000, 1_000_000]]
    param_names = ["size"]

    def setup(self, size: int) -> None:
        _suite.keep_caches_apart()
        import jitkit as jk

        if not hasattr(jk, "sort"):
            raise NotImplementedError("this commit has no jk.sort")
        import numpy as np

        self.x = _numbers(size, "int32")
        self.ours: Any = lambda: jk.sort(self.x, less=_by_last_digits, backend="cpu")
        self.numpys: Any = lambda: self.x[np.argsort(self.x % 1000, kind="stable")]
        self.ours()

    def time_sort(self, size: int) -> None:
        self.ours()

    def track_relative_to_numpy(self, size: int) -> float:
        return _measure.ratio(self.ours, self.numpys)

    track_relative_to_numpy.unit = "times NumPy"


def _by_last_digits(a: Any, b: Any) -> Any:
    return a % 1000 < b % 1000


def _numbers(size: int, dtype: str) -> Any:
    import numpy as np

    rng = np.random.default_rng(0)
    if dtype.startswith("int"):
        limits = np.iinfo(dtype)
        return rng.integers(limits.min, limits.max, size, dtype=dtype)
    return rng.standard_normal(size).astype(dtype)
