"""What the tables of README compare, a file for the kernels, one for the primitives and one for each package of the toolkit.

A row is a case at a size, with the peers that solve it. Most cases are those of the catalogue; where a table asks for another
shape, the row gives the case another `make`, and what the catalogue lacks is defined beside its row.
"""

from __future__ import annotations

import functools
import importlib

from .row import Row as Row

FILES = {
    "cases": ("kernels",),
    "primitives": ("primitives",),
    "toolkit": ("linalg", "sparse", "stats", "spatial", "signal", "ode", "ml"),
}
"""The files of each table, in the order of its rows."""


@functools.cache
def table(name: str) -> tuple[Row, ...]:
    """Return the rows of a table: ``"cases"``, ``"primitives"`` or ``"toolkit"``."""
    modules = [importlib.import_module(f"{__name__}.{stem}") for stem in FILES[name]]
    return tuple(row for module in modules for row in module.ROWS)


@functools.cache
def every() -> dict[str, Row]:
    """Return the rows of all tables by their names."""
    return {row.name: row for name in FILES for row in table(name)}
