"""Numba's IR in the form in which each variable is assigned once, by one look at its statements.

Numba's own pass goes through all statements of a function twice for each variable that is assigned more than once. Here the
places of all variables are found at once. What comes out is the same, names and order included.

Source: J.-D. Choi, V. Sarkar, E. Schonberg, Incremental computation of static single assignment form, CC 1996.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from typing import Any

from numba.core import ir, ir_utils, ssa
from numba.core.analysis import compute_cfg_from_blocks

_Places = dict[str, list[tuple[int, int]]]
"""For each variable labels of blocks with places in their bodies, in order."""


def reconstruct(blocks: dict[int, Any]) -> None:
    """Give each assignment of a function a variable of its own, and let blocks begin with phi nodes where these meet."""
    graph = compute_cfg_from_blocks(blocks)
    fronts = ssa._iterated_domfronts(graph)
    assigned, read = _places(blocks)
    phis: dict[int, list[Any]] = defaultdict(list)
    for name in _several(graph, assigned, read):
        variable = _Variable(name, blocks, graph, phis)
        variable.part(assigned[name], fronts)
        variable.read(read[name])
    for label, found in phis.items():
        blocks[label].body[:0] = reversed(found)


def _places(blocks: dict[int, Any]) -> tuple[_Places, _Places]:
    """Return where each variable is assigned, and where it is read."""
    assigned: _Places = defaultdict(list)
    read: _Places = defaultdict(list)
    for label, block in blocks.items():
        for at, statement in enumerate(block.body):
            value = statement
            if isinstance(statement, ir.Assign):
                assigned[statement.target.name].append((label, at))
                value = statement.value
            variables = (
                [value] if isinstance(value, ir.Var) else value.list_vars() if isinstance(value, ir.Inst) else ()
            )
            for name in dict.fromkeys(variable.name for variable in variables):
                read[name].append((label, at))
    return assigned, read


def _several(graph: Any, assigned: _Places, read: _Places) -> list[str]:
    """Return the variables that are assigned more than once, and those that are read where some way leaves them unassigned."""
    before = graph.dominators()

    def reached(label: int, name: str) -> bool:
        return any(block in before[label] for block, _ in assigned[name])

    often = [name for name, places in assigned.items() if len(places) > 1]
    partly = [
        name for name, places in read.items()
        if len(assigned[name]) < 2 and not all(reached(label, name) for label, _ in places)
    ]  # fmt: skip
    return often + partly


class _Variable:
    """A variable that becomes several.

    Parameters
    ----------
    name : str
        Its name, which the first of them keeps.
    blocks : dict
        The function's blocks.
    graph
        Their graph.
    phis : dict
        The phi nodes that are found, by the label of the block that they begin.
    """

    def __init__(self, name: str, blocks: dict[int, Any], graph: Any, phis: dict[int, list[Any]]) -> None:
        self.name, self.blocks, self.graph, self.phis = name, blocks, graph, phis
        self.scope = next(iter(blocks.values())).scope
        self.assigned: dict[int, list[tuple[int, Any]]] = {}
        """Where each block assigns it, and as what; a phi node stands before the first statement."""
        self.meetings: set[int] = set()

    def part(self, places: list[tuple[int, int]], fronts: dict[int, set[int]]) -> None:
        """Give each assignment a variable of its own."""
        for number, (label, at) in enumerate(places):
            body = self.blocks[label].body
            if number:
                target = self.scope.redefine(self.name, loc=body[at].loc)
                body[at] = ir.Assign(target=target, value=body[at].value, loc=body[at].loc)
            self.assigned.setdefault(label, []).append((at, body[at].target))
        self.meetings.update(*(fronts[label] for label in self.assigned))

    def read(self, places: list[tuple[int, int]]) -> None:
        """Let each statement read what was assigned last before it."""
        for label, at in places:
            body = self.blocks[label].body
            earlier = [variable for place, variable in self.assigned.get(label, ()) if place < at]
            found = earlier[-1] if earlier else self._at_start(label)
            if found is not ir.UNDEFINED and found.name != self.name:
                body[at] = _reading(body[at], self.name, found)

    def _at_start(self, label: int) -> Any:
        """Return the variable that a block which does not assign it first begins with."""
        if label not in self.meetings:
            above = self.graph.immediate_dominators()[label]
            return ir.UNDEFINED if above == label else self._at_end(above)
        loc = self.blocks[label].loc
        phi = ir.Assign(target=self.scope.redefine(self.name, loc=loc), value=ir.Expr.phi(loc=loc), loc=loc)
        self.assigned.setdefault(label, []).insert(0, (-1, phi.target))
        self.phis[label].append(phi)
        for before, _ in self.graph.predecessors(label):
            phi.value.incoming_values.append(self._at_end(before))
            phi.value.incoming_blocks.append(before)
        return phi.target

    def _at_end(self, label: int) -> Any:
        return self.assigned[label][-1][1] if label in self.assigned else self._at_start(label)


def _reading(statement: Any, name: str, variable: Any) -> Any:
    """Return a statement that reads another variable instead of one."""
    if not isinstance(statement, ir.Assign):
        statement = copy.copy(statement)
        ir_utils.replace_vars_stmt(statement, {name: variable})
        return statement
    value = variable
    if not isinstance(statement.value, ir.Var):
        value = copy.copy(statement.value)
        ir_utils.replace_vars_inner(value, {name: variable})
    return ir.Assign(target=statement.target, value=value, loc=statement.loc)
