"""What benchmarks beside NumPy share: two calls that do the same work and take turns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from . import _measure, _suite


class BesideNumPy(ABC):
    """jitkit and what one writes in NumPy or SciPy, taking turns."""

    version = "1"
    timeout = 120
    params: list[list[Any]] = [[1_000, 2**18], _suite.DTYPES]
    param_names = ["size", "dtype"]
    ours: _measure.Call
    numpys: _measure.Call

    def setup(self, size: int, dtype: str) -> None:
        _suite.keep_caches_apart()
        self.ours, self.numpys = self.prepare(size, dtype)
        self.ours()

    @abstractmethod
    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        """Return jitkit's call and NumPy's; both return their results."""

    def track_relative_to_numpy(self, size: int, dtype: str) -> float:
        return _measure.ratio(self.ours, self.numpys)

    track_relative_to_numpy.unit = "times NumPy"


class Calls(BesideNumPy):
    """An operation beside NumPy."""

    def time_call(self, size: int, dtype: str) -> None:
        self.ours()


class Launches(BesideNumPy):
    """A kernel beside NumPy."""

    def time_launch(self, size: int, dtype: str) -> None:
        self.ours()


def launching(kernel: Any, space: Any, *args: Any) -> _measure.Call:
    """Return the call that launches a kernel on all cores and returns its last argument."""
    launch = kernel.on("cpu")[space]

    def launched() -> Any:
        launch(*args)
        return args[-1]

    return launched
