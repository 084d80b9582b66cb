"""Running a random kernel on a backend, and comparing what it wrote."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

APPROXIMATE = "approx"
"""Arrays whose names begin so hold results of the math library, which backends round differently."""


@dataclass(frozen=True)
class Loaded:
    """A random kernel's module, loaded from a file: `inspect.getsource` must find it."""

    kernel: Any
    space: Any
    arguments: Callable[[], tuple[Any, ...]]
    wraps: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the arguments."""
        parameters = self.kernel.func.__code__.co_varnames[: self.kernel.func.__code__.co_argcount]
        return parameters[len(parameters) - len(self.arguments()) :]

    def run(self, backend: str) -> dict[str, np.ndarray]:
        """Run the kernel, and return its arrays."""
        values = self.arguments()
        self.kernel.on(backend)[self.space](*values)
        return {name: value for name, value in zip(self.names, values, strict=True) if isinstance(value, np.ndarray)}

    def ptx(self) -> str:
        """Return the PTX of the kernel."""
        return self.kernel.inspect(*self.arguments(), space=self.space, backend="cuda").ptx


def load(source: str, path: Path) -> Loaded:
    """Write a module to a file and load it."""
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return Loaded(module.kernel, module.SPACE, module.arguments, module.WRAPS)


def difference(found: dict[str, np.ndarray], wanted: dict[str, np.ndarray]) -> str | None:
    """Name the first element that differs, or return None."""
    for name, array in wanted.items():
        if name.startswith(APPROXIMATE):
            close = np.isclose(found[name], array, rtol=32 * np.finfo(array.dtype).eps, atol=0, equal_nan=True)
        else:
            close = (found[name] == array) | ((found[name] != found[name]) & (array != array))
        if not close.all():
            index = tuple(int(k) for k in np.argwhere(~close)[0])
            return f"{name}{list(index)} is {found[name][index]!r}, {array[index]!r} in the interpreter"
    return None
