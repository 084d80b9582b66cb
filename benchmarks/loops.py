"""loops: plain kernels whose points are loops that end early, count bits or filter a row, beside NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _beside, _measure


class TrialDivision(_beside.Launches):
    """Whether numbers are prime, by division until one leaves no remainder."""

    params: list[list[Any]] = [[1_000, 2**16], ["int64"]]

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        import jitkit as jk

        @jk.kernel
        def prime(i, numbers, out):
            k, number = 2, numbers[i]
            out[i] = False
            while k * k <= number:
                if number % k == 0:
                    return
                k += 1
            out[i] = True

        numbers = np.arange(2, size + 2).astype(dtype)

        def numpys() -> np.ndarray:
            left = np.ones(size, bool)
            for k in range(2, int(size**0.5) + 2):
                left &= (numbers % k != 0) | (numbers == k)
            return left

        return _beside.launching(prime, size, numbers, np.empty(size, bool)), numpys


class Bits(_beside.Launches):
    """How many bits are set, by a loop that clears one a turn."""

    params: list[list[Any]] = [[1_000, 2**18], ["uint64"]]

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        import jitkit as jk

        @jk.kernel
        def bits(i, x, out):
            left, count = x[i], 0
            while left:
                left &= left - 1
                count += 1
            out[i] = count

        x = np.random.default_rng(0).integers(0, 2**64, size, dtype)
        return _beside.launching(bits, size, x, np.empty(size, np.int64)), lambda: np.bitwise_count(x)


class Filter(_beside.Launches):
    """Rows filtered by sixteen weights, a row to each point: few points of much work."""

    params: list[list[Any]] = [[20, 100], ["float32", "float64"]]

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        import jitkit as jk

        @jk.kernel
        def filtered(i, x, weights, out):
            for t in range(out.shape[1]):
                total = 0.0
                for k in range(weights.shape[0]):
                    total += weights[k] * x[i, t + k]
                out[i, t] = total

        rng = np.random.default_rng(0)
        x, weights = rng.random((size, 500)).astype(dtype), rng.random(16).astype(dtype)
        windows = np.lib.stride_tricks.sliding_window_view(x, 16, axis=1)
        return _beside.launching(
            filtered, size, x, weights, np.empty(windows.shape[:2], dtype)
        ), lambda: windows @ weights
