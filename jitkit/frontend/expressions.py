"""Rewriting expressions: constants, names, operators, comparisons, conditions and subscripts."""

from __future__ import annotations

import ast
from types import FunctionType, ModuleType

import numpy as np

from jitkit.errors import KernelTypeError, at_source
from jitkit.frontend.nodes import at, is_comparison, is_field
from jitkit.frontend.program import Constant
from jitkit.frontend.rewriter import Rewriter, is_constant
from jitkit.frontend.unsupported import outer_remedy, remedy

_BINARY = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.FloorDiv: "floordiv", ast.Mod: "mod",
    ast.Pow: "pow", ast.LShift: "lshift", ast.RShift: "rshift", ast.BitAnd: "and_", ast.BitOr: "or_", ast.BitXor: "xor",
}  # fmt: skip
_COMPARE = {ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge", ast.Eq: "eq", ast.NotEq: "ne"}
_UNARY = {ast.USub: "neg", ast.UAdd: "pos", ast.Invert: "invert"}
_FAR = 1 << 30  # beyond the end of any tuple
_VALUE_ATTRIBUTES = {"shape", "size", "ndim", "real", "imag"}


class Expressions(Rewriter):
    """Every expression but calls."""

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        """Return a number as a typed constant."""
        if isinstance(node.value, (bool, int, float, complex)):
            return self.constant(node.value, node)
        self.fail(node, f"the literal {node.value!r}", "kernels know numbers, booleans and tuples of them")

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Return a local name as it is, and an outer one as the constant it stands for."""
        if node.id in self.absent:
            message = f"{self.program.name}: argument {node.id} is None, and is read here"
            remedy = f"pass a number or an array, or read it behind `if {node.id} is not None:` alone"
            at_line = at_source(f"{message}: {remedy}", self.program.filename, node.lineno, node.col_offset)
            raise KernelTypeError(at_line) from None
        return node if node.id in self.scope.local else self._outer(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """Return an outer constant, an operation such as ``x.shape``, or a field."""
        if self.scope.static(node):
            return self._outer(node)
        value = self.visit(node.value)
        if node.attr in _VALUE_ATTRIBUTES:
            return self.op(f"value.{node.attr}", value, at=node)
        return at(ast.Attribute(value, node.attr, ast.Load()), node)

    def _outer(self, node: ast.expr) -> ast.expr:
        value, text = self.resolve(node), ast.unparse(node)
        if is_constant(value):
            return self.constant(value, node)
        if isinstance(value, np.ndarray) or hasattr(value, "__cuda_array_interface__"):
            self.fail(node, f"the array {text!r} from outside the kernel", "pass it as an argument")
        if isinstance(value, (FunctionType, type)) or callable(value):
            self.fail(node, f"the function {text!r} as a value", "call it; choose between functions with `if`")
        kind = "module" if isinstance(value, ModuleType) else type(value).__name__
        self.fail(node, f"{text!r} (a {kind})", outer_remedy(value))

    # ---- operators

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """Return an operator as an operation; small literals beside + and - stay literals."""
        folded = self.fold(node)
        if folded is not None:
            return self.constant(folded, node)
        if type(node.op) not in _BINARY:
            self.fail(node, "the operator @", "write the loop over the inner index")
        name = _BINARY[type(node.op)]
        power = self.fold(node.right)
        if name == "pow" and isinstance(power, int) and abs(power) <= 64:
            return self.op("power_literal", self.visit(node.left), at(ast.Constant(power), node.right), at=node)
        sides = [self.literal_offset(side) if name in ("add", "sub") else None for side in (node.left, node.right)]
        left, right = (
            literal or self.visit(side) for literal, side in zip(sides, (node.left, node.right), strict=True)
        )
        return self.op(f"operator.{name}", left, right, at=node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        """Return a sign, an inversion or ``not`` as an operation."""
        if isinstance(node.op, ast.Not):
            return self.op("not_", self.truth(node.operand), at=node)
        folded = self.fold(node)
        if folded is not None:
            return self.constant(folded, node)
        return self.op(f"operator.{_UNARY[type(node.op)]}", self.visit(node.operand), at=node)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        """Return a chain of comparisons as operations joined by ``and``, and one with some values as comparisons with each."""
        if len(node.ops) == 1 and type(node.ops[0]) not in _COMPARE:
            return self._without_order(node)
        for operator in node.ops:
            if type(operator) not in _COMPARE:
                self.fail(node, *remedy(operator))
        left, parts = self.visit(node.left), []
        for operator, right in zip(node.ops, node.comparators, strict=True):
            value = later = self.visit(right)
            if right is not node.comparators[-1]:
                value, later = self._twice(value)  # a < f(b) < c evaluates f(b) once
            parts.append(self.op(f"operator.{_COMPARE[type(operator)]}", left, value, at=node))
            left = later
        return parts[0] if len(parts) == 1 else at(ast.BoolOp(ast.And(), parts), node)

    def _without_order(self, node: ast.Compare) -> ast.expr:
        """Return what `is`, `in` and their opposites say: a constant, or whether one of the values is equal."""
        holds, op, right = self.decide(node), node.ops[0], node.comparators[0]
        if holds is not None:
            return self.constant(holds, node)
        items = self._values(right) if isinstance(op, (ast.In, ast.NotIn)) else None
        if items is None:
            self.fail(node, *remedy(op))
        if not items:
            return self.constant(isinstance(op, ast.NotIn), node)
        value, again = self._twice(self.visit(node.left))
        equal, joint = ("eq", ast.Or()) if isinstance(op, ast.In) else ("ne", ast.And())
        parts: list[ast.expr] = [self.op(f"operator.{equal}", value, items[0], at=node)]
        parts += [self.op(f"operator.{equal}", again, item, at=node) for item in items[1:]]
        return parts[0] if len(parts) == 1 else at(ast.BoolOp(joint, parts), node)

    def _values(self, node: ast.expr) -> list[ast.expr] | None:
        """Return the values of a tuple that is written out, or is a constant."""
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            return [self.visit(item) for item in node.elts]
        known = self.known(node)
        return (
            [self.constant(item, node) for item in known] if isinstance(known, tuple) and is_constant(known) else None
        )

    # ---- choices

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        """Return ``x or y`` as a value: one of the operands, as in Python."""
        if is_comparison(node):
            return at(ast.BoolOp(node.op, [self.visit(value) for value in node.values]), node)
        *others, result = map(self.visit, node.values)
        for value in reversed(others):
            value, again = self._twice(value)
            chosen = (result, again) if isinstance(node.op, ast.And) else (again, result)
            result = at(ast.IfExp(self.op("truth", value, at=node), *chosen), node)
        return result

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        """Return a conditional expression, or the part of it that a constant chooses."""
        holds = self.decide(node.test)
        if holds is not None:
            return self.visit(node.body if holds else node.orelse)
        return at(ast.IfExp(self.truth(node.test), self.visit(node.body), self.visit(node.orelse)), node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.expr:
        """Return ``(name := value)``."""
        return at(self._named(node.target, self.visit(node.value)), node)

    def _twice(self, value: ast.expr) -> tuple[ast.expr, ast.expr]:
        """Return an expression for the first use of a value and one for the second, which does not evaluate it again."""
        if isinstance(value, ast.Name):
            return value, value
        name = self.temporary()
        return self._named(ast.Name(name, ast.Store()), value), ast.Name(name, ast.Load())

    def _named(self, target: ast.Name, value: ast.expr) -> ast.expr:
        # Numba forgets a value that is named right after it is computed and used again from the stack. A condition that
        # is always true, and is pruned before typing, ends the basic block between the two.
        always = self.name("always", Constant(True))
        return ast.NamedExpr(target, ast.IfExp(always, value, ast.Constant(0)))

    # ---- tuples and elements

    def visit_Tuple(self, node: ast.Tuple) -> ast.expr:
        """Return a tuple of expressions."""
        return at(ast.Tuple([self.visit(item) for item in node.elts], ast.Load()), node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """Return the read of an element, or of a field of a structured element."""
        folded = self.fold(node)
        if folded is not None:
            return self.constant(folded, node)
        if isinstance(node.slice, ast.Slice):
            return self._slice(node, node.slice)
        owner = self.visit(node.value)
        if is_field(node.slice):
            return at(ast.Subscript(owner, node.slice, ast.Load()), node)
        return self.op("getitem", owner, self.subscript(node.slice), at=node)

    def _slice(self, node: ast.Subscript, where: ast.Slice) -> ast.expr:
        """Return part of a shape, or of a tuple that is known now: ``x.shape[1:]``. Of anything else a slice is refused."""
        fixed = [part and self.fixed_integer(part) for part in (where.lower, where.upper, where.step)]
        known = self.known(node.value)
        is_shape = isinstance(node.value, ast.Attribute) and node.value.attr == "shape"
        if not is_shape and not (isinstance(known, tuple) and is_constant(known)):
            self.subscript(where)
        for part, value in zip((where.lower, where.upper, where.step), fixed, strict=True):
            if part is not None and value is None:
                self.fail(part, f"{ast.unparse(part)!r} as an end of a slice of a tuple", "write a number")
        if fixed[2] == 0:
            self.refuse(node, "the step of a slice is 0")
        if not is_shape:
            return self.constant(known[slice(*fixed)], node)
        back = fixed[2] is not None and fixed[2] < 0
        ends = (_FAR, -_FAR, 1) if back else (-_FAR, _FAR, 1)  # a slice stops where the tuple does
        numbers = [end if value is None else value for value, end in zip(fixed, ends, strict=True)]
        literals = [at(ast.Constant(number), node) for number in numbers]
        return self.op("part", self.visit(node.value), *literals, at=node)

    def subscript(self, node: ast.expr) -> ast.expr:
        """Return an index: fixed integers become literals, so that -1 can mean the last element and t[0] a field."""
        if isinstance(node, ast.Slice):
            self.fail(
                node, "a slice", "index elements (x[i]) or leading axes (x[i] of a 2-D x); pass offsets to helpers"
            )
        if isinstance(node, ast.Tuple):
            return at(ast.Tuple([self.subscript(item) for item in node.elts], ast.Load()), node)
        literal = self.fixed_integer(node)
        return self.visit(node) if literal is None else at(ast.Constant(literal), node)

    def note_write(self, array: ast.expr, place: ast.AST) -> None:
        """Record that the elements of what an expression refers to are written; refuse an outer array."""
        roots = self.aliases.roots(array)
        self.written |= roots
        if not roots and self.scope.static(array):
            self.fail(place, f"writing to the global {ast.unparse(array)!r}", "pass the array as an argument")
