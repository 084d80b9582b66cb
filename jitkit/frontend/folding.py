"""Computing constant expressions when a kernel is read, with Python's own unbounded integers.

``x / 2**64``, ``-2**63`` and ``1 << 63`` pass through integers that 64 bits do not hold, and an index that is a constant
(``x[LAST]``) means the same as the literal. Of a choice by a constant (``if SKIP:``) only what is taken is read and compiled.
"""

from __future__ import annotations

import ast
import itertools
import operator
from collections.abc import Callable
from typing import Any

BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow, ast.LShift: operator.lshift,
    ast.RShift: operator.rshift, ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor,
}  # fmt: skip
UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert,
}  # fmt: skip
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}  # fmt: skip
_LARGEST_BITS = 4096
Named = Callable[[ast.expr], tuple[Any, ...]]
"""Gives what an expression is known to refer to, alone in a tuple, which is empty where nothing is known."""


def fold(node: ast.expr, outer: Callable[[ast.expr], Any]) -> int | float | complex | None:
    """Return the value of an expression made of Python numbers alone, or None for any other.

    Parameters
    ----------
    node : ast.expr
        The user's expression.
    outer : callable
        Gives the object that an expression refers to outside the function, or None.
    """
    if isinstance(node, ast.UnaryOp) and type(node.op) in UNARY:
        operand = fold(node.operand, outer)
        return None if operand is None else _compute(UNARY[type(node.op)], operand)
    if isinstance(node, ast.BinOp) and type(node.op) in BINARY:
        left, right = fold(node.left, outer), fold(node.right, outer)
        if left is None or right is None or (isinstance(node.op, (ast.Pow, ast.LShift)) and _is_huge(left, right)):
            return None
        return _compute(BINARY[type(node.op)], left, right)
    value: Any = node.value if isinstance(node, ast.Constant) else outer(node)
    # Not booleans: Python counts them and NumPy does not. Not NumPy's numbers: np.float64 is a float, and strong.
    return value if type(value) in (int, float, complex) else None


def decide(node: ast.expr, outer: Callable[[ast.expr], Any], named: Named) -> bool | None:
    """Return whether a condition of what is known when the kernel is read holds, or None for any other.

    Numbers and booleans are known, whether a name outside the function or a parameter is None, and texts as far as they are
    compared.

    Parameters
    ----------
    node, outer
        As for `fold`.
    named : callable
        As `outer`, and tells None from nothing.
    """
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        holds = decide(node.operand, outer, named)
        return None if holds is None else not holds
    if isinstance(node, ast.BoolOp):
        return _decide_in_order(node, outer, named)
    if isinstance(node, ast.Compare):
        values = [fold(item, outer) for item in (node.left, *node.comparators)]
        if None in values or not all(type(op) in COMPARISONS for op in node.ops) or complex in map(type, values):
            return _decide_on_objects(node, named)
        return all(COMPARISONS[type(op)](*pair) for op, pair in zip(node.ops, itertools.pairwise(values), strict=True))
    value: Any = node.value if isinstance(node, ast.Constant) else outer(node)
    number = value if type(value) is bool else fold(node, outer)
    return None if number is None else bool(number)


def _decide_in_order(node: ast.BoolOp, outer: Callable[[ast.expr], Any], named: Named) -> bool | None:
    """Return whether an ``and`` or ``or`` holds, whose operands count up to the one that settles it."""
    settles = isinstance(node.op, ast.Or)
    for operand in node.values:
        holds = decide(operand, outer, named)
        if holds is None or holds == settles:
            return holds
    return not settles


def _decide_on_objects(node: ast.Compare, named: Named) -> bool | None:
    """Return whether what is known by name is None, or one text equals another or is among others."""
    if len(node.ops) != 1:
        return None
    pair = [_written_or_named(item, named) for item in (node.left, node.comparators[0])]
    if not all(pair):
        return None
    left, right = pair[0][0], pair[1][0]
    op = node.ops[0]
    if isinstance(op, (ast.Is, ast.IsNot)):
        return (left is right) == isinstance(op, ast.Is) if left is None or right is None else None
    texts = right if isinstance(right, tuple) else (right,)
    if not isinstance(left, str) or not all(isinstance(text, str) for text in texts):
        return None
    if isinstance(op, (ast.Eq, ast.NotEq)):
        return (left == right) == isinstance(op, ast.Eq)
    return (left in right) == isinstance(op, ast.In) if isinstance(op, (ast.In, ast.NotIn)) else None


def _written_or_named(node: ast.expr, named: Named) -> tuple[Any, ...]:
    """Return a literal, a tuple of such, or what a name outside the function refers to, alone in a tuple."""
    if isinstance(node, ast.Tuple):
        items = [_written_or_named(item, named) for item in node.elts]
        return (tuple(item[0] for item in items),) if all(items) else ()
    return (node.value,) if isinstance(node, ast.Constant) else named(node)


def _compute(function: Callable[..., Any], *operands: Any) -> Any:
    try:
        return function(*operands)
    except (ArithmeticError, TypeError, ValueError):  # 1 / 0, ~1.5: left to the backend, as for variables
        return None


def _is_huge(left: Any, right: Any) -> bool:
    """Tell whether ``left ** right`` or ``left << right`` would take long to compute."""
    if not (isinstance(left, int) and isinstance(right, int)):
        return False
    return right * max(1, left.bit_length()) > _LARGEST_BITS
