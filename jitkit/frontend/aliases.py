"""Which parameters' memory the local names of a function may refer to, so that writes through them are seen."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator


class Aliases:
    """The parameters behind each name, whatever the order in which loops run the assignments.

    Parameters
    ----------
    params : tuple of str
        The function's parameters.
    definition : ast.FunctionDef
        Its body.
    fresh : callable
        Tells whether a call returns something that none of its arguments refers to.
    """

    def __init__(self, params: tuple[str, ...], definition: ast.FunctionDef, fresh: Callable[[ast.Call], bool]) -> None:
        self._fresh = fresh
        self._of: dict[str, frozenset[str]] = {name: frozenset({name}) for name in params}
        bindings = [(name, value) for node in ast.walk(definition) for name, value in _bindings(node)]
        changed = True
        while changed:
            changed = any([self.add(name, self.roots(value)) for name, value in bindings])

    def add(self, name: str, roots: frozenset[str]) -> bool:
        """Let a name refer to more parameters; return whether that was news."""
        known = self._of.get(name, frozenset())
        self._of[name] = known | roots
        return not roots <= known

    def roots(self, node: ast.expr) -> frozenset[str]:
        """Return the parameters whose memory an expression may refer to."""
        if isinstance(node, ast.Name):
            return self._of.get(node.id, frozenset())
        if isinstance(node, ast.Call) and self._fresh(node):
            return frozenset()
        return frozenset().union(*map(self.roots, _sources(node)))


def _sources(node: ast.expr) -> list[ast.expr]:
    """Return the parts of an expression from which its value may be an array."""
    if isinstance(node, (ast.Subscript, ast.Attribute, ast.NamedExpr)):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.Tuple):
        return node.elts
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.Call):  # a helper may return the array it was given
        return [*node.args, *(keyword.value for keyword in node.keywords)]
    return []


def _bindings(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that a statement or a walrus binds, each with what it is taken from."""
    targets: list[ast.expr]
    value: ast.expr | None
    if isinstance(node, ast.Assign):
        targets, value = node.targets, node.value
    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
        targets, value = [node.target], node.value
    elif isinstance(node, ast.For):
        targets, value = [node.target], ast.Subscript(node.iter, ast.Constant(0), ast.Load())  # any of its elements
    else:
        return
    if value is None:
        return
    for target in targets:
        yield from _names(target, value)


def _names(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, (ast.Tuple, ast.List)):
        members = value.elts if isinstance(value, ast.Tuple) else []
        matched = members if len(members) == len(target.elts) else [value] * len(target.elts)
        for item, member in zip(target.elts, matched, strict=True):
            yield from _names(item, member)
