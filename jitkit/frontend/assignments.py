"""Rewriting assignments: names, elements, unpacking, and what they say about the arrays a function writes."""

from __future__ import annotations

import ast
from typing import Any

from jitkit.frontend.expressions import Expressions
from jitkit.frontend.nodes import at, is_field, read_of, repeatable
from jitkit.frontend.unsupported import remedy


class Assignments(Expressions):
    """``x = ...``, ``x[i] += ...``, ``a, b = ...``."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt | list[ast.stmt]:
        """Return an annotated assignment without its annotation."""
        if node.value is None:
            return ast.Pass()
        return self.visit_Assign(at(ast.Assign([node.target], node.value), node))

    def visit_Assign(self, node: ast.Assign) -> ast.stmt | list[ast.stmt]:
        """Return the assignments to each target; several of them get the value from a temporary."""
        value = self.visit(node.value)
        if len(node.targets) == 1:
            return self._store(node.targets[0], value)
        temporary = self.temporary()
        result: list[ast.stmt] = [ast.Assign([ast.Name(temporary, ast.Store())], value)]
        for target in node.targets:
            result += self._store(target, ast.Name(temporary, ast.Load()))
        return [at(statement, node) for statement in result]

    def visit_AugAssign(self, node: ast.AugAssign) -> list[ast.stmt]:
        """Return ``x[i] += y`` as a read, an operation and a write, the index evaluated once."""
        before: list[ast.stmt] = []
        target = self._evaluated_once(node.target, before)
        value = at(ast.BinOp(read_of(target), node.op, node.value), node)
        return [*before, *self._store(target, self.visit(value))]

    def _store(self, target: ast.expr, value: ast.expr) -> list[ast.stmt]:
        if isinstance(target, ast.Name):
            return [ast.Assign([target], value)]
        if isinstance(target, (ast.Subscript, ast.Attribute)):
            return [self._store_element(target, value)]
        if isinstance(target, (ast.Tuple, ast.List)):
            return self._unpack(target, value)
        self.fail(target, *remedy(target))

    def _unpack(self, target: ast.Tuple | ast.List, value: ast.expr) -> list[ast.stmt]:
        if all(isinstance(item, ast.Name) for item in target.elts):
            return [ast.Assign([at(ast.Tuple(target.elts, ast.Store()), target)], value)]
        # a[i], a[j] = a[j], a[i]: everything is read before anything is written
        names = [self.temporary() for _ in target.elts]
        unpacked = ast.Tuple([ast.Name(name, ast.Store()) for name in names], ast.Store())
        result: list[ast.stmt] = [ast.Assign([unpacked], value)]
        for item, name in zip(target.elts, names, strict=True):
            result += self._store(item, ast.Name(name, ast.Load()))
        return result

    def _store_element(self, target: ast.Subscript | ast.Attribute, value: ast.expr) -> ast.stmt:
        self.note_write(target.value, target)
        owner = self.visit(target.value)
        if isinstance(target, ast.Attribute):
            return ast.Assign([at(ast.Attribute(owner, target.attr, ast.Store()), target)], value)
        if is_field(target.slice):
            return ast.Assign([at(ast.Subscript(owner, target.slice, ast.Store()), target)], value)
        return ast.Expr(self.op("setitem", owner, self.subscript(target.slice), value, at=target))

    def _evaluated_once(self, target: Any, before: list[ast.stmt]) -> Any:
        """Return an assignment target that can be both read and written: calls in its index move to `before`."""
        if not isinstance(target, ast.Subscript):
            return target

        def once(node: ast.expr) -> ast.expr:
            if isinstance(node, ast.Tuple):
                return at(ast.Tuple(list(map(once, node.elts)), ast.Load()), node)
            if repeatable(node):
                return node
            temporary = self.temporary()
            self.aliases.add(temporary, self.aliases.roots(node))
            before.append(at(ast.Assign([ast.Name(temporary, ast.Store())], self.visit(node)), node))
            return at(ast.Name(temporary, ast.Load()), node)

        return at(ast.Subscript(once(target.value), once(target.slice), ast.Store()), target)
