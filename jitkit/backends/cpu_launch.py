"""Launching kernels on the CPU: from Python values to the arguments of the compiled driver."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from jitkit.backends import entry, pool, slots
from jitkit.backends.cpu_driver import Drivers
from jitkit.backends.layout import DIRECT, layout_of, leaf_values, take_apart
from jitkit.launch.definition import Call

_MOST_ENTRIES = 8  # each that is tried in vain takes 0.05 us


def drivers_for(call: Call, values: tuple) -> Drivers:
    """Return the drivers of a kernel for arguments of this layout; the kernel keeps them."""
    kernel, layouts = call.kernel, tuple(map(layout_of, values))
    key = ("cpu", layouts, call.ndim, call.unit_step, kernel.group)
    found: Drivers = kernel.kept(key, lambda: Drivers(kernel, layouts, call.ndim, call.unit_step))
    return found


def plan(call: Call, values: tuple) -> Callable[[Call, tuple[int, ...], tuple], None] | None:
    """Return the short way for arguments of these Python types, or None where they need converting each time."""
    if not all(_is_direct(leaf) for leaf in leaf_values(values)):
        return None
    if call.kernel.facts.dynamic:  # its sizes are checked each time
        return None
    if not all(map(_is_direct, values)):
        return _Structured()
    way = _way(call, values)

    def short(call: Call, prefix: tuple[int, ...], args: tuple) -> None:
        try:
            way(call, prefix, args, args)
        except Exception as error:  # compiled code raises nothing: this is a compilation for new dtypes
            _explain(call, args, error)

    return short


def _is_direct(value: Any) -> bool:
    return type(value) in DIRECT or isinstance(value, np.generic)


class _Way:
    """Compiled drivers by way of Python, which compiles for new dtypes; later launches have an entry.

    Parameters
    ----------
    drivers : Drivers
        What to run.
    entries : tuple of lists
        Those of the kernel, shared, alone and over the shape of an array, the newest first.
    """

    def __init__(self, drivers: Drivers, entries: tuple[list[entry.Entry], ...]) -> None:
        self._drivers, self._entries = drivers, entries
        self._opened: dict[int, tuple[entry.Entry, ...] | None] = {}

    def __call__(self, call: Call, prefix: tuple[int, ...], leaves: Sequence[Any], values: tuple) -> None:
        driver = self._drivers.of(leaves)
        driver(_threads(call), prefix, leaves)
        if driver.address not in self._opened:
            self._opened[driver.address] = entry.opened(driver, len(prefix), values)
        self._enter(self._opened[driver.address])

    def _enter(self, found: tuple[entry.Entry, ...] | None) -> None:
        """Put entries first, those that others have driven out too."""
        for entries, enter in zip(self._entries, found or (), strict=False):
            if enter not in entries:
                entries.insert(0, enter)
                del entries[_MOST_ENTRIES:]


def _way(call: Call, values: tuple) -> _Way:
    return _Way(drivers_for(call, values), call.kernel.entries(call.ndim, call.unit_step))


class _Structured:
    """The short way for arguments among which are tuples: what is in them is looked at each time."""

    def __init__(self) -> None:
        self._known: dict[tuple, _Way] = {}

    def __call__(self, call: Any, prefix: tuple[int, ...], args: tuple) -> None:
        kinds: list[Any] = []
        flat: list[Any] = []
        take_apart(args, kinds, flat)
        run = self._known.get(key := tuple(kinds))
        if run is None:
            call.first(args, {})
            if all(map(_is_direct, flat)):
                self._known[key] = _way(call, args)
            return
        try:
            run(call, prefix, flat, args)
        except Exception as error:  # compiled code raises nothing: this is a compilation for new dtypes
            _explain(call, args, error)


def _threads(call: Call) -> int:
    return 1 if call.alone else pool.ready()


def opened_new(
    call: Call, prefix: tuple[int, ...], values: tuple, x: np.ndarray, final: tuple[int, ...]
) -> entry.Entry | None:
    """Return ``enter(x)`` for a launch with arguments like these, as `entry.opened_new` does."""
    if call.kernel.facts.dynamic:  # its sizes are checked each time
        return None
    leaves = list(map(slots.plain, leaf_values(values)))
    return entry.opened_new(drivers_for(call, values).of(leaves), prefix, leaves, x, final)


def opened_call(
    call: Call, prefix: tuple[int, ...], values: tuple, *more: Any
) -> tuple[tuple[int, ...], bytes, tuple[Any, ...]] | None:
    """Return what compiled code is told of a launch with arguments like these, as `entry.opened_call` does."""
    if call.kernel.facts.dynamic:  # its sizes are checked each time
        return None
    leaves = list(map(slots.plain, leaf_values(values)))
    return entry.opened_call(drivers_for(call, values).of(leaves), prefix, leaves, *more)


def run(call: Call, values: tuple) -> None:
    """Run a launch whose arguments are bound and checked."""
    space, leaves = call.space, list(map(slots.plain, leaf_values(values)))
    try:
        driver = drivers_for(call, values).of(leaves)
        driver(_threads(call), (*space.starts, *space.steps, *space.counts), leaves)
    except Exception as error:
        _explain(call, values, error)


def prepare(call: Call, values: tuple) -> None:
    """Compile for arguments of these types without running."""
    try:
        drivers_for(call, values).of(list(map(slots.plain, leaf_values(values))))
    except Exception as error:
        _explain(call, values, error)


def library(call: Call, values: tuple) -> Any:
    """Return the code library of a driver compiled for arguments of these types, whatever was compiled before."""
    try:
        return drivers_for(call, values).library(list(map(slots.plain, leaf_values(values))))
    except Exception as error:
        _explain(call, values, error)


def _explain(call: Call, values: tuple, error: Exception) -> NoReturn:
    from jitkit.backends import report  # imports Numba

    report.explain(call.kernel, call.ndim, values, error)
