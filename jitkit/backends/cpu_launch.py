"""Launching kernels on the CPU: from Python values to the arguments of the compiled driver."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from jitkit.backends import cpu, entry, pool, report
from jitkit.backends.layout import Layout, layout_of, leaf_values
from jitkit.launch.definition import Call

_MOST_ENTRIES = 8  # each that is tried in vain takes 0.05 us
_DIRECT = frozenset((np.ndarray, bool, int, float, complex))


def host_array(value: Any) -> Any:
    """Return a NumPy view of any array on the host (a torch tensor, say); numbers stay."""
    if isinstance(value, np.ndarray):
        return value if type(value) is np.ndarray else value.view(np.ndarray)
    if hasattr(value, "__dlpack__") and not isinstance(value, np.generic):
        return np.from_dlpack(value)
    return value


def driver_for(call: Call, values: tuple) -> Any:
    """Return the compiled driver of a kernel for arguments of this layout; the kernel keeps it."""
    kernel, layouts = call.kernel, tuple(map(layout_of, values))
    key = ("cpu", layouts, call.ndim, call.unit_step, kernel.group)
    return kernel.kept(key, lambda: _build(call, layouts))


def _build(call: Call, layouts: tuple[Layout, ...], cached: bool = True) -> Any:
    kernel = call.kernel
    return cpu.build(
        kernel.program, kernel.fastmath, layouts, call.ndim, call.unit_step, group=kernel.group, cached=cached
    )


def plan(call: Call, values: tuple) -> Callable[[Call, tuple[int, ...], tuple], None] | None:
    """Return the short way for arguments of these Python types, or None where they need converting each time."""
    if not all(_is_direct(leaf) for leaf in leaf_values(values)):
        return None
    if any(site.dynamic for site in call.kernel.program.shared_sites):  # their sizes are checked each time
        return None
    if not all(map(_is_direct, values)):
        return _Structured()
    way = _Way(driver_for(call, values), call.entries)

    def short(call: Call, prefix: tuple[int, ...], args: tuple) -> None:
        try:
            way(call, prefix, args, args)
        except Exception as error:  # compiled code raises nothing: this is a compilation for new dtypes
            raise report.explain(call.kernel, call.ndim, args, error) from error

    return short


def _is_direct(value: Any) -> bool:
    return type(value) in _DIRECT or isinstance(value, np.generic)


class _Way:
    """A compiled driver by way of Numba's dispatcher, which compiles for new dtypes; later launches have an entry.

    Parameters
    ----------
    run : numba Dispatcher
        The driver.
    entries : pair of lists
        Those of the kernel, shared and alone, the newest first.
    """

    def __init__(self, run: Any, entries: tuple[list[entry.Entry], list[entry.Entry]]) -> None:
        self._run, self._entries = run, entries
        self._seen: set[tuple[Any, ...]] = set()

    def __call__(self, call: Call, prefix: tuple[int, ...], leaves: Sequence[Any], values: tuple) -> None:
        self._run(_threads(call), *prefix, *leaves)
        if len(self._run.overloads) > len(self._seen):
            self._open(prefix, leaves, values)

    def _open(self, prefix: tuple[int, ...], leaves: Sequence[Any], values: tuple) -> None:
        signature = tuple(map(self._run.typeof_pyval, (1, *prefix, *leaves)))
        compiled = None if signature in self._seen else self._run.overloads.get(signature)
        self._seen.add(signature)
        found = None if compiled is None else entry.opened(compiled, len(prefix), values)
        if found is not None:
            for entries, enter in zip(self._entries, found, strict=True):
                entries.insert(0, enter)
                del entries[_MOST_ENTRIES:]


class _Structured:
    """The short way for arguments among which are tuples: what is in them is looked at each time."""

    def __init__(self) -> None:
        self._known: dict[tuple, _Way] = {}

    def __call__(self, call: Any, prefix: tuple[int, ...], args: tuple) -> None:
        kinds: list[Any] = []
        flat: list[Any] = []
        _take_apart(args, kinds, flat)
        run = self._known.get(key := tuple(kinds))
        if run is None:
            call.first(args, {})
            if all(map(_is_direct, flat)):
                self._known[key] = _Way(driver_for(call, args), call.entries)
            return
        try:
            run(call, prefix, flat, args)
        except Exception as error:  # compiled code raises nothing: this is a compilation for new dtypes
            raise report.explain(call.kernel, call.ndim, args, error) from error


def _take_apart(values: Iterable[Any], kinds: list[Any], flat: list[Any]) -> None:
    """Append the leaves of arguments, and what tells their layout from others."""
    for value in values:
        kind = type(value)
        kinds.append(kind)
        if kind in _DIRECT:
            flat.append(value)
        elif isinstance(value, tuple):
            kinds.append(len(value))
            _take_apart(value, kinds, flat)
        elif hasattr(value, "__dataclass_fields__"):
            _take_apart((getattr(value, name) for name in value.__dataclass_fields__), kinds, flat)
        else:
            flat.append(value)


def _threads(call: Call) -> int:
    return 1 if call.alone else pool.ready()


def run(call: Call, values: tuple) -> None:
    """Run a launch whose arguments are bound and checked."""
    kernel, space = call.kernel, call.space
    compiled = driver_for(call, values)
    flat = [host_array(leaf) for leaf in leaf_values(values)]
    try:
        compiled(_threads(call), *space.starts, *space.steps, *space.counts, *flat)
    except Exception as error:
        raise report.explain(kernel, call.ndim, values, error) from error


def prepare(call: Call, values: tuple, fresh: bool = False) -> Any:
    """Compile for arguments of these types without running; return the driver.

    `fresh` compiles even what is compiled or cached already: only then is there LLVM IR to look at.
    """
    kernel, layouts = call.kernel, tuple(map(layout_of, values))
    compiled = _build(call, layouts, cached=False) if fresh else driver_for(call, values)
    flat = [host_array(leaf) for leaf in leaf_values(values)]
    try:
        signature = tuple(map(compiled.typeof_pyval, [1, *(0,) * (3 * call.ndim), *flat]))
        compiled.compile(signature)
    except Exception as error:
        raise report.explain(kernel, call.ndim, values, error) from error
    return compiled
