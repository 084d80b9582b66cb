"""Turns of a loop over tiles made as one: where rows of an array stand for each tile, the next begins where one ends.

Nothing is copied in such turns, so nobody waits for anybody: the loop down a tile goes on through the rows of the next, and
what it adds up stays in registers, where a turn by itself loads every sum and stores it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from jitkit.backends.spmd import plan, polynomials
from jitkit.backends.spmd.counters import counted
from jitkit.backends.spmd.folding import constant
from jitkit.backends.spmd.graph import Graph, Loop, reversed_graph
from jitkit.backends.spmd.group_shape import shared_sites
from jitkit.backends.spmd.guesses import Origins, Span, cheap
from jitkit.backends.spmd.ir import Function, Instruction, Value
from jitkit.backends.spmd.lent import Lent, Loan
from jitkit.backends.spmd.phases import START, Cutter, Phase
from jitkit.backends.spmd.polynomials import Polynomial, Polynomials
from jitkit.backends.spmd.shapes import is_pure, reach

AT_ONCE = 128 << 10
"""Bytes of tiles that one loop goes down at most: what every vector of the group reads once more comes from the second cache.
matmul_tiled takes 0.98 of the time with half of it, 0.955 with this and with twice as much."""
BELOW = ("slt", "ult")


@dataclass
class Limit:
    """A comparison that holds in each turn until the counter has come too far.

    Attributes
    ----------
    test : Instruction
        The comparison, in the phase that lends.
    span : Span
        How far what it compares reaches in a group.
    step : int
        How much further it reaches in each turn.
    """

    test: Instruction
    span: Span
    step: int

    def after(self, turns: int) -> Span:
        """Return how far what it compares reaches until some turns later."""
        return replace(self.span, most=self.span.most + turns * self.step)


@dataclass
class Longer:
    """A loop around barriers, of which several turns may be made as one.

    Attributes
    ----------
    counter : str
        What counts the turns: this turn's count or the next, whichever waits while the tiles are read.
    step : int
        What each turn adds to it.
    test : str
        The comparison that ends the loop down a tile.
    following : Value
        What that compares with `depth`.
    depth : int
        Where it ends after one turn.
    numbers : list of int
        How many may be made as one.
    limits : dict
        For each phase that lends, what holds as long as another turn follows and lends too, and what it takes to compute it.
    """

    counter: str
    step: int
    test: str
    following: Value
    depth: int
    numbers: list[int]
    limits: dict[str, tuple[list[Instruction], list[Limit]]]


def longer(function: Function, cutter: Cutter, phases: dict[str, Phase], lent: dict[str, Lent]) -> Longer | None:
    """Return the loop of which several turns may be made as one, or None where there is none.

    With few registers a vector goes down a tile for few columns, and each of them would take all rows from the second cache:
    with AVX2 matmul_tiled took 1.13 times the time in float32, and 1.1 in float64.

    Parameters
    ----------
    function : Function
        The whole kernel, split at its barriers.
    cutter : Cutter
        What cut it.
    phases : dict
        Its phases, by the block each starts with.
    lent : dict
        The shared arrays for which rows of an array may stand.
    """
    copying = {frozenset(array.loans) for array in lent.values()}
    if len(copying) != 1 or not plan.registers_are_many():
        return None
    (lending,) = copying
    # The phase that reads comes behind all that lend, and before one of them.
    following = {tuple(phases[start].exits) for start in lending}
    if len(following) != 1 or len(reading := following.pop()) != 1:
        return None
    (start,) = reading
    again = phases[start].exits
    if start in lending or len(again) != 1 or again[0] not in lending:
        return None
    loop = cutter.shapes.loop.get(start)
    return None if loop is None else _Turns(function, cutter, phases, lent, start, loop).found()


class _Turns:
    """A loop around barriers: phases that copy, and one, which begins with the block `start`, that reads what they copied."""

    def __init__(
        self,
        function: Function,
        cutter: Cutter,
        phases: dict[str, Phase],
        lent: dict[str, Lent],
        start: str,
        loop: Loop,
    ) -> None:
        self.function, self.cutter, self.phases, self.lent, self.loop = function, cutter, phases, lent, loop
        self.start, self.phase = start, phases[start]
        self.lending = set(next(iter(lent.values())).loans)
        self.made = cutter.shapes.made
        self.sums = Polynomials(self.made)

    def found(self) -> Longer | None:
        """Return how several turns are made as one, or None where they cannot be."""
        down, counting = self._loop_down(), self._counter()
        if down is None or counting is None or any(self._does_more(name) for name in self.lending):
            return None
        (counter, step, waits), going = counting, self._counting(down)
        if going is None or not self._goes_on(down, waits, going[0]):
            return None
        within, depth, test = going
        loans = [(loan, array) for array in self.lent.values() for loan in array.loans.values()]
        if not all(_follows(loan, array, (counter.name, step), (within, depth)) for loan, array in loans):
            return None
        tiles = [int(item.operands[0].text) for item in shared_sites(self.function) if item.callee in self.lent]
        numbers = [1 << k for k in range(1, 16) if sum(tiles) << k <= AT_ONCE]
        limits = {name: found for name in self.lending if (found := self._limits(name, counter, step)) is not None}
        if not numbers or len(limits) != len(self.lending):
            return None
        return Longer(waits, step, test.name, test.operands[0], depth, numbers, limits)

    # ---- the phase that reads

    def _loop_down(self) -> Loop | None:
        """Return the one loop of the phase that reads, if it is one block and the phase changes no memory."""
        loops = {loop.header: loop for loop in self.phase.shapes.loop.values()}
        items = [item for block in self.phase.function.blocks.values() for item in block.code]
        if len(loops) != 1 or self.phase.shapes.divergent or any(map(_changes, items)):
            return None
        (loop,) = loops.values()
        return loop if len(loop.blocks) == 1 else None

    def _counting(self, down: Loop) -> tuple[str, int, Instruction] | None:
        """Return the counter of the loop down a tile, its end and its test, if only places in tiles depend on it."""
        block = self.phase.function.blocks[down.header]
        test = self.made.get(block.code[-1].operands[0].text)
        for phi in block.phis:
            ends = counted(self.phase.function, self.phase.shapes.made, down, phi)
            following = phi.operands[phi.labels.index(down.header)].text
            depth = None if test is None else constant(test.operands[1], {})
            if ends is None or ends[0] != 0 or test is None or depth is None or test.operands[0].text != following:
                continue
            return (phi.name, depth, test) if self._only_places(phi.name, {following, test.name}) else None
        return None

    def _only_places(self, counter: str, own: set[str]) -> bool:
        """Tell whether a counter decides, beside what makes and tests it, nothing but what is read of tiles that are lent."""
        reads = {read for array in self.lent.values() for read in array.reads}
        pending, seen = [counter, *own], {counter, *own}
        while pending:
            value = pending.pop()
            for item in self._users(value):
                if item.name in reads or item.name in seen or (item.op == "br" and value in own):
                    continue
                if value in own or item.op in ("call", "icmp", "select") or not cheap(item):
                    return False
                seen.add(item.name)
                pending.append(item.name)
        return True

    def _users(self, name: str) -> Iterator[Instruction]:
        for block in self.phase.function.blocks.values():
            for item in block.code:
                if any(v.text == name for v in item.operands):
                    yield item

    # ---- the loop around it

    def _does_more(self, start: str) -> bool:
        """Tell whether a phase that lends changes memory, beside its copies, on the way to its barrier."""
        function = self.phases[start].function
        graph: Graph = {name: block.successors for name, block in function.blocks.items()}
        ends = [name for name, block in function.blocks.items() if block.code[-1].op == "barrier"]
        before = reach(reversed_graph(graph), ends, "")
        return any(_changes(item) and not self._is_copy(item) for name in before for item in function.blocks[name].code)

    def _is_copy(self, item: Instruction) -> bool:
        return item.op == "store" and self.cutter.shapes.shared.get(item.operands[1].text) in self.lent

    def _next(self, phi: Instruction) -> Value | None:
        """Return what a phi of the loop's header is in the next turn, or None where there are several ways back."""
        values = [v for v, label in zip(phi.operands, phi.labels, strict=True) if label in self.loop]
        return values[0] if len(values) == 1 else None

    def _step(self, phi: Instruction) -> int | None:
        following = self._next(phi)
        add = self.made.get(following.text) if following is not None else None
        if add is None or add.op != "add" or add.type != "i64" or add.operands[0].text != phi.name:
            return None
        return constant(add.operands[1], {})

    def _counter(self) -> tuple[Instruction, int, str] | None:
        """Return what counts turns, its step, and what of it waits while the phase that reads runs: it, or the next count.

        That phase may make the next count of it and do nothing else with either.
        """
        kept = self.cutter.kept(self.start)
        for phi in self.function.blocks[self.loop.header].phis:
            following, step = self._next(phi), self._step(phi)
            if following is None or step is None or step <= 0 or self.cutter.group.strides[phi.name] != 0:
                continue
            waits = [name for name in (phi.name, following.text) if name in kept]
            used = [item.name for item in self._users(phi.name)]
            if len(waits) == 1 and not any(self._users(following.text)):
                return (phi, step, waits[0]) if used == [following.text] * (waits[0] == phi.name) else None
        return None

    def _goes_on(self, down: Loop, waits: str, within: str) -> bool:
        """Tell whether the loop down a tile begins with what it ended with the turn before, and all else stays."""
        inside = {item.name for name in self.loop.blocks for item in self.function.blocks[name].code}
        around = {phi.name: phi for phi in self.function.blocks[self.loop.header].phis}
        continued = set()
        for phi in self.phase.function.blocks[down.header].phis:
            ways = dict(zip(phi.labels, phi.operands, strict=True))
            ends = ways.pop(down.header)
            begins = ways.popitem()[1].text
            if phi.name == within:
                continue
            following = self._next(around[begins]) if begins in around else None
            if following is None or self._behind(following) != ends.text or list(self._users(begins)) != [phi]:
                return False
            continued.add(begins)
        return continued == {name for name in self.cutter.kept(self.start) if name in inside} - {waits}

    def _behind(self, value: Value) -> str:
        """Return what a value is behind phis with one way to them."""
        item = self.made.get(value.text)
        while item is not None and item.op == "phi" and len(item.operands) == 1:
            value = item.operands[0]
            item = self.made.get(value.text)
        return value.text

    # ---- whether turns follow

    def _limits(self, start: str, counter: Instruction, step: int) -> tuple[list[Instruction], list[Limit]] | None:
        """Return what holds in a phase that lends as long as another turn follows and lends too; None if that is not known."""
        phase = self.phases[start]
        again = {item.name for block in list(phase.function.blocks.values())[1:] for item in block.code}
        given = {item.name for item in phase.function.blocks[START].code} - again
        origins = Origins(phase.function, phase.shapes.graph, given)
        ending, home = self._ending(counter), self.loop.header
        now = origins.of(Value("i64", counter.name), home)
        bound = None if ending is None else origins.of(ending.operands[1], home)
        if ending is None or now is None or bound is None:
            return None
        goes_on = replace(ending, name="%<goes on>", operands=[now[1], bound[1]])
        steps, limits = [*now[0], *bound[0]], [Limit(goes_on, Span(0, 0, True), step)]
        made, spans = dict(phase.guessed), dict(phase.spans or {})
        for array in self.lent.values():
            made, spans = made | array.loans[start].tests, spans | array.loans[start].spans
        for name, needed in made.items():
            factor = self._factor(self.made[name], counter.name, spans[name])
            if factor is None:
                return None
            if factor:
                steps += needed
                limits.append(Limit(needed[-1], spans[name], factor * step))
        return steps, limits

    def _factor(self, test: Instruction, counter: str, span: Span) -> int | None:
        """Return how often the counter counts in what a comparison compares; None where it may hold once and not before."""
        moving, fixed = map(self.sums.of, test.operands)
        depends = [term for term in (*moving, *fixed) if counter in term]
        if not depends:
            return 0
        rises = depends == [(counter,)] and moving.get((counter,), 0) > 0
        return moving[(counter,)] if rises and span.outcome and test.head.split()[-1] in BELOW else None

    def _ending(self, counter: Instruction) -> Instruction | None:
        """Return the comparison of the next count with a limit that says whether another turn follows."""
        following, found = self._next(counter), []
        for name in self.loop.blocks:
            end = self.function.blocks[name].code[-1]
            if any(label not in self.loop for label in end.labels):
                item = self.made.get(end.operands[0].text) if len(end.labels) == 2 else None
                below = item is not None and item.op == "icmp" and item.head.split()[-1] in BELOW
                stays = below and item is not None and item.operands[0] == following and end.labels[0] in self.loop
                found.append(item if stays else None)
        return found[0] if len(found) == 1 else None


