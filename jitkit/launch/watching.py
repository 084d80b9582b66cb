"""Doing something else with every launch of the process: `jitkit check` has the sanitizer interpret them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from jitkit.launch.definition import Call

Watcher = Callable[[Call, tuple[Any, ...]], None]
watcher: Watcher | None = None
"""Called with a launch and its bound arguments in place of a backend; looked at before a kernel's first run only."""


@contextlib.contextmanager
def watched_by(function: Watcher) -> Iterator[None]:
    """Hand every launch inside the ``with`` block to `function`; enter it before any kernel has run."""
    global watcher
    before, watcher = watcher, function
    try:
        yield
    finally:
        watcher = before
