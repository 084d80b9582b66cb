"""The names of `jitkit.language` and `jitkit.atomic`, by the object the user's name refers to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jitkit import atomic, language
from jitkit.frontend import collectives

GROUP_ONLY = frozenset("barrier shared local_index group_index group_size group_reduce group_scan broadcast".split())
"""What has a meaning only among work-items that share memory."""
_ANYWHERE = ("local",)
_HELPERS_ONLY = ("shared_of", "barrier_at", "has_shuffles", "shuffled", "as_element")
_ATOMICS = ("add", "sub", "min", "max", "and_", "or_", "xor", "exch", "cas")


_BY_OBJECT: dict[Any, str] = {
    **{getattr(language, name): name for name in (*GROUP_ONLY, *_ANYWHERE)},
    **{getattr(collectives, name): name for name in _HELPERS_ONLY},
    **{getattr(atomic, name): f"atomic.{name}" for name in _ATOMICS},
}


def lookup(obj: object) -> str | None:
    """Return the name of the language that an object stands for (``barrier``, ``atomic.add``), or None."""
    try:
        return _BY_OBJECT.get(obj)
    except TypeError:  # unhashable
        return None


def function(name: str) -> Callable[..., Any]:
    """Return the function that a name of the language stands for."""
    return next(func for func, known in _BY_OBJECT.items() if known == name)
