"""map: a polynomial of each element, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _beside, _measure, _primitives


class Polynomial(_primitives.BesideNumPy):
    """`jk.map` and `the same expression of arrays`, taking turns."""

    def in_numpy(self, x: np.ndarray, y: np.ndarray) -> object:
        return np.add(1, x * (2 + x * (3 + 4 * x)), out=y)


class WithTwoResults(_beside.Calls):
    """`jk.map` of `divmod` and `numpy.divmod`, taking turns."""

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        import jitkit as jk

        dividends, divisors = np.random.default_rng(0).uniform(1, 100, (2, size)).astype(dtype)
        return (
            lambda: np.stack(jk.map(divmod, dividends, divisors)),
            lambda: np.stack(np.divmod(dividends, divisors)),
        )
