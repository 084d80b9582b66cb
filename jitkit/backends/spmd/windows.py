"""Loads and stores of shared memory whose lanes stand in known places of a few whole vectors: those vectors and shuffles."""

from __future__ import annotations

from jitkit.backends.spmd.ir import Instruction, Value
from jitkit.backends.spmd.lanewise import LaneByLane
from jitkit.backends.spmd.places import Window, window
from jitkit.backends.spmd.shapes import size_of
from jitkit.backends.spmd.writer import aggregate


class Windows(LaneByLane):
    """Widens loads and stores of shared memory by patterns."""

    def window(self, pointer: Value, kind: str) -> Window | None:
        """Return the window of an address in shared memory, for elements of a type."""
        pattern = self.body.shapes.patterns.get(pointer.text)
        if pattern is None or pointer.text not in self.body.shapes.shared or aggregate(kind) or kind == "i1":
            return None
        return window(pattern, self.body.lanes, size_of(kind), self.body.fresh)

    def blends(self, item: Instruction) -> bool:
        """Tell whether a load or a store of shared memory touches whole vectors, whatever its mask."""
        pointer, kind = item.operands[-1], item.accessed
        if pointer.text not in self.body.shapes.shared or aggregate(kind) or kind == "i1":
            return False
        if self.body.shapes.of(pointer) == size_of(kind):
            return True
        found = self.window(pointer, kind)
        return found is not None and found.distinct

    def _load_window(self, kind: str, pointer: Value, found: Window, align: str) -> str:
        return self._taken(kind, self._vectors(kind, pointer, found, align)[1], found)

    def _store_window(self, value: Value, pointer: Value, found: Window, align: str, mask: str | None) -> None:
        whole, lanes = self.vector.type(value.type), self.body.lanes
        places, vectors = self._vectors(value.type, pointer, found, align)
        new = self.body.whole(value)
        if mask is not None:
            new = self.vector.select(value.type, mask, new, self._taken(value.type, vectors, found))
        for number, (place, old) in enumerate(zip(places, vectors, strict=True)):
            order = list(range(lanes))
            for lane, position in enumerate(found.places):
                if position // lanes == number:
                    order[position % lanes] = lanes + lane
            if order != list(range(lanes)):
                self.text.do(f"store {whole} {self._shuffled(value.type, old, new, order)}, ptr {place}, align {align}")

    def _vectors(self, kind: str, pointer: Value, found: Window, align: str) -> tuple[list[str], list[str]]:
        """Return the addresses of a window's vectors and what they hold."""
        start, step = self.body.end(pointer, last=False), self.body.lanes * size_of(kind)
        places = [
            self.text.emit(f"getelementptr i8, ptr {start}, i64 {found.first + k * step}") for k in range(found.count)
        ]
        return places, [
            self.text.emit(f"load {self.vector.type(kind)}, ptr {place}, align {align}") for place in places
        ]

    def _taken(self, kind: str, vectors: list[str], found: Window) -> str:
        """Return the element of each lane."""
        lanes = self.body.lanes
        padded = [*vectors, *["poison"] * (len(vectors) % 2)]
        if len(vectors) <= 2:
            return self._shuffled(kind, padded[0], padded[1], list(found.places))
        within = [place % (2 * lanes) for place in found.places]
        low, high = (self._shuffled(kind, padded[k], padded[k + 1], within) for k in (0, 2))
        return self._shuffled(
            kind, low, high, [k + lanes * (place >= 2 * lanes) for k, place in enumerate(found.places)]
        )

    def _shuffled(self, kind: str, a: str, b: str, order: list[int]) -> str:
        if order == list(range(self.body.lanes)):
            return a
        whole, places = self.vector.type(kind), ", ".join(f"i32 {k}" for k in order)
        return self.text.emit(f"shufflevector {whole} {a}, {whole} {b}, <{self.body.lanes} x i32> <{places}>")
