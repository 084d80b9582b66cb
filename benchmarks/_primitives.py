"""What benchmarks of primitives and the toolkit share: the case of the file's name, taking turns with NumPy."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from typing import Any

from . import _measure, _suite


def load(name: str) -> Any:
    """Return the case of a primitive or of the toolkit, so that a benchmark can say on which commits it means nothing.

    Raises
    ------
    NotImplementedError
        Where the installed jitkit has none of that name.
    """
    _suite.keep_caches_apart()
    from jitkit import cases

    if name not in (*getattr(cases, "primitives", tuple)(), *getattr(cases, "toolkit", tuple)()):
        raise NotImplementedError(f"this commit has no case {name!r}")
    return cases.load(name)


class BesideNumPy(ABC):
    """The case that its file is named after and NumPy, a thousand elements and sixteen million."""

    version = "1"
    timeout = 120
    params = [[1_000, 2**24], _suite.DTYPES]
    param_names = ["size", "dtype"]

    def setup(self, size: int, dtype: str) -> None:
        case = load(type(self).__module__.rpartition(".")[2])
        problem = case.problem(size, dtype)
        self.ours: Any = functools.partial(case.launch, problem, "cpu")
        self.numpys: Any = functools.partial(self.in_numpy, *problem.args)
        self.ours()

    @abstractmethod
    def in_numpy(self, *args: Any) -> Any:
        """Do what the primitive does, on the arguments of the case, as one writes it in NumPy."""

    def time_call(self, size: int, dtype: str) -> None:
        self.ours()

    def track_relative_to_numpy(self, size: int, dtype: str) -> float:
        return _measure.ratio(self.ours, self.numpys)

    track_relative_to_numpy.unit = "times NumPy"
