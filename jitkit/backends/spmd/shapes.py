"""Which values are equal in all lanes, which advance by a fixed step from lane to lane, and which branches differ.

A value's stride is 0 where it is uniform, `n` where lane k holds the value of lane 0 plus k times n (bytes, for a
pointer), and None where nothing is known. A branch on a condition that is not uniform is divergent: where its two ways
meet again, phis differ between lanes, and a loop that it leaves runs until its last lane has left.

Reference: R. Karrenberg, S. Hack, "Improving performance of OpenCL on CPUs", CC 2012.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Hashable, Iterable, Iterator, Sized
from typing import Protocol

from jitkit.backends.spmd import choices
from jitkit.backends.spmd.folding import constant
from jitkit.backends.spmd.graph import Graph, Loop, dominators, loops, reversed_graph
from jitkit.backends.spmd.ir import BINARY, CASTS, Function, Instruction, UnsupportedIRError, Value
from jitkit.backends.spmd.pattern import Pattern

EXIT = "%<exit>"
_SIZES = {"i1": 1, "i8": 1, "i16": 2, "i32": 4, "i64": 8, "half": 2, "float": 4, "double": 8, "ptr": 8, "i128": 16}
PURE_PREFIXES = ("@llvm.", "@jk_")
_COMPUTED = BINARY | CASTS | {"icmp", "fcmp", "select", "getelementptr", "extractvalue"}
_DEPTH = 4  # instructions deep that two values are compared
DROPPED = ("@llvm.assume", "@llvm.lifetime", "@llvm.experimental.noalias", "@llvm.dbg")

Stride = int | None


def is_scalar(kind: str) -> bool:
    """Tell whether a type is that of a number, a truth value or an address."""
    return kind in _SIZES


def size_of(kind: str) -> int:
    """Return the bytes of a scalar type in memory."""
    if kind not in _SIZES:
        raise UnsupportedIRError(f"elements of type {kind}")
    return _SIZES[kind]


def spacing_of(kind: str) -> int | None:
    """Return the bytes from one element of an array to the next; of structures, those of one kind, as complex numbers are."""
    if found := re.fullmatch(r"\[(\d+) x (.+)\]", kind):
        size = spacing_of(found[2])
        return None if size is None else int(found[1]) * size
    parts = [part.strip() for part in kind.strip("{ }").split(",")]
    sizes = {_SIZES.get(part) for part in parts}
    size = sizes.pop()
    return None if size is None or sizes else len(parts) * size


def graph_of(function: Function) -> Graph:
    """Return a function's control flow."""
    return {name: list(block.successors) for name, block in function.blocks.items()}


def post_dominators(graph: Graph) -> dict[str, str]:
    """Return the immediate post-dominator of each block; `EXIT` follows every block that ends the function."""
    closed = {node: following or [EXIT] for node, following in graph.items()} | {EXIT: []}
    # Blocks of a loop without an end, which LLVM leaves where nothing ever runs, come to no block.
    return dict.fromkeys(graph, EXIT) | dominators(reversed_graph(closed), EXIT)


class Known(Protocol):
    """The patterns of values by their names."""

    def get(self, name: str, /) -> Pattern | None:
        """Return the pattern of a value, or None where nothing is known."""


