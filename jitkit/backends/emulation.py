"""Whether the emulator shall stand in for a GPU: a context variable, else an environment variable."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass

from jitkit.errors import BackendError
from jitkit.launch.choice import environment, key_of

VARIABLE = "JITKIT_CUDA_EMULATOR"
_key = key_of(VARIABLE)
_VALUES = {"": None, "0": None, "1": False, "always": True}


@dataclass(frozen=True)
class Request:
    """How the emulator is asked for.

    Attributes
    ----------
    always : bool
        Also where there is a GPU.
    check : bool
        Look for accesses out of bounds, misaligned accesses and races in shared memory.
    ignored : tuple of (int, int)
        Kinds of errors and lines of the PTX where they are not reported; see `jitkit.backends.emulated_check`.
    """

    always: bool
    check: bool = False
    ignored: tuple[tuple[int, int], ...] = ()


_context: ContextVar[Request | None] = ContextVar("jitkit_cuda_emulator", default=None)


def requested() -> Request | None:
    """Return how the context or the environment asks for the emulator; None where neither does.

    Raises
    ------
    BackendError
        Where the environment variable holds something else than 0, 1 and "always".
    """
    chosen = _context.get()
    if chosen is not None or _key not in environment:
        return chosen
    value = os.environ.get(VARIABLE, "")
    if value not in _VALUES:
        raise BackendError(f"environment variable {VARIABLE} is {value!r}; it may be 0, 1, or 'always' (despite a GPU)")
    always = _VALUES[value]
    return None if always is None else Request(always)


@contextlib.contextmanager
def emulate_cuda(*, always: bool = False, check: bool = False) -> Iterator[None]:
    """Let the ``cuda`` backend run without a GPU, inside the ``with`` block: the code for GPUs, executed on the CPU.

    It is an instrument for tests: what runs is the PTX that NVIDIA's driver would be given, translated for the CPU. A
    launch has finished when it returns, unless it goes into a `jitkit.streams.Stream`. The environment variable
    ``JITKIT_CUDA_EMULATOR=1`` does the same for a process.

    Parameters
    ----------
    always : bool, default False
        Emulate where there is a GPU too; by default a GPU takes precedence.
    check : bool, default False
        Raise for accesses outside the arrays, misaligned ones, and races in shared memory. A barrier that only part of
        a group reaches is found in any case.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> @jk.kernel
    ... def double(i, x):
    ...     x[i] = 2 * x[i]
    >>> x = np.arange(3.0)
    >>> with jk.emulate_cuda(), jk.backend("cuda"):
    ...     double[3](x)
    >>> x
    array([0., 2., 4.])
    """
    with request(Request(always, check)):
        yield


@contextlib.contextmanager
def request(wanted: Request) -> Iterator[None]:
    """Ask for the emulator inside the ``with`` block."""
    token = _context.set(wanted)
    try:
        yield
    finally:
        _context.reset(token)
