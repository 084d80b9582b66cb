"""PTX kept between processes: the compiler behind `numba.cuda` needs a second for each kernel, a file milliseconds."""

from __future__ import annotations

import functools
import importlib.metadata
import os
from collections.abc import Callable
from typing import Any

from numba.cuda.cudadrv import libs

from jitkit.backends.generator import generator
from jitkit.backends.kept import kept
from jitkit.frontend.program import Program


def ptx(program: Program, lines: bool, make: Callable[[], str], *identity: object) -> str:
    """Return a kernel's PTX from another process, or make it and keep it.

    Parameters
    ----------
    program : Program
        The kernel's.
    lines : bool
        Whether the text names files and lines of the source: these then are part of its identity.
    make : callable
        Compiles it.
    *identity
        The types and options.
    """
    description = {"kernel": program.name, "backend": "cuda", "kind": "ptx"}
    places = [(item.filename, item.lineno) for item in program.reachable()] if lines else []
    return kept(description, make, generator(), _compiler(), program.fingerprint, places, identity)


@functools.cache
def _compiler() -> tuple[Any, ...]:
    """Return what tells compilers apart: NVVM gives the version of its interface, and not that of its optimiser."""
    states = [(path, state.st_size, state.st_mtime_ns) for path in _libraries() for state in [os.stat(path)]]
    return importlib.metadata.version("numba-cuda"), states


def _libraries() -> list[str]:
    found = [libs.get_cudalib("nvvm"), libs.get_libdevice()]
    return [path for path in found if path and os.path.exists(path)]
