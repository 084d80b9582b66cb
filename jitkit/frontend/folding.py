"""Computing constant expressions when a kernel is read, with Python's own unbounded integers.

``x / 2**64``, ``-2**63`` and ``1 << 63`` pass through integers that 64 bits do not hold, and an index that is a constant
(``x[LAST]``) means the same as the literal.
"""

from __future__ import annotations

import ast
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
_LARGEST_BITS = 4096


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
