"""What `jitkit.benchmark` is asked for, looked at before anything is timed."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Sequence
from typing import Any

from jitkit.errors import KernelTypeError, LaunchError


def several(values: Any, what: str) -> Sequence[Any] | None:
    """Return a list of sizes or backends; a text would come apart into its letters.

    Raises
    ------
    KernelTypeError
        For anything but a list or a tuple.
    LaunchError
        For an empty one.
    """
    if values is None:
        return None
    if not isinstance(values, (list, tuple)):
        raise KernelTypeError(f"benchmark: {what} is a list, not {values!r}: write {what}=[{values!r}]")
    if not values:
        raise LaunchError(f"benchmark: {what} is empty, which leaves nothing to time: leave it out for what is usual")
    return values


def duration(seconds: Any) -> float:
    """Return for how long to time each side.

    Raises
    ------
    KernelTypeError
        For what is no number.
    LaunchError
        For a negative or endless time, and for NaN.
    """
    if not isinstance(seconds, numbers.Real):
        raise KernelTypeError(f"benchmark: seconds is a number, such as 0.5, not {seconds!r}")
    return _amount(float(seconds), "seconds")


def cost(value: Any, what: str) -> Any:
    """Return bytes or operations.

    Raises
    ------
    KernelTypeError
        For what is no number.
    LaunchError
        For a negative one, and for NaN.
    """
    if value is None:
        return None
    if not isinstance(value, numbers.Real):
        raise KernelTypeError(f"benchmark: {what} is a number, not {value!r}")
    _amount(float(value), what)
    return value


def _amount(value: float, what: str) -> float:
    if not (value >= 0 and math.isfinite(value)):
        raise LaunchError(f"benchmark: {what} is 0 or more, and finite, not {value!r}")
    return value


def function(value: Any, what: str, call: str) -> None:
    """Refuse what cannot be called.

    Raises
    ------
    KernelTypeError
    """
    if value is not None and not callable(value):
        raise KernelTypeError(f"benchmark: {what} is a function, called as {call}, not {value!r}")


def made(make: Callable[[Any], Any], size: Any, kernel: str) -> tuple[Any, tuple[Any, ...]]:
    """Return the space and the arguments that the user's function makes for a size.

    Raises
    ------
    KernelTypeError
        Where it returns something else.
    """
    found = make(size)
    if not (isinstance(found, tuple) and len(found) == 2 and isinstance(found[1], (tuple, list))):
        raise KernelTypeError(
            f"benchmark: make({size!r}) returns the space of {kernel} and the tuple of its arguments, such as "
            f"`return n, (x, y)`, not {_short(found)}"
        )
    return found[0], tuple(found[1])


def _short(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
