"""How the work-items of a group become vectors, and how their indices and places differ from lane to lane."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from jitkit.backends.spmd.ir import Function, Instruction
from jitkit.backends.spmd.shapes import Stride


def roots(function: Function, shape: tuple[int, ...], along: Stride) -> dict[str, Stride]:
    """Return the strides of indices and places where those along the last axis have stride `along`, the others 0."""
    last = len(shape) - 1
    found: dict[str, Stride] = {f"@jk.local_index.{axis}": 0 for axis in range(last)}
    found |= {f"@jk.group_index.{axis}": 0 for axis in range(last + 1)}
    found |= {item.callee: 0 for item in shared_sites(function)}
    return found | {function.parameters[last].text: along, f"@jk.local_index.{last}": 1}


def varying(function: Function, shape: tuple[int, ...]) -> dict[str, Stride]:
    """Return the strides with every work-item of a group told apart."""
    found = roots(function, shape, None)
    for axis in range(len(shape)):
        found |= {function.parameters[axis].text: None, f"@jk.local_index.{axis}": None}
    return found


def shared_sites(function: Function) -> list[Instruction]:
    """Return the calls that ask for shared memory."""
    return [
        item for block in function.blocks.values() for item in block.code
        if item.op == "call" and item.callee.strip('@"').startswith("jk.shared.")
    ]  # fmt: skip


@dataclass
class Shape:
    """How a group's work-items become vectors.

    Attributes
    ----------
    group : tuple of int
        The group's shape.
    lanes : int
        Work-items a vector; a power of two.
    fastest : int
        The axis along which groups follow one another.
    """

    group: tuple[int, ...]
    lanes: int
    fastest: int

    @property
    def full(self) -> int:
        """Whole vectors along the last axis."""
        return self.group[-1] // self.lanes

    @property
    def rest(self) -> int:
        """Work-items along the last axis behind the whole vectors."""
        return self.group[-1] % self.lanes

    @property
    def vectors(self) -> int:
        """Vectors in a group."""
        return math.prod(self.group[:-1]) * (self.full + (self.rest > 0))

    def places(self) -> list[list[tuple[int, ...]]]:
        """Return the places of the work-items of each whole vector."""
        rows = itertools.product(*map(range, self.group[:-1]))
        firsts = [k * self.lanes for k in range(self.full)]
        return [[(*row, first + lane) for lane in range(self.lanes)] for row, first in itertools.product(rows, firsts)]


def fitting(group: tuple[int, ...], lanes: int, fastest: int) -> Shape:
    """Return the shape with no more lanes than it takes to hold a group's last axis."""
    while lanes > 1 and lanes // 2 >= group[-1]:
        lanes //= 2
    return Shape(group, lanes, fastest)
