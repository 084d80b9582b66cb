"""PTX kept between processes: the compiler behind `numba.cuda` needs a second for each kernel, a file milliseconds."""

from __future__ import annotations

import functools
import importlib.metadata
from collections.abc import Callable
from typing import Any

from numba.cuda.cudadrv import nvvm

from jitkit.backends.cache import generator
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
    return importlib.metadata.version("numba-cuda"), nvvm.NVVM().get_version(), nvvm.NVVM().get_ir_version()
