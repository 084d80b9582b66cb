"""Compiling a user's function again after a change of its syntax tree, at the lines and columns of the user's file.

Breakpoints, coverage and tracebacks go by the file and line of the code that runs, so they still show the user's source.
"""

from __future__ import annotations

import ast
import copy
import functools
from collections.abc import Callable, Iterator
from types import CellType, CodeType, FunctionType
from typing import Any

from jitkit.frontend import source
from jitkit.frontend.names import Scope, UnboundNameError, local_names


class Reading:
    """A function's syntax tree, and what the names in it refer to.

    Parameters
    ----------
    func : callable
        The user's function.
    """

    def __init__(self, func: Callable) -> None:
        self.func = func
        self.definition = _definition(func.__code__)
        self.scope = Scope(func, local_names(self.definition))

    def outside(self, node: ast.expr) -> Any:
        """Return the object that an expression refers to outside the function, or None."""
        try:
            return self.scope.resolve(node) if self.scope.static(node) else None
        except UnboundNameError:
            return None

    def calls(self) -> Iterator[tuple[ast.Call, Any]]:
        """Yield the calls in the function, in an order that is always the same, each with what is called or None."""
        for node in ast.walk(self.definition):
            if isinstance(node, ast.Call):
                func = self.outside(node.func)
                yield node, getattr(func, "py_func", func)


@functools.lru_cache(maxsize=512)
def _definition(code: CodeType) -> ast.FunctionDef:
    cells = tuple(CellType() for _ in code.co_freevars)
    return source.read(FunctionType(code, {}, code.co_name, None, cells))[0]


def fresh(code: CodeType) -> ast.FunctionDef:
    """Return the syntax tree behind a function's code, to be changed: what `Reading` has is kept for the next time."""
    return copy.deepcopy(_definition(code))


def recompile(original: CodeType, definition: ast.FunctionDef) -> CodeType:
    """Return the code of a changed definition; it has the original's file, lines and free variables."""
    _strip(definition)
    outer: list[ast.stmt] = [definition]
    if original.co_freevars:  # only inside another function are they free
        around = ast.parse(f"def around({', '.join(original.co_freevars)}): pass").body[0]
        assert isinstance(around, ast.FunctionDef)
        around.body = outer
        outer = [around]
    module = ast.fix_missing_locations(ast.Module(outer, []))
    code = compile(module, original.co_filename, "exec", dont_inherit=True)
    for _ in range(1 + bool(original.co_freevars)):
        code = next(item for item in code.co_consts if isinstance(item, CodeType))
    return code.replace(co_qualname=original.co_qualname)


def _strip(definition: ast.FunctionDef) -> None:
    """Remove what is evaluated around a function: only its code is wanted."""
    args = definition.args
    definition.decorator_list, definition.returns = [], None
    args.defaults, args.kw_defaults = [], [None] * len(args.kwonlyargs)
    for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs):
        arg.annotation = None
    if hasattr(definition, "type_params"):  # Python 3.12
        definition.type_params = []
