"""What holds while Numba compiles a kernel, under its lock."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from typing import Any

from numba.core import imputils, optional
from numba.core.typing import templates
from numba.cpython import builtins, numbers, rangeobj, tupleobj
from numba.np import arrayobj

_PARTS = (arrayobj, builtins, numbers, optional, rangeobj, tupleobj)
"""The parts of Numba whose code kernels use, beside jitkit's own: they register it as they are imported."""


@contextlib.contextmanager
def refreshed(context: Any) -> Iterator[None]:
    """Let Numba's tables know what kernels are made of, and inside the ``with`` block keep up with that alone.

    Rewritten code has operations of jitkit's own, ranges, tuples, attributes of arrays, and numbers that are converted. By
    itself Numba looks through sixty registries, twice for each function and once for each call of an operation, and imports
    what lists, strings, random numbers and linear algebra need, SciPy too: 0.6 s of processor time for the first kernel of a
    process, and not 0.015.
    """
    typing = context.typing_context

    def keep_up() -> None:
        context.install_registry(imputils.builtin_registry)
        if first is not imputils.builtin_registry:
            context.install_registry(first)
        typing.install_registry(templates.builtin_registry)

    context.refresh = typing.refresh = lambda: None  # asked for once more by each of 250 methods on the way
    try:
        context.install_registry(imputils.builtin_registry)
        typing._load_builtins()
        first = next(iter(context._registries))  # another one where Numba has compiled before
        context.refresh = typing.refresh = keep_up
        yield
    finally:
        del context.refresh, typing.refresh


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Let Python collect no garbage inside the ``with`` block.

    Some sixty collections would fall into a new operator's second, and one that looks through all that Numba's import made
    takes 90 ms.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
