"""Shared arrays that only take copies of an array's rows: groups that lie inside of it read the rows where these are.

A tile of a matrix in shared memory spares a GPU's work-items loads from its memory. A CPU's cache does so by itself, and the
copy costs: groups in which every element of the tile comes from the array take the array's own rows for it. What reads the
tile then goes from its first element on by the array's distance between rows, not by the tile's. matmul_tiled takes 0.89
(float32) and 0.83 to 0.87 (float64) of the time, with AVX2 0.89 and 0.98: what its copies wait for, the second cache, its
sums do not.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from jitkit.backends.spmd import polynomials
from jitkit.backends.spmd.counters import counted
from jitkit.backends.spmd.graph import Graph
from jitkit.backends.spmd.group_shape import Shape, shared_sites
from jitkit.backends.spmd.guesses import Origins, Span
from jitkit.backends.spmd.ir import Block, Function, Instruction, Value
from jitkit.backends.spmd.phases import START, Cutter, Phase
from jitkit.backends.spmd.polynomials import Polynomial, Polynomials
from jitkit.backends.spmd.shapes import is_pure, reach, size_of

ROW, COLUMN = "@jk.local_index.0", "@jk.local_index.1"
NUMBERS = {"i8", "i16", "i32", "i64", "half", "float", "double"}


@dataclass
class Loan:
    """What one phase would copy, and when the rows themselves do instead.

    Attributes
    ----------
    first : Value
        The address of the first element, for the group's first work-item.
    pitch : Value
        What `times` multiplies.
    times : int
        Bytes from row to row in units of `pitch`.
    place, apart : dict
        The address of the first element, and the bytes from row to row, as sums.
    steps : list of Instruction
        What computes both.
    tests : dict
        The comparisons that hold where each element comes from the array, with what it takes to compute them.
    spans : dict
        How far the values that they compare reach in a group.
    sources : set of str
        The addresses from which the copies are loaded.
    """

    first: Value
    pitch: Value
    times: int
    place: Polynomial
    apart: Polynomial
    steps: list[Instruction]
    tests: dict[str, list[Instruction]]
    spans: dict[str, Span]
    sources: set[str]


@dataclass
class Copied:
    """A shared array that takes copies of rows of an array, and nothing else.

    Attributes
    ----------
    pitch : int
        Bytes from row to row of the shared array.
    rows, width : int
        How many rows are written, and how many bytes of them.
    loans : dict
        What each phase that writes it copies, by the block the phase starts with.
    """

    pitch: int
    rows: int
    width: int
    loans: dict[str, Loan]


@dataclass
class Lent(Copied):
    """A shared array for which the rows may stand themselves.

    Attributes
    ----------
    reads : dict
        The row and the bytes within it of what each load reads, by its name.
    """

    reads: dict[str, tuple[Polynomial, Polynomial]]


def copied(function: Function, shape: Shape, cutter: Cutter, phases: dict[str, Phase]) -> dict[str, Copied]:
    """Return the shared arrays that take copies of rows alone, by the function whose call asks for each.

    Parameters
    ----------
    function : Function
        The whole kernel, split at its barriers.
    shape : Shape
        How the group's work-items become vectors.
    cutter : Cutter
        What cut it.
    phases : dict
        Its phases, by the block each starts with.
    """
    if len(shape.group) != 2 or shape.lanes == 1:
        return {}
    calls = shared_sites(function)
    found = {}
    for call in calls:
        alone = [other.callee for other in calls].count(call.callee) == 1
        if alone and not call.operands[0].local:
            tile = _Tile(function, shape, cutter, phases, call)
            array = tile.array()
            if array is not None:
                found[call.callee] = array
    return found


@dataclass
class _Copy:
    """A store into a tile of what was loaded from an array: from `row` of the tile on and `column` bytes.

    The load stands in the block `home`. Where it is made under conditions, and a number stored elsewhere, `guards` are the
    blocks that decide, the last first.
    """

    block: str
    load: Instruction
    home: str
    guards: tuple[str, ...]
    row: int
    column: int


class _Tile:
    """One shared array: how it is written and read."""

    def __init__(
        self, function: Function, shape: Shape, cutter: Cutter, phases: dict[str, Phase], call: Instruction
    ) -> None:
        self.function, self.shape, self.cutter, self.phases, self.call = function, shape, cutter, phases, call
        self.pointers = {name for name, site in cutter.shapes.shared.items() if site == call.callee}
        self.pitch = self.size = 0

    def array(self) -> Copied | None:
        """Return which rows of an array this one takes, and how they stand for it where they can; None where it takes others."""
        if not self._is_only_accessed():
            return None
        copying = {start for start in self.phases if any(item.op == "store" for _, item in self._accesses(start))}
        reading = {start for start in self.phases if any(item.op == "load" for _, item in self._accesses(start))}
        if not copying or not reading or copying & reading:
            return None
        loans, written = {}, []
        for start in copying:
            copies = self._copies(start)
            loan = None if copies is None else self._loan(start, copies)
            if copies is None or loan is None:
                return None
            loans[start] = loan
            written.append(self._written(copies))
        if any(other != written[0] for other in written):
            return None  # of what an earlier phase left
        rows, width = (1 + max(part) for part in zip(*(divmod(place, self.pitch) for place in written[0]), strict=True))
        width += self.size - 1
        taken = Copied(self.pitch, rows, width, loans)
        if not self._nothing_changes(copying, reading):
            return taken
        reads: dict[str, tuple[Polynomial, Polynomial]] = {}
        for start in reading:
            for _, item in self._accesses(start):
                place = self._place(start, item, written[0])
                if place is None or reads.setdefault(item.name, place) != place:
                    return taken
        return Lent(self.pitch, rows, width, loans, reads)

    # ---- what is done with it

    def _is_only_accessed(self) -> bool:
        """Tell whether its addresses serve loads and stores of one type alone."""
        kinds = set()
        for block in self.function.blocks.values():
            for item in block.code:
                used = [v.text in self.pointers for v in item.operands]
                if item.op == "load" and used[0]:
                    kinds.add(item.type)
                elif item.op == "store" and used[1] and not used[0]:
                    kinds.add(item.operands[0].type)
                elif any(used) and not (item.op == "getelementptr" and not any(used[1:])):
                    return False
        if len(kinds) != 1 or not kinds <= NUMBERS:
            return False
        self.size = size_of(kinds.pop())
        return True

    def _accesses(self, start: str) -> Iterator[tuple[Block, Instruction]]:
        for block in self.phases[start].function.blocks.values():
            for item in block.code:
                if item.op in ("load", "store") and item.operands[-1].text in self.pointers:
                    yield block, item

    def _nothing_changes(self, copying: set[str], reading: set[str]) -> bool:
        """Tell whether the array stays what it is from a copy on to the last time that the copy is read."""
        graph: Graph = {name: phase.exits for name, phase in self.phases.items()}
        open_ = {name: [] if name in copying else following for name, following in graph.items()}
        between = reach(open_, [name for start in copying for name in graph[start]], "") - copying
        between = {name for name in between if reach(open_, [name], "") & reading}
        if any(self._changes(block) for name in between for block in self.phases[name].function.blocks.values()):
            return False
        for start in copying:
            function = self.phases[start].function
            own: Graph = {name: block.successors for name, block in function.blocks.items()}
            behind = reach(own, {block.name for block, _ in self._accesses(start)}, "")
            if any(self._changes(function.blocks[name]) for name in behind):
                return False
        return True

    def _changes(self, block: Block) -> bool:
        """Tell whether a block may change memory that other groups see."""
        shapes = self.cutter.shapes
        for item in block.code:
            if item.op == "store":
                pointer = item.operands[1].text
                changes = pointer not in shapes.shared and pointer not in shapes.private
            elif item.op == "call":
                changes = not (item.callee.strip('@"').startswith("jk.") or (item.name and is_pure(item)))
            else:
                changes = item.op in ("atomicrmw", "cmpxchg")
            if changes:
                return True
        return False

    # ---- how it is written

    def _copies(self, start: str) -> list[_Copy] | None:
        """Return a phase's stores as copies, or None where one is none."""
        sums = Polynomials(self.phases[start].shapes.made)
        copies = []
        for block, item in self._accesses(start):
            place = polynomials.added(sums.of(item.operands[1]), {(self.call.name,): 1}, -1)
            pitch, offset = place.pop((ROW,), 0), place.pop((), 0)
            source = self._source(start, item.operands[0])
            if place != {(COLUMN,): self.size} or pitch <= 0 or self.pitch not in (0, pitch) or source is None:
                return None
            self.pitch = pitch
            row, column = divmod(offset, pitch)
            if row < 0 or column % self.size or column + self.shape.group[1] * self.size > pitch:
                return None
            copies.append(_Copy(block.name, *source, row, column))
        return copies

    def _source(self, start: str, value: Value) -> tuple[Instruction, str, tuple[str, ...]] | None:
        """Return the load from an array that a value is, its block, and which blocks decide whether it is made."""
        function, made, shapes = self.phases[start].function, self.phases[start].shapes.made, self.cutter.shapes
        item = made.get(value.text)
        phi = item if item is not None and item.op == "phi" else None
        if phi is not None:
            ways = [(v, label) for v, label in zip(phi.operands, phi.labels, strict=True) if v.local]
            item = made.get(ways[0][0].text) if len(ways) == 1 else None
        if item is None or item.op != "load" or item.head:
            return None
        if item.operands[0].text in shapes.shared or item.operands[0].text in shapes.private:
            return None
        home = next(name for name, block in function.blocks.items() if item in block.code)
        if phi is None:
            return item, home, ()
        guards = self._guards(function, home, phi)
        return None if guards is None or ways[0][1] != home else (item, home, guards)

    @staticmethod
    def _guards(function: Function, home: str, phi: Instruction) -> tuple[str, ...] | None:
        """Return the blocks that decide, all of which must say yes, whether a load is made that a phi takes."""
        meeting = next(name for name, block in function.blocks.items() if phi in block.code)
        found, inner = [home], function.blocks[home].successors
        while len(found) < len(phi.labels):
            before = [name for name, block in function.blocks.items() if found[-1] in block.successors]
            if len(before) != 1 or function.blocks[before[0]].successors != [found[-1], meeting]:
                return None
            found.append(before[0])
        return tuple(found[1:]) if inner == [meeting] and set(found) == set(phi.labels) and len(found) > 1 else None

    def _written(self, copies: list[_Copy]) -> set[int]:
        """Return which bytes of the shared array elements begin at that are written."""
        rows, columns = (range(count) for count in self.shape.group)
        return {
            (copy.row + row) * self.pitch + copy.column + column * self.size
            for copy in copies for row, column in itertools.product(rows, columns)
        }  # fmt: skip

    def _loan(self, start: str, copies: list[_Copy]) -> Loan | None:
        """Return what stands for a phase's copies, or None where they are no rows of one array."""
        phase = self.phases[start]
        sums = Polynomials(phase.shapes.made)
        pitch: Polynomial | None = None
        begin: Polynomial | None = None
        first = next((copy for copy in copies if (copy.row, copy.column) == (0, 0)), None)
        for copy in copies:
            place = sums.of(copy.load.operands[0])
            moving = {term: factor for term, factor in place.items() if ROW in term or COLUMN in term}
            across = moving.pop((COLUMN,), 0)
            own = {tuple(name for name in term if name != ROW): factor for term, factor in moving.items()}
            fixed = {term: factor for term, factor in place.items() if ROW not in term and COLUMN not in term}
            for term, factor in own.items():
                fixed = polynomials.added(fixed, {term: factor}, -copy.row)
            fixed = polynomials.added(fixed, {(): copy.column}, -1)
            if across != self.size or any(COLUMN in t or t.count(ROW) != 1 for t in moving) or len(own) != 1:
                return None
            if any(self.cutter.group.of(Value("i64", name)) != 0 for term in (*own, *fixed) for name in term):
                return None
            if (pitch, begin) not in ((None, None), (own, fixed)):
                return None
            pitch, begin = own, fixed
        if phase.spans is None or first is None or pitch is None or begin is None:
            return None
        return self._computed(start, copies, first, begin, pitch)

    def _computed(
        self, start: str, copies: list[_Copy], first: _Copy, begin: Polynomial, pitch: Polynomial
    ) -> Loan | None:
        """Return what it takes to compute a loan at the start of its phase."""
        phase = self.phases[start]
        again = {item.name for block in list(phase.function.blocks.values())[1:] for item in block.code}
        given = {item.name for item in phase.function.blocks[START].code} - again
        origins = Origins(phase.function, phase.shapes.graph, given)
        ((term, times),) = pitch.items()
        address = origins.of(first.load.operands[0], first.home)
        distance = origins.of(Value("i64", term[0] if term else "1"), first.block)
        if address is None or distance is None or len(term) > 1:
            return None
        steps = [*address[0], *(item for item in distance[0] if item not in address[0])]
        sources = {copy.load.operands[0].text for copy in copies}
        loan = Loan(address[1], distance[1], times, begin, pitch, steps, {}, {}, sources)
        return loan if self._guard(start, copies, origins, loan) else None

    def _guard(self, start: str, copies: list[_Copy], origins: Origins, loan: Loan) -> bool:
        """Add the comparisons that hold where each copy is made of what it loads, if they are known."""
        function = self.phases[start].function
        graph: Graph = {name: block.successors for name, block in function.blocks.items()}
        ends = {name for name, block in function.blocks.items() if block.code[-1].op == "barrier"}
        for copy in copies:
            # Whoever comes to the barrier has come past the copy and what decides it first.
            if any(ends & reach(graph, [START], name) for name in {copy.block, *copy.guards[-1:]}):
                return False
            for guard in copy.guards:
                if not self._holds(start, function.blocks[guard].code[-1].operands[0], guard, origins, loan):
                    return False
        return True

    def _holds(self, start: str, condition: Value, at: str, origins: Origins, loan: Loan) -> bool:
        """Add what makes a condition hold for all work-items of a group, if that is known."""
        phase = self.phases[start]
        item = phase.shapes.made.get(condition.text)
        if item is None or condition.text in loan.tests:
            return item is not None
        if item.op == "and" or (item.op == "select" and item.operands[2].text == "false"):
            return all(self._holds(start, v, at, origins, loan) for v in item.operands[:2])
        given = (phase.spans or {}).get(item.name)
        if given is not None and given.outcome:
            return True
        pattern = self.cutter.members.get(item.operands[0].text) if item.op == "icmp" else None
        if given is not None or pattern is None or self.cutter.group.of(item.operands[1]) != 0:
            return False
        steps = origins.computed(item, at)
        if steps is None or item.operands[0].type != "i64":
            return False
        loan.tests[item.name], loan.spans[item.name] = steps, Span(min(pattern.offsets), max(pattern.offsets), True)
        return True

    # ---- how it is read

    def _place(self, start: str, load: Instruction, written: set[int]) -> tuple[Polynomial, Polynomial] | None:
        """Return the row and the bytes within it that a load reads, or None where either may not have been written."""
        phase = self.phases[start]
        place = polynomials.added(Polynomials(phase.shapes.made).of(load.operands[0]), {(self.call.name,): 1}, -1)
        offset = place.pop((), 0)
        rows: Polynomial = {(): offset // self.pitch}
        columns: Polynomial = {(): offset % self.pitch}
        for term, factor in place.items():
            down = factor % self.pitch == 0
            if len(term) != 1 or (term[0] == COLUMN and (down or factor != self.size)):
                return None
            (rows if down else columns)[term] = factor // self.pitch if down else factor
        reached = [self._reach(phase, part) for part in (rows, columns)]
        if reached[0] is None or reached[1] is None:
            return None
        (top, bottom), (left, right) = reached[0], reached[1]
        if left < 0 or right >= self.pitch:
            return None
        read = itertools.product(range(top, bottom + 1), range(left, right + 1, self.size))
        return (rows, columns) if all(row * self.pitch + column in written for row, column in read) else None

    def _reach(self, phase: Phase, part: Polynomial) -> tuple[int, int] | None:
        """Return the least and the largest value of a sum of places and counters, or None where that is not known."""
        least = most = 0
        for term, factor in part.items():
            ends = (1, 1) if not term else self._range(phase, term[0])
            if ends is None:
                return None
            least, most = least + min(e * factor for e in ends), most + max(e * factor for e in ends)
        return least, most

    def _range(self, phase: Phase, name: str) -> tuple[int, int] | None:
        """Return the least and the largest value of a work-item's place or of a counter that goes up to a number."""
        if name in (ROW, COLUMN):
            return 0, self.shape.group[name == COLUMN] - 1
        for loop in {loop.header: loop for loop in phase.shapes.loop.values()}.values():
            for phi in phase.function.blocks[loop.header].phis:
                if phi.name == name:
                    return counted(phase.function, phase.shapes.made, loop, phi)
        return None
