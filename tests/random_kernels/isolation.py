"""Calling a function in a process of its own, so that a crash or an endless loop is one more result."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any


def isolated(function: Callable[..., str | None], *args: Any, seconds: float = 120, **kwargs: Any) -> str | None:
    """Return what a function returns when a fork of this process calls it.

    Parameters
    ----------
    function : callable
        Returns text or None. An exception comes back as ``"python: ..."``, since nothing else may raise.
    seconds : float
        How long it may take.
    """
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_call, args=(there, function, args, kwargs))
    process.start()
    there.close()
    answered = here.poll(seconds)
    try:
        found = here.recv() if answered else f"hang: no answer in {seconds:g} s"
    except EOFError:
        process.join()
        found = f"crash: {signal.Signals(-process.exitcode).name if process.exitcode else 'no answer'}"
    if not answered:
        process.kill()
    process.join()
    return found


def _call(there: Connection, function: Callable[..., str | None], args: tuple, kwargs: dict[str, Any]) -> None:
    try:
        found = function(*args, **kwargs)
    except Exception as error:
        found = f"python: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    there.send(found)
    there.close()
