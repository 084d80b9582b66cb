"""narrow_rows: plain kernels over places, pixels and small matrices, whose components lie side by side, beside NumPy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from . import _measure, _suite

SIZES = [1_000, 2**18]


class _BesideNumPy(ABC):
    version = "1"
    params = [SIZES, _suite.DTYPES]
    param_names = ["size", "dtype"]
    ours: Any
    numpys: Any

    def setup(self, size: int, dtype: str) -> None:
        _suite.keep_caches_apart()
        self.prepare(size, dtype)
        self.ours()

    @abstractmethod
    def prepare(self, size: int, dtype: str) -> None:
        """Leave the two calls."""

    def time_launch(self, size: int, dtype: str) -> None:
        self.ours()

    def track_relative_to_numpy(self, size: int, dtype: str) -> float:
        return _measure.ratio(self.ours, self.numpys)

    track_relative_to_numpy.unit = "times NumPy"


class Rotation(_BesideNumPy):
    """Places turned by a matrix."""

    def prepare(self, size: int, dtype: str) -> None:
        import jitkit as jk

        @jk.kernel
        def turned(i, x, r, out):
            a, b, c = x[i, 0], x[i, 1], x[i, 2]
            out[i, 0] = r[0, 0] * a + r[0, 1] * b + r[0, 2] * c
            out[i, 1] = r[1, 0] * a + r[1, 1] * b + r[1, 2] * c
            out[i, 2] = r[2, 0] * a + r[2, 1] * b + r[2, 2] * c

        rng = np.random.default_rng(0)
        x, r = rng.random((size, 3)).astype(dtype), rng.random((3, 3)).astype(dtype)
        out = np.empty_like(x)

        def ours() -> np.ndarray:
            turned.on("cpu")[size](x, r, out)
            return out

        self.ours, self.numpys = ours, lambda: x @ r.T


class Grey(_BesideNumPy):
    """Pixels of three colours, taken together."""

    def prepare(self, size: int, dtype: str) -> None:
        import jitkit as jk

        @jk.kernel
        def grey(i, picture, out):
            out[i] = 0.299 * picture[i, 0] + 0.587 * picture[i, 1] + 0.114 * picture[i, 2]

        picture = np.random.default_rng(0).random((size, 3)).astype(dtype)
        out, weights = np.empty(size, dtype), np.array([0.299, 0.587, 0.114], dtype)

        def ours() -> np.ndarray:
            grey.on("cpu")[size](picture, out)
            return out

        self.ours, self.numpys = ours, lambda: picture @ weights


class Matrices(_BesideNumPy):
    """Products of 3 x 3 matrices."""

    def prepare(self, size: int, dtype: str) -> None:
        import jitkit as jk

        @jk.kernel
        def products(m, a, b, out):
            for i in range(3):
                for j in range(3):
                    total = 0.0
                    for k in range(3):
                        total += a[m, i, k] * b[m, k, j]
                    out[m, i, j] = total

        a, b = np.random.default_rng(0).random((2, size, 3, 3)).astype(dtype)
        out = np.empty_like(a)

        def ours() -> np.ndarray:
            products.on("cpu")[size](a, b, out)
            return out

        self.ours, self.numpys = ours, lambda: a @ b
