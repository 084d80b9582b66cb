"""Random statements for a whole group: barriers in control flow that all work-items share, and memory exchanged through them.

An array that a group shares is in a phase between two barriers: either each work-item writes elements of its own, or all
read where they like. `Phase` records which, so that no kernel has a race.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .growth import Grower
from .scope import Array, Scope
from .statements import Statements
from .text import Text
from .values import ATOMIC_CODES, CODES, Value, cast_name, fits, usual

MAKERS = {
    "alone": 8, "exchange": 5, "barrier": 1, "loop": 3, "countdown_together": 1, "branch_together": 2, "collective": 2,
    "uniform": 2, "shared_atomic": 1, "swap": 1, "tree": 1,
}  # fmt: skip


@dataclass
class Phase:
    """What has been done to a shared array since the last barrier.

    Attributes
    ----------
    array : Array
        The array as all see it.
    own : Array
        The element that belongs to this work-item.
    guard : str
        The condition under which there is such an element, or "".
    read, written : bool
        Whether others' elements may have been read, and own ones written.
    """

    array: Array
    own: Array
    guard: str
    read: bool = False
    written: bool = False


@dataclass(frozen=True)
class Group:
    """A group's shape, and the names that the kernel gives to positions in it."""

    shape: tuple[int, ...]
    locals: tuple[str, ...]
    linear: str

    @property
    def size(self) -> int:
        """The number of work-items."""
        return math.prod(self.shape)


