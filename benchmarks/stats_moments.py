"""stats_moments: mean, variance, skewness and kurtosis, beside NumPy and SciPy."""

from __future__ import annotations

import functools

import numpy as np

from . import _beside, _measure, _primitives


class Moments(_primitives.BesideNumPy):
    """`jk.stats` and the functions of the same names, taking turns."""

    params = [[1_000, 2**22], _primitives.BesideNumPy.params[1]]

    def in_numpy(self, x: np.ndarray, moments: np.ndarray) -> object:
        from scipy import stats

        return x.mean(), x.var(), stats.skew(x), stats.kurtosis(x)


class VarianceWhere(_beside.Calls):
    """The variance of half of the elements, chosen by `where`, taking turns."""

    params = [[1_000, 2**22], _primitives.BesideNumPy.params[1]]

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        import jitkit as jk

        rng = np.random.default_rng(0)
        x, chosen = rng.random(size).astype(dtype), rng.random(size) < 0.5
        return functools.partial(jk.stats.var, x, where=chosen), functools.partial(np.var, x, where=chosen)


class FewElements(_beside.Calls):
    """Four calls for a hundred elements, which cost what lies around them, taking turns."""

    params = [[100], _primitives.BesideNumPy.params[1]]

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        import jitkit as jk

        x = np.random.default_rng(0).random(size).astype(dtype)
        return (
            lambda: np.array([jk.stats.mean(x), jk.stats.var(x), jk.stats.nanmin(x), jk.stats.median(x)]),
            lambda: np.array([np.mean(x), np.var(x), np.nanmin(x), np.median(x)]),
        )
