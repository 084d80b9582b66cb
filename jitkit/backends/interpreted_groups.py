"""Running group kernels in the interpreter: one OS thread, the work-items of a group as generators.

A function that contains a barrier, in itself or in a helper, is compiled again with ``jk.barrier()`` as a `yield` and the
call of such a helper as `yield from`; all other functions run as the user's own code objects. Groups run one after
another, and in each phase (up to the next barrier) the work-items of a group one after another, in the order of their
indices or in one that a seed shuffles.
"""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import os
import random
import sys
from collections.abc import Callable, Hashable, Iterator
from types import CodeType, FunctionType, GeneratorType
from typing import Any, NoReturn, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

from jitkit import language
from jitkit.backends.interpreted import Overlay, by_position
from jitkit.backends.interpreted_barriers import Stop, divergence, waiting_at
from jitkit.backends.interpreted_source import Reading, fresh, recompile
from jitkit.backends.unified import Unified
from jitkit.errors import KernelError, LaunchError
from jitkit.frontend import collectives, vocabulary
from jitkit.language import Position, Shape, entered, here
from jitkit.launch.definition import Definition
from jitkit.launch.space import Space

VARIABLE = "JITKIT_SHUFFLE"
COLLECTIVES = ("group_reduce", "group_scan", "broadcast")
Running = tuple["Member", GeneratorType]


def run_groups(
    definition: Definition, space: Space, group: tuple[int, ...], values: tuple[Any, ...], seed: int | None = None
) -> None:
    """Run a group kernel over a space.

    Parameters
    ----------
    definition : Definition
        The kernel.
    space : Space
        Rounded up to whole groups: each work-item of the last ones runs, too.
    group : tuple of int
        The shape of a group.
    values : tuple
        The arguments behind the indices.
    seed : int, optional
        Shuffles the order of groups, and in each phase of the work-items; by default the environment variable
        ``JITKIT_SHUFFLE``, and where that is not set the order is that of the indices.

    Raises
    ------
    KernelError
        Where only part of a group reaches a barrier.
    """
    function = Cooperative(group).kernel(definition.func)
    Schedule(definition.name, space, group, shuffle_seed(seed)).run(function, values)


def shuffle_seed(seed: int | None) -> int | None:
    """Return the seed that was given, else that of the environment."""
    text = os.environ.get(VARIABLE)
    if seed is not None or not text:
        return seed
    try:
        return int(text)
    except ValueError:
        raise LaunchError(f"environment variable {VARIABLE} is an integer, the seed, not {text!r}") from None


class Cooperative(Overlay):
    """Overlaid functions of which those with a barrier are generators that stop at it.

    Parameters
    ----------
    group : tuple of int
        The shape of a group.
    """

    def __init__(self, group: tuple[int, ...]) -> None:
        super().__init__()
        self.group = group
        self._reached: set[Callable] = set()

    def kernel(self, func: Callable) -> Callable:
        """Return the function of a kernel; helpers follow as its names are looked up."""
        self._reached.add(func)
        return by_position(self.function(func))

    def code(self, func: Callable) -> CodeType:
        """Return new code for functions that the kernel reaches, where `rewritten` gives one."""
        # A function may share its name with an attribute in the kernel, and never be called there.
        if func not in self._reached:
            return func.__code__
        reading = Reading(func)
        for call, callee in reading.calls():
            values = (callee, *map(reading.outside, call.args), *(reading.outside(kw.value) for kw in call.keywords))
            self._reached.update(filter(is_helper, values))
        return self.rewritten(reading)

    def rewritten(self, reading: Reading) -> CodeType:
        """Return the function's own code where it has no barrier."""
        code = reading.func.__code__
        if not waits(reading.func):
            return code
        return _cooperative(code, tuple(stop_of(callee) for _, callee in reading.calls()))

    def extra(self) -> dict[str, Any]:
        """Return the names that stand for the collectives."""
        return {collective_name(name): functools.partial(self._collective, name) for name in COLLECTIVES}

    def replacement(self, value: Any) -> Any:
        """Return what a name stands for; the collectives make their memory through a name of their own."""
        return self.shared_of if value is collectives.shared_of else super().replacement(value)

    def shared_of(self, shape: int, value: Any) -> Any:
        """Return the group's array of the place that asks, with a dtype for this number and the other work-items'."""
        caller = sys._getframe(1)
        return cast(Any, here.item).shared_of((caller.f_code, caller.f_lasti), shape, value)

    def _collective(self, name: str, *args: Any, **kwargs: Any) -> Any:
        bound = inspect.signature(getattr(language, name)).bind(*args, **kwargs)
        bound.apply_defaults()
        op, value, index = (bound.arguments.get(part) for part in ("op", "value", "index"))
        if name == "broadcast":
            return self.kernel(collectives.broadcasting(self.group))(value, index, 0)
        make = collectives.reduction if name == "group_reduce" else collectives.scan
        return self.kernel(make(collectives.operator_of(op), self.group))(value, 0)


