"""philox: random numbers in kernels, and a generator's arrays beside those of NumPy's fastest generator."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np

from . import _measure, _suite

METHODS = ["random", "standard_normal", "standard_exponential"]


class Philox(_suite.Launches):
    """Compiled launches."""

    sizes = (500_000, 2**22)


class PhiloxInterpreted(_suite.InterpretedLaunches):
    """Interpreted launches."""

    size = 300


class Generators:
    """A generator filling arrays, alone and taking turns with NumPy's SFC64 on one thread."""

    version = "1"
    timeout = 120
    params = [METHODS, [1_000, 2**24], _suite.DTYPES]
    param_names = ["method", "size", "dtype"]

    def setup(self, method: str, size: int, dtype: str) -> None:
        _suite.keep_caches_apart()
        if importlib.util.find_spec("jitkit.random") is None:
            raise NotImplementedError("this commit has no random numbers")
        import jitkit as jk

        self.ours = filling(jk.random.Generator(7), method, np.empty(size, dtype))
        self.numpys = filling(np.random.Generator(np.random.SFC64(7)), method, np.empty(size, dtype))
        self.ours()

    def time_fill(self, method: str, size: int, dtype: str) -> None:
        self.ours()

    def track_relative_to_numpy(self, method: str, size: int, dtype: str) -> float:
        return _measure.ratio(self.ours, self.numpys)

    track_relative_to_numpy.unit = "times NumPy"


class Integers:
    """A generator's integers beside NumPy's; NumPy has no `out` for them."""

    version = "1"
    timeout = 120
    params = [[6, 2**40], [1_000, 2**24]]
    param_names = ["below", "size"]

    def setup(self, below: int, size: int) -> None:
        _suite.keep_caches_apart()
        if importlib.util.find_spec("jitkit.random") is None:
            raise NotImplementedError("this commit has no random numbers")
        import jitkit as jk

        rngs = jk.random.Generator(7), np.random.Generator(np.random.SFC64(7))
        self.ours, self.numpys = (functools.partial(rng.integers, 0, below, size) for rng in rngs)
        self.ours()

    def track_relative_to_numpy(self, below: int, size: int) -> float:
        return _measure.ratio(self.ours, self.numpys)

    track_relative_to_numpy.unit = "times NumPy"


def filling(rng: Any, method: str, out: np.ndarray) -> Callable[[], Any]:
    """Return a call that fills an array by a generator of either library."""
    return functools.partial(getattr(rng, method), dtype=out.dtype, out=out)
