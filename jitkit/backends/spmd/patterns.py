"""Where the lanes of a vector stand when no single stride says it: ``i ^ 1``, ``2 * i - (i & 3)``, ``i // 4``.

The first work-item of a vector stands at a multiple of the number of lanes, so operations on the low bits of a place give
every vector the same distances from lane 0. What lanes then read of shared memory are elements of a few whole vectors.
"""

from __future__ import annotations

import itertools

from jitkit.backends.spmd.folding import constant
from jitkit.backends.spmd.ir import Instruction, UnsupportedIRError, Value
from jitkit.backends.spmd.pattern import ANY, RULES, Pattern, added, scaled
from jitkit.backends.spmd.shapes import Shapes, size_of


def of_vectors(shapes: Shapes, lanes: int, last: int) -> Patterns:
    """Return the patterns of the lanes of any vector of a group.

    Parameters
    ----------
    shapes : Shapes
        How the values of a group kernel, or a part of it, differ between lanes.
    lanes : int
        Work-items a vector.
    last : int
        The axis of the group along which they stand.
    """
    place = Pattern(tuple(range(lanes)), lanes, line=(1, 0))
    return Patterns(shapes, lanes, {f"@jk.local_index.{last}": place})


def of_group(shapes: Shapes, group: tuple[int, ...]) -> Patterns:
    """Return the patterns of all work-items of a group, as if they were the lanes of one vector.

    Parameters
    ----------
    shapes : Shapes
        How the values differ within a group.
    group : tuple of int
        The group's shape.
    """
    places = list(itertools.product(*map(range, group)))
    roots = {
        f"@jk.local_index.{axis}": Pattern(tuple(place[axis] for place in places), ANY) for axis in range(len(group))
    }
    return Patterns(shapes, len(places), roots)


class Patterns:
    """The patterns of a function's values, each found when it is asked for."""

    def __init__(self, shapes: Shapes, lanes: int, roots: dict[str, Pattern]) -> None:
        self.shapes, self.lanes, self.roots = shapes, lanes, roots
        blocks = shapes.function.blocks.values()
        self._made = {item.name: item for block in blocks for item in block.code if item.name}
        self._found: dict[str, Pattern | None] = {}

    def get(self, name: str) -> Pattern | None:
        """Return the pattern of an instruction's result, or None where nothing is known."""
        if name not in self._found:
            item = self._made.get(name)
            known = item is not None and name not in self.shapes.private
            self._found[name] = self._pattern(item) if item is not None and known else None
        return self._found[name]

    def _pattern(self, item: Instruction) -> Pattern | None:
        root = self.roots.get(item.callee)
        if root is not None:
            return root
        if item.op == "getelementptr":
            return self._address(item)
        if item.op == "call" and item.name in self.shapes.shared:  # where shared memory begins
            return Pattern((0,) * self.lanes, ANY, line=(0, 0))
        rule = RULES.get(item.op)
        if rule is None or item.type not in ("i64", "i32"):
            return None
        known = [self._of(value) for value in item.operands]
        if known[0] is None or known[1] is None:
            return None
        return rule(item, known[0], known[1], constant(item.operands[1], {}))

    def _of(self, value: Value) -> Pattern | None:
        number = constant(value, {})
        if number is not None:
            return Pattern((0,) * self.lanes, ANY, number % ANY, (0, number))
        found = self.get(value.text)
        stride = self.shapes.of(value) if value.local else 0
        if found is not None or stride is None or value.text in self.shapes.private:
            return found
        return Pattern(tuple(stride * k for k in range(self.lanes)), ANY if value.type == "ptr" and stride == 0 else 1)

    def _address(self, item: Instruction) -> Pattern | None:
        if len(item.operands) != 2 or item.operands[1].type != "i64":
            return None
        base, index = map(self._of, item.operands)
        try:
            size = size_of(item.element)
        except UnsupportedIRError:
            return None
        return None if base is None or index is None else added(base, scaled(index, size))