def collective_name(name: str) -> str:
    """Return the global name under which rewritten code finds a collective."""
    return f"jk·{name}"


def stop_of(callee: Any) -> str:
    """Return why a call may stop until the group has come: a barrier, a collective, a helper's barrier, or ""."""
    if _stops(callee):
        name = vocabulary.lookup(callee)
        return name if name in COLLECTIVES else "barrier"
    return "helper" if is_helper(callee) and waits(callee) else ""


def waits(func: Callable) -> bool:
    """Tell whether a function, or a helper behind it, has a barrier."""
    seen: set[Callable] = set()
    pending = [func]
    while pending:
        func = pending.pop()
        if func in seen:
            continue
        seen.add(func)
        called = [callee for _, callee in Reading(func).calls()]
        if any(map(_stops, called)):
            return True
        pending += filter(is_helper, called)
    return False


def _stops(callee: Any) -> bool:
    return callee is collectives.barrier_at or vocabulary.lookup(callee) in ("barrier", *COLLECTIVES)


def is_helper(callee: Any) -> bool:
    """Tell whether something called is a plain function of the user's (or of `collectives`)."""
    if not isinstance(callee, FunctionType) or vocabulary.lookup(callee) or callee.__name__ == "<lambda>":
        return False
    return (callee.__module__ or "").split(".")[0] not in ("numpy", "math", "scipy", "builtins")


@functools.lru_cache(maxsize=256)
def _cooperative(code: CodeType, stops: tuple[str, ...]) -> CodeType:
    definition = fresh(code)
    calls = (node for node in ast.walk(definition) if isinstance(node, ast.Call))
    return recompile(code, Yielding(dict(zip(calls, stops, strict=True))).visit(definition))


_places = itertools.count(1)


class Yielding(ast.NodeTransformer):
    """Makes a `yield` of each call that stops.

    Parameters
    ----------
    stops : dict
        For each call the answer of `stop_of`.
    """

    def __init__(self, stops: dict[ast.Call, str]) -> None:
        self._stops = stops

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Return the call, or the `yield` in its place."""
        stop = self._stops[node]
        self.generic_visit(node)
        if stop == "barrier":
            return ast.copy_location(ast.Yield(ast.copy_location(ast.Constant(next(_places)), node)), node)
        if stop in COLLECTIVES:
            node.func = ast.copy_location(ast.Name(collective_name(stop), ast.Load()), node.func)
        return ast.copy_location(ast.YieldFrom(node), node) if stop else node


class Growing:
    """A group's array whose dtype widens while the work-items come with their numbers, before any of them reads."""

    def __init__(self, shape: int) -> None:
        self._types, self._data = Unified(), np.empty(shape, np.bool_)

    def make_room(self, value: Any) -> None:
        """Let the dtype hold a number."""
        self._data = self._data.astype(self._types.with_(value), copy=False)

    def __getitem__(self, index: int) -> Any:
        return self._data[index]

    def __setitem__(self, index: int, value: Any) -> None:
        self._data[index] = value


class Member:
    """A work-item of a group, as `jitkit.language` asks it."""

    __slots__ = ("index", "number", "offset", "position", "team")

    def __init__(self, team: Schedule, number: int, offset: tuple[int, ...]) -> None:
        self.team, self.number, self.offset = team, number, offset
        self.position: Position = plain(offset)
        self.index: tuple[int, ...] = ()

    def barrier(self) -> NoReturn:
        """Refuse: a barrier that the rewriting saw is a `yield`."""
        raise KernelError("jk.barrier() was reached through a call that is no plain call of a helper: call it directly")

    group_reduce = group_scan = broadcast = barrier

    def shared(self, site: Hashable, shape: Shape, dtype: DTypeLike) -> Any:
        """Return the group's array of a place."""
        memory, key = self.team.memory, (site, shape, np.dtype(dtype))
        if key not in memory:
            memory[key] = self.team.allocate(site, shape, dtype)
        return memory[key]

    def shared_of(self, site: Hashable, shape: int, value: Any) -> Growing:
        """Return the group's array of a place, with a dtype for this number too."""
        # Calls are told apart by the phase they begin in: whoever is a call ahead may bring numbers of another type.
        phase, found = self.team.memory.get((site, shape), (None, None))
        if phase != self.team.phase:
            found = Growing(shape)
            self.team.memory[site, shape] = self.team.phase, found
        found.make_room(value)
        return found

    def local(self, shape: Shape, dtype: DTypeLike) -> Any:
        """Return an array of the work-item's own."""
        return np.empty(shape, dtype)

    def local_index(self) -> Position:
        """Return the position in the group."""
        return self.position

    def group_index(self) -> Position:
        """Return the position of the group."""
        return self.team.position

    def group_size(self) -> Position:
        """Return the group's shape."""
        return self.team.size