def _follows(loan: Loan, array: Lent, around: tuple[str, int], down: tuple[str, int]) -> bool:
    """Tell whether what is read of a tile in the next turn lies where a loop down the tile would come to if it went on.

    Parameters
    ----------
    loan : Loan
        What stands for the tile.
    array : Lent
        How the tile is read.
    around : tuple of str and int
        The counter of turns, and its step.
    down : tuple of str and int
        The counter of the loop down the tile, and how far it comes in a turn.
    """
    (counter, step), (within, depth) = around, down
    ((pitch, times),) = loan.apart.items()
    moved: Polynomial = {}
    for term, factor in loan.place.items():
        if counter in term:
            rest = list(term)
            rest.remove(counter)
            moved = polynomials.added(moved, {tuple(rest): factor}, step)
    for rows, columns in array.reads.values():
        gone = polynomials.added({}, {pitch: rows.get((within,), 0) * times}, depth)
        if polynomials.added(gone, {(): columns.get((within,), 0)}, depth) != moved:
            return False
    return True


def _changes(item: Instruction) -> bool:
    """Tell whether an instruction may change memory."""
    if item.op == "call":
        return not (item.callee.strip('@"').startswith("jk.") or (item.name and is_pure(item)))
    return item.op in ("store", "atomicrmw", "cmpxchg")
