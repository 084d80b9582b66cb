"""Which array of the user's an access of shared memory went to: PTX has no names, but the line of the source has."""

from __future__ import annotations

import ast
import functools
import linecache

from jitkit.frontend.program import Program
from jitkit.frontend.shared_memory import SharedSite
from jitkit.language import Position


def shared_element(
    program: Program, filename: str | None, lineno: int | None, offset: int, size: int
) -> tuple[str | None, Position | None]:
    """Return the name of the array and the index of the element, None for what is not known.

    The name is known where the line touches one array of `jk.shared`; the element where the kernel has no other.

    Parameters
    ----------
    program : Program
        The kernel's.
    filename, lineno
        The line of the source.
    offset, size : int
        Of the access, in bytes, from the beginning of the group's shared memory.
    """
    sites = [site for item in program.reachable() for site in item.shared_sites]
    if len(sites) == 1:
        names = _made_at(sites[0].filename, sites[0].lineno)
    else:
        names = frozenset() if filename is None or lineno is None else _touched(filename, lineno)
    if len(names) != 1:
        return None, None
    return next(iter(names)), _element(sites[0], offset, size) if len(sites) == 1 else None


def _element(site: SharedSite, offset: int, size: int) -> Position | None:
    if site.dynamic:
        return None
    shape = tuple(extent for extent in site.shape if isinstance(extent, int))
    place, extents = offset // size, shape[1:]
    index: list[int] = []
    for extent in extents[::-1]:
        place, rest = divmod(place, extent)
        index.insert(0, rest)
    return place if not index else (place, *index)


def _made_at(filename: str, lineno: int) -> frozenset[str]:
    """Return the names that a line binds to a new shared array."""
    nodes = [node for node in ast.walk(_tree(filename)) if isinstance(node, ast.Assign) and _spans(node, lineno)]
    return frozenset(name for node in nodes for name in _made(node))


def _touched(filename: str, lineno: int) -> frozenset[str]:
    """Return the arrays of `jk.shared` that a line takes elements of."""
    owners = [node for node in ast.walk(_tree(filename)) if isinstance(node, ast.FunctionDef) and _spans(node, lineno)]
    if not owners:
        return frozenset()
    function = max(owners, key=lambda node: node.lineno)
    names = {name for node in ast.walk(function) if isinstance(node, ast.Assign) for name in _made(node)}
    found = [node for node in ast.walk(function) if isinstance(node, ast.Name) and node.lineno == lineno]
    return frozenset(node.id for node in found) & names


@functools.lru_cache(maxsize=32)
def _tree(filename: str) -> ast.Module:
    try:
        return ast.parse("".join(linecache.getlines(filename)))
    except SyntaxError:
        return ast.Module([], [])


def _spans(node: ast.stmt, lineno: int) -> bool:
    return node.lineno <= lineno <= (node.end_lineno or node.lineno)


def _made(node: ast.Assign) -> list[str]:
    """Return the names that an assignment binds to a new shared array."""
    function = node.value.func if isinstance(node.value, ast.Call) else None
    called = getattr(function, "attr", getattr(function, "id", None))
    return [target.id for target in node.targets if isinstance(target, ast.Name)] if called == "shared" else []
