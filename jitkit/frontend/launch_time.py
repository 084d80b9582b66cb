"""Which expressions of a function are known before it runs: constants through local names, and what the host can compute."""

from __future__ import annotations

import ast
import operator
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from jitkit.frontend.folding import BINARY, UNARY
from jitkit.frontend.shared_memory import FUNCTIONS, HostExpression


class LocalConstants(ast.NodeTransformer):
    """Replaces the local names that a function binds once by what they are bound to: ``n, m = x.shape``, ``T = 16``.

    Parameters
    ----------
    params : tuple of str
        The function's parameters.
    definition : ast.FunctionDef
        Its body.
    """

    def __init__(self, params: tuple[str, ...], definition: ast.FunctionDef) -> None:
        nodes = list(ast.walk(definition))
        stores = Counter(node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
        bound = [pair for node in nodes for pair in _assigned(node)]
        self._values = {name: value for name, value in bound if stores[name] == 1 and name not in params}
        self._open: list[str] = []
        self.fixed = frozenset(name for name in params if not stores[name])
        """The parameters that the function never assigns."""

    def seen_through(self, node: ast.expr) -> ast.expr:
        """Return an expression with such names replaced."""
        return self.visit(ast.parse(ast.unparse(node), mode="eval").body)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Return what a name is bound to, seen through in its turn."""
        if node.id not in self._values or node.id in self._open:
            return node
        self._open.append(node.id)
        value = self.seen_through(self._values[node.id])
        self._open.pop()
        return value


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _pairs(target, node.value)
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        yield from _pairs(node.target, node.value)


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple):
        written_out = isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts)
        for position, item in enumerate(target.elts):
            element = ast.Subscript(value, ast.Constant(position), ast.Load())
            yield from _pairs(item, value.elts[position] if written_out else element)


def host_expression(
    node: ast.expr, parameters: frozenset[str], known: Callable[[ast.expr], Any]
) -> HostExpression | None:
    """Return an expression in a form that the host can compute before the launch, or None.

    Parameters
    ----------
    node : ast.expr
        An expression without local names.
    parameters : frozenset of str
        The parameters whose values the launch knows.
    known : callable
        Gives the object that an expression refers to outside the function, or None.
    """
    tree = _host(node, parameters, known)
    return None if tree is None else HostExpression(ast.fix_missing_locations(tree))


def _host(node: ast.expr, parameters: frozenset[str], known: Callable[[ast.expr], Any]) -> ast.expr | None:
    value = node.value if isinstance(node, ast.Constant) else known(node)
    if hasattr(value, "__index__") and not isinstance(value, (bool, np.bool_)):
        return ast.Constant(operator.index(value))
    parts = [_host(part, parameters, known) for part in _parts(node)]
    if any(part is None for part in parts):
        return None
    if isinstance(node, ast.Name):
        return ast.Name(node.id, ast.Load()) if node.id in parameters else None
    if isinstance(node, ast.BinOp) and type(node.op) in BINARY:
        return ast.BinOp(parts[0], node.op, parts[1])
    if isinstance(node, ast.UnaryOp) and type(node.op) in UNARY:
        return ast.UnaryOp(node.op, parts[0])
    if isinstance(node, ast.Attribute):
        return ast.Attribute(parts[0], node.attr, ast.Load())
    if isinstance(node, ast.Subscript):
        return ast.Subscript(parts[0], parts[1], ast.Load())
    names = [
        name for name, function in FUNCTIONS.items() if isinstance(node, ast.Call) and known(node.func) is function
    ]
    return ast.Call(ast.Name(names[0], ast.Load()), parts, []) if names else None


def _parts(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.UnaryOp):
        return [node.operand]
    if isinstance(node, ast.Attribute):
        return [node.value]
    if isinstance(node, ast.Subscript):
        return [node.value, node.slice]
    return list(node.args) if isinstance(node, ast.Call) else []
