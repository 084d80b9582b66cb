"""Choosing a backend: pinned on the kernel, else the context, else the environment, else the arguments."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from jitkit.errors import BackendError

BACKENDS = ("python", "cpu", "cuda")
VARIABLE = "JITKIT_BACKEND"
context: ContextVar[str | None] = ContextVar("jitkit_backend", default=None)
# os.environ.get costs 0.6 us, more than a launch; the dict behind it answers in 0.03.
environment: Any = getattr(os.environ, "_data", os.environ)


def key_of(variable: str) -> Any:
    """Return where `environment` has a variable."""
    return os.environ.encodekey(variable) if environment is not os.environ else variable


key = key_of(VARIABLE)


def checked(name: Any, where: str = "backend") -> str:
    """Return a backend's name.

    Raises
    ------
    BackendError
        Where there is no such backend; the message lists those there are.
    """
    if not isinstance(name, str) or name not in BACKENDS:
        raise BackendError(f"{where}: there is no backend {name!r}; there are {', '.join(map(repr, BACKENDS))}")
    return name


@contextlib.contextmanager
def backend(name: str) -> Iterator[None]:
    """Run every launch inside the ``with`` block on one backend.

    Parameters
    ----------
    name : {"python", "cpu", "cuda"}
        The backend. The choice belongs to the current thread or task alone.

    Raises
    ------
    BackendError
        Where there is no such backend.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> @jk.kernel
    ... def double(i, x):
    ...     x[i] = 2 * x[i]
    >>> x = np.arange(3.0)
    >>> with jk.backend("python"):
    ...     double[3](x)
    >>> x
    array([0., 2., 4.])
    """
    token = context.set(checked(name))
    try:
        yield
    finally:
        context.reset(token)


def requested() -> str | None:
    """Return the backend asked for by the context or the environment, or None."""
    chosen = context.get()
    if chosen is None and key in environment:
        value = os.environ[VARIABLE]
        chosen = checked(value, f"environment variable {VARIABLE}") if value else None
    return chosen
