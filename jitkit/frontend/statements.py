"""Rewriting statements other than loops and assignments."""

from __future__ import annotations

import ast

from jitkit.frontend.rewriter import Rewriter


class Statements(Rewriter):
    """``pass``, ``break``, ``continue``, ``return``, ``if``, ``while`` and expressions on their own."""

    def visit_Pass(self, node: ast.Pass) -> ast.stmt:
        """Return the statement: it means the same."""
        return node

    visit_Break = visit_Continue = visit_Pass  # type: ignore[assignment]

    def visit_Return(self, node: ast.Return) -> ast.stmt:
        """Return the statement; note the first line that returns a value."""
        if node.value is None or (isinstance(node.value, ast.Constant) and node.value.value is None):
            return ast.Return(None)
        if self.program.returns is None:
            self.program.returns = node.lineno
        return ast.Return(self.visit(node.value))

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        """Return a call on its own; literals on their own do nothing."""
        if isinstance(node.value, ast.Constant):
            return ast.Pass()
        return ast.Expr(self.visit(node.value))

    def visit_If(self, node: ast.If) -> ast.stmt:
        """Return a branch on a truth value."""
        return ast.If(self.truth(node.test), self.block(node.body), self.block(node.orelse))

    def visit_While(self, node: ast.While) -> ast.stmt:
        """Return a loop on a truth value."""
        return ast.While(self.truth(node.test), self.block(node.body), self.block(node.orelse))