class Shapes:
    """The strides of all values of a function, and its divergent branches and loops.

    Parameters
    ----------
    function : Function
        In loop-simplified, loop-closed SSA form.
    roots : dict
        The strides of parameters (by name) and of marker calls (by the function called); others are uniform.
    fixed : dict, optional
        Values whose strides are known already.
    whole : Function, optional
        The function that `function` is a part of.
    alone : bool
        Whether vectors have one lane, in which everything is uniform.
    tables : dict, optional
        Pointers into arrays that one thread alone can see, as into memory that a group shares; each with its array.
    """

    def __init__(
        self,
        function: Function,
        roots: dict[str, Stride],
        fixed: dict[str, Stride] | None = None,
        whole: Function | None = None,
        alone: bool = False,
        tables: dict[str, str] | None = None,
    ) -> None:
        self.function, self.roots, self.fixed, self.alone = function, roots, fixed or {}, alone
        self.whole = function if whole is None else whole
        self.graph = graph_of(function)
        self.after = post_dominators(self.graph)
        self.loop = loops(self.graph, function.entry)
        self.strides: dict[str, Stride] = {p.text: roots.get(p.text, 0) for p in function.parameters}
        self.divergent: set[str] = set()
        # Of each block with phis that divergent branches lead to: for every branch the blocks before it on the branch's
        # ways, or None where lanes leave loops.
        self.joins: dict[str, list[set[str] | None]] = {}
        self.made = {item.name: item for block in self.whole.blocks.values() for item in block.code if item.name}
        self.private = private_pointers(self.whole, only_allocas=alone)
        self.shared = shared_pointers(self.whole) | (tables or {})
        self._solve()
        self.bounded = self._bounds()
        self.patterns: Known = {}

    def of(self, value: Value) -> Stride:
        """Return a value's stride; constants are uniform."""
        seen = self._seen(value)
        assert not isinstance(seen, str), value.text
        return seen

    @functools.cached_property
    def chosen(self) -> dict[str, str]:
        """The addresses of loads that one condition decides between two rows of neighbours, each with the condition."""
        found: dict[str, str] = {}
        if self.whole is not self.function:  # what they are computed from may belong to another part
            return found
        for item in (item for block in self.function.blocks.values() for item in block.code if item.op == "load"):
            pointer = item.operands[0]
            if not pointer.local or self.of(pointer) is not None or item.type not in ("i32", "i64", "float", "double"):
                continue
            conditions = choices.condition(pointer, self.made, self.of)
            if len(conditions) == 1 and "" not in conditions:
                ways = [choices.stride(pointer, truth, self.made, self.of, size_of) for truth in (True, False)]
                if ways == [size_of(item.type)] * 2:
                    found[pointer.text] = next(iter(conditions))
        return found

    def decided(self, value: Value) -> bool:
        """Tell whether a value is part of what `chosen` addresses are computed from, and not all lanes know it."""
        return value.text in self._decided

    @functools.cached_property
    def _decided(self) -> set[str]:
        found: set[str] = set()
        pending = list(self.chosen)
        while pending:
            name = pending.pop()
            if name not in found and name not in self.chosen.values() and self.strides.get(name, 0) is None:
                found.add(name)
                pending += [value.text for value in self.made[name].operands if value.local]
        return found

    def _solve(self) -> None:
        changed = True
        while changed:
            changed = False
            for block in self.function.blocks.values():
                for item in block.code:
                    changed |= self._update(item, block.name)
                end = block.code[-1]
                if end.op == "br" and end.operands and block.name not in self.divergent:
                    condition = end.operands[0]
                    if condition.local and self.strides.get(condition.text, 0) != 0:
                        self.divergent.add(block.name)
                        for join, ways in self._influence(block.name).items():
                            self.joins.setdefault(join, []).append(ways)
                        changed = True

    def _update(self, item: Instruction, block: str) -> bool:
        if not item.name:
            return False
        if item.name in self.fixed:
            new_to_us = item.name not in self.strides
            self.strides[item.name] = self.fixed[item.name]
            return new_to_us
        known = [self._seen(v) for v in item.operands]
        if item.op == "phi":
            met = {stride for stride in known if not isinstance(stride, str)}
            if not met:
                return False
            new = met.pop() if len(met) == 1 and self._meets_alike(item, block) else None
        elif "unknown" in known:
            return False
        else:
            new = self._stride(item, [stride for stride in known if not isinstance(stride, str)])
        if item.name in self.strides and self.strides[item.name] == new:
            return False
        if item.name in self.strides:  # only ever towards less knowledge, so that this ends
            new = None
            if self.strides[item.name] is None:
                return False
        self.strides[item.name] = new
        return True

    def _seen(self, value: Value) -> Stride | str:
        if value.local and value.text not in self.strides and self.private.get(value.text) == value.text:
            return 0  # an alloca of the whole function
        return self.strides.get(value.text, "unknown") if value.local else 0

    def _stride(self, item: Instruction, known: list[Stride]) -> Stride:
        if self.alone:
            return 0
        if item.op == "call":
            return self._call(item, known)
        if item.op == "load":
            return 0 if known[0] == 0 and item.operands[0].text not in self.private else None
        if item.op in ("atomicrmw", "cmpxchg"):
            return None
        if item.op == "alloca":
            return 0
        if all(stride == 0 for stride in known):
            return 0
        if None in known or item.name in self.private:
            return None  # lanes' private elements lie side by side, whatever the offset
        return self._affine(item, known)

    def _affine(self, item: Instruction, known: list[Stride]) -> Stride:
        """Return the stride of an operation on values of which at least one is strided."""
        a, b = (*known, 0)[:2]
        assert a is not None
        assert b is not None
        factor = constant(item.operands[-1], {})
        if item.op == "add" or (item.op == "or" and "disjoint" in item.head):
            return a + b
        if item.op == "sub":
            return a - b
        if item.op == "mul" and b == 0 and factor is not None:
            return a * factor
        if item.op == "shl" and b == 0 and factor is not None:
            return a << factor
        if item.op in ("freeze", "trunc", "bitcast") or (
            item.op in ("ptrtoint", "inttoptr") and item.type in ("i64", "ptr")
        ):
            return a
        if item.op == "select" and known[0] == 0 and known[1] == known[2]:
            return known[1]
        size = spacing_of(item.element) if item.op == "getelementptr" and len(known) == 2 else None
        if size is not None:  # a narrower index may wrap between lanes
            return a + b * size if b == 0 or item.operands[1].type == "i64" else None
        return None

    def _call(self, item: Instruction, known: list[Stride]) -> Stride:
        if item.callee in self.roots:
            return self.roots[item.callee]
        pure = is_pure(item)
        return 0 if pure and all(stride == 0 for stride in known) else None

    def _bounds(self) -> dict[str, int]:
        """Return the values that advance from lane to lane by at least 0 and at most this much: clamped indices."""
        found: dict[str, int] = {}
        for block in self.function.blocks.values():  # an operand's block stands before its user's, phis apart
            for item in block.code:
                if item.name and self.strides.get(item.name, 0) is None:
                    step = self._bound(item, found)
                    if step:
                        found[item.name] = step
        return found

    def _bound(self, item: Instruction, found: dict[str, int]) -> int:
        moving = [v for v in item.operands if not v.local or self.of(v) != 0]
        moving = [v for v in moving if v.local]
        if len(moving) != 1 or item.op == "phi":
            return 0
        value = moving[0]
        stride = found.get(value.text, 0) if self.of(value) is None else self.of(value)
        if not stride or stride < 0:
            return 0
        if item.op == "call" and item.callee.startswith(("@llvm.smin.", "@llvm.smax.")):
            return stride
        if self.of(value) is None and (item.op == "add" or (item.op == "sub" and value is item.operands[0])):
            return stride
        if (
            item.op == "getelementptr"
            and len(item.operands) == 2
            and item.element in _SIZES
            and item.name not in self.private
        ):
            return stride * (size_of(item.element) if value is item.operands[1] else 1)
        return 0

    def _meets_alike(self, phi: Instruction, block: str) -> bool:
        """Tell whether lanes bring one value to a phi whichever way they come; it lives outside all loops they leave."""
        for ways in self.joins.get(block, []):
            if ways is None:
                return False
            coming = [value for value, label in zip(phi.operands, phi.labels, strict=True) if label in ways]
            # LLVM may compute a value once on each way, where one of them computed it before.
            if len({value.text for value in coming}) > 1 and len(set(map(self._expression, coming))) > 1:
                return False
        return True

    def alike(self, one: Value, other: Value) -> bool:
        """Tell whether two values are computed in the same way from the same values."""
        return one.text == other.text or self._expression(one) == self._expression(other)

    def _expression(self, value: Value, depth: int = _DEPTH) -> Hashable:
        """Return what is the same for values that are computed in the same way from the same values."""
        item = self.made.get(value.text) if value.local else None
        if item is None or item.op not in _COMPUTED or not depth:
            return value.text
        how = item.head.split()[-1] if item.op in ("icmp", "fcmp") else ""  # flags aside
        operands = (self._expression(operand, depth - 1) for operand in item.operands)
        return (item.op, how, item.type, item.element, item.tail, *operands)

    def _influence(self, branch: str) -> dict[str, set[str] | None]:
        """Return the blocks whose phis a divergent branch may make differ between lanes, each with its ways there."""
        meeting = self.after[branch]
        between = reach(self.graph, self.graph[branch], meeting)
        joins: dict[str, set[str] | None] = {
            node: {source for source in (branch, *between) if node in self.graph.get(source, [])}
            for node in between | {meeting}
            if self._merges(node, branch)
        }
        for loop in self.left_by(branch):
            joins |= {node: None for name in loop.blocks for node in self.graph[name] if node not in loop}
        return joins

    def _merges(self, node: str, branch: str) -> bool:
        inner = self.loop.get(node)
        if inner is not None and inner.header == node:
            return False  # its lanes turn together: the way in and the way back never mix
        return node in self.function.blocks and len(self.function.blocks[node].phis) > 0

    def left_by(self, branch: str) -> list[Loop]:
        """Return the loops around a block that its ways leave without meeting again inside."""
        found, loop, meeting = [], self.loop.get(branch), self.after[branch]
        while loop is not None:
            if meeting not in loop:
                found.append(loop)
            loop = loop.parent
        return found


