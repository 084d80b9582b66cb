"""Kernels that only mirror a matrix: point by point, or by groups, through a tile in shared memory.

In groups, each work-item copies elements of a row into the tile, and behind the barrier elements of a column out of it. What
all do together is known by the elements alone: `out[q, p] = x[p, q]` for p and q up to what the conditions say. Whoever
knows that may run them in another order, which `mirroring` does.

All that counts is where elements come from and go to: every work-item of a group is gone through.
"""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jitkit.backends.spmd.graph import Graph, chain, dominators, loops, reversed_graph
from jitkit.backends.spmd.group_shape import shared_sites
from jitkit.backends.spmd.ir import Function, Instruction, Value
from jitkit.backends.spmd.polynomials import Polynomial, Polynomials, added
from jitkit.backends.spmd.shapes import DROPPED, reach, size_of

KINDS = ("float", "double", "i32", "i64")
MOST_ITEMS = 1 << 16
"""Work-items of a group times its loads, more of which are not gone through."""
MOST_PLACES = 64
"""Rows and columns of a tile, more of which are not gone through."""
LOCAL, GROUP = "@jk.local_index.", "@jk.group_index."
_FLIPPED = {
    "slt": "sge",
    "sge": "slt",
    "sgt": "sle",
    "sle": "sgt",
    "ult": "uge",
    "uge": "ult",
    "ugt": "ule",
    "ule": "ugt",
}
Places = NDArray[np.int64]
"""A number for each work-item of a group."""


@dataclass
class Side:
    """Where a matrix lies.

    Attributes
    ----------
    base : Polynomial
        The address of its first element.
    pitch : Polynomial
        Bytes from row to row.
    """

    base: Polynomial
    pitch: Polynomial


@dataclass
class Mirrored:
    """A kernel that does `out[q, p] = x[p, q]`.

    Attributes
    ----------
    kind : str
        The type of an element.
    source, target : Side
        The matrices.
    axes : tuple of int
        The axis of the groups along p, and along q.
    tile : tuple of int
        Values of p and of q of a group.
    read, written : tuple of list of Polynomial
        Below what p and q are where elements are loaded, and stored.
    made : dict
        The instructions that make what these are computed from, by name.
    indices : set of int
        The axes whose indices are used: they begin at 0 then, and go on by 1.
    """

    kind: str
    source: Side
    target: Side
    axes: tuple[int, int]
    tile: tuple[int, int]
    read: tuple[list[Polynomial], list[Polynomial]]
    written: tuple[list[Polynomial], list[Polynomial]]
    made: dict[str, Instruction]
    indices: set[int]


def by_groups(function: Function, group: tuple[int, ...]) -> Mirrored | None:
    """Return what matrix a group kernel mirrors, or None for one that does anything else.

    Parameters
    ----------
    function : Function
        The kernel, whose blocks end at its barriers.
    group : tuple of int
        The shape of its groups.
    """
    try:
        return _Finder(function, group).through_tile()
    except _OtherError:
        return None


def by_points(function: Function, ndim: int) -> Mirrored | None:
    """Return what matrix a kernel mirrors point by point, or None for one that does anything else.

    Parameters
    ----------
    function : Function
        The kernel.
    ndim : int
        Dimensions of its launch space.
    """
    try:
        return _Finder(function, (1,) * ndim).element()
    except _OtherError:
        return None


class _OtherError(Exception):
    """The kernel does something else."""


def _need(holds: bool) -> None:
    if not holds:
        raise _OtherError


@dataclass
class _Address:
    """An address of a matrix: the first group's first element, and how it goes on.

    Attributes
    ----------
    base : Polynomial
        Where the first group's first element lies.
    pitch : tuple of str
        What the bytes from row to row are a multiple of.
    times : int
        Which.
    along : dict
        The columns from group to group, by axis.
    down : dict
        The rows from group to group, by axis.
    columns, rows : array
        The column and the row that each work-item touches.
    """

    base: Polynomial
    pitch: tuple[str, ...]
    times: int
    along: dict[int, int]
    down: dict[int, int]
    columns: Places
    rows: Places

    def side(self) -> Side:
        return Side(self.base, {self.pitch: self.times})


@dataclass
class _Condition:
    """That a group's first place along an axis and the work-item's own, together, lie below a bound."""

    axis: int
    apart: int
    own: Places
    bound: Polynomial


