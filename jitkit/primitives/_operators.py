"""What an operator of a reduction or a scan is: its function, its identity, whether operands may change places, its dtype."""

from __future__ import annotations

import ast
import functools
import operator
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np

from jitkit.errors import KernelSyntaxError, KernelTypeError
from jitkit.frontend import source
from jitkit.frontend.collectives import operator_of
from jitkit.primitives._identity import identity_of

# One ufunc stands for each operator that NumPy has, so that identities, dtypes and the order of NaN are NumPy's.
_UFUNCS: dict[Any, np.ufunc] = {
    operator.add: np.add, operator.mul: np.multiply, operator.and_: np.bitwise_and, operator.or_: np.bitwise_or,
    operator.xor: np.bitwise_xor, min: np.minimum, max: np.maximum,
}  # fmt: skip
_COMMUTATIVE = {
    getattr(np, name)
    for name in "add multiply minimum maximum fmin fmax bitwise_and bitwise_or bitwise_xor".split()
    + "logical_and logical_or logical_xor".split()
}
_ORDERING = {np.minimum, np.maximum, np.fmin, np.fmax}
UNORDERED = "complex numbers have no order; pass their absolute values, or a part of them"
_SYMMETRIC = (ast.Add, ast.Mult, ast.BitAnd, ast.BitOr, ast.BitXor)
_REMEMBERED = 512
ALIKE = frozenset((str, np.ufunc, BuiltinFunctionType))
"""Types whose values are what they are equal to."""


@dataclass(frozen=True, eq=False)
class Operator:
    """An operator as the kernels use it.

    Attributes
    ----------
    func : callable
        What the kernels call.
    ufunc : numpy.ufunc or None
        NumPy's function for the same.
    commutative : bool
        Whether operands may change places; then neighbouring lanes read neighbouring elements.
    """

    func: Callable[[Any, Any], Any]
    ufunc: np.ufunc | None
    commutative: bool

    def dtype(self, given: np.dtype[Any]) -> np.dtype[Any]:
        """Return the dtype in which elements of a dtype are combined: NumPy's, or that of the elements.

        Raises
        ------
        KernelTypeError
            For an operator that needs an order, and complex numbers.
        """
        if self.ufunc is None:
            return given
        if self.ufunc in _ORDERING and given.kind == "c":
            raise KernelTypeError(f"{self.ufunc.__name__}: {UNORDERED}")
        if self.ufunc in (np.add, np.multiply) and given.kind in "biu":
            # A sum of small integers is as wide as NumPy's default integer.
            wide = np.dtype(np.uint64 if given.kind == "u" else np.int64)
            return wide if given.itemsize < wide.itemsize else given
        if self.ufunc in (np.logical_and, np.logical_or, np.logical_xor):
            return np.dtype(np.bool_)
        return given

    def identity(self, dtype: np.dtype[Any]) -> Any:
        """Return the value that changes nothing, or None where there is none."""
        if self.ufunc is None or self.ufunc.identity is None:
            return None
        return np.array(self.ufunc.identity).astype(dtype)[()]


_known: dict[Hashable, Operator] = {}


def resolve(op: Any) -> Operator:
    """Return what an operator stands for.

    Raises
    ------
    KernelError
        Where it is no function of two values.
    """
    key = op if type(op) in ALIKE else identity_of(op)
    found = _known.get(key)
    if found is None:
        if len(_known) >= _REMEMBERED:
            _known.clear()
        found = _known[key] = _resolve(op)
    return found


def _resolve(op: Any) -> Operator:
    func = operator_of(op)
    ufunc = _UFUNCS.get(func, func if isinstance(func, np.ufunc) else None)
    if ufunc is not None:
        return Operator(ufunc, ufunc, ufunc in _COMMUTATIVE)
    return Operator(func, None, isinstance(func, FunctionType) and _is_symmetric(func))


@functools.lru_cache(maxsize=_REMEMBERED)
def _is_symmetric(func: FunctionType) -> bool:
    """Tell whether an operator is seen to be commutative: it reads the same with its parameters exchanged."""
    try:
        definition, _ = source.read(func)
    except KernelSyntaxError:
        return False  # the kernel's own rewriting says why
    body = [
        item for item in definition.body if not (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))
    ]
    names = [arg.arg for arg in definition.args.args]
    if len(names) != 2 or len(body) != 1 or not isinstance(body[0], ast.Return) or body[0].value is None:
        return False
    first, second = names
    return _canonical(body[0].value, {}) == _canonical(body[0].value, {first: second, second: first})


def _canonical(node: ast.expr, renamed: dict[str, str]) -> str:
    """Return a text of an expression of arithmetic that is the same whatever the order of symmetric operands."""
    if isinstance(node, ast.Name):
        return renamed.get(node.id, node.id)
    if isinstance(node, ast.BinOp):
        sides = [_canonical(node.left, renamed), _canonical(node.right, renamed)]
        if isinstance(node.op, _SYMMETRIC):
            sides.sort()
        return f"({sides[0]} {type(node.op).__name__} {sides[1]})"
    if isinstance(node, ast.Tuple):
        return f"({', '.join(_canonical(item, renamed) for item in node.elts)},)"
    if isinstance(node, ast.Subscript):
        return f"{_canonical(node.value, renamed)}[{ast.dump(node.slice)}]"
    if isinstance(node, ast.UnaryOp):
        return f"{type(node.op).__name__}({_canonical(node.operand, renamed)})"
    if isinstance(node, ast.Call) and not node.keywords:
        return f"{ast.dump(node.func)}({', '.join(_canonical(item, renamed) for item in node.args)})"
    if any(isinstance(item, ast.Name) for item in ast.walk(node)):
        return f"{ast.dump(node)} {renamed}"  # never the same with other names
    return ast.dump(node)
