"""Rewriting what a kernel says about its group, and atomic updates."""

from __future__ import annotations

import ast

from jitkit.frontend import vocabulary
from jitkit.frontend.collective_calls import CollectiveCalls
from jitkit.frontend.nodes import at

_HANDLED = ("shared", "local", "shared_of", "barrier_at", "group_reduce", "group_scan", "broadcast")


class GroupCalls(CollectiveCalls):
    """Calls of `jitkit.language` and `jitkit.atomic`."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Return the call of an operation or helper that a name of the language stands for."""
        name = self.vocabulary(node)
        if name is None:
            return super().visit_Call(node)
        self.refuse_unpacking(node)
        if name in vocabulary.GROUP_ONLY:
            self._note_group(node, name)
        given = self.bound(node, vocabulary.function(name))
        if name.startswith("atomic."):
            return self._atomic(node, name, given)
        if name == "barrier":
            return self.barrier_at(node, ast.Constant(self.place_code(node)))
        if name == "group_size":
            return self.constant(self.known(node), node)
        if name in _HANDLED:
            return getattr(self, name)(node, **given)
        return self.op(f"group.{name}", *map(self.visit, given.values()), at=node)

    def _note_group(self, node: ast.Call, name: str) -> None:
        if self.builder.group is None:
            self.refuse(
                node,
                f"jk.{name} needs work-items that share memory, and this kernel's run alone: "
                "decorate it with @jk.kernel(group=256), or group=(16, 16)",
            )
        if self.program.uses_group is None:
            self.program.uses_group = (name, node.lineno)

    def barrier_at(self, node: ast.Call, line: ast.expr) -> ast.expr:
        """Return a barrier; `line` is a literal, or a helper's parameter."""
        self.program.barriers = True
        line = at(line, node) if isinstance(line, ast.Constant) else self.visit(line)
        return self.op("group.barrier", line, at=node)

    def _atomic(self, node: ast.Call, name: str, given: dict[str, ast.expr]) -> ast.expr:
        self.note_write(given["array"], node)
        array, index = self.visit(given.pop("array")), self.subscript(given.pop("index"))
        return self.op(name, array, index, *map(self.visit, given.values()), at=node)
