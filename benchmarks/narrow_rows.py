"""narrow_rows: plain kernels over places, pixels and small matrices, whose components lie side by side, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _beside, _measure


class Rotation(_beside.Launches):
    """Places turned by a matrix."""

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
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

        return _beside.launching(turned, size, x, r, out), lambda: x @ r.T


class Grey(_beside.Launches):
    """Pixels of three colours, taken together."""

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        import jitkit as jk

        @jk.kernel
        def grey(i, picture, out):
            out[i] = 0.299 * picture[i, 0] + 0.587 * picture[i, 1] + 0.114 * picture[i, 2]

        picture = np.random.default_rng(0).random((size, 3)).astype(dtype)
        out, weights = np.empty(size, dtype), np.array([0.299, 0.587, 0.114], dtype)

        return _beside.launching(grey, size, picture, out), lambda: picture @ weights


class Matrices(_beside.Launches):
    """Products of 3 x 3 matrices."""

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
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

        return _beside.launching(products, size, a, b, out), lambda: a @ b
