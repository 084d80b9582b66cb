"""Rewriting ``for``: a loop over range becomes a plain counting ``while``."""

from __future__ import annotations

import ast

from jitkit.frontend.nodes import at, repeatable
from jitkit.frontend.rewriter import Rewriter


class Loops(Rewriter):
    """``for`` over ``range``, tuples and arrays, and over ``enumerate``, ``reversed`` and ``zip`` of them."""

    def visit_For(self, node: ast.For) -> ast.stmt | list[ast.stmt]:
        """Return a loop over a range as a ``while``, and one over a tuple or an array as a ``for``."""
        if self._calls(node.iter, range):
            return self._counted_loop(node)
        for iterator, written_out in ((reversed, self._reversed), (enumerate, self._enumerated), (zip, self._zipped)):
            if self._calls(node.iter, iterator):
                assert isinstance(node.iter, ast.Call)
                return [at(new, node) for new in written_out(node, node.iter)]
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

    # ---- loops that are written out as others

    def _reversed(self, node: ast.For, call: ast.Call) -> list[ast.stmt]:
        """Return a loop over a range from its end."""
        inner = call.args[0] if len(call.args) == 1 and not call.keywords else call
        if not isinstance(inner, ast.Call) or not self._calls(inner, range) or len(inner.args) > 3 or inner.keywords:
            self.fail(call, "reversed of anything but range", "loop over reversed(range(len(x))), and index x")
        setup: list[ast.stmt] = []
        start, stop, step = self._range(inner, setup)
        sign = 1 if step > 0 else -1
        first = _sum(stop, -sign)
        if abs(step) > 1:  # the last that a range from `start` reaches
            steps = ast.BinOp(ast.BinOp(first, ast.Sub(), start), ast.FloorDiv(), ast.Constant(step))
            first = ast.BinOp(start, ast.Add(), ast.BinOp(steps, ast.Mult(), ast.Constant(step)))
        turned = ast.Call(inner.func, [first, _sum(start, -sign), ast.Constant(-step)], [])
        loop = at(ast.For(node.target, at(turned, call), node.body, node.orelse), node)
        return (self.block(setup) if setup else []) + self._counted_loop(loop)

    def _enumerated(self, node: ast.For, call: ast.Call) -> list[ast.stmt]:
        """Return a loop over what is enumerated, with a count."""
        starts = call.args[1:] + [keyword.value for keyword in call.keywords if keyword.arg == "start"]
        if not call.args or len(starts) > 1 or len(call.args[:1]) + len(starts) < len(call.args) + len(call.keywords):
            self.fail(call, "enumerate with these arguments", "write enumerate(x) or enumerate(x, start)")
        count, value = self._targets(node, 2)
        name = self.temporary()
        before = _sum(starts[0] if starts else ast.Constant(0), -1)
        setup = at(ast.Assign([ast.Name(name, ast.Store())], at(before, call)), node)
        head: list[ast.stmt] = [
            ast.Assign([ast.Name(name, ast.Store())], _sum(ast.Name(name, ast.Load()), 1)),
            ast.Assign([count], ast.Name(name, ast.Load())),
        ]
        loop = at(ast.For(value, call.args[0], [at(item, node) for item in head] + node.body, node.orelse), node)
        return self.block([setup, loop])

    def _zipped(self, node: ast.For, call: ast.Call) -> list[ast.stmt]:
        """Return a loop over the places of several arrays, tuples or ranges, as many as the shortest has."""
        if not call.args or any(word.arg != "strict" or self.decide(word.value) is not False for word in call.keywords):
            self.fail(call, "zip with these arguments", "write zip(x, y), and compare the lengths before the launch")
        place, length = self.temporary(), self.temporary()
        setup: list[ast.stmt] = []
        head: list[ast.stmt] = []
        for target, arg in zip(self._targets(node, len(call.args)), call.args, strict=True):
            extent, element = self._element(arg, place, setup)
            if head:
                known = ast.Name(length, ast.Load())
                extent = ast.IfExp(ast.Compare(extent, [ast.Lt()], [known]), extent, known)
            setup.append(at(ast.Assign([ast.Name(length, ast.Store())], at(extent, arg)), node))
            head.append(at(ast.Assign([target], at(element, arg)), node))
        places = at(ast.Call(ast.Name("range", ast.Load()), [ast.Name(length, ast.Load())], []), call)
        loop = at(ast.For(ast.Name(place, ast.Store()), places, head + node.body, node.orelse), node)
        return self.block(setup) + self._counted_loop(loop)

    def _element(self, node: ast.expr, place: str, setup: list[ast.stmt]) -> tuple[ast.expr, ast.expr]:
        """Return how many elements a range, an array or a tuple has, and the one at a place."""
        at_place = ast.Name(place, ast.Load())
        if isinstance(node, ast.Call) and self._calls(node, range):
            start, stop, step = self._range(node, setup)
            # -((start - stop) // step) is the quotient of stop - start, rounded up.
            extent = ast.UnaryOp(
                ast.USub(), ast.BinOp(ast.BinOp(start, ast.Sub(), stop), ast.FloorDiv(), ast.Constant(step))
            )
            return extent, ast.BinOp(start, ast.Add(), ast.BinOp(at_place, ast.Mult(), ast.Constant(step)))
        if not repeatable(node):
            self.fail(node, "zip of a call", "give its result a name first")
        return ast.Call(ast.Name("len", ast.Load()), [node], []), ast.Subscript(node, at_place, ast.Load())

    def _range(self, call: ast.Call, setup: list[ast.stmt]) -> tuple[ast.expr, ast.expr, int]:
        """Return start, stop and step of a range; what costs is computed once, in `setup`."""
        if call.keywords or not 1 <= len(call.args) <= 3:
            self.fail(call, f"range with {len(call.args)} arguments", "write range(start, stop, step)")
        bounds = [ast.Constant(0), call.args[0]] if len(call.args) == 1 else call.args[:2]
        step = self.fixed_integer(call.args[2]) if len(call.args) == 3 else 1
        if not step:
            self.fail(
                call, "a range whose step is 0 or no constant, in reversed or zip", "write the loop out: range(n)"
            )
        named: list[ast.expr] = []
        for bound in bounds:
            if not isinstance(bound, (ast.Constant, ast.Name)):
                name = self.temporary()
                setup.append(at(ast.Assign([ast.Name(name, ast.Store())], bound), call))
                bound = at(ast.Name(name, ast.Load()), call)
            named.append(bound)
        return named[0], named[1], step

    def _targets(self, node: ast.For, count: int) -> list[ast.expr]:
        if not isinstance(node.target, ast.Tuple) or len(node.target.elts) != count:
            self.fail(node.target, "one name for several values", f"give the loop {count} variables")
        return node.target.elts


def _sum(node: ast.expr, number: int) -> ast.expr:
    """Return an expression and a number added up; of an integer that is written out the result."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return ast.Constant(node.value + number)
    return ast.BinOp(node, ast.Add() if number > 0 else ast.Sub(), ast.Constant(abs(number)))
