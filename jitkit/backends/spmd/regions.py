"""Which blocks need masks: everything between a divergent branch and the place where all its ways have met again.

The rest keeps its branches, whose conditions are the same in all lanes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from jitkit.backends.spmd.graph import Graph, Loop, chain, common, dominators, loops, reverse_postorder
from jitkit.backends.spmd.ir import UnsupportedIRError
from jitkit.backends.spmd.shapes import post_dominators, reach


@dataclass
class Region:
    """Blocks to be laid out one behind the other under masks.

    Attributes
    ----------
    entry : str
        The block before them, which runs without a mask of its own and ends with the first masked branch.
    exit : str
        The block behind them, which all lanes reach.
    blocks : set of str
        The blocks between.
    order : list
        The same blocks in the order to lay them out; a loop is a `Repeat`.
    """

    entry: str
    exit: str
    blocks: set[str]
    order: list[str | Repeat] = field(default_factory=list)


@dataclass
class Repeat:
    """A loop in a region: its header first."""

    header: str
    order: list[str | Repeat]


def find(graph: Graph, entry: str, divergent: Iterable[str]) -> list[Region]:
    """Return the regions of a control-flow graph, none overlapping another."""
    return _Finder(graph, entry).run(list(divergent))


class _Finder:
    def __init__(self, graph: Graph, entry: str) -> None:
        self.graph, self.entry = graph, entry
        self.before, self.after = dominators(graph, entry), post_dominators(graph)
        self.loop = loops(graph, entry)
        self.all_loops = {id(loop): loop for loop in self.loop.values()}
        for loop in list(self.all_loops.values()):
            while loop.parent is not None:
                loop = loop.parent
                self.all_loops[id(loop)] = loop

    def run(self, divergent: list[str]) -> list[Region]:
        found: list[Region] = []
        for branch in divergent:
            meeting = self.after[branch]
            blocks = reach(self.graph, self.graph[branch], meeting)
            loop = self.loop.get(branch)
            while loop is not None:
                if meeting not in loop:
                    blocks |= loop.blocks
                loop = loop.parent
            region = self._close(blocks, branch)
            while touching := [other for other in found if self._touch(region, other)]:
                for other in touching:
                    found.remove(other)
                    region = self._close(region.blocks | other.blocks, region.entry, other.entry)
            found.append(region)
        for region in found:
            region.order = self._order(region.blocks)
        return found

    @staticmethod
    def _touch(a: Region, b: Region) -> bool:
        return bool(a.blocks & b.blocks) or a.entry in b.blocks or b.entry in a.blocks or a.entry == b.entry

    def _close(self, blocks: set[str], *entries: str) -> Region:
        """Return the smallest region with one way in and one way out that holds these blocks and no loop in part."""
        entries = tuple(node for node in entries if node not in blocks)
        while True:
            nodes = blocks | set(entries)
            entry = next((n for n in chain(common(nodes, self.before), self.before) if n not in blocks), None)
            leaving = chain(common(blocks | {entry or self.entry}, self.after), self.after)
            exit_ = next((n for n in leaving if n not in blocks and n != entry), None)
            if entry is None or exit_ is None or exit_ not in self.graph:
                raise UnsupportedIRError("a divergent branch around the start or the end of the kernel")
            grown = reach(self.graph, self.graph[entry], exit_) | blocks
            if entry in grown:  # the way round a loop: take the loop whole
                grown |= self._loop_of(entry)
            for loop in self.all_loops.values():
                inside = {entry, exit_} <= loop.blocks and loop.header not in grown
                if grown & loop.blocks and not loop.blocks <= grown and not inside:
                    grown |= loop.blocks
            if grown == blocks:
                return Region(entry, exit_, blocks)
            blocks, entries = grown, tuple(node for node in entries if node not in grown)

    def _loop_of(self, node: str) -> set[str]:
        loop = self.loop.get(node)
        if loop is None:
            raise UnsupportedIRError("irreducible control flow")
        return loop.blocks

    def _order(self, nodes: set[str], header: str | None = None) -> list[str | Repeat]:
        """Return blocks so that each stands behind those that lead to it; inner loops as one item."""
        outer = [
            loop for loop in self.all_loops.values()
            if loop.blocks <= nodes and loop.header != header and not self._within(loop, nodes, header)
        ]  # fmt: skip
        item = {node: loop.header for loop in outer for node in loop.blocks}
        items = {item.get(node, node) for node in nodes}
        collapsed: Graph = {node: [] for node in ("", *items)}
        for node in nodes:
            for other in self.graph[node]:
                a, b = item.get(node, node), item.get(other, other)
                if other in nodes and other != header and a != b:
                    collapsed[a].append(b)
        targets = {node for following in collapsed.values() for node in following}
        collapsed[""] = sorted(items - targets, key=list(self.graph).index)
        order = reverse_postorder(collapsed, "")[1:]
        position = {node: k for k, node in enumerate(order)}
        if len(order) != len(items) or any(position[b] <= position[a] for a in order for b in collapsed[a]):
            raise UnsupportedIRError("irreducible control flow")
        whole = {loop.header: loop for loop in outer}
        return [Repeat(node, self._order(whole[node].blocks, node)) if node in whole else node for node in order]

    @staticmethod
    def _within(loop: Loop, nodes: set[str], header: str | None) -> bool:
        parent = loop.parent
        while parent is not None:
            if parent.blocks <= nodes and parent.header != header:
                return True
            parent = parent.parent
        return False
