"""`jitkit cache`: what is kept of compiled code."""

from __future__ import annotations

import time

from jitkit.backends.store import StoreEntry, default_store
from jitkit.cli.console import console, counted, facts, memory, show_table, table
from jitkit.cli.failures import Refused

_AGES = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))


def show_info() -> None:
    """Print where the cache is and what it holds."""
    info = default_store().info()
    shown = facts()
    shown.add_row("directory", str(info.path or "none"))
    shown.add_row("state", "in use" if info.enabled else f"keeps nothing: {info.reason}")
    shown.add_row("entries", f"{info.entries:,}")
    shown.add_row("size", f"{memory(info.bytes)} of at most {memory(info.limit)}")
    console().print(shown)


def clear() -> None:
    """Remove every entry, and say how many there were.

    Raises
    ------
    Refused
        Where the cache cannot be used.
    """
    store = default_store()
    _usable_or_refuse(store.info().reason)
    removed = store.clear()
    console().print(f"removed {counted(removed, 'entry', 'entries')} from {store.path}", soft_wrap=True)


def show_entries() -> None:
    """Print a table of the entries, the most recently used first.

    Raises
    ------
    Refused
        Where the cache cannot be used.
    """
    store = default_store()
    _usable_or_refuse(store.info().reason)
    entries = store.entries()
    if not entries:
        console().print(f"{store.path} holds no entries", soft_wrap=True)
        return
    shown = table("key", "holds", "size", "created", "used", numbers=("size", "created", "used"))
    for entry in entries:
        shown.add_row(entry.key[:12], _holds(entry), memory(entry.size), _age(entry.created), _age(entry.used))
    show_table(shown)


def _usable_or_refuse(reason: str) -> None:
    if reason:
        raise Refused(
            f"the cache keeps nothing: {reason}; JITKIT_CACHE_DIR can name a directory that only you can write"
        )


def _holds(entry: StoreEntry) -> str:
    return ", ".join(f"{name} {value}" for name, value in entry.description.items())


def _age(then: float) -> str:
    seconds = max(0.0, time.time() - then)
    unit, name = next(((unit, name) for unit, name in _AGES if seconds >= unit), _AGES[-1])
    return f"{seconds / unit:.0f} {name} ago"
