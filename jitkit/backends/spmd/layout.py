"""What a group function is made of, and where it keeps its values: phases, shapes, frames, private and shared memory."""

from __future__ import annotations

import functools

from jitkit.backends.spmd import carrying, deferring, fusing, homes, lent, longer, patterns, rising, sweeps
from jitkit.backends.spmd.group_shape import Shape, roots, shared_sites, varying
from jitkit.backends.spmd.ir import Function
from jitkit.backends.spmd.phases import Cutter, Phase, refuse_divergent, split_at_barriers
from jitkit.backends.spmd.places import MOST_VECTORS
from jitkit.backends.spmd.shapes import Shapes, reach
from jitkit.backends.spmd.writer import Lanes, Text, aligned, wide

FEW = 2
"""Vectors that a phase runs so fast that what the one before stored is still on its way to the cache."""


NOTED = 32
"""Bits for each vector of what is known of its guesses: whether all hold, and how each comes out."""


class GroupLayout:
    """The phases of a group kernel, and the memory that one group has."""

    def __init__(self, function: Function, shape: Shape, unit_step: bool) -> None:
        self.shape, self.unit_step = shape, unit_step
        self.function = split_at_barriers(rising.risen(function))
        everyone = Shapes(self.function, varying(self.function, shape.group))
        refuse_divergent(everyone)
        self.shapes = self._shapes()
        if len(shape.group) == 1:
            self.shapes.patterns = patterns.of_vectors(self.shapes, shape.lanes, 0)
            self.function = fusing.fused(self.function, self.shapes, shape)
        swept, self.in_order = sweeps.swept(self.function, self.shapes, everyone, shape)
        if self.in_order:
            self.function = swept
            self.shapes, everyone = self._shapes(), Shapes(swept, varying(swept, shape.group))
        self.cutter = Cutter(self.function, self.shapes, everyone, shape)
        self.phases = self.cutter.phases()
        self.carried = (
            None if self.turns else carrying.carried(self.function, self.shapes, shape, self.phases, unit_step)
        )
        self.copied = lent.copied(self.function, shape, self.cutter, self.phases)
        self.lent = {site: array for site, array in self.copied.items() if isinstance(array, lent.Lent)}
        self.longer = longer.longer(self.function, self.cutter, self.phases, self.lent)
        self.text = Text()
        self.vector = Lanes(self.text, shape.lanes)
        self.frames = self._frames()
        self.private = {
            item.name: self.text.alloca(f"[{shape.vectors} x {aligned(f'[{shape.lanes} x {item.element}]')}]", "own")
            for block in self.function.blocks.values() for item in block.code if item.op == "alloca"
        }  # fmt: skip
        self.next = self.text.alloca("i32", "next", 4)
        self.dynamic = {item.callee for item in shared_sites(self.function) if item.operands[0].local}
        self.sites: dict[str, str] = {}
        self.rows = {
            site: (self.text.alloca("ptr", "rows", 8), self.text.alloca("i64", "pitch", 8)) for site in self.lent
        }
        self.coming = {
            site: (self.text.alloca("ptr", "coming", 8), self.text.alloca("i64", "apart", 8))
            for site in self.copied if self.carried is not None
        }  # fmt: skip
        self.depth = self.text.alloca("i64", "depth", 8) if self.longer is not None else ""

    def _shapes(self) -> Shapes:
        alone = self.shape.lanes == 1
        if alone:
            everywhere = dict.fromkeys(varying(self.function, self.shape.group), 0)
            return Shapes(self.function, everywhere, alone=True)
        return Shapes(self.function, roots(self.function, self.shape.group, 1 if self.unit_step else None))

    def _frames(self) -> dict[str, str]:
        """Reserve memory for every value that lives across a barrier."""
        kept = [set(self.cutter.kept(start)) for start in self.phases]
        places: dict[str, str] = {}
        for names in homes.shared(self.function, kept, lambda name: (self.held(name), self.common(name))):
            held = self.held(names[0])
            place = self.text.alloca(held if self.common(names[0]) else f"[{self.shape.vectors} x {held}]", "frame")
            places |= dict.fromkeys(names, place)
        return places

    def common(self, name: str) -> bool:
        """Tell whether a value is the same for the whole group."""
        return self.cutter.group.strides[name] == 0

    @functools.cached_property
    def turns(self) -> bool:
        """Whether there is a loop around barriers."""
        return any(map(self.returns, self.phases))

    def returns(self, start: str) -> bool:
        """Tell whether a group comes back to a phase."""
        return start in reach({name: phase.exits for name, phase in self.phases.items()}, self.phases[start].exits, "")

    def held(self, name: str) -> str:
        """Return the type that holds a value for one vector of work-items."""
        kind = self.cutter.types[name]
        return wide(kind, self.shape.lanes) if self.shapes.strides[name] is None else kind

    def own_rows(self, site: str) -> None:
        """Let a shared array's own rows be what is read of it."""
        self.text.do(f"store ptr {self.sites[site]}, ptr {self.rows[site][0]}")
        self.text.do(f"store i64 {self.lent[site].pitch}, ptr {self.rows[site][1]}")

    def one_turn(self) -> None:
        """Let a loop down tiles end where the tiles do."""
        if self.longer is not None:
            self.text.do(f"store i64 {self.longer.depth}, ptr {self.depth}")

    @property
    def margin(self) -> int:
        """Bytes before and behind a shared array: stores under a mask write back what lies beside it."""
        return 64 * -(-8 * self.shape.lanes * MOST_VECTORS // 64)


class PhaseLayout:
    """One phase of a group, and what is known where its code is written."""

    def __init__(self, layout: GroupLayout, number: int, start: str, phase: Phase) -> None:
        self.layout, self.number, self.start, self.phase = layout, number, start, phase
        self.text, self.shape = layout.text, layout.shape
        self.reloaded: dict[str, str] = {}
        self.outcomes: dict[str, bool] | None = None
        self.fresh = phase.busy() <= FEW
        self.is_once = not layout.returns(start)
        self.late = deferring.late(phase.shapes, layout.shape, layout.dynamic)
        self.places = self.text.alloca(f"[{self.shape.vectors * self.shape.lanes} x i32]", "late") if self.late else ""
        self.going = self.text.alloca(layout.vector.type("i32"), "going") if self.late else ""
        self.carrying = False
        self.loans = {site: array.loans[start] for site, array in layout.lent.items() if start in array.loans}
        self.lending = False
        noted = [*phase.guessed, *phase.kept]
        self.noted = {name: k + 1 for k, name in enumerate(noted)} if phase.steady and len(noted) < NOTED else {}
        self.notes = self.text.alloca(f"[{self.shape.vectors} x i{NOTED}]", "notes") if self.noted else ""
        self.note: str | None = None
        self.asked = {
            site: layout.copied[site].loans[start] for site in layout.coming if start in layout.copied[site].loans
        }

    def ahead(self, axis: int) -> str | None:
        """Return how many groups along an axis the one is away that is asked for now."""
        if self.layout.carried is not None:
            return f"%ahead.{axis}"
        return "1" if axis == self.shape.fastest else None

    def parameters(self, places: list[str]) -> dict[str, str]:
        """Return what stands for the indices and places of the work-items of one vector."""
        function, group = self.layout.function, self.shape.group
        found = {p.text: p.text for p in function.parameters}
        for axis, place in enumerate(places):
            found[f"@jk.local_index.{axis}"] = place
            found[f"@jk.group_index.{axis}"] = f"%group.{axis}"
            first = self.text.emit(f"mul nsw i64 %group.{axis}, {group[axis]}")
            position = self.text.emit(f"add nsw i64 {first}, {place}")
            last = axis == len(group) - 1
            if last and self.layout.unit_step:
                found[function.parameters[axis].text] = self.text.emit(f"add nsw i64 %start.{axis}, {position}")
                continue
            scaled = self.text.emit(f"mul nsw i64 %step.{axis}, {position}")
            index = self.text.emit(f"add nsw i64 %start.{axis}, {scaled}")
            if last and self.shape.lanes > 1:
                index = self.layout.vector.indices(index, f"%step.{axis}")
            found[function.parameters[axis].text] = index
        return found