class _Finder:
    def __init__(self, function: Function, group: tuple[int, ...]) -> None:
        self.function, self.group = function, group
        self.made = {item.name: item for block in function.blocks.values() for item in block.code if item.name}
        self.sums = Polynomials(self.made)
        self.indices: set[int] = set()
        self.graph: Graph = {name: block.successors for name, block in function.blocks.items()}
        self.homes = {id(item): name for name, block in function.blocks.items() for item in block.code}
        self.local = np.indices(group, dtype=np.int64).reshape(len(group), -1)

    def element(self) -> Mirrored:
        code = [item for block in self.function.blocks.values() for item in block.code]
        stores = [item for item in code if item.op == "store"]
        loads = [item for item in code if item.op == "load"]
        _need(len(self.group) == 2 and len(stores) == len(loads) == 1 and all(map(_is_harmless, code)))
        _need(not shared_sites(self.function) and not loops(self.graph, self.function.entry))
        _need(self._maker(stores[0].operands[0]) is loads[0] and not loads[0].head)
        source, read = self._alike([(loads[0], self._conditions(loads[0]), None)])
        return self._sides(stores, source[0], read, [(source[0].rows, source[0].columns)])

    def through_tile(self) -> Mirrored:
        code = [item for block in self.function.blocks.values() for item in block.code]
        sites, barriers = shared_sites(self.function), [item for item in code if item.op == "barrier"]
        _need(len(self.group) == 2 and len(sites) == len(barriers) == 1 and all(map(_is_harmless, code)))
        _need(not loops(self.graph, self.function.entry))
        self.tile, self.behind = sites[0], reach(self.graph, barriers[0].labels, "")
        stores = [item for item in code if item.op == "store"]
        _need(len(stores) * self.local.shape[1] <= MOST_ITEMS)
        copies = [item for item in stores if self._in_tile(item.operands[1])]
        results = [item for item in stores if not self._in_tile(item.operands[1])]
        _need(bool(copies) and bool(results))
        _need(not any(map(self._is_behind, copies)) and all(map(self._is_behind, results)))
        kind = copies[0].operands[0].type
        _need(all(item.operands[0].type == kind and not item.head for item in copies))
        loads = [self._copied(item) for item in copies]
        source, read = self._alike([(load, conditions, None) for load, conditions in loads])
        taken: dict[int, tuple[int, int]] = {}
        for item, address in zip(copies, source, strict=True):
            for at, row, column in zip(self._place(item.operands[1]), address.rows, address.columns, strict=True):
                _need(int(at) not in taken)
                taken[int(at)] = (int(row), int(column))
        return self._sides(results, source[0], read, [self._read(item, taken) for item in results])

    @functools.cached_property
    def before(self) -> dict[str, str]:
        return dominators(self.graph, self.function.entry)

    @functools.cached_property
    def after(self) -> dict[str, str]:
        """The immediate postdominator of each block."""
        ends = [name for name, following in self.graph.items() if not following]
        _need(len(ends) == 1)
        return dominators(reversed_graph(self.graph), ends[0])

    def _sides(
        self,
        stores: list[Instruction],
        first: _Address,
        read: tuple[list[Polynomial], list[Polynomial]],
        froms: list[tuple[Places, Places]],
    ) -> Mirrored:
        """Return what stores mirror, given from which rows and columns of the matrix their work-items take the elements."""
        kind = stores[0].operands[0].type
        _need(kind in KINDS and all(item.operands[0].type == kind and not item.head for item in stores))
        accesses = [(item, self._conditions(item), own) for item, own in zip(stores, froms, strict=True)]
        target, written = self._alike(accesses)
        # The rows of one are the columns of the other, from work-item to work-item and from group to group.
        reached = set()
        for address, (rows, columns) in zip(target, froms, strict=True):
            _need(bool(np.all(address.rows == columns) and np.all(address.columns == rows)))
            reached |= set(zip(rows.tolist(), columns.tolist(), strict=True))
        last = target[0]
        (axis_p, height), (axis_q, width) = _only(first.down), _only(first.along)
        _need(_only(last.along) == (axis_p, height) and _only(last.down) == (axis_q, width) and axis_p != axis_q)
        _need(max(height, width) <= MOST_PLACES and reached == set(itertools.product(range(height), range(width))))
        sides = first.side(), last.side()
        _need(first.base != last.base)
        places = [part for side in sides for part in (side.base, side.pitch)]
        sums = [*places, *itertools.chain(*read, *written)]
        _need(all(self._is_given(name) for parts in sums for term in parts for name in term))
        return Mirrored(kind, *sides, (axis_p, axis_q), (height, width), read, written, self.made, self.indices)

    # ---- where

    def _is_behind(self, item: Instruction) -> bool:
        return self._home(item) in self.behind

    def _home(self, item: Instruction) -> str:
        return self.homes[id(item)]

    def _maker(self, value: Value) -> Instruction:
        """Return the instruction that makes a value."""
        item = self.made.get(value.text)
        if item is None:
            raise _OtherError
        return item

    def _sum(self, value: Value) -> Polynomial:
        """Return a value as a sum in which an index is its group's and its own place, and each of these has its axis' name."""
        found: Polynomial = {}
        for term, factor in self.sums.of(value).items():
            parts: Polynomial = {(): factor}
            for name in term:
                parts = {
                    tuple(sorted((*done, other))): times * count
                    for done, times in parts.items()
                    for other, count in self._parts(name).items()
                }
            found = added(found, parts)
        return found

    def _parts(self, name: str) -> dict[str, int]:
        item = self.made.get(name)
        if item is not None and item.callee.startswith(GROUP):
            return {item.callee: 1}
        indices = [p.text for p in self.function.parameters[: len(self.group)]]
        if name not in indices:
            return {name: 1}
        axis = indices.index(name)
        self.indices.add(axis)
        return {f"{GROUP}{axis}": self.group[axis], f"{LOCAL}{axis}": 1}

    def _in_tile(self, pointer: Value) -> bool:
        return (self.tile.name,) in self.sums.of(pointer)

    def _place(self, pointer: Value) -> Places:
        """Return the byte of the tile that each work-item touches."""
        return self._own(added(self._sum(pointer), {(self.tile.name,): 1}, -1))

    def _own(self, parts: Polynomial) -> Places:
        """Return what a sum of the work-item's places and numbers is for each."""
        total = np.full(self.local.shape[1], parts.get((), 0), np.int64)
        for term, factor in parts.items():
            if term:
                _need(len(term) == 1 and term[0].startswith(LOCAL))
                total += factor * self.local[int(term[0][len(LOCAL) :])]
        return total

    @staticmethod
    def _axis(name: str) -> int | None:
        """Return the axis of a group's index, or None for another name."""
        return int(name[len(GROUP) :]) if name.startswith(GROUP) else None

    # ---- what

    def _copied(self, item: Instruction) -> tuple[Instruction, list[_Condition]]:
        """Return the load whose element a store puts into the tile, and when it does so; another time nothing, or a number."""
        home, load = self._home(item), self._maker(item.operands[0])
        if load.op == "phi":
            ways = [(v, label) for v, label in zip(load.operands, load.labels, strict=True) if v.local]
            _need(len(ways) == 1 and self._home(load) == home and not self._facts(home))
            load = self._maker(ways[0][0])
            _need(self._home(load) == ways[0][1])
        else:
            _need(self._facts(home) == self._facts(self._home(load)))
        _need(load.op == "load" and not load.head and not self._in_tile(load.operands[0]))
        return load, self._conditions(load)

    def _read(self, item: Instruction, taken: dict[int, tuple[int, int]]) -> tuple[Places, Places]:
        """Return the row and the column of the matrix from which the element comes that each work-item stores."""
        load = self._maker(item.operands[0])
        _need(load.op == "load" and not load.head and self._in_tile(load.operands[0]) and self._is_behind(load))
        places = self._place(load.operands[0]).tolist()
        _need(all(place in taken for place in places))
        rows, columns = zip(*(taken[place] for place in places), strict=True)
        return np.array(rows), np.array(columns)

    def _alike(
        self, accesses: list[tuple[Instruction, list[_Condition], tuple[Places, Places] | None]]
    ) -> tuple[list[_Address], tuple[list[Polynomial], list[Polynomial]]]:
        """Return the addresses of accesses to one matrix, and below what its p and q lie in all of them.

        For results, whose rows are q, what each work-item stores comes from the row p and the column q that are given.
        """
        parted = [self._parted(item.operands[-1]) for item, _, _ in accesses]
        size, times = size_of(accesses[0][0].accessed), math.gcd(*(f for _, down in parted for f in down.values()))
        addresses = [self._address(*parts, size, times) for parts in parted]
        first = addresses[0]
        bounds = []
        for address, (_, conditions, given) in zip(addresses, accesses, strict=True):
            same = (address.base, address.pitch, address.times, address.along, address.down)
            _need(same == (first.base, first.pitch, first.times, first.along, first.down))
            own = (address.rows, address.columns) if given is None else given
            apart = (first.down, first.along) if given is None else (first.along, first.down)
            bounds.append(tuple(self._bounds(conditions, own[k], apart[k]) for k in range(2)))
            _need(sum(map(len, bounds[-1])) == len(conditions) and bounds[-1] == bounds[0])
        return addresses, (list(bounds[0][0]), list(bounds[0][1]))

    @staticmethod
    def _bounds(conditions: list[_Condition], own: Places, apart: dict[int, int]) -> list[Polynomial]:
        """Return below what a row or a column is to lie, sorted."""
        found = [
            condition.bound for condition in conditions
            if apart == {condition.axis: condition.apart} and np.array_equal(condition.own, own)
        ]  # fmt: skip
        return sorted(found, key=lambda bound: sorted(bound.items()))

    def _parted(self, pointer: Value) -> tuple[Polynomial, Polynomial]:
        """Return an address's parts that are no multiples of what the rows lie apart, and those that are."""
        parts = self._sum(pointer)
        others = {name for term in parts if self._moves(term) for name in term if not self._moves((name,))}
        _need(len(others) == 1)
        (self.pitch,) = others
        down = {term: factor for term, factor in parts.items() if self.pitch in term}
        _need(all(term.count(self.pitch) == 1 for term in down))
        return {term: factor for term, factor in parts.items() if term not in down}, down

    def _moves(self, term: tuple[str, ...]) -> bool:
        return any(name.startswith(LOCAL) or self._axis(name) is not None for name in term)

    def _address(self, across: Polynomial, down: Polynomial, size: int, times: int) -> _Address:
        base = {term: factor for term, factor in across.items() if term and not self._moves(term)}
        columns = {term: factor for term, factor in across.items() if term not in base}
        _need(all(factor % size == 0 for factor in columns.values()))
        parts = [
            {term: factor // size for term, factor in columns.items()},
            {tuple(name for name in term if name != self.pitch): factor // times for term, factor in down.items()},
        ]
        return _Address(
            base, (self.pitch,), times, *map(self._groups, parts), *map(self._own, map(self._within, parts))
        )

    def _within(self, parts: Polynomial) -> Polynomial:
        """Return what of a sum is a work-item's own."""
        return {term: factor for term, factor in parts.items() if not term or self._axis(term[0]) is None}

    def _groups(self, parts: Polynomial) -> dict[int, int]:
        _need(all(len(term) <= 1 for term in parts))
        axes = ((self._axis(term[0]), factor) for term, factor in parts.items() if term)
        return {axis: factor for axis, factor in axes if axis is not None}

    # ---- when

    def _conditions(self, item: Instruction) -> list[_Condition]:
        return [self._condition(*fact) for fact in self._facts(self._home(item))]

    def _facts(self, block: str) -> list[tuple[Instruction, bool]]:
        """Return the comparisons, and how they come out, that decide whether a block is run: it is run if all do."""
        found: list[tuple[Instruction, bool]] = []
        ancestors = chain(block, self.before)
        for name, above in itertools.pairwise(ancestors):
            end = self.function.blocks[above].code[-1]
            comes = [other for other, following in self.graph.items() if name in following]
            if len(self.graph[above]) == 1 or comes != [above]:
                _need(name in chain(above, self.after))  # whoever comes to the one comes to the other
                continue
            _need(end.op == "br" and self.graph[above].count(name) == 1)
            found += self._split(end.operands[0], self.graph[above].index(name) == 0)
        return found

    def _split(self, condition: Value, outcome: bool) -> list[tuple[Instruction, bool]]:
        item = self._maker(condition)
        constants = [v.text for v in item.operands]
        both = item.op == ("and" if outcome else "or")
        both = both or (item.op == "select" and constants[2 if outcome else 1] == ("false" if outcome else "true"))
        if both:
            parts = [v for v in item.operands if v.local]
            return [fact for part in parts for fact in self._split(part, outcome)]
        if item.op == "xor" and constants[1] == "true":
            return self._split(item.operands[0], not outcome)
        _need(item.op == "icmp")
        return [(item, outcome)]

    def _condition(self, item: Instruction, outcome: bool) -> _Condition:
        predicate = item.head.split()[-1]
        _need(predicate in _FLIPPED)
        predicate = predicate if outcome else _FLIPPED[predicate]
        sides = list(item.operands) if predicate in ("slt", "ult") else list(reversed(item.operands))
        _need(predicate in ("slt", "ult", "sgt", "ugt") and sides[0].type == "i64")
        below, bound = map(self._sum, sides)
        _need(all(self._is_given(name) for term in bound for name in term))
        return _Condition(*_only(self._groups(below)), self._own(self._within(below)), bound)

    # ---- from what

    def _is_given(self, name: str) -> bool:
        """Tell whether a value is a parameter, or a member of one."""
        item = self.made.get(name)
        parameters = {p.text for p in self.function.parameters[len(self.group) :]}
        return name in parameters or (
            item is not None and item.op == "extractvalue" and item.operands[0].text in parameters
        )


def _is_harmless(item: Instruction) -> bool:
    if item.op == "call":
        return item.callee.strip('@"').startswith(("jk.shared.", LOCAL[1:], GROUP[1:])) or item.callee.startswith(
            DROPPED
        )
    return item.op not in ("atomicrmw", "cmpxchg", "alloca", "unreachable", "switch")


def _only(parts: dict[int, int]) -> tuple[int, int]:
    _need(len(parts) == 1)
    return next(iter(parts.items()))
