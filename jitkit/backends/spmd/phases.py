"""A group kernel cut at its barriers: phases, each run for all work-items of a group before the next begins.

A phase starts at the entry or behind a barrier and ends at the next barrier or at the end. All work-items of a group
come to the same barrier, so after a phase one of them says where to go on, whatever loops and branches lie between.
What lives across a barrier waits in the group's frame: one value for the group where it is uniform, else one for each
work-item. Places and addresses that need only the arguments are computed anew instead.

Reference: P. Jaaskelainen et al., "pocl: a performance-portable OpenCL implementation", Int. J. Parallel Prog. 43, 2015.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from jitkit.backends.spmd import patterns
from jitkit.backends.spmd.graph import Loop
from jitkit.backends.spmd.group_shape import Shape
from jitkit.backends.spmd.guesses import Run, Span, affine_tests, cheap, local_value, needs, outcome, unclamped
from jitkit.backends.spmd.ir import Block, Function, Instruction
from jitkit.backends.spmd.shapes import Shapes, Stride, reach

BARRIER = "@jk.barrier"
START = "%<phase>"


class DivergentBarrierError(Exception):
    """A barrier that not all work-items of a group would reach; `line` is its line, as the frontend encodes it."""

    def __init__(self, line: str) -> None:
        self.line = line
        super().__init__(f"jk.barrier at {line} stands in a branch or loop that differs between work-items")


def has_barrier(function: Function, loop: Loop) -> bool:
    """Tell whether work-items wait for one another in a loop."""
    return any(item.callee == BARRIER for name in loop.blocks for item in function.blocks[name].code)


@dataclass
class Phase:
    """One phase.

    Attributes
    ----------
    function : Function
        Its blocks; the first reloads what it needs. A block that ends it at a barrier has the opcode ``barrier``.
    shapes : Shapes
        How its values differ between the lanes of a vector.
    exits : list of str
        The blocks behind the barriers that it may come to.
    guessed : dict
        The comparisons that most often come out the same in all lanes, with what it takes to compute them at the start.
    kept : list of str
        Truth values from before the phase of which the same is guessed, such as whether a point is inside.
    likely : Shapes or None
        The shapes where all guesses hold.
    probable : Function
        The blocks where they do: nothing is clamped, where that is guessed.
    expected : dict
        How guessed comparisons are to come out in all lanes, where one way is not as good as the other.
    steady : bool
        Whether a group comes back from the phase to itself, with all that is guessed as it was.
    spans : dict or None
        How the guessed comparisons come out in most groups, where they decide everything that is guessed.
    runs : list or None
        The vectors of the group, where places alone decide everything that is guessed.
    """

    function: Function
    shapes: Shapes
    exits: list[str]
    guessed: dict[str, list[Instruction]]
    kept: list[str]
    likely: Shapes | None
    probable: Function
    expected: dict[str, bool]
    steady: bool
    spans: dict[str, Span] | None
    runs: list[Run] | None

    def busy(self) -> float:
        """Return how many vectors have something to do, as far as places alone decide that."""
        if self.runs is None:
            return math.inf
        return sum(run.count for run in self.runs if run.outcomes is None or any(run.outcomes.values()))


def split_at_barriers(function: Function) -> Function:
    """Return a function whose blocks end at their barriers, by a terminator ``barrier`` to the block behind."""
    blocks: dict[str, Block] = {}
    last: dict[str, str] = {}
    for block in function.blocks.values():
        current = Block(block.name)
        blocks[current.name] = current
        for item in block.code:
            if item.op == "call" and item.callee == BARRIER:
                following = f"%<after barrier {len(blocks)}>"
                current.code.append(
                    Instruction("", "barrier", "void", [], labels=[following], tail=item.operands[0].text)
                )
                current = Block(following)
                blocks[following] = current
            else:
                current.code.append(item)
        last[block.name] = current.name
    for block in blocks.values():
        block.code = [
            replace(item, labels=[last[label] for label in item.labels]) if item.op == "phi" else item
            for item in block.code
        ]
    return Function(function.name, function.parameters, blocks)


def refuse_divergent(shapes: Shapes) -> None:
    """Check, on shapes in which every work-item's index varies, that whole groups come to each barrier.

    Raises
    ------
    DivergentBarrierError
        For one that stands in a branch or loop whose condition may differ within a group.
    """
    for branch in sorted(shapes.divergent):
        for name in reach(shapes.graph, shapes.graph[branch], shapes.after[branch]):
            end = shapes.function.blocks[name].code[-1]
            if end.op == "barrier":
                raise DivergentBarrierError(end.tail)


class Cutter:
    """Cuts a function that went through `split_at_barriers`.

    Parameters
    ----------
    function : Function
        The whole kernel.
    shapes : Shapes
        How its values differ between the lanes of a vector.
    group : Shapes
        How they differ between the work-items of a group.
    shape : Shape
        How the group's work-items become vectors.
    """

    def __init__(self, function: Function, shapes: Shapes, group: Shapes, shape: Shape) -> None:
        self.function, self.shapes, self.group, self.shape = function, shapes, group, shape
        self.vectors = shape.places()
        self.members = patterns.of_group(group, shape.group)
        self.types = {item.name: item.type for block in function.blocks.values() for item in block.code if item.name}
        self.anew = self._recomputable()
        self.live = _live_at_start(function)
        self._needs: dict[str, tuple[set[str], set[str]]] = {}

    def phases(self) -> dict[str, Phase]:
        """Return the phases by the block each starts with, the first first."""
        found: dict[str, Phase] = {}
        pending = [self.function.entry]
        while pending:
            start = pending.pop()
            if start not in found:
                found[start] = self._phase(start)
                pending += found[start].exits
        return found

    def kept(self, start: str) -> list[str]:
        """Return the values that wait in the frame while a group is between the phase before `start` and `start`."""
        return sorted(self._closure(start)[0])

    def _phase(self, start: str) -> Phase:
        inside, pending, exits = set(), [start], []
        while pending:
            name = pending.pop()
            if name in inside:
                continue
            inside.add(name)
            end = self.function.blocks[name].code[-1]
            if end.op == "barrier":
                exits.append(end.labels[0])
            else:
                pending += end.labels
        blocks: dict[str, Block] = {}
        for name, block in self.function.blocks.items():
            if name in inside:
                end = block.code[-1]
                code = [self._trimmed(item, inside) for item in block.code[:-1]]
                blocks[name] = Block(name, [*code, replace(end, labels=[]) if end.op == "barrier" else end])
        kept, anew = self._needed(start, blocks)
        preamble = [Instruction(name, "reload", self.types[name], []) for name in sorted(kept)]
        preamble += [item for item in self.anew.values() if item.name in anew]
        blocks = {START: Block(START, [*preamble, Instruction("", "br", "void", [], labels=[start])]), **blocks}
        function = Function(self.function.name, self.function.parameters, blocks)
        fixed = {name: self.shapes.strides[name] for name in kept}
        shapes = self._placed(Shapes(function, self.shapes.roots, fixed, self.function, self.shapes.alone))
        # What a phase that goes round a loop computes once more is not what it began with: a guess tests the latter.
        lasting = kept - {item.name for block in list(function.blocks.values())[1:] for item in block.code}
        tests = affine_tests(function, shapes, lasting | anew)
        tests = {name: steps for name, steps in tests.items() if name not in kept}
        truths = [
            name
            for name in sorted(lasting & _used(function.blocks))
            if self.types[name] == "i1" and fixed[name] is None
        ]
        runs = None if truths else self._runs(tests)
        guessed = self._likely(tests) if runs is None else tests
        uniform: dict[str, Stride] = dict.fromkeys([*guessed, *truths], 0)
        spans = None if truths or runs is not None else self._spans(guessed, shapes)
        probable, unbounded = function, dict[str, list[Instruction]]()
        settled = lasting | anew | {p.text for p in function.parameters}
        steady = bool(uniform) and start in exits and runs is None and spans is None
        steady = steady and all(needs(steps) <= settled for steps in guessed.values())
        if steady:
            probable, unbounded = unclamped(function, shapes, lasting | anew, settled)
        likely = self._placed(Shapes(probable, self.shapes.roots, fixed | uniform, self.function)) if uniform else None
        expected = dict.fromkeys(unbounded, True)
        tests = guessed | unbounded
        return Phase(
            function, shapes, sorted(set(exits)), tests, truths, likely, probable, expected, steady, spans, runs
        )

    def _runs(self, tests: dict[str, list[Instruction]]) -> list[Run] | None:
        """Return the vectors of a one-dimensional group by what comparisons of places alone say; None where they do not."""
        if len(self.shape.group) > 1 or not tests or not self.vectors:
            return None
        all_steps = {name: self._from_the_start(steps) for name, steps in tests.items()}
        if any(local_value(steps, self.vectors[0][0]) is None for steps in all_steps.values()):
            return None
        runs: list[Run] = []
        for number, places in enumerate(self.vectors):
            found = {name: {bool(local_value(steps, place)) for place in places} for name, steps in all_steps.items()}
            alike = all(len(values) == 1 for values in found.values())
            outcomes = {name: values.pop() for name, values in found.items()} if alike else None
            if runs and runs[-1].outcomes == outcomes:
                runs[-1].count += 1
            else:
                runs.append(Run(number, 1, outcomes))
        return runs

    def _spans(self, guessed: dict[str, list[Instruction]], shapes: Shapes) -> dict[str, Span] | None:
        """Return how comparisons come out in most groups; None where one differs within every group."""
        found = {}
        for name, steps in guessed.items():
            moving = [value for value in steps[-1].operands if self.group.of(value) != 0]
            pattern = self.members.get(moving[0].text) if len(moving) == 1 else None
            if pattern is None or self._parts_groups(steps):
                return None
            predicate = steps[-1].head.split()[-1]
            # A group none of whose values is the other's decides these.
            result = predicate == "ne" if predicate in ("eq", "ne") else outcome(shapes, name)
            found[name] = Span(min(pattern.offsets), max(pattern.offsets), result)
        return found or None

    def _parts_groups(self, steps: list[Instruction]) -> bool:
        """Tell whether a comparison of places alone comes out in two ways within a group."""
        steps = self._from_the_start(steps)
        return len({local_value(steps, place) for places in self.vectors for place in places}) > 1

    def _placed(self, shapes: Shapes) -> Shapes:
        shapes.patterns = patterns.of_vectors(shapes, self.shape.lanes, len(self.shape.group) - 1)
        return shapes

    def _likely(self, tests: dict[str, list[Instruction]]) -> dict[str, list[Instruction]]:
        """Return the comparisons that come out the same in all lanes for most vectors, as far as places alone decide it."""
        chosen: dict[str, list[Instruction]] = {}
        failing: set[int] = set()
        for name, steps in tests.items():
            differing = failing | self._differing(steps)
            if 4 * len(differing) <= len(self.vectors):
                chosen[name], failing = steps, differing
        return chosen

    def _differing(self, steps: list[Instruction]) -> set[int]:
        """Return the vectors in which a comparison of places differs between lanes; none where it takes more to know."""
        steps = self._from_the_start(steps)
        if local_value(steps, self.vectors[0][0] if self.vectors else (0,) * 3) is None:
            return set()
        return {
            number for number, places in enumerate(self.vectors)
            if len({local_value(steps, place) for place in places}) > 1
        }  # fmt: skip

    def _from_the_start(self, steps: list[Instruction]) -> list[Instruction]:
        """Return steps with those before them that compute anew what they start from."""
        found: list[Instruction] = []
        for item in steps:
            for value in item.operands:
                if value.text in self.anew and all(step.name != value.text for step in [*found, *steps]):
                    found += [s for s in self._from_the_start([self.anew[value.text]]) if s not in found]
            found.append(item)
        return found

    @staticmethod
    def _trimmed(item: Instruction, inside: set[str]) -> Instruction:
        """Return a phi without the values that come from other phases."""
        if item.op != "phi":
            return item
        pairs = [(v, label) for v, label in zip(item.operands, item.labels, strict=True) if label in inside]
        return replace(item, operands=[v for v, _ in pairs], labels=[label for _, label in pairs])

    def _needed(self, start: str, blocks: dict[str, Block]) -> tuple[set[str], set[str]]:
        """Return what a phase of some blocks reloads of what is kept for it, and what it computes anew.

        What only later phases need stays where it is, unless this one may change it.
        """
        kept, anew = self._closure(start)
        changed = {item.name for block in blocks.values() for item in block.code}
        used = self._find_needs(_used(blocks) & (kept | anew))
        return used[0] | kept & changed, used[1]

    def _closure(self, start: str) -> tuple[set[str], set[str]]:
        """Return what must be kept for a phase, and what it computes anew."""
        if start not in self._needs:
            first = start == self.function.entry
            self._needs[start] = (set(), set()) if first else self._find_needs(self.live[start])
        return self._needs[start]

    def _find_needs(self, names: set[str]) -> tuple[set[str], set[str]]:
        kept, anew, pending = set(), set(), list(names)
        while pending:
            name = pending.pop()
            if name in self.anew:
                if name not in anew:
                    anew.add(name)
                    pending += [v.text for v in self.anew[name].operands if v.text in self.types]
            elif name not in self.shapes.private or self.shapes.private[name] != name:
                kept.add(name)
        return kept, anew

    def _recomputable(self) -> dict[str, Instruction]:
        """Return the instructions that need only arguments and the work-item's place, in an order to run them."""
        found: dict[str, Instruction] = {}
        parameters = {p.text for p in self.function.parameters}
        for block in self.function.blocks.values():
            for item in block.code:
                if item.name and cheap(item):
                    needs = [v.text for v in item.operands if v.local and v.text not in parameters]
                    if all(name in found or self.shapes.private.get(name) == name for name in needs):
                        found[item.name] = item
        return found


def _used(blocks: dict[str, Block]) -> set[str]:
    return {value.text for block in blocks.values() for item in block.code for value in item.operands}


def _live_at_start(function: Function) -> dict[str, set[str]]:
    """Return the values of instructions that are needed at the start of each block or after it."""
    defined = {item.name for block in function.blocks.values() for item in block.code if item.name}
    live: dict[str, set[str]] = {name: set() for name in function.blocks}
    changed = True
    while changed:
        changed = False
        for block in reversed(function.blocks.values()):
            alive: set[str] = set()
            for name in block.successors:
                alive |= live[name]
                for phi in function.blocks[name].phis:
                    alive.discard(phi.name)
                for phi in function.blocks[name].phis:
                    value = phi.operands[phi.labels.index(block.name)]
                    alive |= {value.text} & defined
            for item in reversed(block.code):
                alive.discard(item.name)
                if item.op != "phi":
                    alive |= {v.text for v in item.operands} & defined
            if alive != live[block.name]:
                live[block.name], changed = alive, True
    return live
