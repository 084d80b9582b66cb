"""Control-flow graphs: orders, dominators and natural loops of a map from each node to the nodes that may follow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

Graph = dict[str, list[str]]


def reversed_graph(graph: Graph) -> Graph:
    """Return the graph with every edge turned round."""
    result: Graph = {node: [] for node in graph}
    for node, following in graph.items():
        for other in dict.fromkeys(following):
            result[other].append(node)
    return result


def reverse_postorder(graph: Graph, entry: str) -> list[str]:
    """Return the nodes reachable from `entry`, each before what follows it, loops apart."""
    seen, order = {entry}, []
    stack = [(entry, iter(graph[entry]))]
    while stack:
        node, following = stack[-1]
        for other in following:
            if other not in seen:
                seen.add(other)
                stack.append((other, iter(graph[other])))
                break
        else:
            order.append(node)
            stack.pop()
    return order[::-1]


def dominators(graph: Graph, entry: str) -> dict[str, str]:
    """Return the immediate dominator of each reachable node; the entry's is itself.

    References
    ----------
    K. Cooper, T. Harvey, K. Kennedy, "A simple, fast dominance algorithm", 2001.
    """
    order = reverse_postorder(graph, entry)
    number = {node: k for k, node in enumerate(order)}
    before = reversed_graph(graph)
    found = {entry: entry}

    def meet(a: str, b: str) -> str:
        while a != b:
            while number[a] > number[b]:
                a = found[a]
            while number[b] > number[a]:
                b = found[b]
        return a

    changed = True
    while changed:
        changed = False
        for node in order[1:]:
            known = [other for other in before[node] if other in found]
            new = known[0]
            for other in known[1:]:
                new = meet(new, other)
            if found.get(node) != new:
                found[node], changed = new, True
    return found


def chain(node: str, tree: dict[str, str]) -> list[str]:
    """Return a node and its ancestors in a dominator tree, nearest first."""
    result = [node]
    while tree[result[-1]] != result[-1]:
        result.append(tree[result[-1]])
    return result


def common(nodes: Iterable[str], tree: dict[str, str]) -> str:
    """Return the nearest common ancestor of nodes in a dominator tree."""
    chains = [chain(node, tree) for node in nodes]
    shared = set(chains[0]).intersection(*chains[1:])
    return next(node for node in chains[0] if node in shared)


@dataclass(eq=False)
class Loop:
    """A natural loop: its header, its blocks (inner loops' too), and the loop around it."""

    header: str
    blocks: set[str] = field(default_factory=set)
    parent: Loop | None = None

    def __contains__(self, node: str) -> bool:
        return node in self.blocks


def loops(graph: Graph, entry: str) -> dict[str, Loop]:
    """Return the innermost loop of each block that is in one.

    Edges back to a node that does not dominate their start (irreducible flow) make no loop here.
    """
    tree, before = dominators(graph, entry), reversed_graph(graph)
    found: dict[str, Loop] = {}
    for node in tree:
        for header in graph[node]:
            if header in chain(node, tree):
                loop = found.setdefault(header, Loop(header, {header}))
                _fill(loop, node, before, tree)
    innermost: dict[str, Loop] = {}
    for loop in sorted(found.values(), key=lambda loop: -len(loop.blocks)):
        loop.parent = innermost.get(loop.header)
        for node in loop.blocks:
            innermost[node] = loop
    return innermost


def _fill(loop: Loop, latch: str, before: Graph, reachable: dict[str, str]) -> None:
    pending = [latch]
    while pending:
        node = pending.pop()
        if node not in loop.blocks and node in reachable:
            loop.blocks.add(node)
            pending += before[node]
