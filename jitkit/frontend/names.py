"""What the names in a function's body refer to: locals, closure, globals, builtins, and attributes of modules."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from types import ModuleType
from typing import Any

from jitkit.frontend.nodes import is_stored


class UnboundNameError(Exception):
    """A name has no value, or a module lacks the attribute."""


def local_names(definition: ast.FunctionDef) -> frozenset[str]:
    """Return the parameters of a function and every name its body assigns."""
    names = {arg.arg for arg in (*definition.args.posonlyargs, *definition.args.args, *definition.args.kwonlyargs)}
    return frozenset(names).union(node.id for node in ast.walk(definition) if is_stored(node))


class Scope:
    """The names a function sees.

    Parameters
    ----------
    func : callable
        The user's function.
    local : frozenset of str
        Its local names, which hide outer ones.
    """

    def __init__(self, func: Callable, local: frozenset[str]) -> None:
        self.local = local
        self._globals = func.__globals__
        cells = func.__closure__ or ()
        self._closure = dict(zip(func.__code__.co_freevars, cells, strict=True))

    def lookup(self, name: str) -> Any:
        """Return the object an outer name refers to.

        Raises
        ------
        UnboundNameError
            Where there is none.
        """
        if name in self._closure:
            try:
                return self._closure[name].cell_contents
            except ValueError:
                raise UnboundNameError(name) from None
        for namespace in (self._globals, vars(builtins)):
            if name in namespace:
                return namespace[name]
        raise UnboundNameError(name)

    def static(self, node: ast.expr) -> bool:
        """Tell whether an expression is a name from outside the function, or a chain of attributes of one."""
        while isinstance(node, ast.Attribute):
            node = node.value
        return isinstance(node, ast.Name) and node.id not in self.local

    def resolve(self, node: ast.expr) -> Any:
        """Return the object that a static expression refers to."""
        if isinstance(node, ast.Name):
            return self.lookup(node.id)
        assert isinstance(node, ast.Attribute)
        owner = self.resolve(node.value)
        if not hasattr(owner, node.attr):
            where = f"module {owner.__name__!r}" if isinstance(owner, ModuleType) else repr(owner)
            raise UnboundNameError(f"{where} has no attribute {node.attr!r}")
        return getattr(owner, node.attr)
