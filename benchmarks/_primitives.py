"""What benchmarks of primitives and the toolkit share: the case of the file's name, taking turns with NumPy."""

from __future__ import annotations

import functools
from abc import abstractmethod
from typing import Any

from . import _beside, _measure, _suite


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


class BesideNumPy(_beside.Calls):
    """The case that its file is named after and NumPy, a thousand elements and sixteen million."""

    params = [[1_000, 2**24], _suite.DTYPES]

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        case = load(type(self).__module__.rpartition(".")[2])
        problem = case.problem(size, dtype)
        return (
            functools.partial(case.launch, problem, "cpu"),
            functools.partial(self.in_numpy, *problem.args),
        )

    @abstractmethod
    def in_numpy(self, *args: Any) -> Any:
        """Do what the primitive does, on the arguments of the case, as one writes it in NumPy."""
