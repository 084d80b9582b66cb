"""Launching the kernels of primitives: a launch is looked up, not made again, because small arrays take but microseconds."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from jitkit.launch import choice
from jitkit.launch.kernel import Kernel, Launch
from jitkit.launch.space import parse
from jitkit.plans import remember


class Launcher:
    """A kernel with its launches by space and backend.

    Parameters
    ----------
    kernel : Kernel
        What is launched.
    """

    __slots__ = ("_launches", "_pinned", "kernel")

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self._launches: dict[Hashable, Launch] = {}  # of no backend of their own, by space alone: found sooner
        self._pinned: dict[Hashable, Launch] = {}  # by space and backend

    def __call__(self, space: Any, backend: str | None) -> Launch:
        """Return the launch over a space on a backend, None for the one that any launch would take.

        Raises
        ------
        BackendError
            Where there is no such backend.
        """
        found = self._launches.get(space) if backend is None else self._pinned.get((space, backend))
        return found if found is not None else self._make(space, backend)

    def _make(self, space: Any, backend: str | None) -> Launch:
        launch = Launch(self.kernel, parse(space, self.kernel.name), backend and choice.checked(backend))
        if backend is None:
            remember(self._launches, space, launch)
        else:
            remember(self._pinned, (space, backend), launch)
        return launch
