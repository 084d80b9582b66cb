"""Making and recognising syntax nodes, apart from any one function that is rewritten."""

from __future__ import annotations

import ast
from typing import Any, TypeGuard


def at(node: Any, place: ast.AST) -> Any:
    """Return a node with the line and column of another, which parts that have none take over.

    `ast.fix_missing_locations` would look through all that is inside, each time that something is put around it.
    """
    ast.copy_location(node, place)
    for part in ast.iter_child_nodes(node):
        if "lineno" in part._attributes and not hasattr(part, "lineno"):
            at(part, place)
    return node


def read_of(node: ast.expr) -> ast.expr:
    """Return the expression that reads what an assignment target writes."""
    if isinstance(node, ast.Name):
        return at(ast.Name(node.id, ast.Load()), node)
    if isinstance(node, ast.Subscript):
        return at(ast.Subscript(node.value, node.slice, ast.Load()), node)
    assert isinstance(node, ast.Attribute)
    return at(ast.Attribute(node.value, node.attr, ast.Load()), node)


def is_comparison(node: ast.expr) -> bool:
    """Tell whether an expression is a boolean by its form."""
    if isinstance(node, ast.BoolOp):
        return all(map(is_comparison, node.values))
    return isinstance(node, ast.Compare) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not))


def is_stored(node: ast.AST) -> TypeGuard[ast.Name]:
    """Tell whether a node is a name that gets a value there."""
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def indexed_names(definition: ast.FunctionDef) -> set[str]:
    """Return the names that stand for arrays or tuples wherever they are read: what is in ``x[i]``, and gets no value."""
    nodes = list(ast.walk(definition))
    indexed = {node.value.id for node in nodes if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)}
    return indexed - {node.id for node in nodes if is_stored(node)}


def is_field(node: ast.expr) -> bool:
    """Tell whether a subscript names a field of a structured element."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def repeatable(node: ast.expr) -> bool:
    """Tell whether evaluating an index twice gives the same and costs nothing after optimisation."""
    return not any(isinstance(item, (ast.Call, ast.NamedExpr)) for item in ast.walk(node))


def without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return a function's statements behind its documentation."""
    first = body[0]
    docstring = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    return body[1:] if docstring else body


def moved(node: Any, place: ast.AST) -> Any:
    """Return an expression that stands elsewhere, all of it with the line and column of `place`."""
    for item in ast.walk(node):
        if "lineno" in item._attributes:
            ast.copy_location(item, place)
    return node
