"""Launching the kernels of primitives: a launch is looked up, not made again, because small arrays take but microseconds."""

from __future__ import annotations

from typing import Any

from jitkit.launch import choice
from jitkit.launch.kernel import Kernel, Launch
from jitkit.launch.space import parse

_REMEMBERED = 256


class Launcher:
    """A kernel with its launches by space and backend.

    Parameters
    ----------
    kernel : Kernel
        What is launched.
    """

    __slots__ = ("_launches", "kernel")

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self._launches: dict[tuple[Any, str | None], Launch] = {}

    def __call__(self, space: Any, backend: str | None) -> Launch:
        """Return the launch over a space on a backend, None for the one that any launch would take.

        Raises
        ------
        BackendError
            Where there is no such backend.
        """
        found = self._launches.get((space, backend))
        return found if found is not None else self._make(space, backend)

    def _make(self, space: Any, backend: str | None) -> Launch:
        if backend is not None:
            choice.checked(backend)
        if len(self._launches) >= _REMEMBERED:
            self._launches.clear()
        launch = Launch(self.kernel, parse(space, self.kernel.name), backend)
        self._launches[space, backend] = launch
        return launch
