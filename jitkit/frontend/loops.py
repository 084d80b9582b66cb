"""Rewriting ``for``: a loop over range becomes a plain counting ``while``."""

from __future__ import annotations

import ast

from jitkit.frontend.nodes import at
from jitkit.frontend.rewriter import Rewriter


class Loops(Rewriter):
    """``for`` over ``range``, tuples and arrays."""

    def visit_For(self, node: ast.For) -> ast.stmt | list[ast.stmt]:
        """Return a loop over a range as a ``while``, and one over a tuple or an array as a ``for``."""
        if self._calls(node.iter, range):
            return self._counted_loop(node)
        items = self.op("items", self.visit(node.iter), at=node.iter)
        return ast.For(node.target, items, self.block(node.body), self.block(node.orelse))

    def _calls(self, node: ast.expr, func: object) -> bool:
        if not isinstance(node, ast.Call) or not self.scope.static(node.func):
            return False
        return self.resolve(node.func) is func

    def _counted_loop(self, node: ast.For) -> list[ast.stmt]:
        """Return a loop over range as a plain counting `while`.

        Numba's range iterator carries a count beside the value; NVVM does not see through the pair (n-body: 1.6 times the
        instructions of nvcc's loop), and a Python int would become a strong int64 on the way.
        """
        assert isinstance(node.iter, ast.Call)
        if not isinstance(node.target, ast.Name):
            self.fail(node.target, "unpacking the values of range", "give the loop one variable")
        if node.iter.keywords or not 1 <= len(node.iter.args) <= 3:
            self.fail(node.iter, f"range with {len(node.iter.args)} arguments", "write range(start, stop, step)")
        args = [self.literal_offset(arg) or self.visit(arg) for arg in node.iter.args]
        zero, one = (at(ast.Constant(value), node.iter) for value in (0, 1))
        start, stop = (zero, args[0]) if len(args) == 1 else args[:2]
        step, sign = (args[2], self._sign(node.iter.args[2])) if len(args) == 3 else (one, 1)
        counter, end, stride = (self.temporary() for _ in range(3))
        load = {name: ast.Name(name, ast.Load()) for name in (counter, end, stride)}
        pair = self.op("bounds", start, stop, step, at=node.iter)
        stores = [ast.Name(name, ast.Store()) for name in (counter, end, stride)]
        setup = at(ast.Assign([ast.Tuple(stores, ast.Store())], pair), node)
        step = step if isinstance(step, ast.Constant) else load[stride]
        more = {1: "operator.lt", -1: "operator.gt", 0: "more"}[sign]
        test = self.op(more, load[counter], load[end], *([step] if sign == 0 else []), at=node.iter)
        following = self.op("operator.add", load[counter], step, at=node.iter)
        head = [ast.Assign([node.target], load[counter]), ast.Assign([ast.Name(counter, ast.Store())], following)]
        body = [at(statement, node) for statement in head] + self.block(node.body)
        loop = ast.While(test, body, self.block(node.orelse))
        return [setup, loop]

    def _sign(self, step: ast.expr) -> int:
        """Return the sign of a fixed step, or 0 where it is known only at run time."""
        literal = self.fixed_integer(step)
        return 0 if not literal else 1 if literal > 0 else -1