def reach(graph: Graph, start: Iterable[str], stop: str) -> set[str]:
    """Return the blocks reachable from `start` before `stop`."""
    found: set[str] = set()
    pending = list(start)
    while pending:
        node = pending.pop()
        if node != stop and node not in found:
            found.add(node)
            pending += graph.get(node, [])
    return found


def private_pointers(function: Function, only_allocas: bool = False) -> dict[str, str]:
    """Return the pointers into memory of one's own, each with the alloca it points into."""
    found: dict[str, str] = {}
    for item in _until_known(function, found):
        if item.op == "alloca":
            found[item.name] = item.name
        elif only_allocas:
            continue
        elif item.name and item.op not in ("load", "call"):  # an address in it, or made of one
            homes = [found[v.text] for v in item.operands if v.text in found]
            if homes:
                found[item.name] = homes[0]
    return found


def shared_pointers(function: Function) -> dict[str, str]:
    """Return the pointers into a group's shared memory, each with the function whose call asks for it."""
    found: dict[str, str] = {}
    for item in _until_known(function, found):
        if item.op == "call" and item.callee.strip('@"').startswith("jk.shared."):
            found[item.name] = item.callee
        elif item.op == "getelementptr" and item.operands[0].text in found:
            found[item.name] = found[item.operands[0].text]
    return found


def _until_known(function: Function, found: Sized) -> Iterator[Instruction]:
    """Yield all instructions, again and again until nothing is found any more: blocks need not stand in order."""
    before = -1
    while len(found) != before:
        before = len(found)
        for block in function.blocks.values():
            yield from block.code


def is_pure(item: Instruction) -> bool:
    """Tell whether a call computes something of its arguments alone."""
    return item.callee.startswith(PURE_PREFIXES) and "mem" not in item.callee