class GroupStatements(Statements):
    """Writes statements that the work-items of a group run together.

    Parameters
    ----------
    text, rng
        As for `Statements`.
    group : Group
        The group.
    uniform : Scope
        What has the same value for the whole group.
    """

    def __init__(self, text: Text, group: Group, uniform: Scope) -> None:
        super().__init__(text, uniform.rng)
        self.group, self.uniform = group, uniform
        self.phases: list[Phase] = []
        self._loops = 0

    # ---- memory

    def add_shared(self, scope: Scope, call: str, extents: tuple[int, ...], code: str) -> None:
        """Define a shared array and fill it; `call` makes it."""
        name, target = self.text.name("s"), usual(code, scope.wraps)
        self.text.line(f"{name} = {call}")
        array = Array(name, target, extents)
        if extents == self.group.shape:
            indices, guard = ", ".join(self.group.locals), ""
            self.text.line(f"{name}[{indices}] = {Grower(scope).of(target, 2)}")
        else:
            self._fill(scope, array)
            factor = next(k for k in (5, 3, 2, 7, 11, 1) if math.gcd(k, extents[0]) == 1)
            whole = extents[0] == self.group.size
            indices = f"({self.group.linear} * {factor} + 1) % {extents[0]}" if whole else self.group.linear
            guard = "" if extents[0] >= self.group.size else f"{self.group.linear} < {extents[0]}"
        self.add_phase(array, indices, guard)
        self.phases[-1].read = extents != self.group.shape  # filled by other work-items than those that own it

    def add_phase(self, array: Array, indices: str, guard: str = "") -> None:
        """Add an array that was just written, each work-item its own elements."""
        phase = Phase(array, Array(array.name, array.range, (), prefix=indices, whole=False), guard, written=True)
        array.used = lambda: setattr(phase, "read", True)
        self.phases.append(phase)

    def _fill(self, scope: Scope, array: Array) -> None:
        counter, extent = self.text.name("k"), array.shape[0]
        inner = scope.inner(-(-extent // self.group.size))
        inner.values.append(Value(counter, int, 0, extent - 1))
        with self.text.block(f"for {counter} in range({self.group.linear}, {extent}, {self.group.size}):"):
            self.text.line(f"{array.name}[{counter}] = {Grower(inner).of(array.range, 2)}")

    def barrier(self) -> None:
        self.text.line("jk.barrier()")
        for phase in self.phases:
            phase.read = phase.written = False

    def _anything(self) -> None:
        """Know nothing of the phases any more: a loop or a branch begins or ends here."""
        for phase in self.phases:
            phase.read = phase.written = True

    def _reader(self, scope: Scope, without: Phase | None = None) -> Scope:
        """Return a scope that also reads what others wrote before the last barrier."""
        inner = scope.inner()
        inner.arrays += [item.array for item in self.phases if not item.written and item is not without]
        if without is not None and not without.guard:
            inner.own.append(without.own)
        return inner

    # ---- statements

    def together(self, scope: Scope, count: int, depth: int) -> None:
        """Write about so many statements that may contain barriers."""
        for _ in range(count):
            name = self.rng.choices(list(MAKERS), list(MAKERS.values()))[0]
            getattr(self, f"_{name}")(scope, depth)

    def _alone(self, scope: Scope, depth: int) -> None:
        inner = self._reader(scope)
        self.one(inner, 2)
        known = len(scope.values), len(scope.variables), len(scope.flags)
        scope.values += inner.values[known[0] :]
        scope.variables += inner.variables[known[1] :]
        scope.flags += inner.flags[known[2] :]
        shared = [phase.array for phase in self.phases] + [phase.own for phase in self.phases]
        scope.own[:] = [array for array in inner.own if not any(array is item for item in shared)]

    def _barrier(self, scope: Scope, depth: int) -> None:
        self.barrier()

    def _exchange(self, scope: Scope, depth: int) -> None:
        """Write own elements, then let others read them."""
        phase = self.rng.choice(self.phases)
        if phase.read or (phase.written and self.rng.random() < 0.3):
            self.barrier()
        inner = self._reader(scope, without=phase)
        head = phase.guard
        if self.rng.random() < 0.3:
            head = f"{head} and {Grower(inner).condition()}" if head else Grower(inner).condition()
        if head:
            with self.text.block(f"if {head}:"):
                self._write_own(phase, inner)
        else:
            self._write_own(phase, inner)
        phase.written = True
        if self.rng.random() < 0.7:
            self.barrier()

    def _write_own(self, phase: Phase, scope: Scope) -> None:
        self.text.line(f"{phase.own.element([]).text} = {Grower(scope).of(phase.array.range)}")

    def _shared_atomic(self, scope: Scope, depth: int) -> None:
        codes = [usual(code).type for code in ATOMIC_CODES]
        found = [
            item for item in self.phases
            if item.array.range.type in codes and item.array.whole and len(item.array.shape) == 1
        ]  # fmt: skip
        if not found:
            return self._alone(scope, depth)
        phase = self.rng.choice(found)
        if phase.read or phase.written:
            self.barrier()
        scope_inside = self._reader(scope, without=phase)
        scope_inside.own = [array for array in scope_inside.own if array is not phase.own]
        operation = self.rng.choice(["min", "max"] + ["add", "sub", "xor", "and_", "or_"] * phase.array.range.full)
        scope_inside.tables = [(phase.array, operation)]
        with self.text.block(f"if {Grower(scope_inside).condition()}:"):
            self._atomic_in_range(scope_inside, phase.array, operation)
        phase.written = True
        self.barrier()
        return None

    def _atomic_in_range(self, scope: Scope, array: Array, operation: str) -> None:
        grower = Grower(scope)
        index, value = grower.within(array.shape[0]), grower.of(array.range)
        self.text.line(f"jk.atomic.{operation}({array.name}, {index}, {value})")

    # ---- control flow that the group shares

    def _trips_together(self, scope: Scope, depth: int) -> int:
        return 0 if depth <= 0 or scope.weight > 8 else self.rng.randint(1, 3)

    def _body(self, inner: Scope, depth: int, loops: int = 0) -> None:
        outer = len(self.uniform.values)
        self._loops += loops
        self._anything()
        if self.rng.random() < 0.4:
            self.barrier()
        self.together(inner, self.rng.randint(1, 3), depth - 1)
        if self.rng.random() < 0.4 and self._loops:
            with self.text.block(f"if {Grower(self.uniform).condition(1)}:"):
                self.text.line(self.rng.choice(["break", "continue"]))
            self.together(inner, 1, 0)
        self._anything()
        del self.uniform.values[outer:]
        self._loops -= loops

    def _loop(self, scope: Scope, depth: int) -> None:
        trips = self._trips_together(scope, depth)
        if not trips:
            return self._alone(scope, depth)
        head, counter = self.loop_head(Grower(self.uniform), trips)
        inner = scope.inner(trips, "")  # a loop that no work-item leaves alone
        inner.values.append(counter)
        self.uniform.values.append(counter)
        with self.text.block(f"for {counter.text} in {head}:"):
            self._body(inner, depth, loops=1)
        self.uniform.values.remove(counter)
        return None

    def _countdown_together(self, scope: Scope, depth: int) -> None:
        trips, name = self._trips_together(scope, depth), self.text.name("c")
        if not trips:
            return self._alone(scope, depth)
        self.text.line(f"{name} = int({Grower(self.uniform).within(trips + 1)})")
        inner, counter = scope.inner(trips, ""), Value(name, int, 0, trips)
        inner.values.append(counter)
        self.uniform.values.append(counter)
        with self.text.block(f"while {name} > 0:"):
            self.text.line(f"{name} -= 1")
            self._body(inner, depth, loops=1)
        self.uniform.values.remove(counter)
        return None

    def _branch_together(self, scope: Scope, depth: int) -> None:
        if depth <= 0:
            return self._alone(scope, depth)
        heads = [f"if {Grower(self.uniform).condition()}:", "else:"][: self.rng.randint(1, 2)]
        for head in heads:
            with self.text.block(head):
                inner = scope.inner(loop="")
                self._body(inner, depth)
        return None

    # ---- values of the group

    def _uniform(self, scope: Scope, depth: int) -> None:
        value = self.define(self.uniform, usual(self.rng.choice(CODES), scope.wraps), "u")
        self.uniform.variables.remove(value)
        scope.values.append(value)

    def _collective(self, scope: Scope, depth: int) -> None:
        target, name = usual(self.rng.choice(ATOMIC_CODES), scope.wraps), self.text.name("v")
        kind = self.rng.choice(["group_reduce", "group_scan", "broadcast"])
        source = Grower(self._reader(scope)).of(target, 2)
        if kind == "broadcast":
            index = Grower(self.uniform).within(self.group.size)
            self.text.line(f"{name} = jk.broadcast({source}, {index})")
            scope.values.append(target.value(name))
            return
        low, high = target.low * self.group.size, target.high * self.group.size
        sums = ["'add'", "operator.add"] if target.full or fits(target.type, low, high, target.bits) else []
        op = self.rng.choice([*sums, "min", "max", "np.maximum"])
        self.text.line(f"{name} = jk.{kind}({op}, {source})")
        if op in sums and not target.full:
            scope.values.append(Value(name, target.type, low, high, target.bits))
        else:
            scope.values.append(target.value(name))

    def _swap(self, scope: Scope, depth: int) -> None:
        """Call a helper that contains barriers."""
        found = [item for item in self.phases if item.array.shape == (self.group.size,) and item.array.whole]
        if not found or not self.swaps:
            return self._alone(scope, depth)
        phase, name = self.rng.choice(found), self.text.name("v")
        if phase.read:
            self.barrier()
        value = Grower(self._reader(scope, without=phase)).of(phase.array.range, 2)
        position = phase.own.element([]).text.removeprefix(f"{phase.array.name}[")[:-1]
        other = Grower(scope).within(self.group.size)
        self.text.line(f"{name} = exchanged({phase.array.name}, {position}, {other}, {value})")
        scope.values.append(phase.array.range.value(name))
        for item in self.phases:
            item.read = item.written = False
        return None

    swaps = True

    def _tree(self, scope: Scope, depth: int) -> None:
        """Reduce a shared array as a tree: half as many work-items in each round."""
        found = [
            item for item in self.phases
            if item.array.shape == (self.group.size,) and self.group.size > 1 and item.array.whole
        ]  # fmt: skip
        if not found or scope.weight > 8:
            return self._alone(scope, depth)
        phase, half, t = self.rng.choice(found), self.text.name("half"), self.group.linear
        name, target = phase.array.name, phase.array.range
        self.barrier()
        self.text.line(f"{half} = {self.group.size // 2}")
        with self.text.block(f"while {half} > 0:"):
            with self.text.block(f"if {t} < {half}:"):
                pair = target.value(f"{name}[{t}]"), target.value(f"{name}[{t} + {half}]")
                text = self.rng.choice(["max({}, {})", "min({}, {})", "({1} if {0} < {1} else {0})"])
                self.text.line(f"{name}[{t}] = {cast_name(target.type)}({text.format(pair[0].text, pair[1].text)})")
            self.text.line("jk.barrier()")
            self.text.line(f"{half} //= 2")
        for item in self.phases:
            item.read = item.written = False
        return None


EXCHANGED = """def exchanged(tile, mine, other, value):
    tile[mine] = value
    jk.barrier()
    found = tile[other]
    jk.barrier()
    return found
"""
