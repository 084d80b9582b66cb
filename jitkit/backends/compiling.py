"""What holds while Numba compiles a kernel, under its lock."""

from __future__ import annotations

import contextlib
import gc
import importlib.util
from collections.abc import Iterator
from typing import Any

from numba.core import imputils
from numba.core.typing import templates
from numba.np import linalg


@contextlib.contextmanager
def refreshed(context: Any) -> Iterator[None]:
    """Bring Numba's tables up to date, and inside the ``with`` block keep up with a few registries alone.

    They are those where operations arrive, and their code: the first one that Numba's context knows. By itself Numba looks
    through all sixty, twice for each function and once for each call of an operation.
    """
    _bring_up_to_date(context)
    typing, first = context.typing_context, next(iter(context._registries))

    def keep_up() -> None:
        context.install_registry(first)
        context.install_registry(imputils.builtin_registry)
        typing.install_registry(templates.builtin_registry)

    context.refresh = typing.refresh = keep_up
    try:
        yield
    finally:
        del context.refresh, typing.refresh


def _bring_up_to_date(context: Any) -> None:
    """Refresh Numba's tables: 0.2 s of processor time for the first kernel of a process, and not 0.6.

    By itself Numba refreshes them once more for each of 250 methods that it meets on its way, and imports SciPy's linear
    algebra to see whether there is a BLAS. What the methods bring is found the second time.
    """
    missing = importlib.util.find_spec("scipy") is None
    check = linalg.ensure_blas

    def assume() -> None:
        if missing:
            raise ImportError("no SciPy")

    context.refresh, linalg.ensure_blas = lambda: None, assume
    try:
        for _ in range(2):
            type(context).refresh(context)
    finally:
        del context.refresh
        linalg.ensure_blas = check


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
