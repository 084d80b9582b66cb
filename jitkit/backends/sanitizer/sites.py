"""The places in users' sources that instrumented code stands for, each with a number that fits in a shadow's event."""

from __future__ import annotations

import ast
from typing import NamedTuple


class Site(NamedTuple):
    """An expression or a statement in a user's file; columns count bytes from 0, as in a syntax tree."""

    filename: str
    lineno: int
    column: int
    end_column: int | None
    text: str


_sites: list[Site] = []


def register(filename: str, node: ast.expr | ast.stmt) -> int:
    """Return the number of the place where a syntax node stands."""
    one_line = node.end_lineno == node.lineno
    text = ast.unparse(node) if isinstance(node, ast.expr) else ""
    _sites.append(Site(filename, node.lineno, node.col_offset, node.end_col_offset if one_line else None, text))
    return len(_sites) - 1


def site(number: int) -> Site:
    """Return the place behind a number."""
    return _sites[number]