def plain(index: tuple[int, ...]) -> Position:
    """Return an index as users write it: an int in one dimension."""
    return index[0] if len(index) == 1 else index


class Schedule:
    """Who runs when.

    Parameters
    ----------
    name : str
        The kernel's name.
    space : Space
    group : tuple of int
    seed : int or None
    """

    def __init__(self, name: str, space: Space, group: tuple[int, ...], seed: int | None) -> None:
        self.name, self.space, self.group = name, space, group
        self.random = None if seed is None else random.Random(seed)
        self.size = self.position = plain(group)
        self.memory: dict[Hashable, Any] = {}
        self.phase = 0
        offsets = itertools.product(*map(range, group))
        self.members = [Member(self, number, offset) for number, offset in enumerate(offsets)]

    def run(self, function: Callable, values: tuple[Any, ...]) -> None:
        """Run all groups."""
        with np.errstate(all="ignore"), entered(None):
            for group in self._groups():
                self.begin(group)
                self._run_group(function, values)

    def allocate(self, site: Hashable, shape: Shape, dtype: DTypeLike) -> NDArray[Any]:
        """Return new memory of the group."""
        return np.empty(shape, dtype)

    def begin(self, group: tuple[int, ...]) -> None:
        """Give the members their places in the next group, and fresh memory."""
        self.position, self.memory = plain(group), {}
        starts, steps, _ = self.space
        first = [s + p * g * n for s, p, g, n in zip(starts, steps, group, self.group, strict=True)]
        for member in self.members:
            member.index = tuple(f + p * o for f, p, o in zip(first, steps, member.offset, strict=True))

    def enter(self, member: Member) -> None:
        """Let a member be the one that runs."""
        here.item = cast(Any, member)

    def lost(self, error: Exception) -> bool:
        """Tell whether an error ends the group and not the launch."""
        return False

    def passed(self) -> None:
        """Take note that the whole group has come to a barrier."""
        self.phase += 1

    def diverged(self, stops: list[Stop]) -> None:
        """Refuse a barrier that only part of the group reaches."""
        raise KernelError(str(divergence(self.name, self.position, stops)))

    def _groups(self) -> Iterator[tuple[int, ...]]:
        ranges = [range(-(-count // size)) for count, size in zip(self.space.counts, self.group, strict=True)]
        if self.random is None:
            return itertools.product(*ranges)
        groups = list(itertools.product(*ranges))
        self.random.shuffle(groups)
        return iter(groups)

    def _order(self, items: list) -> list:
        if self.random is not None:
            items = self.random.sample(items, len(items))
        return items

    def _run_group(self, function: Callable, values: tuple[Any, ...]) -> None:
        member = self.members[0]
        running: list[Running] = []
        try:
            for member in self._order(self.members):
                self.enter(member)
                started = function(*member.index, *values)
                if started is not None:
                    running.append((member, started))
            while running:
                running = self._order(running)
                stops = []
                for member, generator in running:
                    self.enter(member)
                    stops.append(next(generator, None))
                if not self._all_came(running, stops):
                    return
        except Exception as error:
            if self.lost(error):
                return
            where = f"at point {member.index}, work-item {member.position} of group {self.position}"
            if not isinstance(error, KernelError):
                error.add_note(f"in kernel {self.name} {where}")
            raise

    def _all_came(self, running: list[Running], stops: list[int | None]) -> bool:
        """Tell whether the group goes on from one barrier; False where all have ended."""
        first = stops[0]
        if stops.count(first) == len(stops):
            if first is None:
                return False
            # In a helper, the same line may have been reached through different calls.
            if running[0][1].gi_yieldfrom is None or len({waiting_at(item[1]).through for item in running}) == 1:
                self.passed()
                return True
        self.diverged([Stop(member, waiting_at(generator)) for member, generator in running])
        return False
